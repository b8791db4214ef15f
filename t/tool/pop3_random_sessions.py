"""POP3 sessions behind the login, made by chance: maildrops, settings, and what clients say, right, wrong and cut anywhere.

    sessions = Sessions(random.Random(seed))
    sessions.fill(maildir)     # the maildrop
    sessions.settings          # for both servers, a list of (name, value)
    sessions.steps()           # ("say", [octets in parts]), and at the end ("half", None): no more is said; ("gone", None)

Not made: LANG and UTF8, which Dovecot has not, and a colon in a command's name, at which it ends by an assertion of its own.
"""
import os

from random_messages import Messages

FORMATS = ("%08Xu%08Xv", "%v.%u", "UID%u-%v", "%f", "%g", "%v.%05u", "%u")
SETTINGS = (
    ("pop3_no_flag_updates", "yes"), ("pop3_enable_last", "yes"), ("pop3_reuse_xuidl", "yes"), ("pop3_save_uidl", "yes"), ("pop3_deleted_flag", "$POP3Deleted"),
    ("pop3_client_workarounds", "outlook-no-nuls"), ("pop3_client_workarounds", "oe-ns-eoh"), ("pop3_client_workarounds", "outlook-no-nuls oe-ns-eoh"))
ARGUMENTS = (
    "0", "99", "x", "-1", "+1", "01", "1x", "1 x", "1 1", "1\t", "\t1", "4294967295", "4294967296", "18446744073709551615", "18446744073709551616", "9" * 30, "*", "1:3", "",
    " ", "\0", "1\0", "\xff", "1,2", "one", "$", "%s%n", "1.", "0x1", "000000000000000000000001", "y" * 70, "y" * 300)
NONSENSE = (
    "", " ", "FOO", "foo bar", "STAT\0", "\0STAT", " STAT", "\tSTAT", "STAT\t", "STATX", "STA", "RETR1", "LIST1", "USER a", "PASS b", "APOP a b", "AUTH PLAIN", "AUTH", "STLS", "XTND XMIT",
    "\xff\xfe", "S\xc3\xa9", "STAT\rLIST", "\r", "A" * 64, "a" * 65, "b" * 200, "HELP", "EHLO x", "a SELECT INBOX", "GET / HTTP/1.0", "%s%n", "QUIT1", "QU IT", "*", "+OK", ".")
ENDS = ("\n", "\r\n", "")


class Sessions:
    def __init__(self, random):
        self.random, self.messages = random, Messages(random)
        r = random
        self.settings = [("pop3_uidl_format", r.choice(FORMATS))] + (r.sample(SETTINGS, r.choice((1, 1, 2, 3))) if r.random() < 0.5 else [])
        self.count = r.choice((0, 1, 2, 3, 5, 5, 8, 8, 12, 20)) if r.random() < 0.98 else r.choice((300, 2500))

    # --- the maildrop ---

    def odd_lines(self):
        r = self.random
        return "".join(r.choice((".", "..", "...", ".x", "", "", " ", "a.", "\0", ".\0", "\0.", "x\0y", "\r", "\r\r", "a\rb", ".\r", "\rx", "\xff\x80", "é", "." * 70, "-- ", "From x", "q" * 78, "+OK",
                                 "-ERR", "z" * 998, "z" * 999, "Subject: again", "\t")) + r.choice(ENDS[:1] * 4 + ENDS) for _ in range(r.randint(0, 12)))

    def odd_header(self):
        r, end = self.random, self.random.choice(ENDS[:2])
        fields = r.sample(("Subject: odd", "X-UIDL: left%d" % r.randint(1, 9), "X-UIDL: \xe9", "X-UIDL:", "X-Long: " + "w" * 5000, "no colon", " folded first", "From: a@b.test", "Date: x", "X: a" + end + " b",
                           "Status: RO", "X-Nul: \0", ": no name", "X-Eight: \xff"), r.randint(0, 5))
        return "".join(field + end for field in fields)

    def size(self, top):
        """Around the blocks that servers read and send, and anything else."""
        r = self.random
        return max(0, r.choice((4096, 8192, 65536, 131072, r.randint(0, top))) + r.randint(-3, 3))

    def message(self):
        r, choice = self.random, self.random.random()
        if choice < 0.3:
            octets = self.messages.message()
            return octets if r.random() < 0.2 else octets.replace(b"\r\n", b"\n")
        if choice < 0.75:
            return (self.odd_header() + r.choice(("\n", "\n", "\r\n", "", "\r")) + self.odd_lines()).encode("latin-1")
        if choice < 0.85:
            return r.choice((b"", b"\n", b"\r\n", b"\n\n\n", b"x", b"\0", b"\r", b"Subject: only\n", b"Subject: only", b"Subject: only\r\n", b"a: b\n\n", b"a: b\r\n\r\n", b"a: b\n\r\n", b"a: b\r\n\n", b"a: b\n\nx"))
        big = r.choice((b"y", b".", b".\n", b"x\n", b"\n", b"\r", b"\0", b"\r\n", b"\n.", b"ab\r\n."))
        header = b"X: " + b"h" * self.size(300000) + b"\n" if r.random() < 0.3 else b""
        return header + b"Subject: big\n\n" + (big * (self.size(400000) // len(big))) + r.choice((b"", b"\n", b"\n.\n", b"end"))

    def fill(self, maildir):
        r, known = self.random, []
        for name in "cur", "new", "tmp":
            os.makedirs(os.path.join(maildir, name))
        for n in range(1, self.count + 1):
            octets = b"Subject: %d\n\n%d\n" % (n, n) if self.count > 100 else self.message()
            name = "%d.M%06dP1.host" % (1600000000 + n, n)
            if r.random() < 0.5:
                name += ",S=%d" % len(octets)
            path = "new/" + name if r.random() < 0.3 else "cur/%s:2,%s" % (name, "".join(f for f in "DFRST" if r.random() < 0.2))
            with open(os.path.join(maildir, path), "wb") as file:
                file.write(octets)
            os.utime(os.path.join(maildir, path), (1600000000 + n,) * 2)
            if len(known) == n - 1 and r.random() < 0.9:
                kept = "P%s " % r.choice(("kept-%d" % n, "kept")) if r.random() < 0.05 else ""
                known.append("%d %s:%s\n" % (n, kept + ("Gguid%d " % n if r.random() < 0.1 else ""), name))
        with open(os.path.join(maildir, "dovecot-uidlist"), "w") as file:
            file.write("3 V1700000000 N%d G0123456789abcdef0123456789abcdef\n" % (len(known) + 1) + "".join(known))

    # --- what is said ---

    def number(self):
        r = self.random
        if r.random() < 0.15:
            return r.choice(ARGUMENTS)
        return str(r.randint(1, max(1, self.count)) if r.random() < 0.95 else self.count + r.choice((1, 2)))

    def lines(self):
        r = self.random
        return str(r.choice((0, 0, 1, 2, 3, 10, 1000))) if r.random() < 0.85 else r.choice(ARGUMENTS)

    def command(self):
        r, choice = self.random, self.random.random()
        if choice < 0.1:
            return r.choice(NONSENSE)
        verb = r.choice(("STAT", "LIST", "LIST", "UIDL", "UIDL", "RETR", "RETR", "RETR", "TOP", "TOP", "TOP", "DELE", "DELE", "DELE", "RSET", "NOOP", "LAST", "CAPA"))
        text = verb if r.random() < 0.8 else r.choice((verb.lower(), verb.capitalize(), verb.swapcase()))
        if verb in ("RETR", "DELE") or (verb in ("LIST", "UIDL") and r.random() < 0.6):
            text += " " + self.number()
        elif verb == "TOP":
            text += " %s %s" % (self.number(), self.lines())
        if r.random() < 0.06:
            text += r.choice((" ", "  ", " x", "\t", "\0", " 1", " " * 100, " " + "w" * 2100))
        if r.random() < 0.04:
            text = text.replace(" ", r.choice(("  ", "\t", "")), 1)
        if r.random() < 0.01:
            text += " " + "v" * (2046 - len(text) - 1 + r.choice((-3, -2, -1, 0, 1, 2, 3)))
        return "NOOP" if ":" in text.partition(" ")[0] else text

    def cut(self, octets):
        """In parts, which end anywhere."""
        r, parts = self.random, []
        if r.random() < 0.7 or len(octets) < 2:
            return [octets]
        at = 0
        while at < len(octets):
            size = r.choice((1, 2, 5, 40, 300))
            parts.append(octets[at:at + size])
            at += size
        return parts

    def steps(self):
        r = self.random
        for _ in range(r.choice((1, 3, 6, 12))):
            count = r.choice((1, 1, 1, 2, 3, 6)) if r.random() < 0.98 else 25
            lines = [self.command() if count < 25 else r.choice(NONSENSE) for _ in range(count)]
            yield "say", self.cut("".join(line + r.choice(("\r\n",) * 9 + ("\n",)) for line in lines).encode("latin-1"))
        choice = r.random()
        if choice < 0.75:
            yield "say", self.cut(r.choice((b"QUIT\r\n", b"quit\r\n", b"QUIT\n", b"QUIT x\r\n", b"QUIT \r\n", b"DELE 1\r\nQUIT\r\n", b"QUIT\r\nDELE 1\r\nQUIT\r\n", b"DELE 1\r\nDELE 2\r\nQUIT\r\n")))
        elif choice < 0.8:
            yield "say", [b"QUIT"]
        yield r.choice(("half", "half", "gone")), None
