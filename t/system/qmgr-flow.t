#!/bin/sh
# qmgr: what it says of destinations that hold others up (qmgr_clog_warn_time) and of their concurrency
# (destination_concurrency_feedback_debug); and cleanup waits when messages come faster than they leave
# (in_flow_delay).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../qmgr.sh"
plan 13

qmgr_prepare agent <<END
transport_maps = inline:{ {slow.test = agent:slow 1}, {other.test = agent:slow 2}, {down.test = agent:unreachable}, {ok.test = agent:ok} }
qmgr_message_active_limit = 8
initial_destination_concurrency = 1
default_destination_concurrency_failed_cohort_limit = 10
destination_concurrency_feedback_debug = yes
in_flow_delay = 2s
END
sed -i 's/^cleanup .*/& -v/' "$CONF/master.cf"
instance_run
mails() { # DOMAIN COUNT: messages, over one connection
    python3 - "$SMTP_PORT" "$1" "$2" <<'END'
import smtplib, sys
client = smtplib.SMTP('127.0.0.1', int(sys.argv[1]))
for i in range(int(sys.argv[3])):
    client.sendmail('s@remote.test', 'u%d@%s' % (i, sys.argv[2]), 'Subject: a test\n\ntext\n')
client.quit()
END
}

# --- concurrency ------------------------------------------------------------------------------------------
mails ok.test 1
log_has 'what a good delivery does to the window is logged' 'qmgr_queue_unthrottle: feedback 1$'
log_has 'with the window' 'qmgr_queue_unthrottle: queue ok: limit 20 window 2 success 0 failure 0 fail_cohorts 0'
mails down.test 1
log_has 'and what a bad one does' 'qmgr_queue_throttle: queue unreachable: limit 20 window 1 success 0 failure 1 fail_cohorts 1'

# --- a clogged queue ----------------------------------------------------------------------------------------
agents_wait
mails slow.test 3
log_has 'a destination with much of the active queue is named' 'warning: mail for slow 1 is using up 2 of 3 active queue entries'
log_has 'what it does to others is said' 'warning: this may slow down other mail deliveries'
log_has 'and what helps' 'warning: you may need to reduce agent connect and helo timeouts'
log_has 'also against the warning' 'warning: to turn off these warnings specify: qmgr_clog_warn_time = 0'
agents_go
eventually 'it is delivered' agent_count_is '@slow.test$' 3

# --- too fast -------------------------------------------------------------------------------------------------
is 'until now nobody had to wait' "$(grep -c 'the active queue is full: waiting' "$LOG")" 0
agents_wait
mails other.test 11
log_has 'when the active queue is full, cleanup waits' 'cleanup\[[0-9]+\]: [0-9A-Za-z]+: the active queue is full: waiting 2 s'
agents_go
eventually 'and all mail arrives' agent_count_is '@other.test$' 11
is 'the warning came once a destination' "$(grep -c 'is using up' "$LOG")" 2
instance_stop
no_crash 'nothing crashed'
