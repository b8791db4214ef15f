#!/bin/sh
# virtual: mail for a virtual mailbox stands in its Maildir as it was sent, owned by the mailbox's ids;
# a table that cannot be read defers and loses nothing.
. "$(dirname "$0")/../lib.sh"
plan 10
instance_start </dev/null
printf 'From: a@remote.test\nTo: ana@example.test\nSubject: one\nMessage-Id: <one@t>\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\n.dot\n..dots\n\nFrom the end\nno newline games: \351\n' >"$T/message"
check 'a message is accepted' send_mail sender@remote.test ana@example.test "$T/message"
maildir_has 'it is in the Maildir' "$(virtual_maildir ana)" 1
file=$(maildir_files "$(virtual_maildir ana)")
sed -n '/^From: a@remote.test/,$p' "$file" >"$T/got"
check 'octet for octet behind the trace fields' cmp "$T/got" "$T/message"
is 'Return-Path is the first line' "$(head -n 1 "$file")" 'Return-Path: <sender@remote.test>'
check 'X-Original-To and Delivered-To follow' sh -c "sed -n 2,3p '$file' | tr '\n' '|' | grep -qx 'X-Original-To: ana@example.test|Delivered-To: ana@example.test|'"
is 'the file belongs to the mailbox alone' "$(stat -c '%u:%g %a' "$file")" "$VMAIL_UID:$VMAIL_GID 600"
log_has 'the delivery is logged as Postfix does' 'virtual\[[0-9]+\]: [0-9A-Za-z]+: to=<ana@example\.test>, relay=virtual, delay=[0-9.]+, delays=[0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+, dsn=2\.0\.0, status=sent \(delivered to maildir\)'
queue_is_empty 'the queue is empty'

# An address extension leads to the same mailbox.
send_mail sender@remote.test ana+lists@example.test >/dev/null
maildir_has 'user+extension reaches user' "$(virtual_maildir ana)" 2
no_crash 'no process crashed'
