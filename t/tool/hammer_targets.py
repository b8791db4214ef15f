"""hammer_targets: to whom the hammer sends, and where that has to arrive; for hammer.py and hammer_account.py.

A target is a name, an address, and the places at which a copy arrives, or None: it comes back to the sender.
"""

SENDER = "eva@example.test"
READER = "luis@example.test"

TARGETS = {
    "virtual": ("ana@example.test", ["ana"]),
    "extended": ("one+extra@example.test", ["one"]),
    "account": ("alice@buzon.test", ["alice"]),
    "forwarding": ("bob@buzon.test", ["bob", "two"]),  # .forward: himself and a virtual mailbox
    "list": ("team@buzon.test", ["carol", "three"]),  # an :include: file
    "alias": ("chain@buzon.test", ["four"]),  # an alias of an alias
    "virtual alias": ("both@alias.test", ["five", "six"]),
    "command": ("command@buzon.test", ["command"]),
    "file": ("file@buzon.test", ["file"]),
    "relayed": ("out@elsewhere.test", ["sink"]),
    "by mx": ("out@mx.test", ["mx"]),
    "refused there": ("reject-550@elsewhere.test", None),
    "refused by mx": ("reject-554@mx.test", None),
    "failing command": ("failing@buzon.test", None),
    "unknown": ("nobody-here@buzon.test", None),  # only sendmail may try that
    "unknown virtual": ("nobody-here@example.test", None),
}
ADDRESSES = {name: address for name, (address, _) in TARGETS.items()}
PLACES = dict({name: places for name, (_, places) in TARGETS.items()}, append=["luis"])
NOT_BY_SMTP = {"unknown", "unknown virtual"}


def choose(rng, by_smtp):
    """A few targets, and not two of one server's, which would be one transaction there."""
    names = rng.sample(sorted(set(TARGETS) - (NOT_BY_SMTP if by_smtp else set())), rng.choice((1, 1, 2, 3, 6)))
    for one, other in (("relayed", "refused there"), ("by mx", "refused by mx")):
        if one in names and other in names:
            names.remove(other)
    return names
