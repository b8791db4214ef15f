#!/usr/bin/env python3
"""Say the same sessions, made by chance, to two SMTP servers, and hand them the same messages; replies, log lines and what
arrives are compared.

smtp_random.py [--seed N] [--sessions N] [--messages N] [--corpus DIRECTORY] --talk PORTS --hand PORTS OURS THEIRS

OURS and THEIRS are as for content_both.py; of the services PORTS (numbers, with commas between them) sessions go to the first
ones and messages to the second ones. What goes differently for a reason that is known is in smtp_random_known.py.
"""
import argparse
import random
import sys

import content_both
import talk_both
from smtp_random_contents import Contents
from smtp_random_known import without_known
from smtp_random_sessions import Sessions
from random_both import Run, add_options, excerpt
from random_messages import read_corpus


def until_the_end(lines):
    """Replies up to where the server hangs up, whether the last one still arrives or not; and the log."""
    log = next(i for i, line in enumerate(lines + ["connect from "]) if line.startswith("connect from "))
    end = next((i for i, line in enumerate(lines[:log]) if line == "(the end)" or line.startswith("221 2.7.0 ")), log)
    return lines[:end] + lines[log:]


class Smtp(Run):
    def __init__(self, options):
        super().__init__(options)
        self.corpus = read_corpus([options.corpus] if options.corpus else [])

    def judge(self, name, given, ours, theirs):
        self.compared += 1
        ours, theirs, reasons = without_known(ours, theirs)
        if ours == theirs:
            if reasons:
                self.known(reasons[-1])
            return
        self.failed += 1
        print("%s: %s" % (name, given))
        at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
        for side, lines, others in ("ours", ours, theirs), ("theirs", theirs, ours):
            shown = lines[max(0, at - 1):at + self.options.lines]
            print("".join("   %-6s %s\n" % (side, excerpt(*pair)) for pair in zip(shown, others[max(0, at - 1):] + [""] * len(shown))), end="")
        sys.stdout.flush()

    def sessions(self):
        sides = [talk_both.Side(":".join(side.split(":")[:2])) for side in (self.options.ours, self.options.theirs)]
        for seed in range(self.options.seed, self.options.seed + self.options.sessions):
            dice = random.Random(seed)
            port, lines = int(dice.choice(self.options.talk.split(","))), Sessions(dice).session()
            ours, theirs = (until_the_end(side.talk(port, lines)) for side in sides)
            self.judge("session %d (%d)" % (seed, port), "" if self.options.lines < 9 else lines, ours, theirs)

    def messages(self):
        sides = [content_both.Side(side) for side in (self.options.ours, self.options.theirs)]
        for seed in range(self.options.seed, self.options.seed + self.options.messages):
            dice = random.Random(seed)
            port, case = int(dice.choice(self.options.hand.split(","))), Contents(dice, self.corpus).case()
            ours, theirs = (side.treat(port, seed, case) for side in sides)
            self.judge("message %d (%d)" % (seed, port), repr(case["mail"].encode() + b" " + case["content"])[:self.options.lines * 150], ours, theirs)


def main():
    parser = argparse.ArgumentParser()
    add_options(parser)
    parser.add_argument("--messages", type=int, default=50)
    parser.add_argument("--lines", type=int, default=6)
    parser.add_argument("--corpus", default="")
    for name in "talk", "hand":
        parser.add_argument("--" + name, required=True)
    for name in "ours", "theirs":
        parser.add_argument(name)
    run = Smtp(parser.parse_args())
    run.messages()
    run.sessions()  # some of these bring notices, which nobody waits for
    sys.exit(run.summary("sessions and messages"))


if __name__ == "__main__":
    main()
