#!/bin/sh
# qmgr: delivery agents that cannot be reached, hang up, hang, or talk nonsense. What they were given is deferred, with
# the texts and the warnings of Postfix; a transport that nobody serves is left alone for transport_retry_time; one bad
# message does not keep others of its transport from being tried; and nothing is lost.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../qmgr.sh"
plan 26

qmgr_prepare mortal:5 <<END
transport_maps = inline:{ {nosuch.test = nosuch:}, {refuses.test = refuses:}, {hangup.test = hangup:}, {closes.test = closes:}, {garbage.test = garbage:}, {stuck.test = stuck:}, {hangs.test = hangs:}, {half.test = mortal:die-after 2}, {die.test = mortal:die}, {ok.test = mortal:ok} }
virtual_mailbox_maps = hash:$CONF/vmailbox
minimal_backoff_time = 300s
transport_retry_time = 300s
qmgr_daemon_timeout = 8s
qmgr_ipc_timeout = 1s
END
instance_run
background python3 "$T_SOURCE/tool/bad_agent.py" "$SPOOL/private" >"$T/agents"
wait_until 'the agents' grep -q ready "$T/agents"

# mail_to ADDRESS...: what becomes of it
mail_to() { printf 'Subject: test\n\ntext\n' | tool sendmail -f ana@example.test "$@"; }
# deferred 'what holds' ADDRESS REASON [AGENT]
deferred() { log_has "$1" "(${4:-error|qmgr})\\[[0-9]+\\]: [0-9A-Z]+: to=<$2>, relay=none, .*dsn=4.3.0, status=deferred \\($3\\)"; }
warned() { grep -c "warning: .*private/$1" "$LOG"; }

# --- nobody is there ------------------------------------------------------------------------------------------

mail_to a@nosuch.test b@nosuch.test
deferred 'without a service mail is deferred' a@nosuch.test 'mail transport unavailable' error
log_has 'and it is said why' 'warning: connect to transport private/nosuch: No such file or directory'
mail_to a@refuses.test
deferred 'likewise where nobody listens' a@refuses.test 'mail transport unavailable' error
log_has 'for another reason' 'warning: connect to transport private/refuses: Connection refused'
mail_to a@closes.test
deferred 'or hangs up before it has the request' a@closes.test 'mail transport unavailable'
log_has 'which is said, too' 'warning: private/closes socket: .*'
for transport in nosuch refuses closes; do
    mail_to second@$transport.test
    deferred "more for $transport is deferred" second@$transport.test 'mail transport unavailable' error
    is 'without another try' "$(warned $transport)" 1
done

# --- it fails -------------------------------------------------------------------------------------------------

mail_to a@hangup.test b@hangup.test
deferred 'an agent that hangs up has delivered nothing' a@hangup.test 'unknown mail transport error'
log_has 'as in Postfix, its response is malformed' 'warning: private/hangup socket: malformed response'
mail_to second@hangup.test
deferred 'the next message is tried' second@hangup.test 'unknown mail transport error'
is 'and fails for itself' "$(warned 'hangup socket: malformed response')" 2
mail_to a@garbage.test
deferred 'nonsense is no result' a@garbage.test 'unknown mail transport error'
log_has 'but malformed' 'warning: private/garbage socket: malformed response'
mail_to a@stuck.test
deferred 'nor is half of one' a@stuck.test 'unknown mail transport error'
log_has 'after qmgr_ipc_timeout' 'warning: private/stuck socket: stuck in a message for 1 s'
mail_to a@hangs.test b@hangs.test
deferred 'who says nothing is given up' b@hangs.test 'unknown mail transport error'
log_has 'after qmgr_daemon_timeout' 'warning: private/hangs socket: no answer within 8 s'

# --- others ---------------------------------------------------------------------------------------------------

mail_to a@half.test b@half.test c@half.test a@die.test
deferred 'agents that die leave the rest' c@half.test 'unknown mail transport error'
mail_to a@ok.test
eventually 'other mail of that transport goes out' agent_count_is 'a@ok.test$' 1
t_deferred() { [ "$(find "$SPOOL/deferred" -type f | wc -l)" = "$1" ]; }
eventually 'all that failed is in the queue' t_deferred 12
instance_stop
no_crash 'nothing crashed'
