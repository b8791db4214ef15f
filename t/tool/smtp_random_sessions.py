"""SMTP sessions made by chance, as lines that talk_both.Side.talk says: right ones, and what clients get wrong.

    lines = Sessions(random.Random(seed)).session()

Addresses of all forms and of none (but what Postfix alone takes for one: half an address, a group, a comment before it, a colon in a
localpart, lists, UTF-8, control characters; and AUTH=x, which it logs without having authentication), parameters good, bad and doubled, commands in any order, together, and no commands at all.
"""
LOCALPARTS = (
    "known", "known", "known", "unknown", "KNOWN", "known+ext", "postmaster", '"known"', '"odd local"', '"a\\"b"', '"a@b"', '"a\\\\b"', '""', "a.b", ".a", "a.", "a..b",
    "user%remote.test", "known%local.test", "host!user", "a!b%c", "-x", "a=b", "a/b", "a|b", "|cmd", "a'b", "a*b", "x" * 70, "x" * 300, "a b",
    "a(c)b", "(c)a", "a@b", "a@local.test", "a\\@b", "a\\b", "#", "owner-list", "double-bounce", "a[b", "<a", "{x}", "a\tb")
DOMAINS = (
    "local.test", "local.test", "mail.example.test", "box.test", "box.test", "relay.test", "virtual.test", "elsewhere.test", "LOCAL.TEST", "sub.local.test", "local.test.",
    "[127.0.0.1]", "[192.0.2.1]", "[IPv6:::1]", "[IPv6:2001:db8::1]", "[IPv6:x]", "[]", "[1.2.3]", "[x]", "127.0.0.1", "1.2.3.400", "-bad.test", "bad-.test",
    "a_b.test", "a..b.test", ".local.test", "a", "local", "xn--bcher-kva.test", "y" * 64 + ".test", ("z" * 60 + ".") * 5 + "test", 
    "local.test:25", "local.test#25", "a@b.test", "local.test>", "lo(c)cal.test", "[local.test]", "#123", "local.test/x", "*", "%")
PARAMETERS = (
    "SIZE=100", "SIZE=0", "SIZE=", "SIZE", "SIZE=abc", "SIZE=-1", "SIZE=99999999999", "SIZE=99999999999999999999999", "BODY=7BIT", "BODY=8BITMIME", "body=8bitmime", "BODY=BINARYMIME",
    "BODY=x", "BODY", "RET=FULL", "RET=HDRS", "RET=x", "ret=full", "ENVID=abc", "ENVID=a+2Bb", "ENVID=a+2", "ENVID=", "ENVID=a=b", "AUTH=<>", "NOTIFY=NEVER",
    "NOTIFY=SUCCESS,FAILURE", "NOTIFY=NEVER,SUCCESS", "NOTIFY=DELAY", "NOTIFY=", "NOTIFY=x", "notify=success", "NOTIFY=SUCCESS,SUCCESS", "ORCPT=rfc822;a@b.test", "ORCPT=rfc822;a+40b",
    "ORCPT=x", "ORCPT=;x", "ORCPT=rfc822;", "ORCPT=rfc822;a@b.test;c", "FOO", "FOO=bar", "=x", "x=", "XVERP", "XVERP=+=", "XVERP=x", "XVERP=+", "REQUIRETLS", "MT-PRIORITY=3", "HOLDFOR=1",
    "SMTPUTF8", "<x>", "(c)", "a,b")
HELLOS = (
    "client.test", "client.test", "[127.0.0.1]", "[IPv6:::1]", "[x]", "", "localhost", "a", "a b c", "-", "client_test", "x" * 300, "client.test.", "1.2.3.4", "<x>", "a,b", "(c)", "a@b", "#")
NONSENSE = (
    " ", "FOO", "FOO bar baz", "EHLO", "HELP", "HELP MAIL", "EXPN list", "VRFY known@local.test", "VRFY known", "VRFY <known@box.test>", "VRFY unknown@local.test", "VRFY a b",
    "ETRN local.test", "ETRN relay.test", "ETRN", "ETRN a b", "ETRN #x", "ETRN @relay.test", "NOOP", "NOOP x", "RSET x", "RSET", "DATA x", "QUITE", "MAIL", "RCPT", "MAIL FROM", "RCPT TO", "MAIL FROM:", "RCPT TO:",
    "MAIL TO:<a@b.test>", "RCPT FROM:<known@local.test>", "MAIL FROM <a@b.test>", "mail from:<a@b.test>", "Rcpt To:<known@local.test>", "MAIL  FROM:<a@b.test>", "MAIL FROM : <a@b.test>",
    "MAIL FROM:a@b.test", "RCPT TO:known@local.test", "RCPT TO: known@local.test NOTIFY=NEVER", "STARTTLS", "STARTTLS x", "AUTH", "AUTH PLAIN", "AUTH PLAIN AGEAYg==", "AUTH LOGIN", "BDAT", "BDAT x", "BDAT 0 LAST",
    "BDAT 0", "XCLIENT NAME=x", "XFORWARD NAME=x", "XCLIENT", "EHLO\\x00x", "NO\\x08OP", "\\xff\\xfe", "MAIL FROM:<a@b.test>\\x00", "TURN", "SEND FROM:<a@b.test>", "SOML FROM:<a@b.test>", "LHLO x", " NOOP", "NOOP ",
    "\\tNOOP", "NOOP\\x0d", "DATA ", "RSET ", "x\\{2100 y}", "NOOP \\{2100 z}", "MAIL FROM:<\\{2000 a}@b.test>")
CONTENTS = (
    "", "Subject: x\\x0d\\x0a\\x0d\\x0abody\\x0d\\x0a", "..x\\x0d\\x0a", ".x\\x0d\\x0a", "no header\\x0d\\x0a", "\\x0d\\x0a", "x\\x0ay\\x0d\\x0a", "x\\x0dy\\x0d\\x0a", "\\{1500 long}\\x0d\\x0a",
    "\\xc3\\xa9: x\\x0d\\x0a", "a\\x00b\\x0d\\x0a", "From x\\x0d\\x0aSubject: y\\x0d\\x0a", ">From x\\x0d\\x0aSubject: y\\x0d\\x0a", "Received: x\\x0d\\x0a" * 3)


class Sessions:
    def __init__(self, random):
        self.random = random

    def address(self):
        r, choice = self.random, self.random.random()
        if choice < 0.3:
            return r.choice(("known@local.test", "known@box.test", "known@relay.test", "unknown@box.test", "x@elsewhere.test"))
        local = r.choice(LOCALPARTS)
        return local if choice < 0.4 else local + "@" + r.choice(DOMAINS)

    def path(self):
        r, address, choice = self.random, self.address(), self.random.random()
        if choice < 0.75:
            return "<%s>" % address
        return r.choice((
            "%s", "<<%s>>", "<%s", "%s>", "< %s >", "<%s> x", '"Name" <%s>', "Name <%s>", "<@a.test:%s>", "<@a.test,@b.test:%s>", "<%s><%s>",
            "\\x09<%s>", "<>", "<a,b>", "<%s,c@local.test>")).replace("%s", address.replace("\\", "\\x5c"))

    def parameters(self):
        if self.random.random() < 0.6:
            return ""
        return "".join(self.random.choice((" ", " ", " ", "  ", "\\x09")) + self.random.choice(PARAMETERS) for _ in range(self.random.choice((1, 1, 1, 2, 2, 3))))

    def mail(self):
        if self.random.random() < 0.4:
            return "MAIL FROM:<a@b.test>" + self.parameters()
        return self.random.choice(("MAIL FROM:", "MAIL FROM:", "MAIL FROM: ", "mail FROM:")) + self.path() + self.parameters()

    def rcpt(self):
        if self.random.random() < 0.2:
            return "RCPT TO:<known@local.test>" + self.parameters()
        return self.random.choice(("RCPT TO:", "RCPT TO:", "RCPT TO: ", "Rcpt to:")) + self.path() + self.parameters()

    def hello(self):
        return self.random.choice(("EHLO ", "EHLO ", "HELO ")) + self.random.choice(HELLOS)

    def message(self):
        """DATA, and its content: two replies, when it is let."""
        return ["DATA", "^" + self.random.choice(CONTENTS), "."]

    def transaction(self):
        r, lines = self.random, []
        if r.random() < 0.95:
            lines.append(self.mail())
        lines += [self.rcpt() for _ in range(r.choice((0, 1, 1, 2, 3)))]
        if r.random() < 0.15 and lines:
            lines.insert(r.randrange(len(lines)), r.choice(NONSENSE))
        if r.random() < 0.15 and lines:
            lines = ["|" + line for line in lines[:-1]] + lines[-1:]  # pipelined
        choice = r.random()
        if choice < 0.5:
            lines += self.message()
        elif choice < 0.6:
            lines += ["^" + r.choice(("BDAT 4\\x0d\\x0aabcd", "BDAT 0\\x0d\\x0a", "BDAT 10\\x0d\\x0aSubject: x")), "BDAT %d LAST" % 0]
        return lines + (["RSET"] if r.random() < 0.3 else [])

    def session(self):
        r, lines = self.random, []
        if r.random() < 0.9:
            lines.append(self.hello())
        for _ in range(r.choice((1, 2, 3))):
            if r.random() < 0.3:
                lines.append(r.choice(NONSENSE))
            lines += self.transaction()
            if r.random() < 0.1:
                lines.append(self.hello())
        return [line.encode("utf-8").decode("latin-1") for line in lines if line]
