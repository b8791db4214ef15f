#!/bin/sh
# The SIGKILL of any daemon, in the middle of traffic, loses no accepted message. Mail comes in over
# several sessions while one daemon after the other is killed; at the end every message for which SMTP
# said 250 stands in the mailbox (a few may stand there twice).
. "$(dirname "$0")/../lib.sh"
plan 3
instance_start <<END
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
transport_retry_time = 1s
service_throttle_time = 1s
END
python3 "$T_SOURCE/tool/traffic.py" --port "$SMTP_PORT" --sessions 4 --until "$T/enough" \
    --to ana@example.test --accepted "$T/accepted" &
T_TRAFFIC=$!
T_HELPERS="${T_HELPERS:-} $T_TRAFFIC"
wait_until 'traffic' test -s "$T/accepted"
master=$(instance_pid)
# Until some rounds are over, and there was traffic worth the name.
for round in 1 2 3 4 5 6; do
    for daemon in smtpd cleanup qmgr virtual proxymap; do
        for pid in $(ps -o pid= --ppid "$master"); do
            case $(readlink "/proc/$pid/exe" 2>/dev/null) in
            */libexec/buzon/$daemon) kill -KILL "$pid" 2>/dev/null; break ;;
            esac
        done
        sleep 0.3
    done
done
enough() { [ "$(wc -l <"$T/accepted")" -ge 50 ]; }
eventually 'messages are accepted all the time' enough
: >"$T/enough"
wait $T_TRAFFIC
# master itself, the last: a new one takes over what is left.
kill -KILL "$master"
wait_until 'the old master to be gone' sh -c "! kill -0 $master 2>/dev/null"
wait_until 'the instance to start again' buzon start
accepted=$(sort -u "$T/accepted" | wc -l)
missing() { # accepted messages that are in no mailbox file
    cat $(maildir_files "$(virtual_maildir ana)") 2>/dev/null | sed -n 's/^Message-Id: <\(.*\)@traffic>$/\1/p' |
        sort -u >"$T/delivered"
    sort -u "$T/accepted" | comm -23 - "$T/delivered" | wc -l
}
none_missing() { [ "$(missing)" = 0 ]; }
eventually "all accepted messages are in the mailbox" none_missing
diag "$accepted accepted, $(missing) missing, $(maildir_files "$(virtual_maildir ana)" | wc -l) delivered"
queue_is_empty 'the queue ran empty'
