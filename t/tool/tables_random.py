#!/usr/bin/env python3
"""Ask two look-up tools the same of tables that are made by chance, as TAP without numbers.

tables_random.py OURS THEIRS DIRECTORY SEED COUNT TYPE...

OURS and THEIRS are commands, buzonmap and postmap with their configuration; DIRECTORY is for the tables. Each
type of table is a test: COUNT sources, each asked for some forty keys. Answers and exit status must be the same, and
what a table of keys lists; what differs is shown with its source. Warnings are compared elsewhere, word by word
(t/system/tables-rules.t).
"""
import os
import random
import subprocess
import sys

WORDS = [b"user", b"USER", b"a", b"foo", b"bar@example.com", b"@example.com", b".example.com", b"10.0.0.1", b'"foo bar"',
         b'"a\\"b"', b"a\\ b", b'\\"x', b"\xc3\xa4", b"\xc3\x84", b"\xe4", b"key:", b"#x", b"x#y", b"", b"-", b"a=b", b"{a",
         b"}", b'"', b'"x"y', b'"open', b"\x01", b"\x7f", b"a\x0bb", b"\xef\xbb\xbfbom", b"\xc3\x9f", b"SS", b"\xe2\x84\xaa"]
VALUES = [b"v", b"v w", b" v ", b"v\r", b"\tv\t", b"", b'"v"', b"#v", b"v # c", b"\xe4", b"\xc3\xa4", b"v,", b"a\x0c",
          b"REJECT x", b"$1", b"v\\"]
BETWEEN = [b" ", b"\t", b"  ", b" \t ", b"", b"\x0b", b"\x0c", b"=", b" = ", b"\r"]
LINE_ENDS = [b"\n"] * 12 + [b"\r\n", b"\n\n", b"\n \n", b"\n#c\n", b"\n  cont\n", b"\n\t#no\n", b"\n\t\n",
                            b"\n# c\n  more\n", b""]
PIECES = [b"a", b"b", b".", b".*", b"(a)", b"(b|c)", b"(x)?", b"^", b"$", b"[a-c]", b"[^a]", b"\\/", b"\\.", b"\\d",
          b"\\w", b"+", b"{2}", b"(", b")", b"[", b"*", b"\\1", b"\xc3\xa4", b"\xe4", b"\\xe4", b" ", b"#", b"(?i)x",
          b"(?:y)", b"\\", b"\\$", b"!", b"foo", b"@", b"\\b", b"A"]
FLAGS = [b""] * 8 + [b"i", b"m", b"x", b"s", b"A", b"E", b"U", b"X", b"ii", b"z", b"im", b"I"]
RESULTS = [b"ok", b"$1", b"${1}", b"$(1)", b"$$", b"$0", b"$2x", b"$1x", b"${1}x", b"$", b"${1", b"$(1", b"$a", b"",
           b"x$1y$2", b"$$1", b"$10", b"$01", b"${ 1}", b"$-1", b"${}", b"a$", b"$1$1", b"#c", b"$99999999999", b"$+1",
           b"\xe4"]
NETWORKS = [b"10.0.0.0/8", b"10.0.0.1", b"10.0.0.1/32", b"10.0.0.1/8", b"0.0.0.0/0", b"0/0", b"10/8", b"::/0", b"::1",
            b"2001:db8::/32", b"2001:db8::1/32", b"[::1]", b"[::1]/128", b"[2001:db8::]/32", b"[2001:db8::/32]",
            b"::ffff:10.0.0.1", b"::ffff:10.0.0.0/104", b"[10.0.0.1]", b"[10.0.0.0]/8", b"10.0.0.0/33", b"10.0.0.0/-1",
            b"10.0.0.0/", b"/8", b"10.0.0.0/08", b"10.0.0.0/8x", b"foo", b"010.0.0.1", b"10.0.0.256", b"::ffff:0:0/96",
            b"10.0.0.0/+8", b"[::1", b"::1]", b"[::1]x", b"10.0.0.0/8/8", b"2001:DB8::/32", b"::/128", b"::/1", b"[]"]
ADDRESSES = [b"10.0.0.1", b"10.1.2.3", b"11.0.0.1", b"::1", b"2001:db8::1", b"2001:DB8::1", b"::ffff:10.0.0.1", b"::",
             b"0.0.0.0", b"[::1]", b"10.0.0.1/32", b"foo", b"010.0.0.1", b"10.0.0", b"::ffff:a00:1", b"fe80::1",
             b"255.255.255.255", b"ffff::"]
NAMED = ["a", "b=c", "{a}", "{ a }", "{b=c}", "{ b = c d }", "{a b}", "static:x", "static:{x y}", "{static:x}",
         "inline:{a=b}", "inline:{ {a = b c}, x=y }", "environ:x", "fail:x", "internal:x", "a=", "=b", "A=B",
         "regexp:{ {/a(.)/ $1} }", "pcre:{{/A/ zz}}", "cidr:{{10.0.0.0/8 n}, {::/0 six}}", "unionmap:{static:a}",
         "pipemap:{static:a}", "unionmap:{static:a,static:b}", "inline:{\xe4=x}", "inline:{a=\xe4}"]


class Maker:
    """Sources of tables, and keys for them."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self, items):
        return self.random.choice(items)

    def lines(self, line):
        return b"".join(self.one([b""] * 9 + [b" "]) + line() + self.one(LINE_ENDS)
                        for _ in range(self.random.randint(1, 11)))

    def pair(self):
        return self.one([b""] * 9 + [b"#"]) + self.one(WORDS) + self.one([b""] * 4 + [self.one(WORDS)]) + \
            self.one(BETWEEN) + self.one(VALUES)

    def pattern(self):
        mark = self.one([b"/"] * 8 + [b"#", b",", b"|", b"a", b" ", b"{", b"^"])
        return mark + b"".join(self.one(PIECES) for _ in range(self.random.randint(0, 4))) + mark + self.one(FLAGS)

    def rule(self, kind):
        kind_of_line = self.random.random()
        pattern = self.one([b""] * 5 + [b"!", b"! ", b"!!"])
        pattern += self.one(NETWORKS) if kind == "cidr" else self.pattern()
        if kind == "regexp" and self.random.random() < 0.15:
            pattern += b"!" + self.pattern()
        if kind_of_line < 0.7:
            return pattern + self.one([b" "] * 6 + [b"\t", b"", b"  "]) + self.one(RESULTS)
        if kind_of_line < 0.83:
            return self.one([b"if", b"IF", b"If"]) + self.one([b" "] * 4 + [b""]) + pattern + self.one([b""] * 5 + [b" x"])
        if kind_of_line < 0.96:
            return self.one([b"endif", b"ENDIF"]) + self.one([b""] * 5 + [b" ", b" x"])
        return self.one([b"foo bar", b"if", b"/", b"//", b"// x", b"!", b"/a", b"1", b"iffy /x/", b"if!/a/"])

    def table(self, kind):
        """Specification, source or None, keys."""
        if kind in ("regexp", "pcre"):
            keys = WORDS + [bytes(self.one(b"abcxyABC/.@ !") for _ in range(self.random.randint(1, 6))) for _ in range(20)]
            return kind + ":table", self.lines(lambda: self.rule(kind)), keys
        if kind == "cidr":
            return "cidr:table", self.lines(lambda: self.rule(kind)), ADDRESSES
        if kind == "nameless":
            kind = self.one(["inline", "static", "unionmap", "pipemap", "regexp", "pcre", "cidr", "internal", "foo", ""])
            items = "".join(self.one(NAMED) + self.one(["", ",", " ", ", "]) for _ in range(self.random.randint(0, 4)))
            braces = self.one([("{", "}")] * 8 + [("", ""), ("{ ", " }"), ("{{", "}}"), ("{", "")])
            return kind + ":" + braces[0] + items + braces[1], None, [b"a", b"b", b"x", b"A", b"10.0.0.1", b"ab", b"\xe4"]
        keys = WORDS + [word.strip(b'"') for word in WORDS] + [self.one(WORDS) + self.one(WORDS) for _ in range(15)]
        return kind + ":table", self.lines(self.pair), keys


class Side:
    def __init__(self, command, directory):
        self.command = command.split()
        self.directory = directory
        os.makedirs(directory, exist_ok=True)

    def run(self, arguments, octets=b""):
        arguments = [argument.encode("latin-1") for argument in arguments]
        done = subprocess.run(self.command + arguments, input=octets, capture_output=True, cwd=self.directory, check=False)
        return done.returncode, done.stdout

    def ask(self, specification, source, keys):
        """What it answers, and lists."""
        kind = specification.split(":")[0]
        said = []
        for name in os.listdir(self.directory):
            os.unlink(os.path.join(self.directory, name))
        if source is not None:
            with open(os.path.join(self.directory, "table"), "wb") as file:
                file.write(source)
        if kind in ("hash", "btree", "lmdb", "cdb"):
            said.append(self.run([specification])[0])
        status, answers = self.run(["-q", "-", specification], b"".join(key + b"\n" for key in keys if key.strip()))
        # of who ends early, what was answered before may be there or not
        said += [status, answers if status == 0 else b""]
        if kind in ("hash", "btree", "lmdb"):
            said.append(sorted(self.run(["-s", specification])[1].split(b"\n")))
        return said


def compare(kind, maker, sides, count):
    differences = []
    for _ in range(count):
        specification, source, keys = maker.table(kind)
        ours, theirs = (side.ask(specification, source, keys) for side in sides)
        if ours != theirs:
            differences.append((specification, source, ours, theirs))
    print("%s - %s: %d tables, the same answers" % ("not ok" if differences else "ok", kind, count))
    for specification, source, ours, theirs in differences[:3]:
        print("# %r" % specification)
        for number, line in enumerate((source or b"").split(b"\n")):
            print("# %3d %r" % (number + 1, line))
        print("# ours   %r\n# theirs %r" % (ours, theirs))


def main():
    directory = sys.argv[3]
    sides = [Side(sys.argv[1], directory + "/ours"), Side(sys.argv[2], directory + "/theirs")]
    for kind in sys.argv[6:]:
        compare(kind, Maker("%s %s" % (sys.argv[4], kind)), sides, int(sys.argv[5]))


main()
