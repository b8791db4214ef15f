#!/usr/bin/python3
"""Two IMAP servers that speak on standard input and output get the same commands, right and wrong ones, and answer alike.

    imap_grammar.py --template DIR --one MAILDIR COMMAND --other MAILDIR COMMAND [--record] CASES...

The first one is buzon, the other one Dovecot; each has a copy of the template for itself. A line of CASES is a command without its tag:

    # ...        a comment
    == name      a section: both begin anew with fresh copies
    - command    its answers are not compared
    ~strict      the next command is no form of the grammar, and refused here alone: BAD, theirs OK or NO
    ~code        the next one is refused by both, with a response code here alone
    ~more        the next one is of an extension that the other one has not: OK here, BAD there
    ~reason / regular expression
                 the next one is answered differently for this reason, and ours matches

In a command <41> is an octet, <CRLF> a line end, <T> its tag, <lit:x> and <sync:x> literals, <big> many letters; one that begins with <raw>
has no tag before it. Numbers that are the server's own choice, and texts for people, are made equal before answers are
compared; what differs is printed, and makes the exit status 1. --record writes such a file with ~strict, ~code and ~more put in.
"""
import argparse, re, shutil, subprocess, sys

from peer import Peer, started


class Server(Peer):
    def __init__(self, command):
        super().__init__(*started(command))
        self.serial = 0
        self.hears(rb"\r\n")

    def hears(self, pattern):
        """Until that has come; False: it does not."""
        return self.listen(lambda: re.search(pattern, self.heard)) is not None

    def ask(self, text):
        """All that it says up to the end of a NOOP behind the command."""
        tag = b"t%d" % (self.serial + 1)
        raw = text.startswith(b"<raw>")
        text = (b"" if raw else tag + b" ") + text[5 * raw:]
        text = re.sub(rb"<([0-9a-f][0-9a-f])>", lambda m: bytes([int(m[1], 16)]), text)
        pieces = re.split(rb"<sync:([^>]*)>", text)
        return self.exchange([piece if i % 2 else octets_of(piece, tag) for i, piece in enumerate(pieces)])

    def exchange(self, pieces):
        """The same, of octets and, in the odd places, the octets of synchronizing literals."""
        self.serial += 1
        tag, after = b"t%d" % self.serial, b"z%d" % self.serial
        self.heard, end = b"", b"\r\n"
        for number, piece in enumerate(pieces):
            if number % 2:
                self.say(b"{%d}\r\n" % len(piece))
                if not self.hears(rb"(^|\n)(\+ |%s )" % tag) or re.search(rb"(^|\n)%s " % tag, self.heard):
                    end = b""  # it wants none of it
                    break
                self.heard = re.sub(rb"(^|\n)\+ [^\n]*\n", rb"\1", self.heard)
            self.say(piece)
        self.say(end + after + b" NOOP\r\n")
        if not self.hears(rb"(^|\n)" + after + rb" [^\n]*\n"):
            self.heard += b"* GONE\r\n"
        heard = re.sub(rb"(^|\n)" + after + rb" OK[^\n]*\n", rb"\1", self.heard)
        return re.sub(rb'(?m)(^|")' + tag + rb'\b', rb"\1TAG", heard)

    def end(self):
        self.process.kill()
        self.process.wait()


def octets_of(text, tag):
    text = re.sub(rb"<lit:([^>]*)>", lambda m: b"{%d+}\r\n%s" % (len(m[1]), m[1]), text)
    return text.replace(b"<CRLF>", b"\r\n").replace(b"<big>", b"a" * 9000).replace(b"<T>", tag)


def lines_of(heard):
    """Lines, with the literals in them as quoted strings."""
    lines, line = [], b""
    while heard:
        part, _, heard = heard.partition(b"\r\n")
        literal = re.search(rb"~?\{(\d+)\}$", part)
        if literal:
            size = int(literal[1])
            line += part[:literal.start()] + b'"' + re.sub(rb'(["\\])', rb"\\\1", heard[:size]) + b'"'
            heard = heard[size:]
            if heard.startswith(b"z"):
                heard = heard[heard.find(b"\n") + 1:]
        else:
            lines.append((line + part).decode("latin-1"))
            line = b""
    return lines


# What may differ, and what is put for it; a line that becomes empty is left out.
ALIKE = [(re.compile(pattern), put) for pattern, put in [
    (r"^(\S+) (OK|NO|BAD|BYE)( \[[^\]]*\])?.*", r"\1 \2\3"),
    (r"UIDVALIDITY \d+", "UIDVALIDITY V"),
    (r"APPENDUID \d+ \d+", "APPENDUID V N"),
    (r"COPYUID \d+ ([\d:,]+) \d+", r"COPYUID V \1 N"),
    (r" N:\d+\]", " N:M]"),
    (r"MODSEQ \(?\d+\)?", "MODSEQ M"),
    (r"^\* OK \[(HIGHESTMODSEQ|MAILBOXID)[^\]]*\]$", ""),
    (r" \[(MAILBOXID \(\w+\)|HIGHESTMODSEQ M|CLIENTBUG)\]", ""),
    (r"BADCHARSET \([^)]*\)", "BADCHARSET"),
    (r'BADURL "([^"]*)"', r"BADURL \1"),
    (r'(INTERNALDATE|SAVEDATE) "[^"]*"', r"\1 D"),
    (r"\\Recent ?| \\Recent\b", ""),
    (r" ?\\(Un)?Marked\b", ""),
    (r"^\* \d+ RECENT$", ""),
    (r"\bRECENT \d+", "RECENT N"),
    (r'^\* ID .*', "* ID"),
    (r'^(\* (?:LIST|LSUB) \([^)]*\) "."|\* (?:STATUS|METADATA|QUOTAROOT)) "([^" ]*)"', r"\1 \2"),
    (r"^(\* THREAD) $", r"\1"),
    (r"^\* CAPABILITY .*", "* CAPABILITY"),
]]


def alike(lines):
    """Lines of an answer as they can be compared: their order is not, but that of the flags in them is made so."""
    out = []
    for line in lines:
        for pattern, put in ALIKE:
            line = pattern.sub(put, line)
        line = re.sub(r"HEADER\.FIELDS(\.NOT)? \(([^)]*)\)", lambda m: m[0].upper().replace('"', ""), line)
        line = re.sub(r"\(( ?\\[^()]*)\)", lambda m: "(" + " ".join(sorted(m[1].split())) + ")", line)
        if line.startswith("* METADATA") and line.endswith(")"):
            line = line[:line.index("(")] + " ".join(sorted(re.findall(r'/\S+ (?:"(?:[^"\\]|\\.)*"|NIL)', line)))
        if line:
            out.append(line)
    return sorted(out)


def status(lines):
    found = [re.match(r"TAG (\w+)( \[\w+)?", line) for line in lines if line.startswith("TAG ")]
    return (found[-1][1], found[-1][2]) if found else ("", None)


def category(ours, theirs):
    """Which of the ways to differ that have a name; None: none of them."""
    (one, code), (other, other_code) = status(ours), status(theirs)
    if one == "BAD" and other in ("OK", "NO"):
        return "strict"
    if one == "OK" and other == "BAD":
        return "more"
    if one == other == "NO" and code and code != other_code:
        return "code"
    return None


class Comparison:
    def __init__(self, options):
        self.options, self.servers, self.failed, self.compared = options, [], 0, 0

    def begin(self):
        self.end()
        for maildir, command in (self.options.one, self.options.other):
            shutil.rmtree(maildir, ignore_errors=True)
            subprocess.run(["cp", "-a", self.options.template, maildir], check=True)
            self.servers.append(Server(command))

    def end(self):
        for server in self.servers:
            server.end()
        self.servers = []

    def fail(self, text, ours, theirs, why):
        self.failed += 1
        print("%s: %s" % (why, text.decode("latin-1")[:200]))
        for name, mine, other in ("ours  ", ours, theirs), ("theirs", theirs, ours):
            for line in [line for line in mine if line not in other][:10]:
                print("   %s %s" % (name, line[:400]))

    def judge(self, text, reason, ours, theirs):
        named = re.fullmatch(r"~(strict|code|more)", reason or "")
        self.compared += 1
        if reason is None and ours != theirs:
            self.fail(text, ours, theirs, "differs")
        elif reason is not None and ours == theirs:
            self.fail(text, ours, theirs, "no more different")
        elif named and category(ours, theirs) != named[1]:
            self.fail(text, ours, theirs, "not ~" + named[1])
        elif reason is not None and not named and not re.search(reason.split(" / ", 1)[1], "\n".join(ours)):
            self.fail(text, ours, theirs, "ours is not as it should")

    def run(self, line, reason):
        """The name of the difference, for --record."""
        answers = [server.ask(line.removeprefix(b"- ")) for server in self.servers]
        ours, theirs = (alike(lines_of(answer)) for answer in answers)
        if not line.startswith(b"- ") and not self.options.record:
            self.judge(line, reason, ours, theirs)
        if any(server.gone for server in self.servers):
            self.begin()
        return None if ours == theirs or line.startswith(b"- ") else category(ours, theirs) or "? / "

    def file(self, path):
        reason = None
        with open(path, "rb") as file:
            lines = [line.rstrip(b"\n") for line in file]
        for line in lines:
            if line.startswith(b"== "):
                self.begin()
            elif line.startswith(b"~"):
                reason = line.decode()
                continue
            elif line and not line.startswith(b"#"):
                name = self.run(line, reason)
                if self.options.record and (name or reason):
                    print(reason if reason and " / " in reason and name else "~" + name if name else "", end="\n" if name else "")
            if self.options.record:
                sys.stdout.flush()
                sys.stdout.buffer.write(line + b"\n")
                sys.stdout.buffer.flush()
            reason = None
        self.end()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--template", required=True)
    parser.add_argument("--one", nargs=2, required=True)
    parser.add_argument("--other", nargs=2, required=True)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("cases", nargs="+")
    comparison = Comparison(parser.parse_args())
    for path in comparison.options.cases:
        comparison.file(path)
    if not comparison.options.record:
        print("%d answers, %d not as they should be" % (comparison.compared, comparison.failed))
    sys.exit(comparison.failed > 0 or (comparison.compared == 0 and not comparison.options.record))


if __name__ == "__main__":
    main()
