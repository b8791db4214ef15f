"""Messages for SMTP made by chance, as content_both.Side.treat takes them: random_messages.py, and what mailers get wrong.

    case = Contents(random.Random(seed), corpus).case()

Of lists of addresses, only those that are some: where one of them is replaced, Postfix writes all of them anew.
"""
from random_messages import Messages

FIELDS = (
    "From: root", "From: root@local.test (Root)", "Sender: a", "Reply-To: <a>", "To: known, unknown@box.test", "Cc: a@b, c@sub.local.test", "Bcc: secret@to.test", "Resent-From: r@a.test",
    "Resent-To: s@a.test", "Resent-Date: Mon, 2 Jan 2023 10:00:00 +0100", "Resent-Message-Id: <r@a.test>", "Resent-Bcc: t@a.test", "Errors-To: e@a.test", "Return-Receipt-To: e@a.test",
    "Return-Path: <z@a.test>", "Delivered-To: y@to.test", "Content-Length: 5", "Date:", "Message-Id:", "From:", "To:", "To: undisclosed-recipients:;", "Received: from x by y; z", "X-A:b",
    "X-A : b", "X A: b", ": b", "X-Long: " + "word " * 300, "X-Fold:\n\n a", "X-8: äöü", "To: " + ", ".join("user%d@example.test" % i for i in range(200)), "To: <@r.test:u@local.test>",
    "To: u%r.test@local.test", "To: h!u", "To: \"a b\"@local.test", "To: a@[192.0.2.1]", "To: g: a, b@c;", "To: a@b.", "Cc: a@local.test,\n\tb",
    "MIME-Version: 1.0", "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: x", "Content-Type: text/plain; charset=utf-8", "Content-Type: multipart/mixed", "Content-Type: multipart/mixed; boundary=x",
    "Content-Type: message/rfc822", "Content-Type: message/partial", "From x@y Mon Jan  2 10:00:00 2023", ">From x", "no colon", "X-CR: a\rb", "Auto-Submitted: auto-replied",
    "Precedence: bulk", "Reply-To: a@b.test, c", "Disposition-Notification-To: a@b.test", "Mail-Followup-To: a", "Apparently-To: a", "X-Tab:\tx", "Subject:" + " x" * 600, "TO: a@b.test", "to:a@b.test")
LINES = ("", ".", "..", ". x", "From here", ">From here", "x" * 998, "x" * 3000, "äöü", "--x", "--x--", "a\rb", "a\0b", " ", "\t", "trailing ", "Content-Type: text/plain", "a" * 70)


def without_second_contents(fields):
    """One Content-Type and one Content-Transfer-Encoding at most."""
    names = [field.split(":")[0] for field in fields]
    return [field for i, field in enumerate(fields) if not (names[i].startswith("Content-") and names[i] in names[:i])]


class Contents:
    def __init__(self, random, corpus):
        self.random, self.messages = random, Messages(random, corpus)

    def field_soup(self):
        r = self.random
        fields = without_second_contents(r.sample(FIELDS, r.randint(0, 7)))
        lines = [r.choice(LINES) for _ in range(r.randint(0, 6))]
        return "\n".join(fields + ([""] if r.random() < 0.9 else []) + lines + [""]).encode("utf-8")

    def mixed(self):
        """A message with further fields before its own."""
        fields = [f for f in self.random.sample(FIELDS, self.random.randint(1, 3)) if not f.startswith(("Content-", "From x@y"))]
        return ("\n".join(fields) + "\n").encode("utf-8") + self.messages.plain().replace(b"\r\n", b"\n")

    def case(self):
        r = self.random
        choice = r.random()
        if choice < 0.4:
            octets = self.field_soup()
        elif choice < 0.6:
            octets = self.mixed()
        else:
            octets = self.messages.message().replace(b"\r\n", b"\n")
        if not octets.endswith(b"\n"):
            octets += b"\n"
        return {"content": octets, "mail": r.choice(("", "", " BODY=8BITMIME", " BODY=7BIT", " RET=HDRS", " SIZE=100"))}
