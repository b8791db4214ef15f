#!/bin/sh
# local: what becomes of an expansion as a whole, as Postfix has it: which address mail was delivered to, what
# the sender is told of failures and successes, and what waits when a part of it has to.
. "$(dirname "$0")/../lib.sh"
mkdir -p "$T/conf" "$T/out"
chmod 1777 "$T/out"
cat >"$T/conf/aliases" <<END
postmaster: $ME
alias: "|cat >$T/out/alias"
environment: "|env >$T/out/environment; cat >/dev/null"
missing: "|$T/out/no-such-program"
gone: nobody-at-all
both: nobody-one, nobody-two
refused: "|cat >/dev/null; echo not today; exit 77"
list: luis@example.test
owner-list: ana@example.test
half: eva@example.test, "|cat >/dev/null; exit 75"
success: luis@example.test
END
printf 'root id -un >%s; echo "$HOME" >>%s; cat >/dev/null\n' "$T/out/root" "$T/out/root" >"$T/conf/commands"
plan 21
instance_start <<END
local_recipient_maps =
mailbox_command_maps = texthash:$CONF/commands
END
newest() { ls -t "$(virtual_maildir "$1")"/new/* 2>/dev/null | head -n 1; }
# reported TEXT: a report to ana has it
reported() { cat "$(virtual_maildir ana)"/new/* 2>/dev/null | grep -qF -- "$1"; }

send_mail ana@example.test alias@buzon.test >/dev/null
eventually 'Delivered-To: has the alias, not what it led to' grep -q '^Delivered-To: alias@buzon.test' "$T/out/alias"
send_mail ana@example.test environment@buzon.test >/dev/null
eventually 'a command of an alias runs for the alias' grep -qx 'LOGNAME=environment' "$T/out/environment"
check 'with the system'"'"'s path' grep -qx 'PATH=/usr/bin:/bin' "$T/out/environment"

if [ $PRIVILEGED = yes ]; then
    send_mail ana@example.test root@buzon.test >/dev/null
    wait_until 'a command for root' grep -q / "$T/out/root"
    is 'nothing runs as root: his mailbox_command runs as nobody' "$(tr '\n' ' ' <"$T/out/root")" 'nobody /root '
else
    ok 'a mailbox_command of root # SKIP needs root'
fi

send_mail ana@example.test missing@buzon.test >/dev/null
log_has 'a program that is not there is trouble for a time' \
    "to=<missing@buzon.test>, .*status=deferred \(temporary failure. Command output: local: fatal: execvp $T/out/no-such-program: No such file or directory"
send_mail ana@example.test gone@buzon.test >/dev/null
eventually 'the report names whom the alias led to' reported '<nobody-at-all@'
check 'and the alias' reported '(expanded from <gone@buzon.test>):'
check 'as the final recipient' reported 'Final-Recipient: rfc822; nobody-at-all@'
send_mail ana@example.test both@buzon.test >/dev/null
eventually 'two failures are both reported' reported 'unknown user: "nobody-two"'
check 'the first one too' reported 'unknown user: "nobody-one"'
send_mail ana@example.test refused@buzon.test >/dev/null
eventually 'what a command said is the diagnostic of a program' reported 'Diagnostic-Code: x-unix; not today'

send_mail eva@example.test list@buzon.test >/dev/null
maildir_has 'a list reaches its member' "$(virtual_maildir luis)" 1
check 'who is its original recipient' grep -q '^X-Original-To: luis@example.test' "$(newest luis)"
log_has 'one line tells of all that was forwarded' 'to=<list@buzon.test>, relay=local, .*status=sent \(forwarded as '

send_mail ana@example.test half@buzon.test >/dev/null
log_has 'a part that must wait' 'to=<half@buzon.test>, .*status=deferred \(temporary failure\)'
buzonqueue() { tool buzonqueue "$@"; }
buzonqueue -f
eventually 'is tried again' sh -c "[ \"\$(grep -c 'to=<half@buzon.test>, .*status=deferred' '$LOG')\" -ge 2 ]"
is 'and nothing is sent on as long as it does' "$(grep -c 'to=<eva@example.test>, orig_to=<half' "$LOG")" 0

converse smtp 'a sender asks to be told' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<ana@example.test> ENVID=asked
S: 250 2.1.0 Ok
C: RCPT TO:<success@buzon.test> NOTIFY=SUCCESS
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C- From alice Thu Jan  1 00:00:00 2026\r\n>From bob Thu Jan  1 00:00:00 2026\r\nSubject: asked\r\n\r\nbody\r\n.\r\n
S: 250 2.0.0 Ok: queued as *
END
eventually 'of the expansion' reported 'delivery via local: alias expanded'
lines_named() { [ "$(sed '/^$/,$d' "$(grep -l '^Subject: asked' "$(virtual_maildir luis)"/new/*)" | grep -c '^X-Mailbox-Line: >*From ')" = 2 ]; }
eventually "a mailbox's lines before the header are fields of it" lines_named
no_crash 'no process crashed'
