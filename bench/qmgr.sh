#!/bin/sh
# qmgr beside Postfix's: memory and time for one message with very many recipients, for many deferred messages, and for
# many active ones. As root, with BUZON_STAGE and Debian's postfix; in a network and a queue of its own.
#
#   BUZON_STAGE=build/stage/usr/local [LIST=100000] [DEFERRED=100000] [ACTIVE=20000] sh bench/qmgr.sh
#
# Pss is memory that is qmgr's alone and its share of what others have, too; "cpu" is hundredths of a second, user and
# system. Files of messages are made by copying one.
. "$(dirname "$0")/../t/lib.sh"
T_SOURCE=$(cd "$(dirname "$0")/../t" && pwd)
. "$T_SOURCE/sides.sh"
need postmap python3
need_root
LIST=${LIST:-100000} DEFERRED=${DEFERRED:-100000} ACTIVE=${ACTIVE:-20000}

sides_prepare <<END
mynetworks = 127.0.0.0/8
notify_classes =
minimal_backoff_time = 300s
smtpd_recipient_limit = 1000000
transport_maps = inline:{ {hangs.test = hangs:}, {ok.test = discard:} }
default_transport = lazy:
defer_transports = lazy
END
sed -i '/^inet_interfaces/d' "$T/ours/conf/main.cf" "$T/theirs/conf/main.cf"
SIDES_LOCAL='lazy unix - - n - 1 discard'
sides_start '25 inet n - n - - smtpd'
background python3 "$T_SOURCE/tool/bad_agent.py" "$T/ours/queue/private" "$T/theirs/queue/private" >"$T/agents"
wait_until 'an agent that hangs' grep -q ready "$T/agents"

master_pid() { tr -d ' \n' <"$T/$1/queue/pid/master.pid"; }
qmgr_pid() {
    for t_pid in $(ps -o pid= --ppid "$(master_pid "$1")"); do
        case $(readlink "/proc/$t_pid/exe") in */qmgr) echo "$t_pid" ;; esac
    done
}
report() { # SIDE WHAT
    t_pid=$(qmgr_pid "$1")
    echo "$1, $2: $(awk '/^Pss:/ { print "Pss", $2, "kB" }' "/proc/$t_pid/smaps_rollup")" \
        "$(awk '/VmHWM/ { print "at most", $2, "kB" }' "/proc/$t_pid/status") $(awk '{ print "cpu", $14, $15 }' "/proc/$t_pid/stat")"
}
now() { date +%s.%N; }
since() { echo "$(now) $1" | awk '{ printf "%.1f s", $1 - $2 }'; }
mail_from() { # SIDE TO
    printf 'Subject: x\n\nx\n' | MAIL_CONFIG="$T/$1/conf" "$T/$1/bin/sendmail" -f s@remote.test "$2"
}
stop() {
    t_master=$(master_pid "$1")
    kill "$t_master"
    wait_until "the end of $1" sh -c "! kill -0 $t_master"
}
start() { # without the look at all files that comes with Postfix's start
    case $1 in
    ours) MAIL_CONFIG=$T/ours/conf "$T/ours/bin/postfix" start >/dev/null 2>&1 ;;
    theirs) /usr/lib/postfix/sbin/master -c "$T/theirs/conf" & ;;
    esac
    wait_until "$1" sh -c "kill -0 \$(tr -d ' \\n' <'$T/$1/queue/pid/master.pid')"
}
settled() { # until qmgr has nothing more to do
    t_old=
    while t_new=$(awk '{ print $14 + $15 }' "/proc/$(qmgr_pid "$1")/stat" 2>/dev/null) && [ "$t_new" != "$t_old" ] || [ -z "$t_new" ]; do
        t_old=$t_new
        sleep 1
    done
}
# copies FILE QUEUE COUNT SECONDS: of a queue file, hashed by its first digit where the queue is deferred, due in SECONDS
cat >"$T/copies.py" <<'END'
import os, sys, time
source, queue, count, due = sys.argv[1], sys.argv[2], int(sys.argv[3]), time.time() + int(sys.argv[4])
status, content = os.stat(source), open(source, 'rb').read()
for number in range(count):
    name = '%05X%05X5A' % (number, 0x10000 + number)
    directory = os.path.join(queue, name[0]) if queue.endswith('deferred') else queue
    os.makedirs(directory, exist_ok=True)
    os.chown(directory, status.st_uid, status.st_gid)
    with open(os.open(os.path.join(directory, name), os.O_WRONLY | os.O_CREAT, 0o700), 'wb') as copy:
        copy.write(content)
        os.fchown(copy.fileno(), status.st_uid, status.st_gid)
        copy.flush()
        os.utime(copy.fileno(), (due, due))
END
found() { find "$T/$1/queue/$2" -type f | head -n 1; }
is_in() { [ -n "$(found "$1" "$2")" ]; }

for side in ours theirs; do
    report $side 'at the start'
    mail_from $side a@deferred.test
    mail_from $side a@hangs.test
    wait_until 'a deferred message' is_in $side deferred
    wait_until 'an active message' is_in $side active
    wait_until 'both' sh -c "grep -q 'a@deferred.test.*deferred' '$T/log/$side.log'"
    cp -p "$(found $side deferred)" "$T/$side.deferred"
    cp -p "$(found $side active)" "$T/$side.active"
done

cat >"$T/list.py" <<'END'
import smtplib, sys
client = smtplib.SMTP('127.0.0.1', int(sys.argv[1]), timeout=600)
client.sendmail('s@remote.test', ['member%d@ok.test' % i for i in range(int(sys.argv[2]))], 'Subject: list\n\ntext\n')
END
all_are_sent() { [ "$(grep -c 'to=<member.*status=sent' "$T/log/$1.log")" -ge "$LIST" ]; }
for side in ours:10025 theirs:10125; do
    begin=$(now)
    python3 "$T/list.py" "${side#*:}" "$LIST"
    side=${side%:*}
    until all_are_sent $side; do sleep 0.5; done
    report $side "a list of $LIST, from the first command to the last delivery $(since "$begin")"
    stop $side
    rm -f $(find "$T/$side/queue/active" "$T/$side/queue/deferred" "$T/$side/queue/incoming" -type f)
done

for side in ours theirs; do
    python3 "$T/copies.py" "$T/$side.deferred" "$T/$side/queue/deferred" "$DEFERRED" 3000
    begin=$(now)
    start $side
    mail_from $side now@ok.test
    until grep -q 'to=<now@ok.test>.*status=sent' "$T/log/$side.log"; do sleep 0.05; done
    first=$(since "$begin")
    settled $side
    report $side "$DEFERRED deferred messages, the first delivery after $first"
    stop $side
    rm -rf "$T/$side/queue/deferred"/*
done

for side in ours theirs; do
    python3 "$T/copies.py" "$T/$side.active" "$T/$side/queue/incoming" "$ACTIVE" -10
    start $side
    settled $side
    report $side "$(find "$T/$side/queue/active" -type f | wc -l) active messages"
    stop $side
done
