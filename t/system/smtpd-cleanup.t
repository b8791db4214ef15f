#!/bin/sh
# smtpd: when cleanup dies under a message, the client is told to try again, and the session goes on.
. "$(dirname "$0")/../lib.sh"
plan 4
instance_start </dev/null
export SMTP_PORT
master=$(instance_pid)
cat >"$T/client.py" <<'PY'
import os, signal, smtplib, subprocess, sys
s = smtplib.SMTP("127.0.0.1", int(os.environ["SMTP_PORT"]))
s.ehlo("client.test")

def kill_cleanup():
    for pid in subprocess.run(["pgrep", "-P", sys.argv[1], "-x", "cleanup"], capture_output=True, text=True).stdout.split():
        os.kill(int(pid), signal.SIGKILL)

def begin():
    assert s.mail("a@remote.test")[0] == 250
    assert s.rcpt("ana@example.test")[0] == 250

begin()
kill_cleanup()
print(*s.data(b"Subject: lost\r\n\r\nx\r\n"))
begin()
print(*s.data(b"Subject: kept\r\n\r\nx\r\n"))
s.quit()
PY
python3 "$T/client.py" "$master" >"$T/replies"
like 'the message under which cleanup died is not accepted' "$(sed -n 1p "$T/replies")" \
    "^451 b'4\\.3\\.0 Error: queue file write error'$"
like 'the next one is' "$(sed -n 2p "$T/replies")" "^250 b'2\\.0\\.0 Ok: queued as "
maildir_has 'and arrives' "$(virtual_maildir ana)" 1
is 'alone' "$(cat "$(virtual_maildir ana)"/new/* | grep -c '^Subject: kept')" 1
