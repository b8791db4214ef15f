#!/bin/sh
# POP3 with the clients of Debian: fetchmail over STLS, getmail with its memory of what it has, curl, Python's poplib;
# one session at a time, and what SASL may be made to swallow.
. "$(dirname "$0")/../lib.sh"
need python3
plan 14
instance_start <<'END'
pop3_client_workarounds = outlook-no-nuls
END
BOX=$MAILDIRS/example.test/ana/Maildir
send() { # send NUMBER: a message to ana, which is there afterwards
    printf 'From: x@remote.test\nSubject: message %s\n\n.dot\nline\n' "$1" >"$T/message"
    send_mail x@remote.test ana@example.test "$T/message" >/dev/null
    wait_until "message $1" sh -c "grep -rqs '^Subject: message $1\$' '$BOX'"
}
for number in 1 2 3; do send $number; done

# --- getmail: keeps mail on the server, and knows by UIDL what it has --------------------------------------
if command -v getmail >/dev/null; then
    mkdir -p "$T/getmail" "$T/got/cur" "$T/got/new" "$T/got/tmp"
    cat >"$T/getmail/getmailrc" <<END
[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = $POP3_PORT
username = ana@example.test
password = $PASSWORD
[destination]
type = Maildir
path = $T/got/
[options]
delete = false
read_all = false
END
    if [ $PRIVILEGED = yes ]; then
        chown -R alice: "$T/getmail" "$T/got"
        AS="setpriv --reuid=alice --regid=alice --clear-groups"
    fi
    get() { HOME=$T ${AS:-} getmail --getmaildir "$T/getmail" --quiet; }
    # (getmail 6 misses the end of its own child when that is quick, and says so a minute later: it begins anew then.)
    get_all() {
        for t_try in 1 2 3 4 5; do
            t_said=$(get 2>&1) && return 0
            printf '%s\n' "$t_said"
            case $t_said in *'waiting child pid '*' timed out'*) rm -f "$T"/getmail/oldmail* "$T"/got/new/* ;; *) return 1 ;; esac
        done
        return 1
    }
    check 'getmail fetches' get_all
    is 'all messages' "$(ls "$T/got/new" | wc -l)" 3
    get
    is 'and none twice' "$(ls "$T/got/new" | wc -l)" 3
    send 4
    get
    is 'but what is new' "$(ls "$T/got/new" | wc -l)" 4
else
    send 4
    for what in fetches 'all messages' 'and none twice' 'but what is new'; do ok "getmail: $what # SKIP getmail is not installed"; done
fi

# --- poplib and curl -----------------------------------------------------------------------------------------
cat >"$T/client.py" <<'END'
import poplib, sys
port, password = int(sys.argv[1]), sys.argv[2]
def enter():
    client = poplib.POP3("127.0.0.1", port, timeout=60)
    client.user("ana@example.test")
    client.pass_(password)
    return client
first = enter()
assert b".dot" in first.retr(1)[1] and b".dot" in first.top(2, 5)[1]
assert len({line.split()[1] for line in first.uidl()[1]}) == 4
try:
    enter()
    print("two sessions")
except poplib.error_proto as error:
    print(error)
first.dele(4)
first.close()  # without QUIT nothing is deleted
END
like 'a maildrop has one session at a time' "$(python3 "$T/client.py" "$POP3_PORT" "$PASSWORD")" '\[IN-USE\]'
left() { find "$BOX/new" "$BOX/cur" -type f | wc -l; }
log_has 'its end is noticed when the client goes away' 'pop3\(ana@example\.test\)<[0-9]+><[^>]+>: Disconnected: Connection closed top=1/[0-9]+, retr=1/[0-9]+, del=0/4'
is 'a session that ends without QUIT deletes nothing' "$(left)" 4
if command -v curl >/dev/null; then
    like 'curl lists by TLS and SASL' "$(curl -sSk --max-time 30 --login-options AUTH=PLAIN -u "ana@example.test:$PASSWORD" "pop3s://127.0.0.1:$POP3S_PORT/" 2>&1)" '^4 [0-9]+'
else
    ok 'curl lists by TLS and SASL # SKIP curl is not installed'
fi

# --- fetchmail: takes all and deletes it ---------------------------------------------------------------------
if command -v fetchmail >/dev/null; then
    cat >"$T/fetchmailrc" <<END
poll 127.0.0.1 protocol pop3 port $POP3_PORT auth password
    user "ana@example.test" password "$PASSWORD"
    sslproto "TLS1.2+" sslfingerprint "$(openssl x509 -in "$CONF/cert.pem" -noout -fingerprint -md5 | sed 's/.*=//')" no sslcertck
    fetchall nokeep mda "cat >>$T/fetched"
END
    chmod 600 "$T/fetchmailrc"
    check 'fetchmail fetches over STLS' sh -c "HOME=$T fetchmail --nodetach --nosyslog -f $T/fetchmailrc -i $T/fetchids --pidfile $T/fetchmail.pid"
    is 'all messages' "$(grep -c '^Subject: message' "$T/fetched")" 4
    is 'and they are gone' "$(left)" 0
    log_has 'as the log says' 'pop3\(ana@example\.test\)<[0-9]+><[^>]+>: Disconnected: Logged out top=0/0, retr=4/[0-9]+, del=4/4, size=[1-9][0-9]*'
else
    for what in fetches 'all messages' 'and they are gone' 'as the log says'; do ok "fetchmail: $what # SKIP fetchmail is not installed"; done
fi

# --- SASL ------------------------------------------------------------------------------------------------------
cat >"$T/attack.py" <<'END'
import base64, socket, sys
port, password = int(sys.argv[1]), sys.argv[2]
def talk(*lines):
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(60)
    f = s.makefile("rb")
    answers = [f.readline()]
    for line in lines:
        s.sendall(line + b"\r\n")
        answers.append(f.readline())
    s.close()
    return [answer.decode().strip()[:8] for answer in answers[1:]]
b64 = base64.b64encode
expected = [
    ("a response of NULs", [b"AUTH PLAIN " + b64(b"\0" * 300)], ["-ERR [AU"]),
    ("a NUL in the password", [b"AUTH PLAIN " + b64(b"\0ana@example.test\0" + password.encode() + b"\0x")], ["-ERR [AU"]),
    ("a NUL in the user", [b"AUTH PLAIN " + b64(b"\0ana@example.test\0x\0" + password.encode())], ["-ERR [AU"]),
    ("another user's identity", [b"AUTH PLAIN " + b64(b"luis@example.test\0ana@example.test\0" + password.encode())], ["-ERR [AU"]),
    ("a name that leaves its tree", [b"AUTH PLAIN " + b64(b"\0../../root\0x")], ["-ERR [AU"]),
    ("ten kilobytes of password", [b"AUTH PLAIN " + b64(b"\0ana@example.test\0" + b"x" * 10000)], ["-ERR [AU"]),
    ("a line without end", [b"AUTH PLAIN " + b"QUFB" * 8000], ["-ERR Inp"]),
    ("a mechanism that is not offered", [b"AUTH ANONYMOUS"], ["-ERR [AU"]),
    ("a name of a mechanism that is long", [b"AUTH " + b"X" * 3000], ["-ERR [AU"]),
    ("PASS before USER, and USER of NULs", [b"PASS x", b"USER \0\0", b"PASS " + password.encode()], ["-ERR No ", "+OK", "-ERR [AU"]),
    ("the right password after all that", [b"USER ana@example.test", b"PASS " + password.encode()], ["+OK", "+OK Logg"]),
]
wrong = [(name, talk(*lines), answers) for name, lines, answers in expected if talk(*lines) != answers]
print(*wrong, sep="\n")
sys.exit(bool(wrong))
END
check 'SASL that is hostile gets nowhere' python3 "$T/attack.py" "$POP3_PORT" "$PASSWORD"
no_crash 'no process crashed'
