"""Sessions made by chance, each with a seed, for us and for another server: what the programs share that compare the two.

    class Kind(Run):
        def session(self, seed): ...   # compares, and calls count(), known() and differs()
    main(Kind, parser)

--seed chance takes one that nobody knows before, and tells it. The exit status is 1 when something differs for no reason that
is known.
"""
import random, sys


def excerpt(one, other):
    """Of two lines that differ, the first one around where they do."""
    at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    return one if len(one) < 300 else "%s...%s" % (one[:60], one[max(60, at - 150):at + 150])


class Run:
    def __init__(self, options):
        self.options, self.compared, self.failed, self.reasons = options, 0, 0, {}

    def known(self, reason):
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def differs(self, seed, said, ours, theirs):
        """With what was said before, and of the lines of both those that the other one has not."""
        self.failed += 1
        print("seed %d:" % seed)
        for text in said[-self.options.before - 1:]:
            print("    " + text)
        for name, mine, other in ("ours  ", ours, theirs), ("theirs", theirs, ours):
            for line in [line for line in mine if line not in other][:6]:
                near = [o for o in other if o not in mine and repr(o)[:20] == repr(line)[:20]]
                print("   %s %s" % (name, excerpt(repr(line), repr(near[0]) if near else "")))
        sys.stdout.flush()

    def sessions(self):
        for seed in range(self.options.seed, self.options.seed + self.options.sessions):
            self.session(seed)

    def summary(self, what):
        for why, count in sorted(self.reasons.items()):
            print("# %d times: %s" % (count, why))
        print("%d %s, %d differ" % (self.compared, what, self.failed))
        return self.failed > 0 or self.compared == 0


def seed_of(text):
    if text != "chance":
        return int(text)
    seed = random.SystemRandom().randrange(10000, 10 ** 9)
    print("# the seed is %d" % seed)
    return seed


def add_options(parser):
    parser.add_argument("--seed", type=seed_of, default=1)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--before", type=int, default=3, help="how much that was said before is shown of what differs")
