#!/bin/sh
# smtpd: what strangers try. Addresses that hide another destination get nobody through; messages that are made to
# cost memory do not; what a client says is one line in the log, without control characters; other ends of data are
# content on the way out, too.
. "$(dirname "$0")/../lib.sh"
plan 8
sink_start
instance_start <<END
mynetworks = 192.0.2.99/32
relayhost = [127.0.0.1]:$SINK_PORT
relay_domains = relay.test
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
message_size_limit = 20000000
virtual_mailbox_limit = 0
END

# --- ways to another destination ------------------------------------------------------------------------------

{
    printf '%s\n' 'S: 220 *' 'C: EHLO client.test' 'S~ 250 CHUNKING' 'C: MAIL FROM:<>' 'S: 250 *'
    while read -r t_address; do
        printf 'C: RCPT TO:<%s>\nS: 454 4.7.1 *: Relay access denied\n' "$t_address"
    done <<'END'
user@elsewhere.test
user@ELSEWHERE.TEST
user@elsewhere.test.
user%elsewhere.test@mail.buzon.test
user%elsewhere.test@localhost
user%elsewhere.test@[127.0.0.1]
user%elsewhere.test@relay.test
user%a%elsewhere.test@mail.buzon.test
ana%elsewhere.test@example.test
elsewhere.test!user
elsewhere.test!user@mail.buzon.test
elsewhere.test!user@relay.test
a!b!c!user
@mail.buzon.test:user@elsewhere.test
"user@elsewhere.test"
"user@elsewhere.test"@mail.buzon.test
"user@elsewhere.test"@relay.test
"user%elsewhere.test"@mail.buzon.test
"ana@elsewhere.test"@example.test
user@elsewhere.test@mail.buzon.test
user@elsewhere.test@relay.test
user@[1.2.3.4]
user@[IPv6:2001:db8::1]
END
    while read -r t_address; do
        printf 'C: RCPT TO:<%s>\nS: 501 5.1.3 Bad recipient address syntax\n' "$t_address"
    done <<'END'
user@127.0.0.1
x@y%elsewhere.test@mail.buzon.test
ana@exa mple.test
-f@buzon.test
:include:/etc/passwd@buzon.test
END
    while read -r t_address; do
        printf 'C: RCPT TO:<%s>\nS: 550 5.1.1 *\n' "$t_address"
    done <<'END'
"|touch /tmp/x"@buzon.test
"/tmp/x"@buzon.test
":include:/etc/passwd"@buzon.test
../../../etc/x@example.test
ana/../luis@example.test
END
    printf '%s\n' 'C: RCPT TO:<postmaster>' 'S: 250 *' 'C: RCPT TO:<ANA@Example.Test.>' 'S: 250 *' 'C: QUIT' 'S: 221 *'
} >"$T/relay"
converse smtp 'no address leads anywhere but here' <"$T/relay"
check 'nothing went elsewhere' sh -c "! ls '$T/sink' | grep -q env"

# --- ends of data on the way to another server ------------------------------------------------------------------

converse smtp 'a message with other ends of data is taken, as one' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 *
C: RCPT TO:<r@relay.test>
S: 250 *
C: BDAT 24
C- Subject: s\r\n\r\nx\r\n.\r\nMAIL
S: 250 *
C: BDAT 42 LAST
C-  FROM:<b@remote.test>\n.\nRCPT\r.\r\n.\r\0\r\n.\r\r\n.
S: 250 *
C: QUIT
S: 221 *
END
eventually 'it arrives there' test -f "$T/sink/1.msg"
is 'as one message, with its lines' "$(tr -d '\r' <"$T/sink/1.msg" | sed '1,/^$/d' | tr '\0' '0' | sed 's/ *$//' | tr '\n' '|')$(find "$T/sink" -name '*.msg' | wc -l)" \
    'x|.|MAIL FROM:<b@remote.test>|.|RCPT .|. 0|.|.|1'

# --- bombs -----------------------------------------------------------------------------------------------------------

cat >"$T/bombs.py" <<'END'
import os, re, smtplib, sys
bombs = {
    "fields": b"".join(b"X-%d: y\r\n" % n for n in range(200000)),
    "parts": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(100000)),
    "messages": b"Content-Type: message/rfc822\r\n\r\n" * 100000,
    "recipients": b"To: " + b",\r\n ".join(b"u%d@x.test" % n for n in range(200000)) + b"\r\n",
    "comments": b"To: " + b"(" * 5000000 + b"\r\n",
    "commas": b"To: " + b"a," * 2500000 + b"\r\n",
    "folds": b"Subject: x\r\n" + b" y\r\n" * 1000000,
    "parameters": b"Content-Type: text/plain; " + b"; ".join(b"a%d*%d*=x" % (n, n) for n in range(200000)) + b"\r\n",
    "one line": b"Subject: x\r\n\r\n" + b"x" * 10000000 + b"\r\n",
    "no field": b"X" * 10000000 + b"\r\n",
}
client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.test", timeout=300)
client.ehlo()
for name, head in bombs.items():
    client.mail("a@remote.test"), client.rcpt("ana@example.test"), client.docmd("DATA")
    client.send(head + b"\r\nbody\r\n.\r\n")
    code, text = client.getreply()
    if code != 250:
        print(name, code, text)
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        path, status = os.readlink("/proc/%s/exe" % pid), open("/proc/%s/status" % pid).read()
    except OSError:
        continue
    if path.startswith(sys.argv[2]) and int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) > 100000:
        print(path, re.search(r"VmHWM:.*", status).group(0))
END
is 'messages that are made to cost memory cost little' "$(python3 "$T/bombs.py" "$SMTP_PORT" "$BUZON_STAGE/libexec")" ''

# --- the log --------------------------------------------------------------------------------------------------------

printf 'EHLO a\rNov 27 00:00:00 fake\033[2J\r\nMAIL FROM:<"a\033[1m b"@x.test>\r\nMAIL FROM:<\342\200\256\302\233x@x.test>\r\nVRFY \377\001\177\r\nHELO %%s%%n\302\205\r\nMAIL FROM:<>\r\nRCPT TO:<x\b@elsewhere.test>\r\nRCPT TO:<ana@example.test>\r\nDATA\r\nMessage-Id: <\033[31m\r x>\r\nSubject: \377\033\r\n\r\nx\r\n.\r\nQUIT\r\n' >"$T/said"
python3 -c 'import socket, sys
server = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
server.sendall(open(sys.argv[2], "rb").read())
while server.recv(4096): pass' "$SMTP_PORT" "$T/said"
is 'what a client says is no line and no escape of the log' \
    "$(python3 -c 'import re, sys
print(len(re.findall(rb"[\0-\t\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|^(?!\S+ +\d+ [\d:]{8} )", open(sys.argv[1], "rb").read().rstrip(b"\n"), re.M)))' "$LOG")" 0
no_crash 'no process crashed'
