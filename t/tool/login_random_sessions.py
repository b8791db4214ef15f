"""What clients of IMAP and POP3 say before they are logged in, and a little after that, made by chance: right, wrong and odd.

    turns = ImapTurns(random.Random(seed), number).turns(), or Pop3Turns(...)

of (parts, tls): what is said in one turn, in IMAP in parts, each after the first one only when the server asks for more (a literal,
a response of SASL); tls: TLS begins when the server agrees. In IMAP <T> stands for the tag. The accounts are u and v with the number.
Not said: XCLIENT, LANG and UTF8, which one of both has not.
"""
import base64

PASSWORDS = {"u": "correct", "v": 'p"a\\ss {3} w'}
MECHANISMS = ("PLAIN", "PLAIN", "PLAIN", "LOGIN", "LOGIN", "plain", "Login", "CRAM-MD5", "ANONYMOUS", "FOO", "PLAI", '"PLAIN"', "PLAIN\0", "P\xe9", "*", "X" * 200)
TEXTS = (
    "", "a", "nobody", "a b", "x\0y", "\0", "an\xe9", "\xff\xfe", "x@y", "x" * 100, "y" * 1000, "%s%n", "(", ")", "*", "+", "{5}", "]", "\\", '"', "NIL", "root", " ", "\t", "\r", "'", "~", "a,b", "=", "-", "\x7f")


def b64(text):
    return base64.b64encode(text.encode("latin-1")).decode()


class Turns:
    def __init__(self, random, number):
        self.random, self.number = random, number

    def account(self):
        """A name and its password, or what is none."""
        r, kind, choice = self.random, self.random.choice("uuv"), self.random.random()
        name, password = "%s%03d" % (kind, self.number), PASSWORDS[kind]
        if choice < 0.45:
            return name, password
        if choice < 0.6:
            return r.choice((name.upper(), name + " ", " " + name, name + "@", name + "@x.test", name + "\0", name + "x")), password
        if choice < 0.75:
            return name, r.choice((password.upper(), password + " ", " " + password, password + "\0", password[:-1], "", password + "\r") + TEXTS)
        return r.choice(TEXTS), r.choice(TEXTS)

    def responses(self, mechanism):
        """Of SASL, in base64, right or not; the first one may be an initial one."""
        r, (name, password) = self.random, self.account()
        if mechanism.upper() == "LOGIN":
            answers = [b64(name), b64(password)]
        else:
            answers = [b64(r.choice(("", "", "", name, "nobody", "x")) + "\0" + name + "\0" + password)]
        if r.random() < 0.3:
            at = r.randrange(len(answers))
            answers[at] = r.choice((
                "*", "**", "* ", "", "=", "==", "====", "!!!", "a", "ab", "abc", "abcd", "ab=c", "AAAA", "AA==", "AB==", "A===", answers[at] + "=", answers[at][:-1], answers[at] + " ", " " + answers[at],
                answers[at] + " x", answers[at][:4] + "\t" + answers[at][4:], answers[at][:4] + "\0" + answers[at][4:], b64("x\0y"), b64(name), b64("\0\0\0"), b64("\0" * 9), b64("a\0b\0c\0d"),
                b64("\0x\0" + "y" * 900), b64("z" * 3000), "\xff"))
        return answers

    def spaced(self, text):
        """Now and then with a space too many or too few, and in small letters."""
        r, choice = self.random, self.random.random()
        if choice < 0.85:
            return text
        return r.choice((text + " ", text + "  ", " " + text, text.replace(" ", "  ", 1), text.replace(" ", "\t", 1), text + " x", text + "\0", text + "\t", text.lower(), text.swapcase()))


class ImapTurns(Turns):
    NONSENSE = (
        "", " ", "<T>", "<T> ", "<T> FOO", "<T>  NOOP", "* NOOP", "+ NOOP", "<T>\0 NOOP", "<T>\tNOOP", "(<T>) NOOP", "%x NOOP", '"<T>" NOOP', "\xe9 NOOP", "]<T> NOOP", "<T>+ NOOP", "<T>{3} NOOP", "<T>{3+}", "NOOP", "LOGIN",
        "<T> FETCH 1 FLAGS", "<T> SELECT INBOX", "<T> UID", "<T> UID FETCH 1 FLAGS", "<T> AUTHENTICATE", "<T> AUTHENTICATE ", "<T> LOGIN", "<T> LOGIN ", "<T> LOGIN x", "<T> LOGIN x ", "<T> LOGIN (x) y",
        "<T> LOGIN x y z", '<T> LOGIN "x y', '<T> LOGIN "x"y z', '<T> LOGIN x"y" z', "<T> LOGIN {3 x", "<T> LOGIN {-1}", "<T> LOGIN {x}", "<T> LOGIN {}", "<T> LOGIN ~{1+}", "<T> LOGIN x{1}", '<T> LOGIN "a\rb" c', '<T> LOGIN "\\',
        "<T> STARTTLS x", "<T> NOOPX", "<T> NOO", "<T> NOOP\0", "<T> \xff\xfe", "<T> CAPABILITY\rx", "x" * 300 + " NOOP", "<T> " + "Y" * 300, "USER x", "GET / HTTP/1.0", "<T> LOGIN " + "z" * 1100 + " x")
    LATER = ("NOOP", "SELECT INBOX", "STATUS INBOX (MESSAGES)", "CAPABILITY", "LOGIN u v", "AUTHENTICATE PLAIN", "STARTTLS", "ENABLE CONDSTORE", 'LIST "" ""', "CLOSE", "LOGOUT", "ID NIL", "CHECK", "LOGIN x {1}", "NAMESPACE")

    def astring(self, text):
        """As an atom, a quoted string or a literal, in parts: behind each but the last one the server is waited for."""
        r, choice = self.random, self.random.random()
        if choice < 0.3 and text and not set(text) & set('(){%*"\\ ') and min(text) > " " and max(text) < "\x7f":
            return [text]
        if choice < 0.6 and not set(text) & set("\r\n\0"):
            return ['"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')]
        size = len(text) if r.random() < 0.98 else 70000
        if size > len(text) or r.random() < 0.5:
            return ["{%d}\r\n" % size, text]
        return ["{%d+}\r\n%s" % (size, text)]

    def joined(self, pieces):
        """Pieces of text, and lists of parts, as parts."""
        parts = [""]
        for piece in pieces:
            if isinstance(piece, str):
                piece = [piece]
            parts[-1] += piece[0]
            parts += piece[1:]
        parts[-1] += "\r\n"
        return parts

    def command(self):
        r, choice = self.random, self.random.random()
        if choice < 0.2:
            return [r.choice(self.NONSENSE) + "\r\n"]
        if choice < 0.42:
            name, password = self.account()
            space = " " if r.random() < 0.93 else r.choice(("  ", "\t", ""))
            return self.joined([self.spaced("<T> LOGIN") if r.random() < 0.1 else "<T> LOGIN", " ", self.astring(name), space, self.astring(password), "" if r.random() < 0.95 else r.choice((" ", " x", "\t", ")"))])
        if choice < 0.7:
            mechanism = r.choice(MECHANISMS)
            answers = self.responses(mechanism)
            first = self.spaced("<T> AUTHENTICATE " + mechanism) if r.random() < 0.2 else "<T> AUTHENTICATE " + mechanism
            if r.random() < 0.5:
                first += " " + answers.pop(0)
            return [line + "\r\n" for line in [first] + answers]
        if choice < 0.78:
            words = [self.astring(r.choice(("name", "x", "version", "") + TEXTS[:8])) if r.random() < 0.9 else "NIL" for _ in range(r.choice((0, 1, 2, 2, 2, 4, 4, 6, 60, 62)))]
            pieces = ["<T> ID ("] + [p for word in words for p in (word, " ")]
            return self.joined((pieces[:-1] if words else pieces) + [r.choice((")", ")", ")", ") ", ")x", ""))])
        if choice < 0.8:
            return [r.choice(("<T> ID NIL", "<T> ID nil", "<T> ID", '<T> ID "x"', "<T> ID ((", "<T> ID x")) + "\r\n"]
        if choice < 0.93:
            return [self.spaced(r.choice(("<T> NOOP", "<T> CAPABILITY", "<T> NOOP x", "<T> ENABLE CONDSTORE", "<T> ENABLE", "<T> ENABLE X Y"))) + "\r\n"]
        return [self.spaced("<T> " + r.choice(self.LATER)) + "\r\n"]

    def turns(self):
        r = self.random
        for _ in range(r.choice((2, 4, 8, 16))):
            choice = r.random()
            if choice < 0.04:
                yield ["<T> STARTTLS\r\n" + r.choice(("", "", "<T> NOOP\r\n", "x LOGIN u v\r\n"))], True
            elif choice < 0.15:  # all at once, without waiting for anything
                yield ["".join("".join(self.command()) for _ in range(r.choice((1, 2, 3))))], False
            elif choice < 0.17:
                yield ["<T> LOGOUT\r\n"], False
            else:
                yield self.command(), False


class Pop3Turns(Turns):
    NONSENSE = (
        "", " ", "FOO", "foo bar", "NOOP", "STAT", "RETR 1", "USER", "USER ", "PASS", "PASS ", "PASS x", "AUTH x", "APOP", "APOP a b", "APOP u000 0123456789abcdef0123456789abcdef", "STLS x", "CAPA x", "CAPA\t",
        "\xff\xfe", "USER\0", "\0USER", "CA PA", " CAPA", "QUITX", "ID", "a LOGIN b c", "GET / HTTP/1.0", "x" * 300, "USER\tx", "USER " + "y" * 2000, "*", "+OK", "STAT x", "QUIT\0", "CAPA\rCAPA")
    LATER = ("STAT", "LIST", "UIDL 1", "RETR 1", "TOP 1 0", "DELE 1", "DELE 2", "RSET", "NOOP", "USER x", "AUTH PLAIN", "STLS", "CAPA x", "LIST 9")

    def command(self):
        r, choice = self.random, self.random.random()
        if choice < 0.22:
            return [r.choice(self.NONSENSE)]
        if choice < 0.6:
            name, password = self.account()
            lines = ["USER " + name, "PASS " + password]
            if r.random() < 0.2:
                lines.insert(1, r.choice(("CAPA", "FOO", "USER x", "AUTH FOO", "AUTH")))
            if r.random() < 0.1:
                lines.pop(r.randrange(len(lines)))
            return [self.spaced(line) if r.random() < 0.2 else line for line in lines]
        if choice < 0.88:
            mechanism = r.choice(MECHANISMS)
            answers = self.responses(mechanism)
            first = self.spaced("AUTH " + mechanism) if r.random() < 0.2 else "AUTH " + mechanism
            if r.random() < 0.5:
                first += " " + answers.pop(0)
            return [first] + answers
        return [self.spaced(r.choice(("CAPA", "AUTH", "CAPA", "auth", "Capa", "USER x", "PASS y") + self.LATER))]

    def turns(self):
        """Here all parts are lines; two parts that are not said at once are two turns."""
        r = self.random
        for _ in range(r.choice((2, 4, 8, 16))):
            choice = r.random()
            if choice < 0.04:
                yield ["STLS\r\n" + r.choice(("", "", "CAPA\r\n", "USER x\r\n"))], True
                continue
            lines = ["QUIT"] if choice < 0.07 else self.command()
            if r.random() < 0.4:
                lines += [r.choice(self.LATER) for _ in range(r.choice((1, 2, 3)))]
            ends = [line.replace("\n", "") + r.choice(("\r\n",) * 9 + ("\n",)) for line in lines]
            for said in ["".join(ends)] if r.random() < 0.3 else ends:
                yield [said], False
        if r.random() < 0.5:
            yield ["QUIT\r\n"], False
