#!/usr/bin/python3
"""Two IMAP servers that speak on standard input and output answer the same questions about one Maildir.

    imap_compare.py --maildir DIR --messages N [--seed N] --one COMMAND --other COMMAND

(Not asked: FROM with a name and an address, which buzon finds and Dovecot 2.3 does not.) The Maildir is filled with messages that were made by chance, but always the same ones for one seed: replies and
forwards of each other, some with parents that are missing, in several charsets and transfer encodings, with groups,
quoted names and broken dates. What differs is printed, and makes the exit status 1.
"""
import argparse, base64, email.header, os, quopri, random, subprocess, sys, time

WORDS = {
    "us-ascii": "invoice meeting Tuesday report draft budget lunch release notes server backup holiday".split(),
    "iso-8859-1": "Größe Änderung façade señor Übung naïve".split(),
    "koi8-r": "привет отчёт встреча сервер Отпуск".split(),
    "utf-8": "Größe привет λόγος 日本語 naïve ﬁne Straße ＷＩＤＥ".split(),
}
PEOPLE = [("Eva Adams", "eva@a.test"), ("Bob O'Neil, Jr.", "bob@b.test"), ("Jörg Müller", "joerg@c.test"), ("", "dan@d.test"),
          ("Иван", "ivan@e.test"), ("carl", "Zoe@f.test"), ("a \"b\" c", "quoted@g.test")]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.sent = []

    def words(self, charset, count):
        words = WORDS["us-ascii"] + WORDS[charset]
        return " ".join(self.random.choice(words) for _ in range(count))

    def encoded(self, text, charset):
        if text.isascii():
            return text
        if self.random.random() < 0.5:
            return "=?%s?b?%s?=" % (charset, base64.b64encode(text.encode(charset)).decode())
        return "=?%s?q?%s?=" % (charset, quopri.encodestring(text.encode(charset), header=True).decode().replace("\n", "").replace("==", "="))

    def person(self):
        name, address = self.random.choice(PEOPLE)
        if not name:
            return address
        if not name.isascii():
            return "%s <%s>" % (self.encoded(name, "utf-8"), address)
        if any(c in name for c in ',".'):
            name = '"%s"' % name.replace('"', '\\"')
        return "%s <%s>" % (name, address)

    def people(self):
        people = ", ".join(self.person() for _ in range(self.random.randint(1, 3)))
        return "the team: %s;" % people if self.random.random() < 0.05 else people

    def thread(self, number, fields):
        """Message-ID, References, In-Reply-To and Subject; replies to what was sent before, or to what never was."""
        choice, charset = self.random.random(), self.random.choice(list(WORDS))
        if self.sent and choice < 0.6:
            parent, subject, references = self.random.choice(self.sent[-40:])
            if self.random.random() < 0.1:
                parent = "<missing%d@x.test>" % self.random.randint(1, 50)
            references = (references + " " + parent).split()[-12:]
            if self.random.random() < 0.8:
                fields.append("References: " + "\r\n ".join(references))
            if self.random.random() < 0.6:
                fields.append("In-Reply-To: " + parent)
            prefix = self.random.choice(["Re: ", "RE: ", "Re[2]: ", "[list] Re: ", "Fwd: ", "", "re : "])
            suffix = self.random.choice(["", "", "", " (fwd)"])
        else:
            subject, references, prefix, suffix = self.words(charset, self.random.randint(0, 3)), [], self.random.choice(["", "", "[list] ", "Re: "]), ""
        identity = "<m%d@x.test>" % number
        if self.random.random() < 0.97:
            fields.append("Message-ID: " + identity)
        if self.random.random() < 0.97:
            fields.append("Subject: " + prefix + (self.encoded(subject, "utf-8") if subject else "") + suffix)
        self.sent.append((identity, subject, " ".join(references)))

    def date(self, number):
        when = 1000000000 + number * 1000 + self.random.randint(-5000, 5000)
        zone = self.random.choice([0, 60, -480, 330])
        text = time.strftime("%a, %d %b %Y %H:%M:%S", time.gmtime(when + zone * 60))
        if self.random.random() < 0.02:
            return "yesterday"
        return "%s %s%02d%02d" % (text, "-" if zone < 0 else "+", abs(zone) // 60, abs(zone) % 60)

    def part(self, charset):
        text = "\r\n".join(self.words(charset, self.random.randint(3, 12)) for _ in range(self.random.randint(1, 12))) + "\r\n"
        octets = text.encode(charset)
        encoding = self.random.choice(["base64", "quoted-printable"] + (["7bit"] if text.isascii() else ["8bit"]))
        if encoding == "base64":
            octets = base64.encodebytes(octets).replace(b"\n", b"\r\n")
        elif encoding == "quoted-printable":
            octets = quopri.encodestring(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        kind = self.random.choice(["text/plain", "text/plain", "text/html", "application/octet-stream"])
        return "Content-Type: %s; charset=%s\r\nContent-Transfer-Encoding: %s" % (kind, charset, encoding), octets

    def message(self, number):
        fields = []
        self.thread(number, fields)
        fields.append("From: " + self.person())
        if self.random.random() < 0.9:
            fields.append("To: " + self.people())
        if self.random.random() < 0.3:
            fields.append("Cc: " + self.people())
        if self.random.random() < 0.97:
            fields.append("Date: " + self.date(number))
        if self.random.random() < 0.3:
            fields.append("X-Label: " + self.encoded(self.words("utf-8", 2), "utf-8"))
        self.random.shuffle(fields)
        fields.append("MIME-Version: 1.0")
        if self.random.random() < 0.4:
            parts = [self.part(self.random.choice(list(WORDS))) for _ in range(self.random.randint(1, 3))]
            head = "Content-Type: multipart/mixed; boundary=\"=_b%d\"" % number
            body = b"".join(b"--=_b%d\r\n%s\r\n\r\n%s\r\n" % (number, h.encode(), o) for h, o in parts) + b"--=_b%d--\r\n" % number
        else:
            head, body = self.part(self.random.choice(list(WORDS)))
        return ("\r\n".join(fields) + "\r\n" + head + "\r\n\r\n").encode() + body


def fill(maildir, count, seed):
    maker = Maker(seed)
    for name in "cur", "new", "tmp":
        os.makedirs(os.path.join(maildir, name), exist_ok=True)
    for number in range(1, count + 1):
        octets = maker.message(number).replace(b"\r\n", b"\n")
        flags = "".join(f for f in "FRST" if maker.random.random() < 0.3)
        path = os.path.join(maildir, "cur", "%d.M%06dP1.host,S=%d:2,%s" % (1100000000 + number, number, len(octets), flags))
        with open(path, "wb") as f:
            f.write(octets)
        os.utime(path, (1100000000 + number * 60, 1100000000 + number * 60))


class Server:
    def __init__(self, command):
        self.process = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.line()
        self.serial = 0

    def line(self):
        line = self.process.stdout.readline()
        assert line, "the server is gone"
        return line

    def ask(self, command, literal=None):
        """The untagged lines, and the first word of the tagged one."""
        self.serial += 1
        tag = b"t%d" % self.serial
        octets = tag + b" " + command.encode()
        if literal is not None:
            octets += b"{%d+}\r\n%s" % (len(literal), literal)
        self.process.stdin.write(octets + b"\r\n")
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.line().rstrip(b"\r\n")
            if line.startswith(tag + b" "):
                return lines, line.split()[1]
            if not line.startswith(b"* OK"):
                lines.append(line)


QUESTIONS = (
    ["SEARCH " + keys for keys in (
        "ALL", "SEEN FLAGGED", "NOT (OR ANSWERED DELETED)", "FROM eva", 'FROM "Eva Adams"', 'FROM "neil, jr."', "FROM bob@b.test", "TO team", "CC dan@d.test",
        "NOT TO x", 'SUBJECT ""', "SUBJECT re", 'HEADER X-Label ""', "HEADER Message-ID m1", "HEADER References missing", "BODY invoice",
        'BODY "server backup"', "TEXT holiday", "NOT TEXT lunch", "OR BODY budget SUBJECT budget", "SENTBEFORE 9-Sep-2001", "SENTON 10-Sep-2001",
        "SENTSINCE 11-Sep-2001", "NOT SENTSINCE 1-Jan-1990", "BEFORE 10-Nov-2004", "ON 9-Nov-2004", "SINCE 10-Nov-2004", "LARGER 900", "SMALLER 600",
        "5:20 UID 10:*", "TEXT boundary", "BODY multipart", 'BODY "Content-Type"')]
    + ["SEARCH RETURN (MIN MAX COUNT) TEXT meeting", "SEARCH RETURN (ALL) UNSEEN", "SEARCH RETURN (PARTIAL 3:9) SEEN"]
    + ["SORT (%s) utf-8 ALL" % keys for keys in (
        "ARRIVAL", "DATE", "REVERSE DATE", "SUBJECT", "REVERSE SUBJECT", "FROM", "TO", "CC", "SIZE", "DISPLAYFROM", "DISPLAYTO", "FROM REVERSE SUBJECT DATE")]
    + ["SORT RETURN (ALL COUNT MIN MAX) (SUBJECT) utf-8 SEEN"]
    + ["%sTHREAD %s utf-8 %s" % (uid, algorithm, keys) for uid in ("", "UID ") for algorithm in ("REFERENCES", "REFS", "ORDEREDSUBJECT") for keys in ("ALL", "SEEN")])
TEXTS = ["SUBJECT", "FROM", "BODY", "TEXT"]


def questions():
    for question in QUESTIONS:
        yield question, None
    for key in TEXTS:
        for charset, words in WORDS.items():
            for word in words[:6]:
                yield "SEARCH CHARSET %s %s " % (charset, key), word.swapcase().encode(charset, "ignore")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--maildir", required=True)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", required=True)
    parser.add_argument("--other", required=True)
    parser.add_argument("--fill", action="store_true", help="only make the messages")
    arguments = parser.parse_args()
    if arguments.fill:
        fill(arguments.maildir, arguments.messages, arguments.seed)
        return
    servers = [Server(arguments.one), Server(arguments.other)]
    for server in servers:
        server.ask("EXAMINE INBOX")
    asked = differences = 0
    for question, literal in questions():
        answers = [server.ask(question, literal) for server in servers]
        asked += 1
        if answers[0] != answers[1]:
            differences += 1
            print(question, literal or "")
            for answer in answers:
                print("   ", *answer[0], answer[1])
    print("%d questions, %d answers differ" % (asked, differences))
    sys.exit(differences > 0)


if __name__ == "__main__":
    main()
