#!/bin/sh
# sendmail -bv and -v: the caller is told by mail what would become of mail, and what became of it.
. "$(dirname "$0")/../lib.sh"
plan 29

instance_start <<END
mydestination =
virtual_alias_maps = inline:{{list@example.test = ana@example.test, luis@example.test}}
transport_maps = inline:{{late.test = retry:4.2.1 the road is closed}, {gone.test = error:5.1.2 moved away}, {far.test = discard:}}
relay_domains = late.test, gone.test, far.test
END
BOX=$(virtual_maildir eva)
sendmail() { tool sendmail "$@"; }

is 'the caller is told that a report will come' \
    "$(sendmail -bv -f eva@example.test ana@example.test nobody@example.test list@example.test x@late.test y@gone.test z@far.test)" \
    'Mail Delivery Status Report will be mailed to <eva@example.test>.'
maildir_has 'the report' "$BOX" 1
REPORT=$(cat "$BOX"/new/*)
like 'its subject' "$REPORT" '^Subject: Mail Delivery Status Report'
like 'a mailbox that is there' "$REPORT" '<ana@example.test>: delivery via virtual'
like 'one that is not' "$REPORT" '<nobody@example.test>: User unknown in virtual mailbox table'
like 'an alias is what it stands for' "$REPORT" '<luis@example.test> .expanded from <list@example.test>.: delivery via virtual'
like 'what would have to wait' "$REPORT" '<x@late.test>: the road is closed'
like 'what would be returned' "$REPORT" '<y@gone.test>: moved away'
like 'what would go elsewhere' "$REPORT" '<z@far.test>: delivery via discard'
like 'for programs, too' "$(printf '%s\n' "$REPORT" | sed -n '/^Final-Recipient: .*nobody/,/^$/p' | tr '\n' '|')" \
    'Action: undeliverable\|Status: 5.1.1'
like 'and both ways' "$(printf '%s\n' "$REPORT" | sed -n '/^Final-Recipient: .*;ana/,/^$/p;/^Final-Recipient: .*; ana/,/^$/p' | tr '\n' '|')" \
    'Action: deliverable\|Status: 2.0.0'
log_has 'the log says it' 'to=<nobody@example.test>, relay=none, .*dsn=5.1.1, status=undeliverable'
is 'nobody has got anything' "$(maildir_files "$(virtual_maildir ana)"; maildir_files "$(virtual_maildir luis)")" ''
queue_is_empty 'and nothing is left'

printf 'Subject: look\n\n' | sendmail -v -f eva@example.test ana@example.test >/dev/null
maildir_has 'with -v, it is delivered' "$(virtual_maildir ana)" 1
maildir_has 'and reported' "$BOX" 2
printf 'Subject: later\n\n' | sendmail -v -N never -f eva@example.test x@late.test y@gone.test ana@example.test >"$T/said"
is 'the caller is told once the message is taken' "$(cat "$T/said")" 'Mail Delivery Status Report will be mailed to <eva@example.test>.'
maildir_has 'one report tells of the first attempt' "$BOX" 3
REPORT=$(cat "$BOX"/new/* "$BOX"/cur/* 2>/dev/null | sed -n '/^Subject: Mail Delivery/,$p' | sed -n '/x@late/p;/y@gone/p;/^Action/p;/^Subject/p' | tail -n 12)
like 'what has to wait' "$REPORT" '<x@late.test>: the road is closed'
like 'what has failed' "$REPORT" '<y@gone.test>: moved away'
like 'in the words of programs' "$REPORT" '^Action: delayed'
like 'all three of them' "$REPORT" '^Action: failed'
ID=$(tool buzonqueue -j | sed -n 's/.*"queue_id": "\([^"]*\)".*x@late.test.*/\1/p')
log_lines=$(grep -c 'to=<x@late.test>.*status=deferred' "$LOG")
tool buzonqueue -i "$ID"
more_deferrals() { [ "$(grep -c 'to=<x@late.test>.*status=deferred' "$LOG")" -gt "$log_lines" ]; }
wait_until 'a second attempt' more_deferrals
settled() { [ -z "$(find "$T/queue/active" "$T/queue/incoming" -type f)" ]; }
wait_until 'its end' settled
is 'the second attempt is not reported' "$(maildir_files "$BOX" | wc -l)" 3
LUIS=$(dirname "$(virtual_maildir luis)")
: >"$LUIS" # no directory: it has to wait
printf 'Subject: asked for\n\n' | sendmail -v -N success -f eva@example.test luis@example.test >/dev/null
maildir_has 'another first attempt' "$BOX" 4
wait_until 'its end' settled
rm "$LUIS"
tool buzonqueue -f
maildir_has 'what -N says is reported later, too' "$BOX" 5
is 'as what it is' "$(cat "$BOX"/new/* | grep -c '^Subject: Successful Mail Delivery Report')" 1
printf 'Subject: quiet\n\n' | sendmail -v -v -f eva@example.test ana@example.test >"$T/said" 2>"$T/log/verbose"
is 'more of them are for the log' "$(cat "$T/said")" ''
tool buzonsuper -d ALL 2>"$T/log/removed"
queue_is_empty 'all is done'
no_crash 'nothing has crashed'
