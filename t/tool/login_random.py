#!/usr/bin/python3
"""Two servers get the same sessions of IMAP and POP3, made by chance, before somebody is logged in and a little further, and
answer alike; POP3 leaves the same files.

    login_random.py --one BASE HOMES --other BASE HOMES [--seed N] [--sessions N]

The first one is buzon, the other one Dovecot; at BASE + 143 there is IMAP, and at BASE + 110 POP3, for the accounts that
login_random_sessions.py says, whose home is their number in HOMES. Each session has a seed, whose last three digits are the
number. What must be answered in another way, for a reason, is in login_random_known.py.

What is said to buzon comes in pieces now and then, to Dovecot at once: it does not find the end of a list of ID with a literal
when it happens to read "ID " without what follows.
"""
import argparse, os, random, re, shutil, socket, ssl, sys

from imap_two import fresh
from login_compare import alike
from login_random_known import reason
from login_random_sessions import ImapTurns, Pop3Turns
from peer import Peer
from pop3_random import files
from pop3_replies import reply
from random_both import Run, add_options

NOTHING = b"(nothing)\n"
MESSAGES = (b"Subject: one\n\n.\nx\n", b"", b"Subject: three\n")


class Side(Peer):
    def __init__(self, port):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(connection)
        self.waiting = ""

    def start_tls(self):
        """What there is to tell of it."""
        self.connection.setblocking(True)
        try:
            self.connection = ssl._create_unverified_context().wrap_socket(self.connection)
            self.connection.setblocking(False)
        except OSError:
            self.gone = True
        self.heard, self.taken = b"", 0
        return [b"(no TLS)\n"] if self.gone else []

    def lines_until(self, is_last):
        """Lines up to such a one, or to the end."""
        lines = []
        while not lines or not (lines[-1] in (b"", NOTHING) or is_last(lines[-1])):
            line = self.line()
            lines.append(NOTHING if line is None else line)
        return lines


class ImapSide(Side):
    port = 143
    kinds = ImapTurns

    def greeting(self):
        return [self.line()]

    def turn(self, number, parts, tls, cut):
        """All that is said up to the end of the second of two NOOPs behind it: the first one may be taken for a response of SASL."""
        tag, heard = b"t%d" % number, []
        for part in parts:
            if heard and not heard[-1].startswith(b"+"):
                break
            for octets in cut(part.replace("<T>", tag.decode()).encode("latin-1")):
                self.say(octets)
            if part is not parts[-1] or tls:
                heard += self.lines_until(lambda line: re.match(rb"\+|%s |\* (BAD|BYE)" % tag, line))
        if tls and heard[-1].startswith(tag + b" OK"):
            heard += self.start_tls()
        self.say(b"y%d NOOP\r\nz%d NOOP\r\n" % (number, number))
        heard += self.lines_until(lambda line: line.startswith(b"z%d " % number))
        return heard


class Pop3Side(Side):
    port = 110
    kinds = Pop3Turns

    def greeting(self):
        return [self.line()]

    def turn(self, number, parts, tls, cut):
        for octets in cut("".join(parts).encode("latin-1")):
            self.say(octets)
        heard = []
        for line in "".join(parts).encode("latin-1").split(b"\n")[:-1]:
            heard += reply(self, line)
            if tls and heard[-1].startswith(b"+OK"):
                heard += self.start_tls()
                self.say(b"CAPA\r\n")
                heard += reply(self, b"CAPA\r\n")
                break
        return heard


def at_once(octets):
    return [octets]


def in_pieces(dice):
    """How one turn is said, in pieces or at once."""
    def cut(octets):
        at = 0
        while at < len(octets):
            size = dice.choice((1, 3, 20, 200))
            yield octets[at:at + size]
            at += size
    return cut if dice.random() < 0.3 else at_once


def until_login(lines):
    """Of what follows a login over IMAP only how the NOOPs behind a turn are answered."""
    at = next((i for i, line in enumerate(lines) if re.match(r"\S+ OK (\[CAPABILITY\] )?Logged in", line)), len(lines))
    return lines[:at + 1] + [line.rstrip(".") for line in lines[at + 1:] if re.match(r"[yz]\d+ ", line)]


def show(parts):
    return " ... ".join(repr(part)[1:-1][:200] for part in parts)


class Login(Run):
    def homes(self, number):
        """A new maildrop in both."""
        template = "%s/template" % self.options.one[1]
        shutil.rmtree(template, ignore_errors=True)
        for name in "cur", "new", "tmp":
            os.makedirs("%s/Maildir/%s" % (template, name))
        for n, octets in enumerate(MESSAGES):
            with open("%s/Maildir/%s/160000000%d.M1P1.host" % (template, "new" if n else "cur", n) + (":2," if not n else ""), "wb") as file:
                file.write(octets)
        with open(template + "/Maildir/dovecot-uidlist", "w") as file:
            file.write("3 V1700000000 N1 G0123456789abcdef0123456789abcdef\n")
        owner = os.stat(self.options.one[1])
        os.chown(template, owner.st_uid, owner.st_gid)
        for _, homes in self.options.one, self.options.other:
            fresh(template, "%s/%03d" % (homes, number))

    def compare(self, seed, said, what, ours, theirs):
        """True: the session goes on."""
        self.compared += 1
        ours, theirs = (until_login([alike(line.decode("latin-1")) for line in lines]) for lines in (ours, theirs))
        if ours != theirs and "LANG" in ours:
            ours = [line for line in ours if line not in ("LANG", "UTF8 USER")]
            self.known("LANG and UTF8 are ours alone (RFC 6856)")
        if ours == theirs:
            return bool(ours) and ours[-1] not in ("", NOTHING.decode())
        why, goes_on = reason(what, ours, theirs)
        if why is None:
            self.differs(seed, said, ours, theirs)
            return False
        self.known(why)
        return goes_on

    def session(self, seed):
        dice, number = random.Random(seed), seed % 1000
        cuts = random.Random(seed)
        kind = dice.choice((ImapSide, Pop3Side))
        self.homes(number)
        sides = [kind(int(base) + kind.port) for base, _ in (self.options.one, self.options.other)]
        said, goes_on = [kind.__name__], self.compare(seed, [kind.__name__], "", *(side.greeting() for side in sides))
        for serial, (parts, tls) in enumerate(kind.kinds(dice, number).turns()):
            if not goes_on:
                break
            said.append(show(parts))
            answers = [side.turn(serial, parts, tls, cut) for side, cut in zip(sides, (in_pieces(cuts), at_once))]
            goes_on = self.compare(seed, said, "".join(parts), *answers) and not any(line.split(b" ")[1:2] == [b"OK"] and b"Logged in" in line for line in answers[0])
        for side in sides:
            side.finish()
            side.close()
        left = [["%s\n" % line for line in files("%s/%03d/Maildir" % (homes, number))] for _, homes in (self.options.one, self.options.other)]
        if kind is Pop3Side and goes_on and left[0] != left[1]:
            self.differs(seed, said + ["(the end)"], *left)


def main():
    parser = argparse.ArgumentParser()
    for name in "one", "other":
        parser.add_argument("--" + name, nargs=2, required=True)
    add_options(parser)
    run = Login(parser.parse_args())
    run.sessions()
    sys.exit(run.summary("answers"))


if __name__ == "__main__":
    main()
