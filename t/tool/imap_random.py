#!/usr/bin/python3
"""Two IMAP servers that speak on standard input and output get the same sessions made by chance, and answer alike.

    imap_random.py --work DIR --one COMMAND --other COMMAND [--seed N] [--sessions N] [--commands N] [--corpus DIR]...

The first one is buzon, the other one Dovecot; in a COMMAND @MAIL@ is the place of its Maildir. Each session has a seed, which
makes its messages (random_messages.py) and its commands (imap_random_commands.py). What must be told in another way, for a
reason, is in imap_random_known.py. A session ends with the first answer that differs for no reason, which is printed with
the commands before it, and makes the exit status 1.
"""
import argparse, os, random, re, shutil, sys

from imap_grammar import Server, alike, lines_of
from imap_random_commands import Commands
from imap_random_known import STRICT, reason
from imap_two import fresh
from random_both import Run, add_options
from random_messages import Messages, fill, read_corpus


def items_of(text):
    """Of what stands between the parentheses of a FETCH response: each item with its value."""
    items, at = [], 0
    while at < len(text):
        depth, start = 0, at
        for turn in range(2):  # the name, then the value
            while at < len(text) and (depth > 0 or text[at] != " "):
                if text[at] == '"':
                    at = re.compile(r'"(?:[^"\\]|\\.)*"', re.S).match(text, at).end()
                    continue
                depth += (text[at] in "([") - (text[at] in ")]")
                at += 1
            at += turn == 0
        items.append(text[start:at])
        at += 1
    return items


def steady(heard):
    """
    The lines, a line for each item of a FETCH response, once; numbers of messages as they were before the command, whatever
    is told first.
    """
    gone, out = [], []
    for line in lines_of(heard):
        if line.startswith("* STATUS "):
            name, _, items = line.partition(" (")
            line = name + " (" + " ".join(sorted(re.findall(r"[A-Z]+ \d+", items))) + ")"
        found = re.match(r"\* (\d+) (EXPUNGE|FETCH|EXISTS) ?(.*)", line, re.S)
        if found is None:
            out.append(line)
            continue
        number, word, rest = int(found[1]), found[2], found[3]
        if word == "EXISTS":
            number += len(gone)
        else:
            for lower in sorted(gone):
                number += lower <= number
        if word == "EXPUNGE":
            gone.append(number)
        out += ["* %d FETCH %s" % (number, item) for item in items_of(rest[1:-1])] if word == "FETCH" else ["* %d %s" % (number, word)]
    return [line for number, line in enumerate(out) if line not in out[:number]]


class Side:
    def __init__(self, command, maildir, template):
        fresh(template, maildir)
        self.server, self.modseq = Server(command.replace("@MAIL@", maildir)), b"1"

    def ask(self, pieces):
        tag = b"t%d " % (self.server.serial + 1)
        pieces = [piece if i % 2 else piece.replace(b"<modseq>", self.modseq) for i, piece in enumerate(pieces)]
        heard = self.server.exchange([tag + pieces[0]] + pieces[1:])
        for found in re.findall(rb"\* OK \[HIGHESTMODSEQ (\d+)", heard):
            self.modseq = found
        return heard


def show(pieces):
    return b"".join(b"{%d}\\r\\n%s" % (len(p), p[:300]) if i % 2 else p for i, p in enumerate(pieces)).decode("latin-1").replace("\r\n", "\\r\\n")[:1500]


class Imap(Run):
    def __init__(self, options):
        super().__init__(options)
        self.corpus = read_corpus(options.corpus)

    def session(self, seed):
        dice = random.Random(seed)
        messages = Messages(dice, self.corpus)
        template = self.options.work + "/template"
        shutil.rmtree(template, ignore_errors=True)
        fill(template, messages)
        owner = os.stat(self.options.work)
        if os.getuid() == 0:
            os.chown(template, owner.st_uid, owner.st_gid)
        sides = [Side(self.options.one, self.options.work + "/one", template), Side(self.options.other, self.options.work + "/other", template)]
        commands, said = Commands(dice, messages), []
        for _ in range(self.options.commands):
            pieces, right = commands.next()
            said.append(show(pieces))
            ours, theirs = (alike(steady(side.ask(pieces))) for side in sides)
            self.compared += 1
            if ours != theirs:
                why, goes_on = reason(b"".join(pieces[0::2]).decode("latin-1"), right, ours, theirs)
                if why is None:
                    self.differs(seed, said, ours, theirs)
                    break
                if why == STRICT and self.options.refused:
                    print("refused: " + said[-1])
                self.known(why)
                if not goes_on:
                    break
            if any(side.server.gone for side in sides):
                break
        for side in sides:
            side.server.end()


def main():
    parser = argparse.ArgumentParser()
    for name in "work", "one", "other":
        parser.add_argument("--" + name, required=True)
    add_options(parser)
    parser.add_argument("--commands", type=int, default=40)
    parser.add_argument("--refused", action="store_true", help="show what buzon alone refuses as no form of the grammar")
    parser.add_argument("--corpus", action="append", default=[])
    run = Imap(parser.parse_args())
    run.sessions()
    sys.exit(run.summary("commands"))


if __name__ == "__main__":
    main()
