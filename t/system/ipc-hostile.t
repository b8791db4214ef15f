#!/bin/sh
# A process that was broken into talks to all sockets of the other daemons, and to master: no daemon crashes, no file
# is made or touched outside of the queue, mail and sessions go on, and what the process can reach at all is what
# design and HACKING.md say. BUZON_HOSTILE_SECONDS makes it longer, BUZON_HOSTILE_SEED repeats it.
. "$(dirname "$0")/../lib.sh"
need_root
plan 8
SEED=${BUZON_HOSTILE_SEED:-1}
diag "BUZON_HOSTILE_SEED=$SEED"

# A program of the suite that says to master what it likes: records of all kinds on its channel, bits on the scoreboard.
mkdir -p "$T/libexec"
cp -r "$BUZON_STAGE"/libexec/buzon/. "$T/libexec/"
cat >"$T/libexec/showq" <<END
#!/usr/bin/env python3
import array, mmap, os, random, socket, struct
rng = random.Random()
channel = socket.socket(fileno=3)
board = mmap.mmap(4, os.fstat(4).st_size)
for n in range(2000):
    try:
        name = rng.choice((b"cleanup", b"auth", b"imapd", b"qmgr", b"../x", b"/etc/passwd", b"", bytes(100), b"A" * 100))
        record = struct.pack("=Ii100s", rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2**32 - 1)), rng.randrange(-9, 9), name)
        if rng.random() < 0.01:
            record = record[:rng.randrange(108)] if rng.random() < 0.5 else record * 9
        beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))] if rng.random() < 0.1 else []
        channel.sendmsg([record], beside, socket.MSG_DONTWAIT)
        board[rng.randrange(len(board))] = rng.randrange(256)
        for fd in socket.recv_fds(channel, 200, 4, socket.MSG_DONTWAIT)[1]:
            open("$T/foe.reached", "a").write(os.readlink("/proc/self/fd/%d" % fd) + "\n")
            os.close(fd)
    except OSError:
        pass
END
chmod 755 "$T/libexec/showq"
instance_prepare <<END
daemon_directory = $T/libexec
service_throttle_time = 1s
default_database_type = lmdb
default_cache_db_type = lmdb
END
buzon non-bdb enable-reindex || diag 'one socket less'
tool buzonmap "hash:$CONF/vmailbox"
tool buzonalias "hash:$CONF/aliases"
instance_run
check 'mail arrives before' send_mail a@remote.test ana@example.test

reached_by() { # ACCOUNT: the sockets that a process of this account can connect to by itself
    python3 - "$SPOOL" "$(id -u "$1")" <<'END'
import os, socket, sys
known = {kind: os.listdir("%s/%s" % (sys.argv[1], kind)) for kind in ("private", "public")}
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))
for kind, names in known.items():
    for name in names:
        try:
            socket.socket(socket.AF_UNIX).connect("%s/%s/%s" % (sys.argv[1], kind, name))
            print(name)
        except OSError:
            pass
END
}
is 'buzonnet reaches no socket by itself' "$(reached_by buzonnet)" ''
is 'an ordinary account neither' "$(reached_by alice)" ''

marks() {
    find "$T" -mindepth 1 \( -path "$SPOOL" -o -path "$MAILDIRS" -o -path "$T/log" -o -path "$T/asan" -o -name 'foe.*' \) -prune -o -newer "$T/begin" -print
    find /tmp -name made-by-a-foe 2>/dev/null
    cksum /etc/passwd /etc/shadow "$CONF"/*
}
touch "$T/begin" # (what is written from now on is newer)
wait_until 'the clock of files' sh -c "touch '$T/foe.clock' && [ '$T/foe.clock' -nt '$T/begin' ]"
before=$(marks)
for t_part in 1 2 3; do
    python3 "$T_SOURCE/tool/ipc_hostile.py" --sockets "$SPOOL/private" "$SPOOL/public" --seconds "${BUZON_HOSTILE_SECONDS:-5}" --seed "$SEED.$t_part" >"$T/foe.$t_part" 2>&1 &
    T_PARTS="${T_PARTS:-} $!"
done
t_talked=0
for t_pid in $T_PARTS; do wait "$t_pid" || t_talked=1; done
is 'the foe has talked to everybody' "$t_talked" 0
cat "$T"/foe.[123] | sed 's/^/# /'
check 'mail is taken afterwards' send_mail b@remote.test luis@example.test
maildir_has 'and delivered' "$(virtual_maildir luis)" 1
is 'no file was made or changed where none belongs' "$(marks)" "$before"
is 'no process crashed' "$(grep -E 'panic:|killed by signal (4|6|7|8|11)|exit status 99' "$LOG"; cat "$T"/asan/report* 2>/dev/null | head -n 60)" ''
[ ! -f "$T/foe.reached" ] || sort "$T/foe.reached" | uniq -c | sed 's/^/# master gave: /'
