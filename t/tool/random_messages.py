"""Messages made by chance, and a Maildir of them: trees of MIME, well made and broken, addresses, dates and fields of all kinds.

    maker = Messages(random.Random(seed), corpus)
    octets = maker.message()           # with CRLF line ends
    fill(maildir, maker)               # folders of such messages, with UIDs and flags

A corpus is a list of further messages, octets with LF line ends; some messages are taken from it, whole or damaged. What is no address, no type or no
parameter at all is left out: there Dovecot has words of its own (SYNTAX_ERROR, "" for a type). So are fields that stand twice
(ENVELOPE of Dovecot has the last one, its SORT the first one), 1-Jan-1970, which is no date for it, and unknown encodings, in
which it finds nothing.
"""
import base64, os, quopri

WORDS = "invoice meeting Tuesday report draft budget lunch release notes server backup holiday Größe naïve привет 日本語 ﬁne".split()
FOLDERS = ("", ".Sub", ".Sub.Deep", ".Trash", ".a b", ".Archive", ".&AOQ-")
ADDRESSES = (
    "a@x.test", "<b@y.test>", '"Doe, Jane" <jane@z.test>', "Bob <bob@y.test>", "c@d.test (a comment)", "team: a@b.test, Eve <e@f.test>;", "nobody:;",
    "<@relay.test,@b.test:c@d.test>", '"quoted \\"x\\" name" <q@r.test>', '"odd local"@x.test', "=?utf-8?q?J=C3=B6rg?= <j@k.test>",
    "raw Jörg <j@k.test>", "ip@[192.0.2.1]", "no-domain", "<>", "A. B. Cee <abc@x.test>",
    "undisclosed-recipients:;", '"" <empty@x.test>',
    "Big  Space   <s@t.test>", "<a@x.test>, <b@x.test>", "名前 <n@x.test>")
DATES = (
    "Mon, 2 Jan 2023 10:00:00 +0100", "2 Jan 2023 10:00 GMT", "Tue, 31 Feb 2023 10:00:00 +0000", "yesterday", "", "Wed, 01 Mar 23 25:61:00 -0800",
    "Mon, 2 Jan 2023 10:00:00 +0100 (CET)", "2023-01-02T10:00:00Z", "Fri, 1 Jan 2038 00:00:00 EST",
    "Sun, 6 Nov 1994 08:49:37 PDT", "6 November 1994 08:49:37", "Mon,2 Jan 2023 10:00:00 -0000")
PARAMETERS = (
    "", "; charset=us-ascii", "; charset=utf-8", '; charset="ISO-8859-1"', "; charset=utf-8; format=flowed", "; name=x.txt", '; name="a b.txt"',
    "; name*=utf-8''%c3%a4.txt", "; name*0=one; name*1=two", '; name="=?utf-8?q?=C3=A4?="', "; charset", ";charset=utf-8;", "; charset=", '; a="un\\"quoted"',
    "; (comment) charset=utf-8", ' ; charset = utf-8', "; x=1; x=2")
TYPES = ("text/plain", "text/html", "Text/PLAIN", "application/octet-stream", "image/png", "application/pdf", "message/delivery-status",
         "audio/x-a.b+c", "message/partial", "text/x_y")
EXTRA = (
    "Content-ID: <part@x.test>", "Content-Description: =?utf-8?q?d=C3=A4?= words", "Content-Description: a \"quoted\" one", "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
    "Content-Disposition: inline", "Content-Disposition: attachment; filename=x.bin", 'Content-Disposition: attachment; filename="a\\\\b"; size=4',
    "Content-Language: en, de", "Content-Language: en-GB", "Content-Location: http://x.test/a b", "Content-ID: no-brackets",
    "Content-Disposition: attachment; filename*=utf-8''%e2%82%ac.txt", "Content-Language: ")
ODD_FIELDS = (
    "X-Label: one", "X-Label: two", "X-Empty:", "X-Folded: a\r\n b\r\n\tc", "Received: from a by b; Mon, 2 Jan 2023 10:00:00 +0000", "X-Raw: äö",
    "no colon at all", "X-Long: " + "word " * 60, "References: <m1@x.test> <m2@x.test>", "In-Reply-To: <m1@x.test>", "X-Blank-Fold: a\r\n \r\n b",
    "List-Id: <list.x.test>", "X-Tab:\ttab", ": no name", "X-Q: =?utf-8?q?=C3=A4?= =?iso-8859-1?b?5A==?=", "X-NoSpace:x")

NOT_READ = (b"00:01+0000", b"multipart/alternative;;")  # a date and a boundary that Dovecot does not find


class Messages:
    def __init__(self, random, corpus=()):
        self.random, self.corpus, self.serial = random, corpus, 0

    def words(self, low, high):
        return " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(low, high)))

    def text(self):
        return "".join(self.words(0, 9) + "\r\n" for _ in range(self.random.randint(0, 6)))

    def leaf(self):
        """The fields of a part, and its octets."""
        r, octets = self.random, self.text().encode("utf-8")
        encoding = r.choice(("", "", "7bit", "8bit", "base64", "base64", "quoted-printable", "quoted-printable", "BASE64", "binary"))
        if encoding.lower() == "base64":
            octets = base64.encodebytes(octets).replace(b"\n", b"\r\n")
        elif encoding == "quoted-printable":
            octets = quopri.encodestring(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        if r.random() < 0.05:
            octets = octets[:r.randrange(len(octets) + 1)]
        fields = ["Content-Transfer-Encoding: " + encoding] if encoding else []
        kind = r.choice(TYPES[:4] if r.random() < 0.6 else TYPES)
        if kind or r.random() < 0.3:
            fields.append("Content-Type: " + kind + r.choice(PARAMETERS))
        return fields, octets

    def multipart(self, depth):
        r = self.random
        self.serial += 1
        boundary = r.choice(("b%d", "=_b%d", "b %d x", "b%d")) % self.serial
        fields = ['Content-Type: multipart/%s; boundary="%s"' % (r.choice(("mixed", "alternative", "related", "digest", "x-odd")), boundary)]
        octets = b"preamble\r\n" if r.random() < 0.3 else b""
        for _ in range(r.choice((0, 1, 2, 2, 3)) if r.random() < 0.95 else 0):
            inner, body = self.part(depth + 1)
            octets += b"--%s\r\n%s\r\n%s\r\n" % (boundary.encode(), "".join(f + "\r\n" for f in inner).encode(), body)
        if r.random() < 0.9:
            octets += b"--%s--\r\n" % boundary.encode()
        return fields, octets + (b"epilogue\r\n" if r.random() < 0.2 else b"")

    def part(self, depth=0):
        r, choice = self.random, self.random.random()
        if depth < 3 and choice < 0.3:
            fields, octets = self.multipart(depth)
        elif depth < 3 and choice < 0.4:
            fields, octets = ["Content-Type: message/rfc822"], self.plain(depth + 1)
        else:
            fields, octets = self.leaf()
        if r.random() < 0.3:
            fields += {field.split(":")[0]: field for field in r.sample(EXTRA, r.randint(1, 2))}.values()
        r.shuffle(fields)
        return fields, octets

    def plain(self, depth=0):
        r, fields = self.random, []
        self.serial += 1
        for name, share in ("From", 0.95), ("To", 0.9), ("Cc", 0.3), ("Bcc", 0.1), ("Sender", 0.1), ("Reply-To", 0.2):
            if r.random() < share:
                fields.append("%s: %s" % (name, ", ".join(r.choice(ADDRESSES) for _ in range(r.choice((1, 1, 1, 2, 3))))))
        if r.random() < 0.95:
            fields.append("Subject: " + r.choice(("", "Re: ", "Fwd: ", "[list] ")) + self.words(0, 4))
        if r.random() < 0.9:
            fields.append("Date: " + r.choice(DATES[:1] * 6 + DATES))
        if r.random() < 0.9:
            fields.append("Message-ID: " + r.choice(("<m%d@x.test>", "<m%d@x.test>", "m%d", '<"m %d"@x.test>', "<m%d@x.test> (c)")) % self.serial)
        fields += r.sample(ODD_FIELDS, r.randint(0, 4))
        r.shuffle(fields)
        inner, octets = self.part(depth)
        fields += inner
        if r.random() < 0.8:
            fields.append("MIME-Version: 1.0")
        return "".join(field + "\r\n" for field in fields).encode() + b"\r\n" + octets

    def damaged(self, octets):
        """Lines are missing, the end too, or something stands between them."""
        r, lines = self.random, octets.split(b"\r\n")
        spot = r.randrange(len(lines))
        choice = r.random()
        if choice < 0.4:
            return b"\r\n".join(lines[:spot]) + b"\r\n"
        if choice < 0.7:
            return b"\r\n".join(lines[:spot] + lines[spot + r.randint(1, 3):])
        return b"\r\n".join(lines[:spot] + [r.choice((b"", b"--", b"no field", b" folded", b"\xff\xfe"))] + lines[spot:])

    def message(self):
        r = self.random
        octets = r.choice(self.corpus).replace(b"\n", b"\r\n") if self.corpus and r.random() < 0.3 else self.plain()
        return self.damaged(octets) if r.random() < 0.04 else octets


def read_corpus(directories):
    """All files below them but what is too large, or is no message of lines."""
    found = []
    for directory in directories:
        for path, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                with open(os.path.join(path, name), "rb") as file:
                    octets = file.read(65536).replace(b"\r\n", b"\n")
                if not any(odd in octets for odd in NOT_READ) and b":" in octets and b"\r" not in octets and b"\0" not in octets:
                    found.append(octets)
    return found


def fill(maildir, maker):
    r = maker.random
    for folder in FOLDERS:
        for name in "cur", "new", "tmp":
            os.makedirs(os.path.join(maildir, folder, name))
        if folder:
            open(os.path.join(maildir, folder, "maildirfolder"), "w").close()
        uid, names = 0, []
        for number in range(r.randint(6, 14) if not folder else r.randint(0, 4)):
            octets = maker.message().replace(b"\r\n", b"\n")
            uid += r.choice((1, 1, 1, 2, 10))
            size = len(octets), len(octets) + octets.count(b"\n")
            name = "%d.M%06dP1.host,S=%d,W=%d" % (1600000000 + number, number, *size)
            path = "%s/%s/cur/%s:2,%s" % (maildir, folder, name, "".join(f for f in "DFRST" if r.random() < 0.25))
            with open(path, "wb") as file:
                file.write(octets)
            os.utime(path, (1600000000 + number * 86400,) * 2)
            names.append("%d :%s\n" % (uid, name))
        with open(os.path.join(maildir, folder, "dovecot-uidlist"), "w") as file:
            file.write("3 V%d N%d G%032x\n" % (1700000000 + len(folder), uid + 1, 0xabcdef + len(folder)) + "".join(names))
    with open(maildir + "/subscriptions", "w") as file:
        file.write("V\t2\n\nSub\nGone\na b\n")
