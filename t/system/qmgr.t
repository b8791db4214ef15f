#!/bin/sh
# The queue manager and its agents: destinations and transports that fail, agents that die, restarts and
# kills in mid-delivery, messages that are taken away under its hands, files that are none.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../qmgr.sh"
plan 43

cat >"$CONF/transport" <<END
ok.test          agent:ok
down.test        pair:unreachable
die.test         mortal:die
once.test        mortal:die-once
half.test        mortal:die-after 2
slow.test        agent:slow 100
crawl.test       agent:slow 0
nowhere.test     nosuch:
waits.test       lazy:ok
rated.test       rated:ok
END
qmgr_prepare agent lazy mortal pair rated <<END
virtual_mailbox_maps = texthash:$CONF/vmailbox
transport_maps = texthash:$CONF/transport
minimal_backoff_time = 300s
transport_retry_time = 1s
defer_transports = lazy
agent_destination_recipient_limit = 10
mortal_destination_recipient_limit = 10
pair_destination_recipient_limit = 2
rated_destination_recipient_limit = 2
rated_destination_rate_delay = 1h
END
instance_run

sendmail() { tool sendmail "$@"; }
# mail TO...: a message; its queue id is in $ID once it is known to qmgr
mail() {
    printf 'Subject: test\n\ntext\n' | sendmail -f ana@example.test "$@"
    wait_until 'the message' t_new_message
    ID=$(t_message_ids | tail -n 1)
}
t_known=0
t_message_ids() { sed -n 's/.*qmgr\[[0-9]*\]: \([0-9A-Za-z]*\): from=<ana@example.test>.*queue active.*/\1/p' "$LOG" | awk '!seen[$0]++'; }
t_new_message() { [ "$(t_message_ids | wc -l)" -gt $t_known ] && t_known=$(t_message_ids | wc -l); }
delivered() { agent_count "^$1 "; }
delivered_is() { agent_count_is "^$1 " "$2"; }

# --- destinations and transports ------------------------------------------------------------------------

mail a@ok.test
eventually 'mail is delivered' delivered_is "$ID" 1
log_has 'the log says how' "$ID: to=<a@ok.test>, relay=agent, delay=[0-9.]+, delays=[0-9./]+, dsn=2.0.0, status=sent .counted"
log_has 'and when it is done with' "$ID: removed"

mail $(for i in $(seq 1 20); do echo "a$i@down.test"; done)
log_has 'what fails again and again is left alone' 'error.*to=<a[0-9]*@down.test>, relay=none, .*dsn=4.4.1, status=deferred .delivery temporarily suspended: connect to nowhere: Connection refused'
wait_until 'the deferral' lies_in deferred "$ID"
t_attempts() { grep -c 'agent.*to=<a[0-9]*@down.test>' "$LOG"; }
t_before=$(t_attempts)
t_more_attempts() { [ "$(t_attempts)" -gt "$t_before" ]; }
tool buzonqueue -f
eventually 'a flush tries it again' t_more_attempts

mail a@nowhere.test
log_has 'a transport without its service is noticed' 'warning: connect to transport private/nosuch: No such file or directory'
log_has 'and its mail deferred' "$ID: to=<a@nowhere.test>, relay=none, .*dsn=4.3.0, status=deferred .mail transport unavailable"

mail a@waits.test
log_has 'a transport that shall wait, does' "$ID: to=<a@waits.test>, relay=none, .*dsn=4.3.2, status=deferred .deferred transport"
wait_until 'the deferral' lies_in deferred "$ID"
tool buzonqueue -f
eventually 'until somebody flushes the queue' delivered_is "$ID" 1

# --- agents that die -------------------------------------------------------------------------------------

mail a@once.test
eventually 'an agent that dies once is forgiven' delivered_is "$ID" 1
mail a@half.test b@half.test c@half.test
log_has 'one that dies in the middle is not' "$ID: to=<c@half.test>, relay=none, .*status=deferred .unknown mail transport error"
wait_until 'the deferral' lies_in deferred "$ID"
is 'who has it, has it' "$(tool buzoncat -eq "$ID" | sed -n 's/^done_recipient: //p' | tr '\n' ' ')" 'a@half.test b@half.test '
is 'and only the rest waits' "$(tool buzoncat -eq "$ID" | sed -n 's/^recipient: //p')" 'c@half.test'
mail a@die.test
log_has 'nor one that always dies' "$ID: to=<a@die.test>, relay=none, .*dsn=4.3.0, status=deferred .(unknown mail transport error|mail transport unavailable)"

# --- many recipients, and a kill -------------------------------------------------------------------------

many=$(for i in $(seq 1 200); do echo "r$i@slow.test"; done)
mail $many
t_some() { [ "$(delivered "$ID")" -ge 60 ]; }
wait_until 'some deliveries' t_some
agents_wait
mail a@ok.test
eventually 'a small message does not wait for a large one' delivered_is "$ID" 1
ID=$(t_message_ids | tail -n 2 | head -n 1)
check 'of which there is more to come' test "$(delivered "$ID")" -lt 200
kill_qmgr
agents_go
eventually 'after a kill everybody gets it' agent_who_is "^$ID " 200
wait_until 'the end' t_log_matches "$ID: removed"
twice=$(agent_twice "^$ID ")
check "only what was in flight comes twice ($twice)" test "$twice" -le 50

# --- a reload between deliveries: what was delivered is told of -------------------------------------------

mail -N success a@rated.test b@rated.test c@rated.test
wait_until 'the first delivery' delivered_is "$ID" 2
buzon reload 2>/dev/null
eventually 'the next queue manager delivers the rest' delivered_is "$ID" 3
reported() { cat $(maildir_files "$(virtual_maildir ana)") 2>/dev/null | grep -c '^Final-Recipient: rfc822; .*@rated.test'; }
reported_is() { [ "$(reported)" = "$1" ]; }
eventually 'and the sender hears of all' reported_is 3

# --- reload, and tables that change, in mid-delivery -------------------------------------------------------

agents_wait
mail a@crawl.test $many
t_begun() { [ -n "$(ps -o pid= --ppid "$(instance_pid)" -C agent)" ] && lies_in active "$ID"; }
wait_until 'its beginning' t_begun
OLD=$ID
buzon reload 2>/dev/null
log_has 'a new queue manager leaves alone what the old one has in flight' "$OLD: skipped, still being delivered"
mail b@ok.test
eventually 'and goes on with other mail' delivered_is "$ID" 1
check 'at once' sh -c "! grep -q '$OLD: removed' '$LOG'"
agents_go
log_has 'what was in flight is finished' "$OLD: to=<a@crawl.test>, .*status=sent"
log_has 'what was not follows' "$OLD: removed"
is 'nobody gets it twice' "$(agent_twice "^$OLD ")" 0
is 'everybody once' "$(delivered "$OLD")" 201

agents_wait
mail a@crawl.test
wait_until 'its activity' lies_in active "$ID"
OLD=$ID
echo 'new.test agent:ok' >>"$CONF/transport"
mail b@new.test
eventually 'a changed table is obeyed while a delivery is in flight' delivered_is "$ID" 1
agents_go
log_has 'which is finished' "$OLD: removed"
is 'once' "$(delivered "$OLD")" 1

# --- taken away ---------------------------------------------------------------------------------------------

agents_wait
mail a@crawl.test b@late.test
wait_until 'its activity' lies_in active "$ID"
tool buzonsuper -h "$ID" 2>/dev/null
check 'a message on hold leaves the queue while it is being delivered' lies_in hold "$ID"
agents_go
log_has 'the delivery in flight is finished' "$ID: to=<a@crawl.test>, .*status=sent"
log_has 'qmgr notices' "$ID: no longer in the active queue"
like 'who has it is noted in the file on hold' "$(tool buzoncat -eq "$ID")" 'done_recipient: a@crawl.test'
agents_wait
mail a@crawl.test
wait_until 'its activity' lies_in active "$ID"
tool buzonsuper -d "$ID" 2>/dev/null
agents_go
log_has 'a deleted message is forgotten' "$ID: no longer in the active queue"

# --- what is no message ------------------------------------------------------------------------------------

put() { # QUEUE NAME MODE: a file of garbage there
    echo garbage >"$SPOOL/$1/$2"
    chmod "$3" "$SPOOL/$1/$2"
    chown "$MAIL_OWNER" "$SPOOL/$1/$2"
}
put incoming 0000000000001 700
put incoming 0000000000002 600
put incoming 0000000000003 600
touch -d '2 hours ago' "$SPOOL/incoming/0000000000003"
put active 0000000000004 700
kill_qmgr
eventually 'garbage is put aside' lies_in corrupt 0000000000001
eventually 'also what was active' lies_in corrupt 0000000000004
log_has 'with a warning' 'warning: saving corrupt file "0000000000001" from queue "incoming" to queue "corrupt"'
check 'what may still be written stays' lies_in incoming 0000000000002
eventually 'what nobody can be writing goes' sh -c "! test -e '$SPOOL/incoming/0000000000003'"
is 'mail in the queue is where it was' "$(find "$SPOOL/deferred" -type f | wc -l)" "$(tool buzonqueue -j | grep -c '"deferred"')"
touch -d '1 minute ago' $(find "$SPOOL/deferred" -type f)
kill_qmgr
eventually 'what has become due meanwhile is tried' t_log_matches "to=<c@half.test>, relay=agent.*status=sent"
no_crash 'no process crashed'
