#!/bin/sh
# auth in trouble: a database that does not answer, an auth that hangs or dies, are told to clients as temporary, and
# count as nobody's failure. And whoever guesses names learns nothing by how much work a guess makes: that is counted, for
# times say little on a machine that others use, too.
. "$(dirname "$0")/../lib.sh"
need python3 cc
plan 14
HASHES=$T/hashes.so
cc -shared -fPIC -o "$HASHES" "$T_SOURCE/tool/hashes.c" -ldl || skip_all 'the compiler makes no library'
DEAR='$6$rounds=200000' # what it takes to check the one password there is then
SHORT_PORT=$((T_BASE + 71))
instance_prepare <<END
auth_passdb = passwd-file:$CONF/users, map:tcp:127.0.0.1:1
auth_penalty_limit = 0
END
printf 'dear@example.test:{SHA512-CRYPT}%s:%s:%s::%s::\n' \
    "$(openssl passwd -6 -salt 'rounds=200000$dearsalt' "$PASSWORD")" "$VMAIL_UID" "$VMAIL_GID" "$MAILDIRS/example.test/dear" >"$CONF/dear"
cat >>"$CONF/master.cf" <<END
$SHORT_PORT inet n - n - 1 login -o login_protocol=imap -o login_timeout=5s
END
instance_run

converse imap 'where a database does not answer, a failure is temporary' <<'END'
S: * OK *
C: a LOGIN nobody@example.test wrong
S: a NO [UNAVAILABLE] Temporary authentication failure.
C: b LOGOUT
S~ b OK *
END
converse pop3 'over POP3, too' <<'END'
S: +OK *
C: USER nobody@example.test
S: +OK
C: PASS wrong
S: -ERR [SYS/TEMP] Temporary authentication failure.
C: QUIT
S: +OK Logging out
END
converse imap 'whom another database knows gets in' <<END
S: * OK *
C: a LOGIN ana@example.test $PASSWORD
S~ a OK *
C: b LOGOUT
S~ b OK *
END
log_has 'the log says what is wrong' 'warning: auth: tcp\(nobody@example\.test,127\.0\.0\.1,<[^>]+>\): '
log_has 'and that it was no failure of the client' \
    'imap-login: Disconnected: Aborted login by logging out \(auth service reported temporary failure\): user=<nobody@example\.test>, method=PLAIN'
is 'which fail2ban would count' "$(grep -c 'auth failed' "$LOG")" 0

cat >"$T/trouble.py" <<'END'
import os, signal, socket, sys, time
port, short_port, pid_file, password, what = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
master = int(open(pid_file).read())
def auth():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            status = open(f"/proc/{pid}/stat").read()
        except OSError:
            continue
        if "(auth)" in status and int(status.rsplit(")", 1)[1].split()[1]) == master:
            return int(pid)
    sys.exit("no auth")
def connect(where=port):
    s = socket.create_connection(("127.0.0.1", where))
    s.settimeout(60)
    f = s.makefile("rb")
    assert f.readline().startswith(b"* OK")
    return s, f
def log_in(user=b"ana@example.test"):
    s, f = connect()
    s.sendall(b"a LOGIN " + user + b" " + password.encode() + b"\r\n")
    answer = f.readline()
    assert answer.startswith(b"a OK"), answer
def hangs():
    pid = auth()
    os.kill(pid, signal.SIGSTOP)
    try:
        s, f = connect(short_port)
        s.sendall(b"a LOGIN ana@example.test " + password.encode() + b"\r\n")
        assert f.read() == b"* BYE Disconnected for inactivity during authentication.\r\n"
    finally:
        os.kill(pid, signal.SIGCONT)
    log_in()
def dies():
    s, f = connect()
    s.sendall(b"a AUTHENTICATE LOGIN\r\n")
    assert f.readline().startswith(b"+ ")
    pid = auth()
    os.kill(pid, signal.SIGSTOP)
    s.sendall(b"YW5hQGV4YW1wbGUudGVzdA==\r\n")
    os.kill(pid, signal.SIGKILL)
    answer = f.readline()
    assert answer == b"a NO [UNAVAILABLE] Temporary authentication failure.\r\n", answer
    deadline = time.monotonic() + 60
    while True:  # until master has started another one
        try:
            return log_in()
        except AssertionError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
globals()[what]()
END
trouble() { check "$2" python3 "$T/trouble.py" "$IMAP_PORT" $SHORT_PORT "$SPOOL/pid/master.pid" "$PASSWORD" "$1"; }
trouble hangs 'nobody waits for ever for an auth that hangs'
log_has 'and it is logged' 'imap-login: Disconnected: Inactivity during authentication \(client didn.t finish SASL auth, waited [0-9]+ secs\): user=<ana@example\.test>'
trouble dies 'an auth that dies is a temporary failure, and the next one serves'

# --- guessing names --------------------------------------------------------------------------------
instance_stop
sed -i -e "s|^auth_passdb = .*|auth_passdb = passwd-file:$CONF/dear|" \
    -e 's/^import_environment = .*/& LD_PRELOAD BUZON_TEST_HASHES/' "$CONF/main.cf"
[ $PRIVILEGED = no ] || chmod 600 "$CONF/dear"
: >"$T/hashes" && chmod 666 "$T/hashes"
export BUZON_TEST_HASHES="$T/hashes" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
(export LD_PRELOAD="$HASHES" && instance_run)
cat >"$T/guess.py" <<'END'
import socket, sys
for user in sys.argv[2:]:
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.settimeout(60)
    f = s.makefile("rb")
    f.readline()
    s.sendall(b"a LOGIN " + user.encode() + b" wrong\r\n")
    answer = f.readline()
    assert answer.startswith(b"a NO [AUTHENTICATIONFAILED]"), answer
END
# work USER...: what it takes to refuse them, one after another
work() {
    : >"$T/hashes"
    python3 "$T/guess.py" "$IMAP_PORT" "$@" && paste -s -d' ' "$T/hashes"
}
is 'a name that nobody has makes the work of a password, before anybody is known' \
    "$(work guess1@example.test guess2@example.test)" "$DEAR $DEAR"
is 'as a wrong password does' "$(work dear@example.test dear@example.test)" "$DEAR $DEAR"
is 'and no other work afterwards' "$(work guess3@example.test guess1@example.test)" "$DEAR $DEAR"
converse imap 'and the right one is right' <<END
S: * OK *
C: a LOGIN dear@example.test $PASSWORD
S~ a OK *
END
no_crash 'no process crashed'
