#!/usr/bin/env python3
"""
Many IMAP clients at one account do random things at once; each answer is checked against what must be
true (model.py). At will, others deliver, flag and remove files underneath, and session processes are
killed. At the end all clients must agree, and no message may be lost or doubled.

Exit status: 0 no disagreement, 1 there was one (it is printed with the last of the conversation).
"""
import argparse
import os
import random
import shutil
import signal
import sys
import threading
import time
from types import SimpleNamespace

sys.dont_write_bytecode = True  # the source tree may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import Client  # noqa: E402
from model import World, Wrong, require  # noqa: E402
from wire import Closed  # noqa: E402


class Outside(threading.Thread):
    """Another program at the Maildir: it delivers, flags and removes files without asking anybody."""

    def __init__(self, options, world, seed):
        super().__init__(daemon=True)
        self.options, self.world, self.random, self.serial = options, world, random.Random(seed), 0

    def run(self):
        while time.monotonic() < self.options.end and not self.options.failed.is_set():
            getattr(self, self.random.choice(["deliver", "deliver", "flag", "remove"]))()
            time.sleep(0.02)

    def deliver(self):
        if len(self.files()) > self.options.limit:
            return
        self.serial += 1
        marker = "%s.%d.outside.%d@stress.test" % (self.random.choice(["keep", "go"]), os.getpid(), self.serial)
        name = "%d.M%06dP%d.outside" % (time.time(), self.serial, os.getpid())
        temporary, final = (os.path.join(self.options.maildir, d, name) for d in ("tmp", "new"))
        with open(temporary, "w") as f:
            f.write("Message-ID: <%s>\nSubject: outside\n\nbody %d\n" % (marker, self.serial))
        owner = os.stat(self.options.maildir)
        os.chown(temporary, owner.st_uid, owner.st_gid)
        with self.world.lock:
            self.world.appended[marker] = 1
        os.rename(temporary, final)

    def files(self):
        return [os.path.join(self.options.maildir, d, f) for d in ("new", "cur")
                for f in os.listdir(os.path.join(self.options.maildir, d))]

    def some_file(self):
        files = self.files()
        return self.random.choice(files) if files else None

    def flag(self):
        path = self.some_file()
        if path is None:
            return
        directory, name = os.path.split(path)
        base, _, flags = name.partition(":2,")
        flags = "".join(sorted(set(flags) ^ {self.random.choice("SFRD")}))
        try:
            os.rename(path, os.path.join(os.path.dirname(directory), "cur", base + ":2," + flags))
        except FileNotFoundError:
            pass

    def remove(self):
        path = self.some_file()
        try:
            with open(path) as f:
                if "Message-ID: <go." in f.read(200):
                    os.unlink(path)
        except (FileNotFoundError, TypeError):
            pass


class Killer(threading.Thread):
    """SIGKILL for a child of that name of that parent, now and then."""

    def __init__(self, options, seed):
        super().__init__(daemon=True)
        self.options, self.random, self.killed = options, random.Random(seed), 0

    def run(self):
        while time.monotonic() < self.options.end and not self.options.failed.is_set():
            time.sleep(self.options.kill_every * (0.5 + self.random.random()))
            pids = [int(p) for p in os.listdir("/proc") if p.isdigit() and self.is_it(p)]
            if pids:
                try:
                    os.kill(self.random.choice(pids), signal.SIGKILL)
                    self.killed += 1
                except ProcessLookupError:
                    pass  # its session has just ended

    def is_it(self, pid):
        try:
            with open("/proc/%s/stat" % pid) as f:
                name, rest = f.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            return False
        return name == self.options.kill and int(rest.split()[1]) == self.options.kill_parent


class Wiper(threading.Thread):
    """The index can be thrown away at any time, also while sessions use it."""

    def __init__(self, options, seed):
        super().__init__(daemon=True)
        self.options, self.random = options, random.Random(seed)

    def run(self):
        while time.monotonic() < self.options.end and not self.options.failed.is_set():
            time.sleep(self.random.random())
            for directory in self.options.index:
                shutil.rmtree(directory, ignore_errors=True)


def look(options, world, mailbox):
    """What a new client sees: {uid: (flags, marker)} and UIDVALIDITY."""
    client = Client(1000, 0, world, SimpleNamespace(**dict(vars(options), kills=False, wipe=False)))
    client.level = "plain"
    client.connect()
    client.select(mailbox)
    client.do_noop()
    if client.view.messages:
        client.do_learn()
    seen = {m.uid: (m.flags, world.marker.get(client.view.key(m.uid))) for m in client.view.messages}
    client.wire.close()
    return client.view.uidvalidity, seen


def check_agreement(options, world, clients):
    """All who are still connected see what a new client sees."""
    if options.maildir:
        time.sleep(1.1)  # what the other program does while we change something may be seen a second later
    fresh = {mailbox: look(options, world, mailbox) for mailbox in options.mailboxes}
    for client in clients:
        if client.view is None:
            continue
        try:
            client.command("NOOP")
            if client.view.messages:
                client.command("UID FETCH 1:* (UID FLAGS)")
        except Closed:
            continue
        uidvalidity, seen = fresh[client.view.mailbox]
        require(client.view.uidvalidity == uidvalidity, "UIDVALIDITY %s and %s", client.view.uidvalidity, uidvalidity)
        theirs = {m.uid: m.flags for m in client.view.messages}
        ours = {uid: flags for uid, (flags, _) in seen.items()}
        require(theirs == ours, "client %d sees %s, a new one %s", client.number,
                sorted(set(theirs.items()) - set(ours.items())), sorted(set(ours.items()) - set(theirs.items())))
    return fresh


def check_keepsakes(world, fresh):
    """Each message that nobody may delete is there once."""
    found = [marker for _, seen in fresh.values() for _, marker in seen.values() if marker.startswith("keep.")]
    for marker in world.appended:
        if marker.startswith("keep."):
            require(found.count(marker) == 1, "message %s is there %d times", marker, found.count(marker))
    for marker in world.uncertain:
        require(marker.startswith("go.") or found.count(marker) <= 1, "message %s is there twice", marker)
    return len(found)


def check_rebuilt(options, world, fresh):
    """Without its index the account is the same."""
    for directory in options.index:
        shutil.rmtree(directory)
    for mailbox in options.mailboxes:
        uidvalidity, before = fresh[mailbox]
        uidvalidity_now, now = look(options, world, mailbox)
        require(uidvalidity == uidvalidity_now, "%s has UIDVALIDITY %s, not %s, after its index was made anew", mailbox,
                uidvalidity_now, uidvalidity)
        require(before == now, "%s differs after its index was made anew: was %s, is %s", mailbox,
                sorted((uid, m) for uid, m in before.items() if now.get(uid) != m),
                sorted((uid, m) for uid, m in now.items() if before.get(uid) != m))


def prepare(options, world):
    client = Client(1001, 0, world, options)
    client.level = "plain"
    client.connect()
    for mailbox in options.mailboxes:
        if mailbox != "INBOX":
            client.command("CREATE %s" % mailbox, may_fail=True)
    client.wire.close()


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--port", type=int, help="of an IMAP server on 127.0.0.1; else what follows -- is run for each session")
    p.add_argument("--user", default="")
    p.add_argument("--password", default="")
    p.add_argument("--clients", type=int, default=8)
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--limit", type=int, default=60, help="messages in a mailbox, more or less")
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--maildir", help="let another program work at this Maildir, that of INBOX")
    p.add_argument("--kill", help="name of the processes to be killed now and then")
    p.add_argument("--kill-parent", type=int, default=os.getpid(), help="whose children they are")
    p.add_argument("--kill-every", type=float, default=0.4)
    p.add_argument("--index", action="append", default=[], help="directory to be removed before the last look")
    p.add_argument("--wipe", action="store_true", help="remove it now and then before, too")
    p.add_argument("command", nargs="*")
    return p.parse_args()


def main():
    options = parse_arguments()
    options.target = ("127.0.0.1", options.port) if options.port else options.command
    options.mailboxes = ["INBOX", "Other"]
    options.kills = options.kill is not None
    options.failed = threading.Event()
    world = World()
    options.end = time.monotonic() + 60
    prepare(options, world)
    options.end = time.monotonic() + options.seconds
    clients = [Client(i, options.seed, world, options) for i in range(options.clients)]
    others = []
    if options.maildir:
        others.append(Outside(options, world, options.seed))
    if options.wipe:
        others.append(Wiper(options, options.seed))
    if options.kills:
        others.append(Killer(options, options.seed))
    for thread in clients + others:
        thread.start()
    for thread in clients + others:
        thread.join(options.seconds + 120)
    wrong = next((c for c in clients if c.error), None)
    try:
        require(wrong is None, "%s", wrong and wrong.error)
        require(not any(t.is_alive() for t in clients), "a client hangs")
        refusals = [r for c in clients for r in c.refusals]
        require(options.wipe or not refusals, "refused: %s", refusals[:3])
        fresh = check_agreement(options, world, clients)
        kept = check_keepsakes(world, fresh)
        check_rebuilt(options, world, fresh)
    except (Wrong, Closed, AssertionError) as e:
        print("seed %d: %s: %s" % (options.seed, type(e).__name__, e))
        if wrong is not None and wrong.wire is not None:
            print("\n".join(line[:200] for line in wrong.wire.transcript[-25:]))
        return 1
    print("%d commands, %d of them UNAVAILABLE, %d sessions cut off, %d keepsakes, levels %s" %
          (sum(c.commands for c in clients), len(refusals), sum(c.deaths for c in clients), kept,
           " ".join(c.level for c in clients)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
