#!/bin/sh
# A daemon that has no descriptor left for those who connect says so now and then, waits, and goes on when it has some.
. "$(dirname "$0")/../lib.sh"
plan 6
instance_prepare <<END
mydestination =
END
( # of all that it starts
    ulimit -n 200
    instance_run
) || exit 1
cat >"$T/crowd.py" <<'PY'
import os, socket, sys, time
os.chdir(sys.argv[1])
crowd = []
for i in range(240):
    crowd.append(socket.socket(socket.AF_UNIX))
    crowd[-1].connect("qmgr")
open(sys.argv[2], "w").close()
while os.path.exists(sys.argv[2]):
    time.sleep(0.05)
PY
t_complaints() { grep -c 'qmgr\[.*accept a connection: Too many open files' "$LOG"; }
t_has_complained() { [ "$(t_complaints)" -ge "$1" ]; }

background python3 "$T/crowd.py" "$SPOOL/public" "$T/crowd"
eventually 'a crowd comes' test -e "$T/crowd"
eventually 'a queue manager that has no descriptors for it says so' t_has_complained 1
eventually 'and again' t_has_complained 2
check 'but leaves room in the log' [ "$(t_complaints)" -lt 100 ]
rm "$T/crowd"
printf 'Subject: one\n\n' | tool sendmail -f a@example.test ana@example.test
maildir_has 'when the crowd has left, mail is delivered' "$(virtual_maildir ana)" 1
no_crash 'and nothing has crashed'
