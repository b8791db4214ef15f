#!/bin/sh
# Quota: imapd (RFC 9208, RFC 2087), virtual and Dovecot's maildirsize agree on what a mailbox may hold and
# holds; what is too much is refused or bounced for good, and what goes makes room.
. "$(dirname "$0")/../lib.sh"
plan 19
instance_prepare <<END
mailbox_quota = 20C
mailbox_quota_maps = inline:{{ana@example.test = *:storage=2k:messages=5}, {eva@example.test = lots}}, passwd-quota:$CONF/users
mailbox_count_limit = 4
mailbox_quota_rules = Trash:messages=+10%, "Deleted Items":messages=+3
END
sed -i "s|^$ME:.*|&::::::userdb_quota_rule=*:messages=1|" "$CONF/users"
instance_run
ANA=ana@example.test
BOX=$(virtual_maildir ana)
LOGIN="S: * OK *
C: l LOGIN $ANA $PASSWORD
S~ l OK *QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX*"
LOGOUT="C: z LOGOUT
S: * BYE *
S: z OK *"
KIB=$(printf '%01000d' 0)

converse imap 'told and kept up' <<END
$LOGIN
C: a GETQUOTAROOT INBOX
S: * QUOTAROOT "INBOX" "User quota"
S: * QUOTA "User quota" (STORAGE 0 2 MESSAGE 0 5 MAILBOX 1 4)
S: a OK *
C- b APPEND INBOX {1000+}\r\n$KIB\r\n
S: b OK *
C- c APPEND INBOX {5+}\r\nhello\r\n
S: c OK *
C: d GETQUOTA "User quota"
S: * QUOTA "User quota" (STORAGE 1 2 MESSAGE 2 5 MAILBOX 1 4)
S: d OK *
C: e GETQUOTA ""
S: e NO [NONEXISTENT] *
C: f SETQUOTA "User quota" (STORAGE 100000)
S: f NO [NOPERM] *
C: g SETQUOTA "User quota" (STORAGE)
S: g BAD *
$LOGOUT
END
is 'in the file that Courier and Dovecot know' "$(awk 'NR == 1 { print; next } { size += $1; count += $2 } END { print size, count }' "$BOX/maildirsize" | tr '\n' ' ')" '2048S,5C 1005 2 '
converse imap 'too much is refused, and what goes makes room' <<END
$LOGIN
C: a SELECT INBOX
S~ a OK *
C- b APPEND INBOX {2000}\r\n
S: + *
C- $KIB$KIB\r\n
S: b NO [OVERQUOTA] *
C: c CREATE Copies
S: c OK *
C: d COPY 1:2 Copies
S: d OK [COPYUID *
C: e COPY 1 Copies
S: e NO [OVERQUOTA] *
C: f MOVE 1 Copies
S: * OK [COPYUID *
S~ f OK *
C- g APPEND INBOX {1+}\r\nx {1+}\r\ny\r\n
S: g NO [OVERQUOTA] *
C- h STORE 1 +FLAGS (\\\\Deleted)\r\n
S~ h OK *
C: i EXPUNGE
S~ i OK *
C: j GETQUOTA "User quota"
S: * QUOTA "User quota" (STORAGE 2 2 MESSAGE 3 5 MAILBOX 2 4)
S: j OK *
C- k APPEND INBOX {1+}\r\nx {1+}\r\ny\r\n
S~ k OK *
C- m APPEND INBOX {1+}\r\nz\r\n
S: m NO [OVERQUOTA] *
$LOGOUT
END
check 'full: mail for it bounces' send_mail sender@remote.test ana@example.test
log_has 'as over quota, for good' 'to=<ana@example\.test>, relay=virtual, .* dsn=5\.2\.2, status=bounced \(maildir delivery failed: Quota exceeded \(mailbox for user is full\)\)'
converse imap 'a mailbox that is removed makes room' <<END
$LOGIN
C: a DELETE Copies
S: a OK *
C: b GETQUOTA "User quota"
S: * QUOTA "User quota" (STORAGE 1 2 MESSAGE 2 5 MAILBOX 1 4)
S: b OK *
C: c CREATE A
S: c OK *
C: d CREATE B
S: d OK *
C: e CREATE C
S: e OK *
C: f CREATE D
S: f NO [OVERQUOTA] *
$LOGOUT
END
check 'then mail comes in again' send_mail sender@remote.test ana@example.test
log_has 'and counts' 'to=<ana@example\.test>, relay=virtual, .* dsn=2\.0\.0, status=sent'
wait_until 'the delivery' t_files_in "$BOX" 3
is 'with its size on disk' "$(awk 'NR > 1 { size += $1; count += $2 } END { print size, count }' "$BOX/maildirsize")" "$(cat $(maildir_files "$BOX") | wc -c) 3"
converse imap 'who has none of his own has what all have' <<END
S: * OK *
C: l LOGIN luis@example.test $PASSWORD
S~ l OK *
C: a GETQUOTA "User quota"
S: * QUOTA "User quota" (MESSAGE 0 20 MAILBOX 1 4)
S: a OK *
$LOGOUT
END
send_mail sender@remote.test eva@example.test >/dev/null
log_has 'a quota that is none defers' 'to=<eva@example\.test>, .* dsn=4\.[0-9]\.[0-9], status=deferred'
check 'and the log says which' grep -q 'warning: mailbox_quota_maps: "lots" is no quota' "$LOG"
MANY=$(printf ' {1+}\\r\\nx%.0s' $(seq 20))
converse imap 'single mailboxes may have more' <<END
S: * OK *
C: l LOGIN luis@example.test $PASSWORD
S~ l OK *
C- a APPEND INBOX$MANY\r\n
S: a OK *
C- b APPEND INBOX {1+}\r\nx\r\n
S: b NO [OVERQUOTA] *
C: c CREATE Trash
S: c OK *
C: d CREATE "Deleted Items"
S: d OK *
C- e APPEND Trash {1}\r\n
S: + *
C- x\r\n
S: e OK *
C: f SELECT INBOX
S~ f OK *
C: g COPY 1 INBOX
S: g NO [OVERQUOTA] *
C: h COPY 1 Trash
S: h OK *
C: i COPY 1 Trash
S: i NO [OVERQUOTA] *
C: j COPY 1 "Deleted Items"
S: j OK *
C: k COPY 1 "Deleted Items"
S: k NO [OVERQUOTA] *
C: m GETQUOTAROOT Trash
S: * QUOTAROOT "Trash" "User quota"
S: * QUOTA "User quota" (MESSAGE 23 20 MAILBOX 3 4)
S: m OK *
$LOGOUT
END
for turn in 1 2; do send_mail "rule$turn@remote.test" "$ME@buzon.test" >/dev/null; done
log_has 'the rule of the file of users counts before any login' "to=<$ME@buzon\.test>, relay=local, .* status=bounced \(.*Quota exceeded"
is 'and lets in what it shall' "$(maildir_files "$ME_MAILDIR" | xargs grep -l '^Return-Path: <rule' | wc -l)" 1
# As Dovecot's LDA: the last message that is delivered may pass the limit by a tenth, and then none comes in any more.
sed -i 's/eva@example.test = lots/eva@example.test = storage=100k/' "$CONF/main.cf"
buzon reload
big() { { printf 'Subject: %s\n\n' "$1"; head -c "$1" /dev/zero | tr '\0' x | fold -w 70; echo; } >"$T/big"; }
tell() { big "$1"; send_mail "grace$1@remote.test" eva@example.test "$T/big" >/dev/null; }
result() { log_has "$1" "to=<eva@example\.test>, relay=virtual, .* $2"; }
tell 90000
wait_until 'the first' t_files_in "$(virtual_maildir eva)" 1
tell 15000
eventually 'the last message may pass the quota by a tenth' t_files_in "$(virtual_maildir eva)" 2
tell 100
result 'and when it is passed, the next one bounces' 'dsn=5\.2\.2, status=bounced'
is 'so that it is not there' "$(maildir_files "$(virtual_maildir eva)" | wc -l)" 2
no_crash 'no process crashed'
