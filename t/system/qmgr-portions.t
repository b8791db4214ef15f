#!/bin/sh
# qmgr: a message with thousands of recipients is read in portions, of which no more are in memory than
# qmgr_message_recipient_limit and its kin allow. Everybody gets it once: while others pass it, when some recipients
# are deferred and some bounce, over a reload; and after a kill those who were not marked as done.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../qmgr.sh"
plan 35

qmgr_prepare list:10 once:10 mixed:10 slow:10 <<END
transport_maps = inline:{ {list.test = list:ok}, {slow.test = slow:slow 10}, {mixed.test = mixed:mixed 0}, {once.test = once:ok} }
virtual_mailbox_maps = hash:$CONF/vmailbox
qmgr_message_recipient_limit = 50
qmgr_message_recipient_minimum = 10
default_recipient_limit = 100
default_extra_recipient_limit = 20
default_recipient_refill_limit = 20
default_recipient_refill_delay = 1s
default_destination_recipient_limit = 5
default_destination_concurrency_limit = 10
maximal_queue_lifetime = 1d
duplicate_filter_limit = 100
END
sed -i 's/^qmgr .*/& -v/' "$CONF/master.cf"
instance_run

# mail_to ADDRESS...: a message of ana's; its queue id is in $ID
mail_to() {
    printf 'Subject: list\n\ntext\n' | tool sendmail -f ana@example.test "$@"
    wait_until 'the message' t_new_message
    ID=$(t_message_ids | tail -n 1)
}
t_known=0
t_message_ids() { sed -n 's/.*qmgr\[[0-9]*\]: \([0-9A-Za-z]*\): from=<ana@example.test>.*queue active.*/\1/p' "$LOG" | awk '!seen[$0]++'; }
t_new_message() { [ "$(t_message_ids | wc -l)" -gt $t_known ] && t_known=$(t_message_ids | wc -l); }
portions() { grep -c "qmgr.*: $ID: [0-9]* recipients read" "$LOG"; }
most_in_memory() { sed -n 's/.* unread, \([0-9]*\) of all messages in memory.*/\1/p' "$LOG" | sort -n | tail -n 1; }
numbered() { seq -f "$1%g@$2" "$3"; } # NAME DOMAIN COUNT

# --- a list -------------------------------------------------------------------------------------------------

mail_to $(numbered member list.test 3000)
log_has 'the log says how many recipients it has' "$ID: from=<ana@example.test>, size=[0-9]*, nrcpt=3000 .queue active"
eventually 'all of them get it' agent_count_is "^$ID " 3000
log_has 'then it goes' "$ID: removed"
is 'nobody gets it twice' "$(agent_twice "^$ID ")" 0
like 'the first portion has as many as there is room for' "$(grep "$ID: [0-9]* recipients read" "$LOG" | head -n 1)" "$ID: 50 recipients read, 2950 unread"
check 'and there were many' test "$(portions)" -ge 28
check "never more were in memory than the transport may have ($(most_in_memory))" test "$(most_in_memory)" -le 110

# --- others pass -----------------------------------------------------------------------------------------------

mail_to $(numbered member slow.test 1500)
LIST=$ID
wait_until 'its beginning' agent_count_over "^$LIST " 100
agents_wait
mail_to small@slow.test
agents_go
eventually 'a small message passes the list' agent_count_is "^$ID " 1
agents_wait
check 'of which much is not even read' test "$(ID=$LIST portions)" -lt 50
mail_to $(numbered other list.test 500)
eventually 'another transport has room of its own' agent_count_is "^$ID " 500
check 'while the list waits' lies_in active "$LIST"
agents_go
eventually 'all of the list get it' agent_count_is "^$LIST " 1500
is 'once' "$(agent_twice "^$LIST ")" 0

# --- many lists at once --------------------------------------------------------------------------------------------

for t_list in 1 2 3 4 5 6 7 8 9 10; do
    printf 'Subject: list\n\ntext\n' | tool sendmail -f ana@example.test $(numbered "of${t_list}no" slow.test 100) $(numbered "of${t_list}no" list.test 100)
done
eventually 'lists that are read in turns: everybody gets his' agent_count_is ' of[0-9]*no' 2000
is 'once' "$(agent_twice ' of[0-9]*no')" 0
is 'and each message has its own recipients' "$(agent_delivered ' of[0-9]*no' | sed 's/no[0-9]*@.*//' | sort -u | wc -l)" 10

# --- some bounce, some are deferred --------------------------------------------------------------------------------

mail_to $(for i in $(seq 1 800); do echo "good$i@mixed.test" "bounce$i@mixed.test" "defer$i@mixed.test"; done)
MIXED=$ID
wait_until 'the deferral' lies_in deferred "$MIXED"
is 'who exists and can get it, has it' "$(agent_who "^$MIXED ")" 800
is 'who cannot get it now waits' "$(tool buzoncat -eq "$MIXED" | grep -c '^recipient: defer')" 800
is 'and nobody else' "$(tool buzoncat -eq "$MIXED" | grep -c '^recipient: ')" 800
is 'each with the reason' "$(tool buzonqueue -j | sed "/$MIXED/!d" | grep -o '"delay_reason": *"not today' | wc -l)" 800
reported() { cat $(maildir_files "$(virtual_maildir ana)") 2>/dev/null | grep -c '^Final-Recipient: rfc822; bounce'; }
reported_is() { [ "$(reported)" = "$1" ]; }
eventually 'the sender is told of everybody who does not exist' reported_is 800
tool buzonqueue -i "$MIXED"
t_tried() { [ "$(grep -c "$MIXED: to=<defer.*status=deferred" "$LOG")" = 1600 ]; }
eventually 'who waits is tried again' t_tried
wait_until 'the deferral' lies_in deferred "$MIXED"
is 'nobody else' "$(agent_count "^$MIXED ")" 800
touch "$SPOOL/trace/agent-mended" && chown "$MAIL_OWNER" "$SPOOL/trace/agent-mended"
tool buzonqueue -i "$MIXED"
eventually 'in the end everybody has it' agent_count_is "^$MIXED " 1600
log_has 'and it goes' "$MIXED: removed"
is 'nobody has it twice' "$(agent_twice "^$MIXED ")" 0
is 'and nobody was reported twice' "$(reported)" 800

# --- the same recipient again ----------------------------------------------------------------------------------------

# As in Postfix, cleanup alone looks for duplicates, among duplicate_filter_limit recipients.
mail_to first@list.test $(numbered other list.test 150) first@list.test last@list.test $(numbered more list.test 100) last@list.test
log_has 'a message with duplicates' "$ID: removed"
is 'who is among them gets it once' "$(agent_count "^$ID first@")" 1
is 'another one as often as he is named' "$(agent_count "^$ID last@")" 2

# --- restarts ----------------------------------------------------------------------------------------------------------

mail_to $(numbered reload slow.test 1000)
wait_until 'its beginning' agent_count_over "^$ID " 150
buzon reload 2>/dev/null
wait_until 'more of it' agent_count_over "^$ID " 400
buzon reload 2>/dev/null
eventually 'a reload in the middle: everybody gets it' agent_who_is "^$ID " 1000
is 'once' "$(agent_twice "^$ID ")" 0
mail_to $(numbered kill slow.test 1000)
for t_count in 150 500; do
    wait_until 'some of it' agent_count_over "^$ID " $t_count
    kill_qmgr
done
eventually 'a kill in the middle: everybody gets it' agent_who_is "^$ID " 1000
check "twice only what was in flight ($(agent_twice "^$ID "))" test "$(agent_twice "^$ID ")" -le 100
instance_stop
no_crash 'nothing crashed'
