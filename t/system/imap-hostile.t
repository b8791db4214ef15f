#!/bin/sh
# imapd: what a hostile logged-in user tries does not leave his tree, does not take memory beyond bounds, and
# does not hold up anybody else.
. "$(dirname "$0")/../lib.sh"
need python3
plan 18
instance_start </dev/null
cat >"$T/hostile.py" <<'END'
import os, re, socket, sys
port, password, attack = sys.argv[1:4]
RESIDENT_MAX = 400 << 20 # octets; the sanitizers' own share is most of it

class Session:
    def __init__(self, user="ana@example.test"):
        self.s = socket.create_connection(("127.0.0.1", int(port)), 60)
        self.f = self.s.makefile("rb")
        self.f.readline()
        self.tag = 0
        assert b" OK " in self.command(b'LOGIN %s %s' % (user.encode(), password.encode()))[-1]

    def send(self, octets):
        self.s.sendall(octets)

    def answer(self, tag):
        """Responses up to the tagged one; ends with b"* BYE" or b"" when the server has enough."""
        lines = []
        while True:
            line = self.f.readline()
            lines.append(line)
            literal = re.search(rb"\{(\d+)\}\r\n$", line)
            if literal:
                self.f.read(int(literal.group(1)))
            elif not line or line.startswith(tag + b" ") or line.startswith(b"+ "):
                return lines

    def command(self, text):
        self.tag += 1
        tag = b"t%d" % self.tag
        self.send(tag + b" " + text + b"\r\n")
        return self.answer(tag)

    def is_refused(self, text):
        try:
            last = self.command(text)[-1]
        except ConnectionError:
            return True
        return not last or b" NO " in last or b" BAD " in last

def resident_max():
    """The largest imapd there is, at its largest."""
    most = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            status = open("/proc/%s/status" % pid).read()
        except OSError:
            continue
        found = re.search(r"Name:\timapd\n[^$]*VmHWM:\s*(\d+)", status) # not of those that just ended
        most = max(most, int(found.group(1)) << 10) if found else most
    return most

def alive():
    s = Session()
    assert b" OK" in s.command(b"NOOP")[-1]

def append(s, octets):
    s.send(b"a APPEND INBOX {%d+}\r\n" % len(octets) + octets + b"\r\n")
    assert b" OK" in s.answer(b"a")[-1]

# --- attacks -----------------------------------------------------------------------------------------

def literals():
    for size in b"99999999999999999999", b"18446744073709551615", b"4294967296", b"70000":
        assert Session().is_refused(b"LOGIN x {%s}" % size), size
        assert Session().is_refused(b"SEARCH SUBJECT {%s}" % size), size
    assert Session().is_refused(b"APPEND INBOX {9999999999}")
    s = Session() # a literal that nobody invites: read and forgotten, or the end
    s.send(b"x SEARCH SUBJECT {1000000+}\r\n" + b"y" * 1000000 + b"\r\n")
    s.answer(b"x")

def endless_line():
    s = Session()
    try:
        for _ in range(400):
            s.send(b"x" * 65536)
        s.send(b"\r\n")
        assert s.f.readline(), "no word"
    except ConnectionError:
        pass

def nesting():
    for depth in 100, 20000:
        for text in (b"SEARCH " + b"(" * depth + b"ALL" + b")" * depth, b"SEARCH " + b"NOT " * depth + b"ALL",
                     b"SEARCH " + b"OR ALL " * depth + b"ALL", b"FETCH 1 " + b"(" * depth,
                     b"LIST () " + b"(" * depth, b"FETCH 1 BODY[" + b"1." * depth + b"1]",
                     b"STATUS INBOX " + b"(" * depth, b"APPEND INBOX " + b"(" * depth):
            s = Session()
            s.command(b"SELECT INBOX")
            s.command(text)

def wildcards():
    s = Session()
    for i in range(60):
        assert b" OK" in s.command(b"CREATE %s%d" % (b"a" * 100, i))[-1]
    for pattern in b"*" * 900, b"%*" * 450, b"*a" * 450 + b"b", b"%a%" * 300:
        s.command(b'LIST "" "%s"' % pattern)
        s.command(b'LSUB "" "%s"' % pattern)

def names():
    s = Session()
    for name in (b"..", b"../luis/Maildir", b"../../luis/Maildir", b"a/../../../x", b"/etc/passwd", b"~root/x", b"~/x",
                 b".", b"./x", b"a..b", b".a", b"a.", b"cur", b"new", b"tmp", b"x/cur", b"buzon.index", b"&AC8-", b"&AC4ALgAv-x",
                 b"x&AAA-y", b"a\x01b", b"a\x7fb", b"x" * 5000, b"&", b"&-&", b"\xff\xfe", b"dovecot-uidlist"):
        quoted = b'"' + name + b'"'
        for command in (b"CREATE %s", b"SELECT %s", b"APPEND %s {1+}\r\nx", b"STATUS %s (MESSAGES)", b"SUBSCRIBE %s",
                        b"RENAME INBOX %s", b"DELETE %s"):
            s.command(command % quoted)
            if s.f.closed or not s.s.fileno() or s.command(b"NOOP")[-1] == b"":
                s = Session()
    for name in b"a\x00b", b"a\r\nb":
        s = Session()
        s.is_refused(b"CREATE {%d+}\r\n%s" % (len(name), name))

def keywords():
    s = Session()
    append(s, b"Subject: x\r\n\r\nx\r\n")
    s.command(b"SELECT INBOX")
    for i in range(200):
        s.command(b"STORE 1 +FLAGS (key%d)" % i)
    s.command(b"STORE 1 +FLAGS (%s)" % b" ".join(b"more%d" % i for i in range(5000)))
    s.command(b"STORE 1 +FLAGS (%s)" % (b"k" * 30000))
    assert b" OK" in s.command(b"FETCH 1 (FLAGS)")[-1]

def mime():
    s = Session()
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(20000))
    wide = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 200000
    rfc822 = b"Content-Type: message/rfc822\r\n\r\n" * 30000
    people = b"To: " + b", ".join(b"p%d@example.test" % i for i in range(100000)) + b"\r\n\r\nx\r\n"
    fields = b"".join(b"X-%d: y\r\n" % i for i in range(100000)) + b"\r\nx\r\n"
    params = b"Content-Type: text/plain" + b"; a=b" * 200000 + b"\r\n\r\nx\r\n"
    refs = b"Subject: " + b"Re: " * 100000 + b"x\r\nReferences: " + b"<a@b> " * 100000 + b"\r\n\r\nx\r\n"
    encoded = b"Subject: " + b"=?utf-8?q?=C3=A9?= " * 100000 + b"\r\n\r\nx\r\n"
    for message in deep, wide, rfc822, people, fields, params, refs, encoded:
        append(s, message)
    s.command(b"SELECT INBOX")
    for items in (b"(ENVELOPE BODYSTRUCTURE BODY RFC822.SIZE)", b"BODY.PEEK[1.1.1.1.1.1.1.1.1]", b"BODY.PEEK[HEADER]",
                  b"BODY.PEEK[HEADER.FIELDS (TO X-5 SUBJECT)]", b"BODY.PEEK[1.MIME]"):
        last = s.command(b"FETCH 1:* " + items)[-1]
        assert b" OK" in last or b" NO" in last, (items, last)
    for search in b"SUBJECT x", b"BODY zz", b"TEXT zz", b"TO p99@", b"HEADER X-77 y":
        assert b" OK" in s.command(b"SEARCH " + search)[-1], search

def fetch_items():
    s = Session()
    append(s, b"Subject: x\r\n\r\n" + b"x" * 100000 + b"\r\n")
    s.command(b"SELECT INBOX")
    s.command(b"FETCH 1:* (%s)" % b" ".join([b"BODY.PEEK[]"] * 5000))
    s.command(b"FETCH 1:* (BODY.PEEK[HEADER.FIELDS (%s)])" % b" ".join(b"F%d" % i for i in range(9000)))
    s.command(b"FETCH %s FLAGS" % b",".join(b"%d:*" % i for i in range(1, 9000)))
    s.command(b"SEARCH %s" % b",".join(b"%d:4294967295" % i for i in range(1, 4000)))

def fetch_often():
    """One message of a megabyte, many times over in one response."""
    s = Session()
    append(s, b"Subject: x\r\n\r\n" + b"x" * 1000000 + b"\r\n")
    s.command(b"SELECT INBOX")
    for item in b"BODY.PEEK[]", b"BINARY.PEEK[1]":
        assert b" OK" in s.command(b"FETCH * (%s)" % b" ".join([item] * 190))[-1]

def deaf():
    """It asks for a gigabyte and reads nothing."""
    s = Session()
    append(s, b"Subject: x\r\n\r\n" + b"x" * 9000000 + b"\r\n")
    s.command(b"SELECT INBOX")
    s.s.setblocking(False)
    try:
        for _ in range(100000):
            s.send(b"x FETCH * BODY.PEEK[]\r\n")
    except BlockingIOError:
        pass
    other = Session("luis@example.test")
    assert b" OK" in other.command(b"SELECT INBOX")[-1]
    third = Session() # and another session of the same account is not locked out
    assert b" OK" in third.command(b"SELECT INBOX")[-1]
    append(third, b"Subject: x\r\n\r\nx\r\n")

def idle_talk():
    s = Session()
    s.command(b"SELECT INBOX")
    s.send(b"i IDLE\r\n" + b"x" * 100000 + b"\r\n")
    s.answer(b"i")

def smuggling():
    """Octets of a literal are no commands, also when the command is refused before them."""
    command = b"x CREATE smuggled"
    s = Session()
    for size in 65500, 65510, 65520, 65534, 65535, 65536, 65537, 70000, 131072, 200000:
        head = b"a SEARCH SUBJECT %s TEXT " % (b"y" * (size - 25))
        for end in b"\r\n", b"\n":
            s.send(head + b"{%d+}" % len(command + end) + end + command + end + end)
            assert b"a BAD" in s.answer(b"a")[-1], size
        s.command(b"NOOP")
    s.send(b"i IDLE\r\n")
    s.answer(b"i")
    s.send(b"y SEARCH TEXT {%d+}\r\n%s\r\n\r\n" % (len(command) + 2, command))
    assert b"i BAD" in s.answer(b"i")[-1]
    assert s.command(b"STATUS smuggled (MESSAGES)")[-1].split()[1] == b"NO", "it is there"

def mailboxes():
    s = Session()
    for i in range(300):
        s.command(b"CREATE deep." + b".".join([b"x"] * i))
        s.command(b"SUBSCRIBE none%d" % i)
    s.command(b"RENAME deep deeper")
    s.command(b"RENAME deeper deeper.x.x")
    s.command(b'LIST "" *')

globals()[attack]()
alive()
most = resident_max()
assert most < RESIDENT_MAX, "an imapd had %d MiB" % (most >> 20)
END
send_mail x@remote.test luis@example.test >/dev/null
maildir_has 'there is mail of somebody else' "$(virtual_maildir luis)" 1
outside() { (cd "$MAILDIRS" && find . -path ./example.test/ana -prune -o -print | grep -v -e buzon.index -e 'dovecot-' | sort; ls -a "$T"); }
outside >"$T.before"
for attack in literals endless_line nesting wildcards names keywords mime fetch_items fetch_often deaf idle_talk smuggling mailboxes; do
    check "attack: $attack" timeout 180 python3 "$T/hostile.py" "$IMAP_PORT" "$PASSWORD" $attack
done
outside | grep -v -e Maildir/cur -e Maildir/new >"$T.after"
grep -v -e Maildir/cur -e Maildir/new "$T.before" >"$T.expected"
is 'nothing outside the tree of the user has changed' "$(diff "$T.expected" "$T.after")" ''
is 'the mail of the other is there' "$(maildir_files "$(virtual_maildir luis)" | wc -l)" 1
rm -f "$T.before" "$T.after" "$T.expected"
log_has 'what was wrong is in the log of the session, not in a crash' 'imap\(ana@example.test\)'
no_crash 'no process crashed'
