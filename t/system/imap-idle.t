#!/bin/sh
# imapd: a session in IDLE is told of deliveries, flags and removals at once, whoever made them.
. "$(dirname "$0")/../lib.sh"
plan 3
instance_start </dev/null
cat >"$T/idle.py" <<'END'
import imaplib, os, socket, sys, time
port, user, password, maildir, smtp = sys.argv[1:]
def connect():
    c = imaplib.IMAP4("127.0.0.1", int(port)); c.login(user, password); return c
idle, other = connect(), connect()
other.append("INBOX", None, None, b"Subject: a\r\n\r\nx\r\n")
idle.select(); other.select()
idle.send(b"i IDLE\r\n")
idle.sock.settimeout(60)
def await_line(*wanted):
    while True:
        line = idle.readline()
        if all(w in line for w in wanted):
            return
await_line(b"+ ")
other.store("1", "+FLAGS", "(\\Flagged)")
await_line(b"* 1 FETCH", b"\\Flagged")
s = socket.create_connection(("127.0.0.1", int(smtp)))
f = s.makefile("rwb", buffering=0)
for line in b"", b"EHLO x", b"MAIL FROM:<a@remote.test>", b"RCPT TO:<%s>" % user.encode(), b"DATA":
    if line: f.write(line + b"\r\n")
    while f.readline()[3:4] == b"-": pass
f.write(b"Subject: new\r\n\r\nx\r\n.\r\n"); f.readline()
await_line(b"* 2 EXISTS")
name = [n for n in os.listdir(maildir + "/cur") if "F" in n.split(":2,")[1]][0]
os.rename(maildir + "/cur/" + name, maildir + "/cur/" + name.split(":2,")[0] + ":2,RS")  # another program
await_line(b"* 1 FETCH", b"\\Answered", b"\\Seen")
os.unlink(maildir + "/cur/" + name.split(":2,")[0] + ":2,RS")
await_line(b"* 1 EXPUNGE")
idle.send(b"DONE\r\n")
await_line(b"i OK")
END
check 'IDLE tells what happens while it happens' python3 "$T/idle.py" "$IMAP_PORT" ana@example.test "$PASSWORD" \
    "$(virtual_maildir ana)" "$SMTP_PORT"
converse imap 'anything but DONE ends it badly' <<END
S: * OK *
C: l LOGIN ana@example.test $PASSWORD
S~ l OK *
C: a IDLE
S: + *
C: b NOOP
S: a BAD *
C: c NOOP
S: c OK *
C: z LOGOUT
S~ z OK *
END
no_crash 'no process crashed'
