#!/bin/sh
# qmgr beside Postfix's: what both do about agents that fail, how the concurrency of a destination grows and shrinks,
# and when it is dead. The same messages for both; the lines of the log are compared.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap
need_root
plan 22

sides_prepare <<END
mynetworks = 127.0.0.0/8
notify_classes =
transport_retry_time = 300s
minimal_backoff_time = 300s
destination_concurrency_feedback_debug = yes
transport_maps = inline:{ {nosuch.test = nosuch:}, {refuses.test = refuses:}, {closes.test = closes:}, {grows.test = grows:}, {slow.test = slow:}, {most.test = most:}, {fails.test = fails:[127.0.0.1]:9}, {sinks.test = sinks:[127.0.0.1]:9}, {lasts.test = lasts:[127.0.0.1]:9} }
grows_initial_destination_concurrency = 2
slow_initial_destination_concurrency = 3
most_initial_destination_concurrency = 2
most_destination_concurrency_limit = 2
slow_destination_concurrency_positive_feedback = 1/concurrency
fails_destination_concurrency_failed_cohort_limit = 1
fails_initial_destination_concurrency = 3
sinks_destination_concurrency_failed_cohort_limit = 3
sinks_destination_concurrency_negative_feedback = 1/concurrency
sinks_initial_destination_concurrency = 4
lasts_destination_concurrency_failed_cohort_limit = 0
lasts_destination_concurrency_negative_feedback = 0.4
lasts_initial_destination_concurrency = 5
END
# One agent each, so that the order is the same for both; a delivery of two recipients each, because then the
# destination is the next hop.
for t_side in ours theirs; do
    for t_transport in grows slow most fails sinks lasts; do
        echo "${t_transport}_destination_recipient_limit = 2"
    done >>"$T/$t_side/conf/main.cf"
done
SIDES_LOCAL="grows unix - - n - 1 discard
slow   unix - - n - 1 discard
most   unix - - n - 1 discard
fails  unix - - n - 1 smtp
sinks  unix - - n - 1 smtp
lasts  unix - - n - 1 smtp"
sides_start
background python3 "$T_SOURCE/tool/bad_agent.py" "$T/ours/queue/private" >"$T/agents"
background python3 "$T_SOURCE/tool/bad_agent.py" --greeted "$T/theirs/queue/private" >"$T/their-agents"
wait_until 'the agents' grep -q ready "$T/agents"
wait_until 'theirs' grep -q ready "$T/their-agents"

# sent DOMAIN COUNT: messages for one recipient, one after the other
sent() {
    t_i=0
    while [ $t_i -lt "$2" ]; do
        t_i=$((t_i + 1))
        sides_do "printf 'Subject: x\n\nx\n' | sendmail -f s@remote.test a$t_i@$1"
        await "$1" $t_i
    done
}
# list DOMAIN COUNT: one message for so many
list() {
    sides_do "printf 'Subject: x\n\nx\n' | sendmail -f s@remote.test $(seq -s ' ' -f "a%g@$1" "$2")"
    await "$1" "$2"
}
await() { # DOMAIN COUNT
    for t_side in ours theirs; do
        wait_until "$1 of $t_side" ended_are $t_side "$1" "$2"
    done
}
ended_are() { [ "$(grep -c "to=<a[0-9]*@$2>.*status=" "$T/log/$1.log")" -ge "$3" ]; }
# What is compared of a log: without times, process and queue ids; delays are no one's fault.
lines() { # SIDE PATTERN
    sed -n "/$2/s/.*\(postfix\/[a-z]*\)\[[0-9]*\]: /\1: /p" "$T/log/$1.log" |
        sed -e 's/: [0-9A-F]\{9,\}: /: ID: /' -e 's/<a[0-9]*@/<a@/' -e 's/delays\{0,1\}=[^,]*, //g' -e 's/127\.0\.0\.1\[127\.0\.0\.1\]/HOST/g'
}
same_lines() { [ "$(lines ours "$1")" = "$(lines theirs "$1")" ]; }
both() { # 'what holds' PATTERN LINES: so many at least, and the same, now or soon
    wait_until "$1" same_lines "$2"
    check "$1: there is something" test "$(lines theirs "$2" | wc -l)" -ge "$3"
    is "$1: the same" "$(lines ours "$2")" "$(lines theirs "$2")"
}
# What was new in the logs since the last time.
read_windows() { # TRANSPORT: true when it is the same for both
    for t_side in ours theirs; do
        lines $t_side "qmgr\[.*\(feedback\|: queue .*window\)" | sed -n "/ $1: .*negative_feedback/,/ [a-z]*: .*positive_feedback/p" |
            grep -v 'feedback type' >"$T/windows.$t_side"
    done
    cmp "$T/windows.ours" "$T/windows.theirs"
}
windows() { # 'what holds' TRANSPORT LINES
    wait_until "$1" read_windows "$2"
    check "$1: there is something" test "$(wc -l <"$T/windows.theirs")" -ge "$3"
    is "$1: the same" "$(cat "$T/windows.ours")" "$(cat "$T/windows.theirs")"
}

sent nosuch.test 2
both 'without a service' 'nosuch.*deferred\|warning.*nosuch' 3
sent refuses.test 2
both 'where nobody listens' 'refuses.*deferred\|warning.*refuses' 3
sent closes.test 2
both 'who hangs up at once' 'a[0-9]*@closes' 2
list grows.test 12
windows 'growth by success' grows 2
list slow.test 24
windows 'slow growth' slow 4
list most.test 12
windows 'no growth over the limit' most 0
list fails.test 16
windows 'failure, to death' fails 3
both 'what is not tried any more' 'error.*@fails.test' 12 # who of them, is by chance
list sinks.test 40
windows 'failure of several cohorts' sinks 10
list lasts.test 40
windows 'failure without death' lasts 10
both 'the parameters' 'feedback type' 10
sides_stop
