#!/bin/sh
# qmgr: how it ends, and what is left for the one that follows. Who was reached is reported also when the queue manager
# is killed before the report, and not twice when the message is put on hold meanwhile; nobody waits for agents that
# cannot be started when everything stops; a queue file that is opened again is the one that it was.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../qmgr.sh"
plan 20

qmgr_prepare quick slow:1 <<END
transport_maps = inline:{ {quick.test = quick:ok}, {slow.test = slow:slow 1500}, {wordy.test = quick:wordy}, {many.test = slow:slow 20}, {broken.test = broken:} }
virtual_mailbox_maps = hash:$CONF/vmailbox
virtual_alias_domains = alias.test
virtual_alias_maps = inline:{ {one@alias.test = both@quick.test}, {two@alias.test = both@quick.test} }
service_stop_time = 300s
END
printf '#!/bin/sh\nexit 1\n' >"$T/daemons/broken" && chmod 755 "$T/daemons/broken"
echo 'broken unix - - n - 1 broken' >>"$CONF/master.cf"
(ulimit -n 128 && instance_run)

# --- killed behind a delivery, before its report ---------------------------------------------------------------

ask() { printf 'Subject: %s\n\ntext\n' "$1" | tool sendmail -N success -f ana@example.test "$1@quick.test" "$1@slow.test" one@alias.test two@alias.test; }
reports() { cat $(maildir_files "$(virtual_maildir ana)") 2>/dev/null; }
reports_of() { reports | grep "^${2:-Final-Recipient}: rfc822; *$1\$" | wc -l; }
is_reported() { [ "$(reports_of "$1")" -ge 1 ]; }
is_noted() { [ -n "$(find "$SPOOL/trace" -type f -name '[0-9A-F]*')" ]; }
ask first
eventually 'who was reached is written down' is_noted
check 'he alone' test "$(agent_count first)" = 1
kill_qmgr
eventually 'the next queue manager reports him' is_reported first@quick.test
eventually 'and who was reached later' is_reported first@slow.test
is 'he has one copy' "$(agent_count first@quick.test)" 1
like 'the report says how it went' "$(reports | tr -s '\n ' '  ')" '<first@quick.test>: delivery via agent:'
for name in one two; do
    is "of one address, each recipient is reported: $name" "$(reports_of $name@alias.test Original-Recipient)" 1
done
like 'also to programs' "$(reports | grep -A 3 'first@quick.test$')" '^Action: delivered$'
queue_is_empty 'nothing is left in the queue'
check 'nor of what was to be reported' sh -c "[ -z \"\$(find '$SPOOL/trace' -type f -name '[0-9A-F]*')\" ]"

# --- held while its report is on the way -----------------------------------------------------------------------

kill -STOP $(child_pid bounce)
printf 'Subject: held\n\ntext\n' | tool sendmail -N success -f ana@example.test held1@quick.test held2@quick.test
eventually 'both are reached' agent_count_is held 2
held=$(agent_delivered held1 | cut -d ' ' -f 1)
is_owed() { [ "$(find "$SPOOL/trace" -name "$held" -exec grep -c quick.test {} +)" = 2 ]; }
wait_until 'both are noted' is_owed
tool buzonsuper -h "$held"
kill -CONT $(child_pid bounce)
wait_until 'the report is made' grep -q "$held: no longer in the active queue" "$LOG"
tool buzonsuper -H "$held"
tool buzonqueue -f
queue_is_empty 'released, it is done with'
eventually 'the report has come' is_reported held1@quick.test
is 'one' "$(reports_of held1@quick.test)" 1

# --- more words than a report may have ----------------------------------------------------------------------------

printf 'Subject: wordy\n\ntext\n' | tool sendmail -N success -f ana@example.test someone@wordy.test
eventually 'a long reason is cut, and reported' is_reported someone@wordy.test
: >"$SPOOL/trace/$held"
tool buzonsuper -p
check 'what was noted of a message that is gone is put in order' test ! -e "$SPOOL/trace/$held"

# --- another file in its place -----------------------------------------------------------------------------------

kill -STOP $(child_pid agent)
for n in $(seq 1 80); do printf 'Subject: many\n\ntext\n' | tool sendmail -f ana@example.test "n$n@many.test"; done
are_active() { [ "$(find "$SPOOL/active" -type f | wc -l)" -ge 80 ]; }
wait_until 'all are active' are_active
last=$(sed -n 's/.*qmgr\[[0-9]*\]: \([^:]*\): .*(queue active)/\1/p' "$LOG" | tail -n 1)
cp -p "$SPOOL/active/$last" "$T/other" && mv "$T/other" "$SPOOL/active/$last"
kill -CONT $(child_pid agent)
log_has 'another file in the place of the one that was closed is left alone' "$last: no longer in the active queue"

# --- stopped while agents cannot be started ------------------------------------------------------------------------

printf 'Subject: broken\n\ntext\n' | tool sendmail -f ana@example.test someone@broken.test
wait_until 'the agent is throttled' grep -q 'broken: bad command startup -- throttling' "$LOG"
printf 'Subject: broken\n\ntext\n' | tool sendmail -f ana@example.test another@broken.test
wait_until 'a delivery that waits for it' grep -q 'size=.*nrcpt=1 (queue active)' "$LOG"
master=$(instance_pid)
background buzon stop
eventually 'everything ends' sh -c "! kill -0 $master"
no_crash 'nothing crashed'
