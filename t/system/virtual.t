#!/bin/sh
# virtual: mail for a virtual mailbox stands in its Maildir as it was sent, owned by the mailbox's ids;
# a table that cannot be read defers and loses nothing.
. "$(dirname "$0")/../lib.sh"
plan 14
mkdir -p "$CONF"
cat >"$CONF/patterns" <<'END'
/^(.*)@patterns\.test$/ patterns.test/$1/
/^(plain|only-1)@/ patterns.test/plain/
END
printf '/^only-(.*)@/ $1\n!/^only-/ %s\n' "$VMAIL_UID" >"$CONF/ids"
instance_start <<END
virtual_mailbox_domains = example.test, patterns.test
virtual_mailbox_maps = hash:$CONF/vmailbox, regexp:$CONF/patterns
virtual_uid_maps = pcre:$CONF/ids
END
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

# Rules whose result is made from the address do not count: the mailbox would be where a stranger wants it.
send_mail sender@remote.test stranger@patterns.test >/dev/null
log_has 'a pattern puts no part of an address into the name of a mailbox' 'to=<stranger@patterns\.test>, relay=virtual, .*status=bounced \(unknown user'
send_mail sender@remote.test plain@patterns.test >/dev/null
log_has 'a pattern without one counts' 'to=<plain@patterns\.test>, relay=virtual, .*status=sent'
log_has "the rule is passed over with Postfix's warning" 'regexp map .*/patterns, line 1: regular expression substitution is not allowed: skipping this rule'
send_mail sender@remote.test only-1@patterns.test >/dev/null
log_has 'nor is an owner made from it' 'to=<only-1@patterns\.test>, relay=virtual, .*status=deferred'
no_crash 'no process crashed'
