#!/bin/sh
# buzonqueue, buzoncat and buzonsuper: what waits in the queue, why, and what an administrator may do.
. "$(dirname "$0")/../lib.sh"
plan 73

printf "late.test retry:4.2.1 the road is closed\nrelayed.test retry:4.2.2 the bridge too\n" >"$CONF/transport"
instance_start <<END
mydestination =
virtual_mailbox_maps = texthash:$CONF/vmailbox
transport_maps = texthash:$CONF/transport
minimal_backoff_time = 1h
relay_domains = relayed.test
fast_flush_domains = relayed.test
END
sendmail() { tool sendmail "$@"; }
BOX=$(virtual_maildir ana)
deferred_count() { find "$SPOOL/deferred" -type f | wc -l; }
deferred_are() { [ "$(deferred_count)" = "$1" ]; }
lines() { sed -n "$1" "$T/said"; }
status() { # the exit status of a command whose words go to $T/said
    "$@" >"$T/said" 2>&1
    echo $?
}

# --- looking ------------------------------------------------------------------------------------------

is 'an empty queue' "$(tool buzonqueue -p)" 'Mail queue is empty'
is 'and no objects for it' "$(tool buzonqueue -j)" ''

printf 'Subject: one\nX-Folded: a\n\tb\n\nfirst\n\nlast\n' |
    sendmail -f ana@example.test luis@example.test bob@late.test '"b c"@late.test' d@relayed.test
log_has 'a message waits' 'to=<d@relayed.test>, relay=none, .*dsn=4.2.2, status=deferred .the bridge too'
wait_until 'the deferral' deferred_are 1
ID=$(basename "$(find "$SPOOL/deferred" -type f)")
tool buzonqueue -p >"$T/said"
is 'the heading' "$(lines 1p)" '-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------'
like 'the message' "$(lines 2p)" "^$ID +[0-9]+ [A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8}  ana@example.test\$"
# Whose agent answers first is listed first.
road=' +\(the road is closed\)\| {41}bob@late.test\| {41}"b c"@late.test\|' bridge=' +\(the bridge too\)\| {41}d@relayed.test\|'
like 'who waits, why, once' "$(lines '3,7p' | tr '\n' '|')" "^($road$bridge|$bridge$road)\$"
like 'the total' "$(lines '$p')" '^-- 0 Kbytes in 1 Request\.$'
is 'who has it is not listed' "$(grep -c luis "$T/said")" 0
tool buzonqueue -j >"$T/json"
is 'one JSON object' "$(python3 -c "
import json,sys
m=json.loads(sys.stdin.readline())
print(m['queue_name'], m['queue_id'], m['forced_expire'], m['sender'],
      sorted((r['address'], r['delay_reason']) for r in m['recipients']))" <"$T/json")" \
    "deferred $ID False ana@example.test [('\"b c\"@late.test', 'the road is closed'), ('bob@late.test', 'the road is closed'), ('d@relayed.test', 'the bridge too')]"

tool buzoncat -q "$ID" >"$T/said"
like 'buzoncat frames the envelope' "$(lines 1p)" "^\*\*\* ENVELOPE RECORDS deferred/.*/$ID \*\*\*\$"
is 'it tells sender, who waits and who has it' "$(grep -E '^(sender|recipient|done_recipient): ' "$T/said" | tr '\n' ' ')" \
    'sender: ana@example.test done_recipient: luis@example.test recipient: bob@late.test recipient: b c@late.test recipient: d@relayed.test '
like 'header and body' "$(tr '\n' '|' <"$T/said")" '\*\*\* MESSAGE CONTENTS .*\|Subject: one\|X-Folded: a\|	b\|.*\|\|first\|\|last\|\*\*\* HEADER EXTRACTED .*\*\*\* MESSAGE FILE END'
is 'the body alone' "$(tool buzoncat -bq "$ID" | tr '\n' '|')" '|first||last|'
is 'the header alone ends before the body' "$(tool buzoncat -hq "$ID" | tail -n 1 | cut -c1-6)" "$(tool buzoncat -bhq "$ID" | sed '/^$/,$d' | tail -n 1 | cut -c1-6)"
is 'no such message' "$(status tool buzoncat -q 0123456789ABC)" 1

# --- pushing -------------------------------------------------------------------------------------------

attempts() { grep -c "$ID: to=<$1>, .*status=deferred" "$LOG"; }
attempts_are() { [ "$(attempts "$1")" = "$2" ]; }
is 'flushing one message' "$(status tool buzonqueue -i "$ID")" 0
eventually 'is an attempt' attempts_are bob@late.test 2
wait_until 'the deferral' deferred_are 1
is 'flushing everything' "$(status tool buzonqueue -f)" 0
eventually 'is one, too' attempts_are bob@late.test 3
wait_until 'the deferral' deferred_are 1
is 'flushing a site' "$(status tool buzonqueue -s relayed.test)" 0
eventually 'tries its mail' attempts_are d@relayed.test 4
wait_until 'the deferral' deferred_are 1
is 'but not any site' "$(status tool buzonqueue -s late.test)" 69
is 'a site has a reason' "$(cat "$T/said")" 'buzonqueue: fatal: Flush service is not configured for destination "late.test"'
is 'what is no queue id' "$(status tool buzonqueue -i ../etc)" 69

# --- selecting -----------------------------------------------------------------------------------------

# chosen OPTION...: how many messages these options select
chosen() { tool buzonqueue -j "$@" | grep -c queue_id; }
is 'by sender' "$(chosen --sender='ANA@*') $(chosen --sender=luis@example.test) $(chosen --sender='<>')" '1 0 0'
is 'by recipient' "$(chosen --recipient='b?b@*') $(chosen --recipient=luis@example.test)" '1 0'
is 'by domain' "$(chosen --domain=late.test) $(chosen --domain='*.test') $(chosen --domain=.late.test)" '1 1 0'
is 'by reason' "$(chosen --reason='^the (road|way)') $(chosen --reason=tunnel)" '1 0'
is 'all of one recipient' "$(chosen --recipient=d@* --reason=road) $(chosen --recipient=d@* --reason=bridge)" '0 1'
is 'by size' "$(chosen --larger=100) $(chosen --larger=1k) $(chosen --smaller=1k) $(chosen --smaller=100)" '1 0 1 0'
is 'by age' "$(chosen --newer=1h) $(chosen --older=1h)" '1 0'
is 'by queue' "$(chosen --queue=deferred) $(chosen --queue=hold)" '1 0'
is 'none at all' "$(tool buzonqueue -p --sender=nobody)" 'Mail queue is empty'
is 'nonsense' "$(status tool buzonqueue -p --older=soon) $(cat "$T/said")" \
    '69 buzonqueue: fatal: bad age "soon": a number and s, m, h, d or w'
# refused OPTION...: those that are
refused() { for t_option; do [ "$(status tool buzonqueue -p "$t_option")" = 0 ] || printf '%s ' "${t_option#--}"; done; }
is 'ages and sizes that are none' "$(refused --older=0 --older=-1 --older=1x --older= --older=99999999999999w \
    --newer=1.5h --newer=2d --larger=0 --larger=1T --larger=1K --larger=99999999999999999999 --larger=1k --smaller=1kk)" \
    'older=0 older=-1 older=1x older= older=99999999999999w newer=1.5h larger=0 larger=1T larger=1K larger=99999999999999999999 smaller=1kk '
is 'patterns and queues that are none' "$(refused '--reason=(' '--reason=*' --reason= --queue=HOLD --queue= '--sender=[' --domain=)" \
    'reason=( reason=* queue=HOLD queue= '
tool buzonqueue --shape >"$T/said"
like 'the shape of the queue' "$(lines 1p)" '^ +T  5 10 20 40 80 160 320 640 1280 1280\+$'
is 'by domains of recipients' "$(sed 's/  */ /g' "$T/said" | sed -n '2,$p' | tr '\n' '|')" \
    ' TOTAL 3 3 0 0 0 0 0 0 0 0 0| late.test 2 2 0 0 0 0 0 0 0 0 0| relayed.test 1 1 0 0 0 0 0 0 0 0 0|'
is 'by those of senders, of a selection' "$(tool buzonqueue --shape=sender --sender=ana@* | sed -n 's/  */ /g; 3p')" \
    ' example.test 1 1 0 0 0 0 0 0 0 0 0'
is 'of nothing' "$(tool buzonqueue --shape --sender=nobody | sed -n 's/  */ /g; 2,$p')" ' TOTAL 0 0 0 0 0 0 0 0 0 0 0'
is 'flushing a selection' "$(status tool buzonqueue -f --domain=nowhere.test) $(status tool buzonqueue -f --domain=relayed.test)" '0 0'
eventually 'tries it' attempts_are d@relayed.test 5
wait_until 'the deferral' deferred_are 1

# --- ruling --------------------------------------------------------------------------------------------

tool buzonsuper -d ALL --sender=luis@example.test --reason=road >"$T/said" 2>&1
is 'nothing but the selected is deleted' "$(cat "$T/said")" 'buzonsuper: Deleted: 0 messages'
is 'a selection is for an order' "$(status tool buzonsuper --sender=x)" 1
tool buzonsuper -h ALL --sender=ana@* --domain=late.test >"$T/said" 2>&1
is 'a selection on hold' "$(cat "$T/said")" 'buzonsuper: Placed on hold: 1 message'
tool buzonsuper -H "$ID" --older=1h >"$T/said" 2>&1
is 'a name must be selected, too' "$(cat "$T/said")" 'buzonsuper: Released from hold: 0 messages'
tool buzonsuper -H "$ID" >"$T/said" 2>&1
eventually 'a released one is tried' attempts_are d@relayed.test 6
wait_until 'the deferral' deferred_are 1
tool buzonsuper -h "$ID" >"$T/said" 2>&1
is 'a message on hold' "$(tr '\n' '|' <"$T/said")" "buzonsuper: $ID: placed on hold|buzonsuper: Placed on hold: 1 message|"
like 'is marked' "$(tool buzonqueue -p | sed -n 2p)" "^$ID! "
tool buzonqueue -f
echo "$ID" | tool buzonsuper -e - >"$T/said" 2>&1
is 'one that shall expire' "$(tr '\n' '|' <"$T/said")" "buzonsuper: $ID: expired|buzonsuper: Force-expired: 1 message|"
like 'is marked, too' "$(tool buzonqueue -p | sed -n 2p)" "^$ID!# "
tool buzonsuper -H ALL >"$T/said" 2>&1
is 'all are released' "$(cat "$T/said")" 'buzonsuper: Released from hold: 1 message'
log_has 'and expire' "$ID: from=<ana@example.test>, status=force-expired, returned to sender"
maildir_has 'the sender is told' "$BOX" 1
like 'with what was known' "$(cat "$BOX"/new/*)" '<bob@late.test>: the road is closed'
queue_is_empty 'and the message is gone'

printf 'Subject: two\n\ntext\n' | sendmail -f ana@example.test bob@late.test
wait_until 'the deferral' deferred_are 1
printf 'late.test discard:\n' >"$CONF/transport"
tool buzonsuper -r ALL >"$T/said" 2>&1
like 'a message is requeued' "$(tr '\n' '|' <"$T/said")" 'requeued as [0-9A-Za-z]+\|buzonsuper: Requeued: 1 message\|$'
queue_is_empty 'and goes where it now should'
log_has 'by the new table' 'to=<bob@late.test>, relay=none, .*status=sent'

# A report of success that qmgr had not sent when it was stopped is not lost: the octet of a recipient says so.
printf 'late.test retry:4.2.1 closed again\n' >"$CONF/transport"
before=$(maildir_files "$BOX" | wc -l)
printf 'Subject: owed\n\ntext\n' | sendmail -f ana@example.test -N success,failure reached@late.test waits@late.test
wait_until 'the deferral' deferred_are 1
ID=$(find "$SPOOL/deferred" -type f -printf '%f\n')
tool buzonsuper -h "$ID" >"$T/said" 2>&1
octet=$(tool buzoncat -eoq "$ID" | sed -n 's/^ *\([0-9]*\) recipient: reached@late.test$/\1/p')
printf R | dd of="$(find "$SPOOL/hold" -name "$ID")" bs=1 seek="$octet" conv=notrunc 2>"$T/log/dd"
printf 'late.test discard:\n' >"$CONF/transport"
tool buzonsuper -r ALL >"$T/said" 2>&1
like 'a message with a report that is owed is requeued once' "$(tr '\n' '|' <"$T/said")" \
    'requeued as [0-9A-Za-z]+\|buzonsuper: Requeued: 1 message\|$'
queue_is_empty 'both messages come to an end'
maildir_has 'with a report of each' "$BOX" $((before + 2))
is 'the one that was owed and the new one, and no recipient twice' \
    "$(cat $(maildir_files "$BOX") | sed -n 's/^Final-Recipient: rfc822; \(reached\|waits\)@late.test$/\1/p' | sort | tr '\n' ' ')" 'reached waits '

printf 'late.test retry:4.2.1 closed again\n' >"$CONF/transport"
printf 'Subject: three\n\ntext\n' | sendmail -f ana@example.test bob@late.test
wait_until 'the deferral' deferred_are 1
tool buzonsuper -d ALL deferred >"$T/said" 2>&1
is 'everything is deleted' "$(cat "$T/said")" 'buzonsuper: Deleted: 1 message'
is 'with its reasons' "$(find "$SPOOL/defer" -type f)" ''

# A service that hangs up without reading is awake: whoever kicks it does not die of that.
python3 - "$SPOOL/public/busy" <<'END' &
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(50)
while True:
    server.accept()[0].close()
END
busy=$!
wait_until 'a busy service' test -S "$SPOOL/public/busy"
is 'a kick arrives' "$(for i in $(seq 60); do status tool buzonkick public busy W; done | sort | uniq -c | tr -s ' ')" ' 60 0'
kill $busy
rm "$SPOOL/public/busy"

# --- what nobody has picked up yet -------------------------------------------------------------------------

tool buzon stop >/dev/null 2>&1
for sender in one two three; do
    printf 'Subject: x\n\ntext\n' | sendmail -f "$sender@example.test" "for-$sender@late.test" 2>/dev/null
done
super() { tool buzonsuper "$@" 2>&1 | tr '\n' '|'; }
dropped() { find "$SPOOL/maildrop" -type f | wc -l | tr -d ' '; }
is 'three were handed in' "$(dropped)" 3
is 'no action looks there by itself' "$(super -d ALL --sender=one@example.test)$(dropped)" 'buzonsuper: Deleted: 0 messages|3'
is 'a selection in a queue that is named' "$(super -d ALL --sender=one@example.test maildrop)$(dropped)" 'buzonsuper: Deleted: 1 message|2'
is 'or is selected' "$(super -d ALL --queue=maildrop --recipient=for-two@*)$(dropped)" 'buzonsuper: Deleted: 1 message|1'
is 'the other is another' "$(tool buzonqueue -j 2>/dev/null | sed -n 's/.*"sender": "\([^"]*\)".*/\1/p')" three@example.test
is 'what does not fit stays' "$(super -d ALL --queue=maildrop --larger=1M)$(super -d ALL --domain=other.test maildrop)$(dropped)" \
    'buzonsuper: Deleted: 0 messages|buzonsuper: Deleted: 0 messages|1'
no_crash 'no process crashed'
