#!/bin/sh
# login: who comes through a proxy, how many may come, what the log says of those who fail, and that Debian's
# fail2ban reads it.
. "$(dirname "$0")/../lib.sh"
need python3
plan 23
PROXY_PORT=$((T_BASE + 71))
PROXY_TLS_PORT=$((T_BASE + 72))
SMALL_PORT=$((T_BASE + 73))
SHORT_PORT=$((T_BASE + 74))
instance_prepare <<END
login_syslog_name = dovecot
mail_max_userip_connections = 2
END
cat >>"$CONF/master.cf" <<END
$PROXY_PORT     inet n - n - 1 login -o login_protocol=imap -o login_upstream_proxy_protocol=haproxy
$PROXY_TLS_PORT inet n - n - 1 login -o login_protocol=imap -o login_upstream_proxy_protocol=haproxy -o login_tls_wrappermode=yes
$SMALL_PORT     inet n - n - 1 login -o login_protocol=imap -o login_client_limit=2
$SHORT_PORT     inet n - n - 1 login -o login_protocol=imap -o login_timeout=1s -o login_upstream_proxy_timeout=1s -o login_log_format_elements=%n@%d:%b/%m/%{session}
END
instance_run

# --- through a proxy -------------------------------------------------------------------------------
converse imap 'a proxy says by version 1 whose connection it is' --port $PROXY_PORT <<END
C: PROXY TCP4 198.51.100.7 192.0.2.25 4660 143
S: * OK [CAPABILITY * LOGINDISABLED*] *
C: a LOGIN ana@example.test $PASSWORD
S: * BAD [ALERT] *
S: a NO [PRIVACYREQUIRED] *
END
log_has 'and that is what counts' 'imap-login: Disconnected: Connection closed \(tried to use disallowed plaintext auth\): user=<>, rip=198\.51\.100\.7, lip=192\.0\.2\.25, session=<'
converse imap 'version 2, with TLS at the proxy' --port $PROXY_PORT <<END
C- \r\n\r\n\0\r\nQUIT\n\x21\x11\0\x14\xc6\x33\x64\x07\xc0\0\x02\x19\x12\x34\0\x8f\x20\0\x05\x01\0\0\0\0
S: * OK *
C: a LOGIN ana@example.test $PASSWORD
S~ a OK *
C: b LOGOUT
S~ b OK *
END
log_has 'is as good as TLS here' 'imap-login: Login: user=<ana@example\.test>, method=PLAIN, rip=198\.51\.100\.7, lip=192\.0\.2\.25, mpid=[0-9]+, TLS, session=<'
converse imap 'a health check of the proxy itself' --port $PROXY_PORT <<'END'
C- \r\n\r\n\0\r\nQUIT\n\x20\0\0\0
S: * OK *
C: a LOGOUT
S~ a OK *
END
converse imap 'who does not say it is no proxy' --port $PROXY_PORT <<'END'
C: a LOGIN ana secret
EOF
END
cat >"$T/tls.py" <<'END'
import socket, ssl, sys
raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(incoming, outgoing)
header = b"PROXY TCP4 198.51.100.7 192.0.2.25 4660 993\r\n"
def step(function):
    global header
    while True:
        try:
            return function()
        except ssl.SSLWantReadError:
            raw.sendall(header + outgoing.read())
            header = b""
            data = raw.recv(65536)
            incoming.write(data) if data else incoming.write_eof()
step(tls.do_handshake)
print(step(lambda: tls.read(100)).decode())
END
like 'the handshake may follow in the same packet' "$(python3 "$T/tls.py" $PROXY_TLS_PORT)" '^\* OK'
if [ $PRIVILEGED = yes ]; then
    converse imap 'a proxy that nobody trusts is not heard' --port $PROXY_PORT --host 192.0.2.25 --from 192.0.2.66 <<'END'
EOF
END
else
    ok 'a proxy that nobody trusts is not heard # SKIP needs another address'
fi

# --- how many ----------------------------------------------------------------------------------------
cat >"$T/sessions.py" <<'END'
import imaplib, sys, time
port, tls_port, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def enter(make, user="luis@example.test"):
    client = make()
    try:
        client.login(user, password)
        return client
    except imaplib.IMAP4.error as error:
        return str(error)
plain = lambda: imaplib.IMAP4("127.0.0.1", port)
tls = lambda: imaplib.IMAP4_SSL("127.0.0.1", tls_port)
first, second = enter(plain), enter(tls)
print("third", enter(plain))
print("other", "OK" if not isinstance(enter(plain, "eva@example.test"), str) else "refused")
kept = []
for session, name in ((first, "first"), (second, "second")):
    session.logout()
    for attempt in range(200):  # the end of a session is an event that we cannot see
        again = enter(plain)
        if not isinstance(again, str):
            break
        time.sleep(0.05)
    kept.append(again)
    print("after", name, "OK" if not isinstance(again, str) else again)
END
sessions=$(python3 "$T/sessions.py" "$IMAP_PORT" "$IMAPS_PORT" "$PASSWORD")
like 'a user has so many sessions from one address, plain and TLS together' "$sessions" \
    'third .*\[LIMIT\] Maximum number of connections from user\+IP exceeded \(mail_max_userip_connections=2\)'
like 'another user has his own' "$sessions" 'other OK'
like 'when a plain session ends there is room' "$sessions" 'after first OK'
like 'when a session under TLS ends there is room' "$sessions" 'after second OK'
log_has 'who had too many is in the log' 'imap-login: Disconnected: Maximum number of connections from user\+IP exceeded \(mail_max_userip_connections=2\): user=<luis@example\.test>, method=PLAIN, rip=127\.0\.0\.1'
cat >"$T/crowd.py" <<'END'
import socket, sys
port = int(sys.argv[1])
def connect():
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(60)
    return s, s.makefile("rb")
idle = [connect() for _ in range(2)]
for s, f in idle:
    f.readline()
late, answers = connect()
print(answers.readline().decode().strip()[:4], "first gone" if idle[0][1].readline() == b"" else "?")
END
is 'when all places are taken, who has waited longest makes room' "$(python3 "$T/crowd.py" $SMALL_PORT)" '* OK first gone'
log_has 'and it is logged' 'imap-login: Disconnected: Connection queue full \(no auth attempts in [0-9]+ secs\): user=<>, rip=127'

# --- what the log says ---------------------------------------------------------------------------------
converse imap 'who talks nonsense three times is thrown out' <<'END'
S: * OK *
C: GET / HTTP/1.0
S: GET BAD *
C: a FOO
S: a BAD *
C: a FOO
S: * BYE Too many invalid IMAP commands.
EOF
END
log_has 'and it is logged' 'imap-login: Disconnected: Too many invalid commands \(no auth attempts in [0-9]+ secs\): user=<>, rip=127'
converse imap 'who leaves in the middle of SASL' <<'END'
S: * OK *
C: a AUTHENTICATE PLAIN !!!!
S: a BAD *
C: b AUTHENTICATE PLAIN
S: + *
END
log_has 'is logged' "imap-login: Disconnected: Connection closed \(client didn't finish SASL auth, waited [0-9]+ secs\): user=<>, method=PLAIN"
converse imap 'who says nothing is asked to leave' --port $SHORT_PORT <<'END'
S: * OK *
S: * BYE Disconnected for inactivity.
EOF
END
log_has 'with elements of our own' 'imap-login: Disconnected: Inactivity \(no auth attempts in [0-9]+ secs\): @:[0-9]+/+[A-Za-z0-9+/]+$'

# --- fail2ban --------------------------------------------------------------------------------------------
if command -v fail2ban-regex >/dev/null && [ -f /etc/fail2ban/filter.d/dovecot.conf ]; then
    python3 - "$IMAP_PORT" "$IMAPS_PORT" "$POP3_PORT" <<'END'
import contextlib, imaplib, poplib, sys
for make in (lambda: imaplib.IMAP4("127.0.0.1", int(sys.argv[1])), lambda: imaplib.IMAP4_SSL("127.0.0.1", int(sys.argv[2]))):
    client = make()
    with contextlib.suppress(imaplib.IMAP4.error):
        client.login("ana@example.test", "wrong")
    client.logout()
client = poplib.POP3("127.0.0.1", int(sys.argv[3]))
with contextlib.suppress(poplib.error_proto):
    client.user("nobody")
    client.pass_("wrong")
client.quit()
END
    wait_until 'three lines' sh -c "[ \$(grep -c 'auth failed, 1 attempts' '$LOG') -ge 3 ]"
    grep -E 'auth failed|: auth: ' "$LOG" >"$T/failures.log"
    lines=$(wc -l <"$T/failures.log")
    like "Debian's fail2ban recognises every failure" \
        "$(HOME=$T fail2ban-regex "$T/failures.log" /etc/fail2ban/filter.d/dovecot.conf 2>&1)" \
        "Lines: $lines lines, 0 ignored, $lines matched, 0 missed"
else
    ok "Debian's fail2ban recognises every failure # SKIP fail2ban is not installed"
fi
no_crash 'no process crashed'
