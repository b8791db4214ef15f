#!/bin/sh
# imapd: COMPRESS=DEFLATE (RFC 4978): everything after it is compressed both ways, also large messages and
# what is pushed in IDLE and by NOTIFY, with TLS below it; what is no deflate ends the session.
. "$(dirname "$0")/../lib.sh"
plan 4
instance_start </dev/null
cat >"$T/compress.py" <<'END'
import re, socket, ssl, sys, zlib
port, password, tls = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "tls"

class Client:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.buffer, self.inflate, self.deflate, self.raw = b"", None, None, 0
        self.line()
        self.capabilities = self.run(b"LOGIN ana@example.test " + password.encode())[-1]

    def more(self):
        data = self.socket.recv(65536)
        assert data, "closed"
        self.raw += len(data)
        self.buffer += self.inflate.decompress(data) if self.inflate else data

    def line(self):
        while b"\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def octets(self, n):
        while len(self.buffer) < n:
            self.more()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def send(self, data):
        if self.deflate:
            data = self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(data)

    def run(self, command, status=b"OK"):
        self.send(b"t " + command + b"\r\n")
        lines = [self.line()]
        while not lines[-1].startswith(b"t "):
            lines.append(self.line())
        assert lines[-1].startswith(b"t " + status), lines
        return lines

    def compress(self):
        self.run(b"COMPRESS DEFLATE")
        self.inflate = zlib.decompressobj(-15)
        self.deflate = zlib.compressobj(9, zlib.DEFLATED, -15)

c = Client()
assert b"COMPRESS=DEFLATE" in c.capabilities
c.run(b"COMPRESS", b"BAD")
c.run(b"COMPRESS LZW", b"BAD")
c.compress()
c.run(b"COMPRESS DEFLATE", b"NO [COMPRESSIONACTIVE]")
large = b"Subject: large\r\n\r\n" + b"all the same again and again\r\n" * 100000
c.send(b"t APPEND INBOX {%d+}\r\n" % len(large) + large + b"\r\n")
assert c.line().startswith(b"t OK"), "APPEND"
c.run(b"SELECT INBOX")
before = c.raw
c.send(b"f FETCH 1 BODY.PEEK[]\r\n")
m = re.fullmatch(rb"\* 1 FETCH \(BODY\[\] \{(\d+)\}", c.line())
assert c.octets(int(m.group(1))) == large
assert c.line() == b")" and c.line().startswith(b"f OK")
assert c.raw - before < len(large) / 20, "it is compressed: %d" % (c.raw - before)
# Commands in one piece, and a command in many.
c.send(b"1 NOOP\r\n2 NOOP\r\n3 NOOP\r\n")
assert [c.line()[:4] for _ in "123"] == [b"1 OK", b"2 OK", b"3 OK"]
for octet in b"4 NOOP\r\n":
    c.send(bytes([octet]))
assert c.line().startswith(b"4 OK")
# What comes by itself.
other = Client()
c.send(b"i IDLE\r\n")
assert c.line() == b"+ idling"
other.send(b"t APPEND INBOX {1+}\r\nx\r\n")
assert other.line().startswith(b"t OK")
assert c.line() == b"* 2 EXISTS"
c.line()
c.send(b"DONE\r\n")
assert c.line().startswith(b"i OK")
c.run(b"NOTIFY SET (personal (MailboxName))")
other.run(b"CREATE Pushed")
assert c.line() == b'* LIST () "." "Pushed"'
other.run(b"DELETE Pushed")
assert c.line() == b'* LIST (\\NonExistent) "." "Pushed"'
assert c.run(b"LOGOUT")[0].startswith(b"* BYE")
# No deflate at all.
c = Client()
c.compress()
c.socket.sendall(b"x NOOP in plain text\r\n")
assert c.socket.recv(1000) == b"", "the session ends"
other.run(b"DELETE INBOX", b"NO")
other.run(b"SELECT INBOX")
other.run(b"STORE 1:* +FLAGS.SILENT (\\Deleted)")
other.run(b"EXPUNGE")
END
check 'in clear text' python3 "$T/compress.py" "$IMAP_PORT" "$PASSWORD" plain
check 'under TLS' python3 "$T/compress.py" "$IMAPS_PORT" "$PASSWORD" tls
log_has 'what is no deflate ends the session' 'Disconnected: Connection closed: read or write failed'
no_crash 'no process crashed'
