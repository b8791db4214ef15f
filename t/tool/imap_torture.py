#!/usr/bin/python3
"""An IMAP server that speaks on standard input is tortured with sessions made by chance, but always the same ones for one seed.

    imap_torture.py --template DIR --maildir DIR --command COMMAND [--seed N] [--rounds N] KIND CASES...

The commands are those of imap_grammar.py's CASES, right and wrong ones. KIND is what is done with them:

    splits    a session is sent at once, octet by octet, and in parts: each time every octet of the answers is the same
    damage    octets and lines of a session are lost, doubled, changed and put elsewhere: the server answers or says goodbye
    compress  like splits, with everything behind COMPRESS deflated, by blocks that end anywhere

In each case it ends by itself, in good order and within its memory. What it is sent is known to be taken before more follows:
no times are waited for. What goes wrong is printed, with the session, and makes the exit status 1.
"""
import argparse, os, random, re, shutil, sys, zlib

from imap_grammar import octets_of
from peer import Peer, started

MEMORY_MAX = 500 << 20  # octets, of which the sanitizers have most
ENDS = (b"LOGOUT", b"COMPRESS")
BY_TIME = (b"NOTIFY", b"IDLE", b"CONTEXT", b"UPDATE")  # what other sessions and clocks have a part in


class Server(Peer):
    def __init__(self, command):
        with open(errors, "ab") as file:
            super().__init__(*started("exec " + command, file))
        self.most = 0

    def end(self):
        """All that it said."""
        heard = self.finish()
        self.measure()
        status = self.wait()
        assert status is not None, "it does not end"
        assert status == 0, "it ended with status %d" % status
        assert self.most < MEMORY_MAX, "it took %d MiB" % (self.most >> 20)
        return heard

    def measure(self):
        try:
            status = open("/proc/%d/status" % self.process.pid).read()
        except OSError:
            return
        found = re.search(r"VmHWM:\s*(\d+)", status)
        self.most = max(self.most, int(found.group(1)) << 10) if found else self.most


def octets_at_once(octets):
    yield octets


def octets_one_by_one(octets):
    for i in range(len(octets)):
        yield octets[i:i + 1]


def octets_in_parts(octets):
    at = 0
    while at < len(octets):
        size = random.choice((1, 2, 3, 7, 50, 300))
        yield octets[at:at + size]
        at += size


def fresh():
    shutil.rmtree(arguments.maildir, ignore_errors=True)
    shutil.copytree(arguments.template, arguments.maildir)
    owner = os.stat(arguments.template)
    if os.getuid() == 0:
        for path, directories, files in os.walk(arguments.maildir):
            for name in [""] + files:
                os.chown(os.path.join(path, name), owner.st_uid, owner.st_gid)


def run(octets, split):
    fresh()
    server = Server(arguments.command)
    for part in split(octets):
        server.say(part)
        server.measure()
    return server.end()


def plain(heard):
    """Without what is the server's own choice: times, and what grows with them."""
    return re.sub(rb"[0-9a-f]{32}|\d{9,}", b"N", re.sub(rb'"[ \d]\d-\w{3}-\d{4} [^"]*"', b"DATE", heard))


def show(octets):
    return repr(octets)[2:-1].replace("\\r\\n", "\\r\\n\n    ")


# --- kinds -------------------------------------------------------------------------------------------------------------------

def session(commands, count):
    chosen = [b"SELECT INBOX"] + random.sample(commands, min(count, len(commands)))
    if random.random() < 0.2:
        chosen = chosen[1:]
    lines = []
    for number, text in enumerate(chosen):
        tag = b"t%d" % number
        raw = text.startswith(b"<raw>")
        text = re.sub(rb"<([0-9a-f][0-9a-f])>", lambda m: bytes([int(m[1], 16)]), (b"" if raw else tag + b" ") + text[5 * raw:])
        text = re.sub(rb"<sync:([^>]*)>", lambda m: b"{%d}\r\n%s" % (len(m[1]), m[1]), text)
        lines.append(octets_of(text, tag) + b"\r\n")
    return lines


def splits(commands):
    steady = [c for c in commands if not any(word in c.upper() for word in BY_TIME)]
    octets = b"".join(session(steady, 30)) + b"z NOOP\r\nz LOGOUT\r\n"
    first = plain(run(octets, octets_at_once))
    for split in octets_one_by_one, octets_in_parts, octets_in_parts:
        again = plain(run(octets, split))
        if first != again:
            at = next(i for i in range(len(first) + 1) if first[:i + 1] != again[:i + 1])
            raise AssertionError("%s\n  %s\nwith %s:\n  ...%r\nand at once:\n  ...%r" % (
                "the answers differ to", show(octets), split.__name__, again[max(0, at - 200):at + 100], first[max(0, at - 200):at + 100]))


def compress(commands):
    steady = [c for c in commands if not any(word in c.upper() for word in BY_TIME)]
    lines = session(steady, 20) + [b"z NOOP\r\n", b"z LOGOUT\r\n"]
    first = plain(run(b"".join(lines), octets_at_once))
    deflate, octets = zlib.compressobj(wbits=-15), b"c COMPRESS DEFLATE\r\n"
    for line in lines:
        octets += deflate.compress(line) + (deflate.flush(zlib.Z_SYNC_FLUSH) if random.random() < 0.5 else b"")
    octets += deflate.flush(zlib.Z_SYNC_FLUSH)
    for split in octets_at_once, octets_one_by_one, octets_in_parts:
        heard = run(octets, split)
        start, _, deflated = heard.partition(b"c OK")
        text = b"".join([start, zlib.decompressobj(wbits=-15).decompress(deflated.partition(b"\r\n")[2])])
        assert plain(text) == first, "the answers differ to\n    %s\n%r\n%r" % (show(b"".join(lines)), plain(text), first)


def damaged(lines):
    lines = list(lines)
    for _ in range(random.randint(1, 8)):
        at, what = random.randrange(len(lines)), random.random()
        line = lines[at]
        spot = random.randrange(len(line) + 1)
        if what < 0.2:
            line = line[:spot] + line[spot + random.randint(1, 4):]
        elif what < 0.4:
            line = line[:spot] + bytes([random.choice((0, 10, 13, 32, 34, 40, 41, 42, 92, 123, 125, 126, 127, 255, random.randrange(256)))]) + line[spot:]
        elif what < 0.5:
            other = random.choice(lines)
            line = line[:spot] + other[random.randrange(len(other) + 1):]
        elif what < 0.6:
            line = line[:spot] + line[:spot] + line[spot:]
        elif what < 0.7:
            line = re.sub(rb"\d+", lambda m: random.choice((b"0", b"1", b"4294967295", b"4294967296", b"18446744073709551616", b"-1", m[0] * 9)), line)
        elif what < 0.8:
            line = line.replace(b" ", random.choice((b"  ", b"\t", b"", b" ( ", b"\r\n")), 1)
        elif what < 0.9:
            line = line[:spot] + random.choice((b"{5}\r\n", b"{0}\r\n", b"{3+}\r\nabc", b"~{2+}\r\n\0\0", b"{99999999}\r\n", b"{70000+}\r\n", b"{1-}\r\n")) + line[spot:]
        else:
            line = line[:spot] + line[spot:].swapcase()
        lines[at] = line
    return lines


def damage(commands):
    octets = b"".join(damaged(session(commands, 25)))
    if random.random() < 0.3:
        octets = octets[:random.randrange(len(octets))]  # it hangs up in the middle
    heard = run(octets, random.choice((octets_at_once, octets_in_parts, octets_in_parts)))
    lines = re.sub(rb"\{(\d+)\}\r\n", b"", heard).split(b"\r\n")
    assert heard.startswith(b"* PREAUTH "), heard[:100]
    assert heard.endswith(b"\r\n") or b"{" in heard, lines[-3:]


def read_cases(paths):
    commands = []
    for path in paths:
        for line in open(path, "rb").read().split(b"\n"):
            if line and line[:1] not in b"#~" and not line.startswith(b"== "):
                line = line[2:] if line.startswith(b"- ") else line
                if not any(word in line.upper() for word in ENDS):
                    commands.append(line)
    return commands


parser = argparse.ArgumentParser()
for name in "template", "maildir", "command":
    parser.add_argument("--" + name, required=True)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--rounds", type=int, default=10)
parser.add_argument("kind", choices=("splits", "damage", "compress"))
parser.add_argument("cases", nargs="+")
arguments = parser.parse_args()
errors = arguments.maildir.rstrip("/") + ".errors"
commands = read_cases(arguments.cases)
failed = False
for number in range(arguments.rounds):
    random.seed(arguments.seed * 1000003 + number)
    before = random.getstate()
    try:
        globals()[arguments.kind](commands)
    except AssertionError as wrong:
        print("seed %d, round %d: %s" % (arguments.seed, number, wrong))
        failed = True
        break
sys.exit(1 if failed else 0)
