"""IMAP commands made by chance: right ones of every kind, and what chance makes of them.

    commands = Commands(random.Random(seed), messages)
    pieces, right = commands.next()

The pieces are what imap_grammar.Server.exchange sends, without tag; in them <modseq> stands for the highest MODSEQ that this
server has told. Commands are chosen with little regard to what is there: most names and numbers exist.
"""
import re

MAILBOXES = ("INBOX", "INBOX", "INBOX", "Sub", "Sub.Deep", "Trash", '"a b"', "Archive", "&AOQ-")
NEW_NAMES = ("n1", "n1.n2", "n3", "Sub.new", "n1.n2.n4", '"n 5"')
FLAGS = ("\\Seen", "\\Flagged", "\\Deleted", "\\Answered", "\\Draft", "$Forwarded", "kw1", "Kw2")
FIELDS = ("Subject", "From", "X-Label", "X-None", "Received", "Date", "MESSAGE-ID", "content-type")
STATUS_ITEMS = ("MESSAGES", "UIDNEXT", "UNSEEN", "UIDVALIDITY", "SIZE")
PATTERNS = ("*", "%", "INBOX", "Sub*", "Sub.%", "*.%", "%.%", "*Deep", "n*", "n1.%", "inbox", "Gone", "*o*", "a%", "Tr%sh", "*.*", "Sub")
WORDS = ("invoice", "report", "bob", "x.test", "Größe", "привет", "re", "list", "a", "part", "äö", "multi", "holiday Tuesday", "1.0")


class Commands:
    def __init__(self, random, messages):
        self.random, self.messages, self.read_only, self.selected = random, messages, False, False
        self.first, self.modseq = True, random.random() < 0.4  # before CONDSTORE is enabled Dovecot's numbers are not exact

    # --- parts of commands ---

    def some(self, choices, low, high):
        return self.random.sample(choices, self.random.randint(low, min(high, len(choices))))

    def number(self, top=16):
        return str(self.random.choice((self.random.randint(1, top), self.random.randint(1, 6), 1)))

    def sequence(self, top=16):
        def one():
            return self.number(top) if top > 16 or self.random.random() < 0.3 else self.number(6)
        if self.random.random() < 0.1:  # beside others Dovecot does not look whether they are there
            return self.random.choice(("*", "1:*", "*:2"))
        parts = [one() if self.random.random() < 0.5 else one() + ":" + one() for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        return self.random.choice(("1:*", "1:*", ",".join(parts), ",".join(parts), ",".join(parts)))

    def mailbox(self):
        choice = self.random.random()
        if choice < 0.8:
            return self.random.choice(MAILBOXES)
        return self.random.choice(NEW_NAMES) if choice < 0.95 else self.random.choice(("Nope", "inbox", '""', "a..b", "InBox"))

    def flags(self):
        return "(" + " ".join(self.some(FLAGS, 0, 3)) + ")"

    def section(self):
        r = self.random
        part = ".".join(str(r.choice((1, 1, 2, 2, 3))) for _ in range(r.choice((0, 1, 1, 2, 3))))
        fields = "HEADER.FIELDS%s (%s)" % (r.choice(("", ".NOT")), " ".join(self.some(FIELDS, 1, 3)))
        texts = ["", "", "HEADER", "TEXT", fields] + (["MIME"] if part else [])
        text = r.choice(texts)
        return part + ("." if part and text else "") + text

    def partial(self):
        return "<%d.%d>" % (self.random.choice((0, 0, 1, 5, 100, 5000)), self.random.choice((1, 10, 100, 5000))) if self.random.random() < 0.25 else ""

    def item(self):
        r, choice = self.random, self.random.random()
        if choice < 0.45:
            return r.choice(("FLAGS", "UID", "RFC822.SIZE", "INTERNALDATE", "ENVELOPE", "ENVELOPE", "BODY", "BODYSTRUCTURE", "BODYSTRUCTURE", "RFC822.HEADER",
                             "RFC822.TEXT", "RFC822", "PREVIEW", "PREVIEW (LAZY)", "SNIPPET", "SAVEDATE")
                            + (("MODSEQ",) if self.modseq else ()))
        if choice < 0.85:
            return "BODY%s[%s]%s" % (r.choice((".PEEK", ".PEEK", "")), self.section(), self.partial())
        part = ".".join(str(r.choice((1, 1, 2, 3))) for _ in range(r.choice((1, 1, 2, 3))))
        return "BINARY.SIZE[%s]" % part if r.random() < 0.4 else "BINARY%s[%s]%s" % (r.choice((".PEEK", "")), part, self.partial())

    def items(self):
        if self.random.random() < 0.1:
            return self.random.choice(("ALL", "FAST", "FULL"))
        items = [self.item() for _ in range(self.random.choice((1, 1, 2, 3, 4)))]
        return items[0] if len(items) == 1 and self.random.random() < 0.5 else "(%s)" % " ".join(items)

    def date(self):
        return "%d-%s-%d" % (self.random.randint(1, 28), self.random.choice(("Sep", "Jan", "sep")), self.random.choice((2020, 2020, 2023, 1994, 1970)))

    def astring(self, text):
        """Pieces: a quoted string, a literal, or an atom."""
        octets, choice = text.encode(), self.random.random()
        if choice < 0.1:
            return ["", octets, ""]
        if choice < 0.4 or not re.fullmatch(r"[\w.]+", text, re.ASCII):
            return ["{%d+}\r\n%s" % (len(octets), text)] if not text.isascii() else ['"%s"' % text]
        return [text]

    def key(self, depth=0):
        r, choice = self.random, self.random.random()
        if depth < 2 and choice < 0.1:
            return joined(["NOT "], self.key(depth + 1))
        if depth < 2 and choice < 0.2:
            return joined(["OR "], self.key(depth + 1), [" "], self.key(depth + 1))
        if depth < 2 and choice < 0.27:
            return joined(["("], self.keys(depth + 1), [")"])
        if choice < 0.5:
            return [r.choice(("ALL", "SEEN", "UNSEEN", "FLAGGED", "UNFLAGGED", "DELETED", "UNDELETED", "ANSWERED", "UNANSWERED", "DRAFT", "UNDRAFT",
                              "KEYWORD kw1", "UNKEYWORD kw1", "KEYWORD $Forwarded", "SAVEDATESUPPORTED", "$"))]
        if choice < 0.6:
            return [r.choice(("BEFORE ", "ON ", "SINCE ", "SENTBEFORE ", "SENTON ", "SENTSINCE ")) + self.date()]
        if choice < 0.7:
            return [r.choice(("LARGER ", "SMALLER ")) + str(r.choice((0, 100, 300, 500, 1000, 100000)))]
        if choice < 0.78:
            return [r.choice(("", "UID ")) + self.sequence(30)]
        if choice < 0.82 and self.modseq:
            return [r.choice(("MODSEQ 1", "MODSEQ <modseq>", 'MODSEQ "/flags/\\\\Seen" all 1', "OLDER 100", "YOUNGER 100"))]
        if choice < 0.88:
            return joined(["HEADER %s " % r.choice(FIELDS)], self.astring(r.choice(WORDS + ("",))))
        return joined([r.choice(("FROM ", "TO ", "CC ", "BCC ", "SUBJECT ", "SUBJECT ", "BODY ", "TEXT "))], self.astring(r.choice(WORDS)))

    def keys(self, depth=0):
        pieces = self.key(depth)
        for _ in range(self.random.choice((0, 0, 0, 1, 2))):
            pieces = joined(pieces, [" "], self.key(depth))
        return pieces

    def returned(self, more=()):
        if self.random.random() < 0.6:
            return ""
        options = self.some(("MIN", "MAX", "COUNT", "ALL", "SAVE") + tuple(more), 0, 3)
        if self.random.random() < 0.1:
            options = ["PARTIAL %d:%d" % (self.random.randint(1, 5), self.random.randint(1, 9))]
        return "RETURN (%s) " % " ".join(options)

    def uid(self):
        return self.random.choice(("", "UID "))

    # --- commands ---

    def select(self):
        word = self.random.choice(("SELECT", "SELECT", "SELECT", "EXAMINE"))
        self.read_only, self.selected = word == "EXAMINE", True
        return [word + " " + self.mailbox() + (" (CONDSTORE)" if self.modseq and self.random.random() < 0.2 else "")]

    def fetch(self):
        modifier = self.random.choice((" (CHANGEDSINCE 1)", " (CHANGEDSINCE <modseq>)")) if self.modseq and self.random.random() < 0.2 else ""
        uid, items = self.uid(), self.items()
        if modifier and "[" in items and items[0] != "(":
            items = "(%s)" % items  # Dovecot takes no modifier behind a section alone
        return [uid + "FETCH %s %s%s" % (self.sequence(30 if uid else 14), items, modifier)]

    def store(self):
        r, uid = self.random, self.uid()
        modifier = r.choice(("(UNCHANGEDSINCE <modseq>) ", "(UNCHANGEDSINCE 1) ")) if self.modseq and r.random() < 0.3 else ""
        flags = self.flags() if r.random() < 0.8 else " ".join(self.some(FLAGS, 1, 3))
        return [uid + "STORE %s %s%sFLAGS%s %s" % (self.sequence(30 if uid else 14), modifier, r.choice(("+", "+", "-", "")), r.choice(("", ".SILENT")), flags)]

    def search(self):
        charset = self.random.choice(("", "", "", "", "CHARSET UTF-8 ", "CHARSET us-ascii ", "CHARSET iso-8859-1 "))
        return joined([self.uid() + "SEARCH " + self.returned() + charset], self.keys())

    def sort(self):
        keys = [self.random.choice(("", "", "REVERSE ")) + key for key in self.some(
            ("ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"), 1, 3)]
        return joined([self.uid() + "SORT %s(%s) UTF-8 " % (self.returned(), " ".join(keys))], self.keys())

    def thread(self):
        return joined([self.uid() + "THREAD %s UTF-8 " % self.random.choice(("REFERENCES", "REFS", "ORDEREDSUBJECT"))], self.keys())

    def copy(self):
        uid = self.uid()
        return [uid + "%s %s %s" % (self.random.choice(("COPY", "COPY", "MOVE")), self.sequence(30 if uid else 14), self.mailbox())]

    def expunge(self):
        return [self.random.choice(("EXPUNGE", "EXPUNGE", "UID EXPUNGE " + self.sequence(30)))]

    def status_items(self):
        return "(" + " ".join(self.some(STATUS_ITEMS + (("HIGHESTMODSEQ",) if self.modseq else ()), 1, 4)) + ")"

    def status(self):
        return ["STATUS %s %s" % (self.mailbox(), self.status_items())]

    def list(self):
        r = self.random
        if r.random() < 0.2:
            return ['LSUB %s %s' % (r.choice(('""', '""', "Sub.")), r.choice(PATTERNS))]
        options = r.choice(("", "", "", "(SUBSCRIBED) ", "(SUBSCRIBED RECURSIVEMATCH) ", "(SPECIAL-USE) ", "(REMOTE) ", "() "))
        patterns = r.choice(PATTERNS) if r.random() < 0.8 else "(" + " ".join(self.some(PATTERNS, 1, 3)) + ")"
        returned = ""
        if r.random() < 0.4:
            returned = " RETURN (%s)" % " ".join(self.some(("SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "STATUS " + self.status_items()), 0, 3))
        return ["LIST %s%s %s%s" % (options, r.choice(('""', '""', '""', "Sub.", "Sub", "n1.")), patterns, returned)]

    def manage(self):
        r = self.random
        word = r.choice(("CREATE", "CREATE", "DELETE", "SUBSCRIBE", "SUBSCRIBE", "UNSUBSCRIBE", "RENAME"))
        if word == "RENAME":
            return ["RENAME %s %s" % (r.choice(NEW_NAMES[:3] + ("Sub", "Archive")), r.choice(NEW_NAMES[3:]))]
        return [word + " " + (r.choice(NEW_NAMES) if word in ("CREATE", "DELETE") and r.random() < 0.9 else self.mailbox())]

    def one_message(self):
        r, pieces = self.random, [""]
        if r.random() < 0.5:
            pieces[-1] += " " + self.flags()
        if r.random() < 0.5:
            pieces[-1] += ' "%2d-Jan-2021 10:00:00 +0000"' % r.randint(1, 28)
        if r.random() < 0.2:
            return joined(pieces, [" CATENATE (URL \"/INBOX/;UID=%s%s\" TEXT " % (self.number(20), r.choice(("", "/;SECTION=HEADER", "/;SECTION=1")))], self.literal(b"more\r\n"), [")"])
        return joined(pieces, [" "], self.literal(self.messages.message()))

    def literal(self, octets):
        if self.random.random() < 0.5:
            return ["", octets, ""]
        return [b"{%d+}\r\n%s" % (len(octets), octets)]

    def append(self):
        pieces = joined(["APPEND " + self.mailbox()], self.one_message())
        return joined(pieces, self.one_message()) if self.random.random() < 0.15 else pieces

    def enable(self):
        return [self.random.choice(("ENABLE CONDSTORE", "ENABLE QRESYNC"))]

    def other(self):
        r = self.random
        if self.modseq and r.random() < 0.5:
            return ["SELECT %s (QRESYNC (%d 1))" % (r.choice(("INBOX", "Sub")), 1700000000 + r.choice((0, 4)))]
        return [r.choice(("NOOP", "CHECK", "CLOSE", "UNSELECT", "NAMESPACE", "CAPABILITY", "ID NIL", "STARTTLS", "LOGIN a b", "AUTHENTICATE PLAIN"))]

    def damaged(self, pieces):
        r = self.random
        at = 2 * r.randrange((len(pieces) + 1) // 2)
        octets = pieces[at]
        if b"{" in octets:
            return pieces
        spot = r.randrange(len(octets) + 1)
        choice = r.random()
        if choice < 0.25:
            octets = octets[:spot] + octets[spot + r.randint(1, 4):]
        elif choice < 0.5:
            octets = octets[:spot] + r.choice((b" ", b"(", b")", b'"', b"\\", b"*", b"%", b"]", b"[", b"<", b",", b":", b"0", b"9", b".", b"\t", b"\xe4", b"+", b"x")) + octets[spot:]
        elif choice < 0.65:
            octets = octets.replace(b" ", r.choice((b"  ", b"", b" ( ", b" NIL ")), 1)
        elif choice < 0.8:
            octets = re.sub(rb"\d+", lambda m: r.choice((b"0", b"4294967295", b"4294967296", b"18446744073709551616", b"-1", b"01")), octets, count=1)
        else:
            words = octets.split(b" ")
            words.insert(r.randrange(len(words) + 1), r.choice(words))
            octets = b" ".join(words)
        if octets.rstrip().endswith(b"}") or octets[:1] in b" " or octets.startswith(b"UID  "):  # more spaces are taken here
            return pieces
        return pieces[:at] + [octets] + pieces[at + 1:]

    def next(self):
        """The pieces, and whether they are as they were made."""
        r = self.random
        kinds = [(self.select, 8), (self.list, 8), (self.manage, 8), (self.append, 6), (self.status, 5), (self.other, 3), (self.fetch, 24),
                 (self.search, 14), (self.sort, 4), (self.thread, 2)]
        if not self.read_only:
            kinds += [(self.store, 12), (self.copy, 8), (self.expunge, 3)]
        if self.first and self.modseq:
            kinds = [(self.enable, 1)]
        elif not self.selected or r.random() < 0.03:
            kinds = [(self.select, 1)]
        self.first = False
        pieces = octets_of(r.choices([k for k, _ in kinds], [w for _, w in kinds])[0]())
        damaged = self.damaged(pieces) if r.random() < 0.12 else pieces
        return damaged, damaged == pieces


def octets_of(pieces):
    return [piece.encode() if isinstance(piece, str) else piece for piece in pieces]


def joined(*lists):
    """Lists of pieces one after another: where two meet, they become one."""
    pieces = [b""]
    for more in map(octets_of, lists):
        pieces = pieces[:-1] + [pieces[-1] + more[0]] + more[1:]
    return pieces
