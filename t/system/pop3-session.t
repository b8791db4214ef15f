#!/bin/sh
# pop3d: one session at a time has a maildrop; commands may come all at once; what cannot be deleted is still there,
# and the client hears of it (Dovecot says that all went well).
. "$(dirname "$0")/../lib.sh"
need python3
plan 8
instance_start </dev/null
export PASSWORD
BOX=$MAILDIRS/example.test/ana/Maildir
mkdir -p "$BOX/new" "$BOX/cur" "$BOX/tmp"
for n in 1 2 3; do
    printf 'Subject: %s\n\n.dot\nlast' $n >"$BOX/cur/170000000$n.M1P1.mail:2,S"
done
[ $PRIVILEGED = no ] || chown -R "$VMAIL_UID:$VMAIL_GID" "$MAILDIRS/example.test"

cat >"$T/second.py" <<'END'
import poplib, sys, time
port, password = int(sys.argv[1]), sys.argv[2]
def enter():
    client = poplib.POP3("127.0.0.1", port)
    client.user("ana@example.test")
    client.pass_(password)
    return client
first = enter()
try:
    enter()
    sys.exit("two sessions at a time")
except poplib.error_proto as error:
    assert str(error) == "b'-ERR [IN-USE] Mailbox is locked by another POP3 session.'", error
first.dele(1), first.rset()
first.sock.close(), first.file.close()
for attempt in range(200):  # the end of a session is an event that we cannot see
    try:
        second = enter()
        break
    except poplib.error_proto:
        time.sleep(0.05)
assert second.stat()[0] == 3
second.dele(2)
second.close()  # without QUIT nothing is deleted
END
check 'a second session is told that the first one is there' python3 "$T/second.py" "$POP3_PORT" "$PASSWORD"
is 'and who goes without QUIT deletes nothing' "$(maildir_files "$BOX" | wc -l)" 3
log_has 'which the log shows' 'pop3\(ana@example\.test\)<[0-9]+><[^>]+>: Disconnected: Connection closed top=0/0, retr=0/0, del=0/3, size='

cat >"$T/pipeline.py" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
lines = ["USER ana@example.test", "PASS " + sys.argv[2], "STAT", "UIDL", "RETR 1", "TOP 2 0", "NOOP", "DELE 3", "LIST", "RSET", "QUIT"]
s.sendall("".join(line + "\r\n" for line in lines).encode())
said = b""
while data := s.recv(65536):
    said += data
print(said.decode().replace("\r\n", "|"))
END
wait_until 'the end of that session' sh -c "[ \$(grep -c 'Connection closed top=' '$LOG') -ge 2 ]"
like 'commands before and after the login may come in one packet' "$(python3 "$T/pipeline.py" "$POP3_PORT" "$PASSWORD")" \
    '^\+OK [^|]*\|\+OK\|\+OK Logged in\.\|\+OK 3 72\|\+OK\|1 [^|]*\|2 [^|]*\|3 [^|]*\|\.\|\+OK 24 octets\|Subject: 1\|\|\.\.dot\|last\|\.\|\+OK\|Subject: 2\|\|\.\|\+OK\|\+OK Marked to be deleted\.\|\+OK 2 messages:\|1 24\|2 24\|\.\|\+OK\|\+OK Logging out\.\|$'

chmod 500 "$BOX/cur"
converse pop3 'what cannot be deleted is no success' <<'END'
S: +OK*
C: USER ana@example.test
S: +OK
C: PASS $PASSWORD
S: +OK Logged in.
C: DELE 1
S: +OK Marked to be deleted.
C: QUIT
S: -ERR [SYS/TEMP] *
EOF
END
chmod 700 "$BOX/cur"
is 'and the message is there' "$(maildir_files "$BOX" | wc -l)" 3
converse pop3 'so that it can be deleted later' <<'END'
S: +OK*
C: USER ana@example.test
S: +OK
C: PASS $PASSWORD
S: +OK Logged in.
C: STAT
S: +OK 3 72
C: DELE 1
S: +OK Marked to be deleted.
C: QUIT
S: +OK Logging out, messages deleted.
EOF
END
no_crash 'no process crashed'
