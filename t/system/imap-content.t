#!/bin/sh
# imapd: BINARY (RFC 3516), CATENATE (RFC 4469) with URLs and their parts (RFC 5092, URL-PARTIAL), REPLACE
# (RFC 8508), PREVIEW (RFC 8970): content goes in and comes out as the client wants it.
. "$(dirname "$0")/../lib.sh"
plan 9
instance_start <<'END'
message_size_limit = 3000000
END
ANA=ana@example.test
cat >"$T/client.py" <<'END'
import base64, hashlib, os, re, socket, sys
port, password = int(sys.argv[1]), sys.argv[2]

class Client:
    def __init__(self):
        self.file = socket.create_connection(("127.0.0.1", port), 60).makefile("rwb")
        self.response()
        self.run(b"LOGIN ana@example.test " + password.encode())

    def response(self):
        """A whole response, with its literals."""
        text = self.file.readline()
        assert text, "closed"
        while True:
            m = re.search(rb"\{(\d+)\}\r\n$", text)
            if not m:
                return text
            text += self.file.read(int(m.group(1))) + self.file.readline()

    def run(self, *parts, status=b"OK"):
        """The command in pieces, with a literal between each two."""
        for i, part in enumerate(parts):
            if i % 2 == 0:
                self.file.write((b"t " if i == 0 else b"") + part)
            else:
                self.file.write(b"{%d+}\r\n" % len(part) + part)
        self.file.write(b"\r\n")
        self.file.flush()
        lines = []
        while True:
            lines.append(self.response())
            if lines[-1].startswith(b"t "):
                assert lines[-1].startswith(b"t " + status), (parts[0], lines[-1][:300])
                return lines

    def fetch(self, items, number=b"*"):
        return b"".join(self.run(b"FETCH " + number + b" (" + items + b")")[:-1])

    def octets(self, items, number=b"*"):
        """Of the one literal in it."""
        text = self.fetch(items, number)
        m = re.search(rb"(~?)\{(\d+)\}\r\n", text)
        assert m, text[:300]
        self.is_literal8 = m.group(1) == b"~"
        return text[m.end():m.end() + int(m.group(2))]

c = Client()
END
cat >"$T/binary.py" <<'END'
exec(open(sys.argv[3] + "/client.py").read())
data = bytes(range(256)) * 3
big = hashlib.sha512(b"x").digest() * 30000
part = lambda encoding, text: b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + text
message = (b"Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
           b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
           b"caf=C3=A9 =\r\nau lait  \r\nend\r\n--b\r\n" + part(b"base64", base64.encodebytes(data).replace(b"\n", b"\r\n")) +
           b"\r\n--b\r\n" + part(b"x-uuencode", b"what\r\n") + b"--b\r\n" +
           part(b"base64", base64.encodebytes(big).replace(b"\n", b"\r\n")) + b"--b--\r\n")
c.run(b"APPEND INBOX ", message)
c.run(b"SELECT INBOX")
text = "café au lait\r\nend".encode()
assert c.octets(b"BINARY.PEEK[1]") == text, c.octets(b"BINARY.PEEK[1]")
assert not c.is_literal8
assert c.fetch(b"BINARY.SIZE[1] FLAGS").startswith(b"* 1 FETCH (FLAGS (\\Recent) BINARY.SIZE[1] %d)" % len(text))
assert c.octets(b"BINARY.PEEK[2]") == data and c.is_literal8, "a NUL makes it a literal8"
assert c.octets(b"BINARY.PEEK[2]<300.10>") == data[300:310] and not c.is_literal8
assert c.octets(b"BINARY.PEEK[2]<9999.10>") == b""
assert b"BINARY.PEEK" not in c.fetch(b"BINARY.PEEK[2]<0.1>") and b"BINARY[2]<0> ~{1}" in c.fetch(b"BINARY.PEEK[2]<0.1>")
assert c.fetch(b"BINARY.SIZE[4]") == b"* 1 FETCH (BINARY.SIZE[4] %d)\r\n" % len(big)
assert c.octets(b"BINARY.PEEK[4]") == big, "a large one, in blocks"
assert c.octets(b"BINARY.PEEK[4]<1500000.100>") == big[1500000:1500100]
assert c.octets(b"BINARY.PEEK[]") == message
assert b"\\Seen" not in c.fetch(b"FLAGS")
c.run(b"FETCH 1 BINARY[3]", status=b"NO [UNKNOWN-CTE]")
c.run(b"FETCH 1 BINARY.SIZE[3]", status=b"NO [UNKNOWN-CTE]")
assert b"BINARY[7] NIL" in c.fetch(b"BINARY.PEEK[7]")
c.octets(b"BINARY[1]")
assert b"\\Seen" in c.fetch(b"FLAGS")

# In: binary parts come back octet for octet, whatever is between.
raw = b"\r\n\n\r\0\xff" + data + b"\n"
message = (b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n"
           b"before\r\n--b\r\n" + part(b"BINARY", raw) + b"\r\n--b\r\nContent-Type: text/plain\r\n\r\ntext\r\n--b--\r\nafter\r\n")
c.run(b"APPEND INBOX (\\Flagged) ~", message)
c.run(b"NOOP")
assert c.octets(b"BINARY.PEEK[1]") == raw
assert c.octets(b"BODY.PEEK[1]").replace(b"\r\n", b"") == base64.b64encode(raw)
assert b"Content-Transfer-Encoding: base64\r\n" in c.octets(b"BODY.PEEK[1.MIME]")
assert b"Content-Transfer-Encoding: 8bit\r\n" in c.octets(b"BODY.PEEK[HEADER]")
assert c.octets(b"BODY.PEEK[2]") == b"text"
c.run(b"APPEND INBOX ~", b"Subject: x\r\n\r\na\0b\r\n", status=b"NO [UNKNOWN-CTE]")
c.run(b"APPEND INBOX ~", b"Subject: plain\r\n\r\nab\r\n")
c.run(b"NOOP")
assert c.octets(b"BODY.PEEK[]") == b"Subject: plain\r\n\r\nab\r\n"
c.run(b"FETCH 1 BINARY[1.HEADER]", status=b"BAD")
c.run(b"FETCH 1 BINARY.SIZE[1]<0.1>", status=b"BAD")
END
cat >"$T/catenate.py" <<'END'
exec(open(sys.argv[3] + "/client.py").read())
c.run(b"CREATE Entw&APw-rfe")
c.run(b"APPEND Entw&APw-rfe ", b"From: a@b\r\nTo: c@d\r\nSubject: old\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
      b"--x\r\n\r\nfirst part\r\n--x\r\n\r\nsecond\r\n--x--\r\n")
validity = re.search(rb"UIDVALIDITY (\d+)", c.run(b"STATUS Entw&APw-rfe (UIDVALIDITY)")[0]).group(1)
url = b"/Entw%C3%BCrfe;UIDVALIDITY=" + validity + b"/;UID=1"
c.run(b"CREATE Out")
c.run(b"APPEND Out (\\Seen) CATENATE (TEXT ", b"Subject: new\r\n", b" URL \"" + url + b"/;SECTION=HEADER.FIELDS%20(To)\" TEXT ",
      b"body: ", b" URL \"" + url + b"/;SECTION=1\" URL ", url + b"/;SECTION=2/;PARTIAL=1.3", b" TEXT ", b"\r\n", b")")
c.run(b"SELECT Out")
assert c.octets(b"BODY.PEEK[]") == b"Subject: new\r\nTo: c@d\r\n\r\nbody: first parteco\r\n", c.octets(b"BODY.PEEK[]")
assert b"\\Seen" in c.fetch(b"FLAGS")
c.run(b"APPEND Out CATENATE (URL \"" + url + b"\") CATENATE (URL \"/Out/;UID=1/;SECTION=TEXT\" TEXT ", b"!\r\n", b")")
c.run(b"NOOP")
assert c.octets(b"BODY.PEEK[]", b"3") == b"body: first parteco\r\n!\r\n"
assert c.octets(b"BODY.PEEK[]", b"2").startswith(b"From: a@b\r\n")
c.run(b"APPEND Out CATENATE (URL \";UID=1/;SECTION=HEADER/;PARTIAL=0.8\" TEXT ", b" selected\r\n\r\n", b")")
c.run(b"NOOP")
assert c.octets(b"BODY.PEEK[]") == b"Subject: selected\r\n\r\n"
before = c.run(b"STATUS Out (MESSAGES)")[0]
for bad in (b"/Nowhere/;UID=1", b"/Out;UIDVALIDITY=1/;UID=1", b"/Out/;UID=99", b"/Out/;UID=1/;SECTION=9", b"/Out/;UID=0",
            b"/Out", b"imap://other/Out/;UID=1", b"/../x/;UID=1", b"/%00/;UID=1", b"/Out/;UID=1/;SECTION=NOPE",
            b"/Out/;UID=1/;PARTIAL=x", b"/Out/;UID=1;x", b"/%zz/;UID=1", b"Out/;UID=1"):
    line = c.run(b"APPEND Out CATENATE (TEXT ", b"x", b" URL \"" + bad + b"\" TEXT ", b"rest", b")", status=b"NO [BADURL")[-1]
    assert bad in line, line
c.run(b"APPEND Out CATENATE (TEXT ", b"x", status=b"BAD")
c.run(b"APPEND Out CATENATE ()", status=b"BAD")
c.run(b"APPEND Out CATENATE (FOO ", b"x", b")", status=b"BAD")
c.run(b"APPEND Out CATENATE (" + b" ".join([b"URL \"/Out/;UID=1\""] * 101) + b")", status=b"BAD")
c.run(b"APPEND Out CATENATE (TEXT ", b"x" * 2000000, b" TEXT ", b"x" * 2000000, b")", status=b"NO [TOOBIG]")
c.run(b"APPEND Out CATENATE (TEXT ", b"a\0b", b")", status=b"NO [UNKNOWN-CTE]")
c.run(b"APPEND Nowhere CATENATE (TEXT ", b"a", b" TEXT ", b"z LOGOUT\r\n", b")", status=b"NO [TRYCREATE]")
assert c.run(b"STATUS Out (MESSAGES)")[0] == before, "what was refused left nothing"
END
cat >"$T/replace.py" <<'END'
exec(open(sys.argv[3] + "/client.py").read())
c.run(b"CREATE Drafts")
for i in b"123":
    c.run(b"APPEND Drafts ", b"Subject: draft %c\r\n\r\n" % i)
c.run(b"SELECT Drafts")
lines = c.run(b"REPLACE 2 Drafts (\\Draft) ", b"Subject: final\r\n\r\n")
assert re.match(rb"\* OK \[APPENDUID \d+ 4\] ", lines[0]) and b"* 2 EXPUNGE\r\n" in lines, lines
assert c.octets(b"BODY.PEEK[HEADER]") == b"Subject: final\r\n\r\n"
assert b"\\Draft" in c.fetch(b"FLAGS")
lines = c.run(b"UID REPLACE 1 INBOX CATENATE (URL \"/Drafts/;UID=1\")")
assert b"* 1 EXPUNGE\r\n" in lines, lines
c.run(b"REPLACE 1 Nowhere ", b"x\r\n", status=b"NO [TRYCREATE]")
c.run(b"REPLACE 9 Drafts ", b"x\r\n", status=b"BAD")
c.run(b"UID REPLACE 99 Drafts ", b"x\r\n", status=b"NO [NONEXISTENT]")
c.run(b"REPLACE 1:2 Drafts ", b"x\r\n", status=b"BAD")
c.run(b"REPLACE 1 Drafts ", b"x\r\n", b" ", b"y\r\n", status=b"BAD")
assert b"MESSAGES 2" in c.run(b"STATUS Drafts (MESSAGES)")[0]
c.run(b"EXAMINE Drafts")
c.run(b"REPLACE 1 Drafts ", b"x\r\n", status=b"NO [READ-ONLY]")
END
cat >"$T/preview.py" <<'END'
exec(open(sys.argv[3] + "/client.py").read())
c.run(b"CREATE P")
c.run(b"APPEND P ", b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <b>w\xc3\xb6rld</b></p>\r\n")
c.run(b"APPEND P ", b"Subject: nothing\r\n\r\n")
c.run(b"SELECT P")
assert c.octets(b"PREVIEW", b"1") == "Hello wörld".encode()
assert c.fetch(b"PREVIEW (FUZZY)", b"1") == "* 1 FETCH (PREVIEW (FUZZY {12}\r\nHello wörld))\r\n".encode(), c.fetch(b"PREVIEW (FUZZY)", b"1")
assert c.fetch(b"SNIPPET (LAZY=FUZZY)", b"2") == b"* 2 FETCH (SNIPPET (FUZZY \"\"))\r\n"
assert c.fetch(b"PREVIEW (LAZY) UID", b"2") == b"* 2 FETCH (PREVIEW \"\" UID 2)\r\n", c.fetch(b"PREVIEW (LAZY) UID", b"2")
END
cat >"$T/drain.py" <<'END'
exec(open(sys.argv[3] + "/client.py").read())
# What is refused in the middle is read to its end: nothing of it is taken for a command.
evil = b"t LOGOUT\r\n" * 3
c.run(b"APPEND Nowhere ", evil, b" (\\Seen) ", evil, b" ", evil, status=b"NO [TRYCREATE]")
c.run(b"APPEND INBOX (nonsense ", evil, b" ", evil, status=b"BAD")
c.run(b"APPEND INBOX ", evil, b" \"not a date\" ", evil, b" ", evil, status=b"BAD")
c.run(b"APPEND INBOX ", evil, b"junk", status=b"BAD")
c.run(b"APPEND INBOX", status=b"BAD")
c.run(b"APPEND INBOX ", b"x" * 3000001, b" ", evil, status=b"NO [TOOBIG]")
c.run(b"APPEND INBOX UTF8 (~", evil, b")", status=b"BAD")
assert b"MESSAGES 0" in c.run(b"STATUS INBOX (MESSAGES)")[0]
END
cat >"$T/pieces.py" <<'END'
exec(open(sys.argv[3] + "/client.py").read())
import random
random.seed(3501)
large = [b"Subject: large %d\r\n\r\n" % n + b"".join(b"%d " % i * random.randint(0, 30) + b"\r\n" for i in range(40000))[:2500000]
         for n in (1, 2)]
c.run(b"CREATE L1")
c.run(b"CREATE L2")
for n in (1, 2):
    c.run(b"APPEND L%d " % n, large[n - 1])
for n in (1, 2):   # the same UID elsewhere is another message
    c.run(b"SELECT L%d" % n)
    for at in range(0, 1500000, 123457):
        assert c.octets(b"BODY.PEEK[]<%d.123457>" % at) == large[n - 1][at:at + 123457], at
    for at in [random.randrange(len(large[n - 1])) for _ in range(10)] + [0, len(large[n - 1]), 5]:
        assert c.octets(b"BODY.PEEK[]<%d.2000>" % at) == large[n - 1][at:at + 2000], at
        assert c.octets(b"BODY.PEEK[TEXT]<%d.2000>" % at) == large[n - 1][20:][at:at + 2000], at
END
for i in pieces binary catenate replace preview drain; do sed -i '1i import sys' "$T/$i.py"; done
run() { python3 "$T/$1.py" "$IMAP_PORT" "$PASSWORD" "$T"; }
check 'nothing of a refused APPEND is taken for a command' run drain
check 'large sections piece by piece' run pieces
check 'BINARY: parts decoded on their way out, encoded on their way in' run binary
check 'CATENATE: from texts and parts of messages' run catenate
check 'REPLACE: the new one is there before the old one goes' run replace
check 'PREVIEW' run preview
converse imap 'and they are announced' <<END
S: * OK *
C: l LOGIN $ANA $PASSWORD
S: l OK *BINARY CATENATE URL-PARTIAL REPLACE *PREVIEW*
C: z LOGOUT
S: * BYE *
S: z OK *
END
check 'nothing is left behind' sh -c "! ls '$(virtual_maildir ana)' | grep -q temporary"
no_crash 'no process crashed'
