"""
What must be true of a mailbox, whoever looks: the world that all connections share, and the view that one
of them has. Each untagged response is held against both; a disagreement raises Wrong.

Markers: each message has a Message-ID of its own. "keep." messages are never deleted, moved or copied by
anybody: each must be there exactly once at the end.
"""
import re
import threading


class Wrong(Exception):
    """The server said what cannot be."""


def require(condition, text, *arguments):
    if not condition:
        raise Wrong(text % arguments)


class World:
    """What is the same for all: keys are (mailbox, uidvalidity, uid)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.fixed = {}      # key -> {item: value}: never changes while a UID lives
        self.marker = {}     # key -> marker
        self.appended = {}   # marker -> the lowest number of times that it must be there
        self.uncertain = set()  # markers of APPENDs that were cut off
        self.versions = {}   # key + (modseq,) -> flags

    def see_fixed(self, key, item, value):
        with self.lock:
            known = self.fixed.setdefault(key, {}).setdefault(item, value)
        require(known == value, "%s of %s was %r and is now %r", item, key, known, value)

    def see_marker(self, key, marker):
        with self.lock:
            known = self.marker.setdefault(key, marker)
        require(known == marker, "UID %s was message %s and is now %s", key, known, marker)

    def see_version(self, key, modseq, flags):
        with self.lock:
            known = self.versions.setdefault(key + (modseq,), flags)
        require(known == flags, "flags of %s at MODSEQ %s were %s and are now %s", key, modseq, sorted(known),
                sorted(flags))

    def may_go(self, key):
        """Only messages that are known to be nobody's keepsake are deleted."""
        with self.lock:
            return self.marker.get(key, "keep.").startswith("go.")


class Message:
    __slots__ = ("uid", "flags", "modseq")

    def __init__(self, uid=None):
        self.uid, self.flags, self.modseq = uid, None, 0


class View:
    """A selected mailbox as one connection was told of it."""

    def __init__(self, world, mailbox, keyword):
        self.world, self.mailbox, self.keyword = world, mailbox, keyword
        self.messages = []
        self.uidvalidity = self.uidnext = None
        self.highest = 0
        self.modseqs = False
        self.vanished_earlier = set()

    def key(self, uid):
        return self.mailbox, self.uidvalidity, uid

    def uids(self):
        return [m.uid for m in self.messages if m.uid is not None]

    def exists(self, count):
        require(count >= len(self.messages), "EXISTS %d, but %d messages were there", count, len(self.messages))
        self.messages += [Message() for _ in range(count - len(self.messages))]

    def expunge(self, number):
        require(1 <= number <= len(self.messages), "EXPUNGE %d of %d messages", number, len(self.messages))
        self.gone(self.messages.pop(number - 1))

    def gone(self, message):
        if message.uid is not None:
            with self.world.lock:
                marker = self.world.marker.get(self.key(message.uid), "")
            require(not marker.startswith("keep."), "EXPUNGE of %s, which nobody deleted", marker)

    def vanished(self, uids, earlier):
        if earlier:  # EXISTS has not counted them
            self.vanished_earlier |= uids
            return
        for uid in sorted(uids):
            at = self.place_of(uid)
            require(at is not None, "VANISHED of UID %d, which was not there", uid)
            self.gone(self.messages.pop(at))

    def place_of(self, uid):
        """Where the message is; if its UID was never told, one of those that it can be."""
        candidate = None
        for i, m in enumerate(self.messages):
            if m.uid == uid:
                return i
            if m.uid is None:
                candidate = i
            elif m.uid < uid:
                candidate = None
            else:
                break
        return candidate

    def set_uid(self, number, uid):
        message = self.messages[number - 1]
        require(message.uid in (None, uid), "message %d had UID %s and has now %d", number, message.uid, uid)
        if message.uid is None:
            message.uid = uid
            uids = self.uids()
            at = uids.index(uid)
            require((at == 0 or uids[at - 1] < uid) and (at + 1 == len(uids) or uids[at + 1] > uid),
                    "UID %d of message %d is out of order", uid, number)
        return message

    def fetched(self, number, items, mine):
        """One FETCH response; `mine`: uid -> is my keyword set, None for unsure, as far as known."""
        require(1 <= number <= len(self.messages), "FETCH of message %d of %d", number, len(self.messages))
        message = self.messages[number - 1]
        if b"UID" in items:
            message = self.set_uid(number, int(items[b"UID"]))
        if b"MODSEQ" in items:
            modseq = int(items[b"MODSEQ"][0])
            require(modseq >= message.modseq, "MODSEQ of message %d went from %d to %d", number, message.modseq,
                    modseq)
            message.modseq = modseq
        if b"FLAGS" in items:
            self.see_flags(number, message, items, mine)
        if message.uid is not None:
            self.see_content(message, items)

    def see_flags(self, number, message, items, mine):
        message.flags = frozenset(f.lower() for f in items[b"FLAGS"] if f.lower() != b"\\recent")
        if message.uid is None:
            return
        has = self.keyword in message.flags
        known = mine.setdefault(self.key(message.uid), has)
        require(known in (None, has), "my keyword on message %d (UID %d) should be %s", number, message.uid, known)
        if b"MODSEQ" in items:
            self.world.see_version(self.key(message.uid), message.modseq, message.flags)

    def see_content(self, message, items):
        key = self.key(message.uid)
        for item, value in items.items():
            if item in (b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODYSTRUCTURE", b"EMAILID", b"BODY[]"):
                if value is not None or not self.world.may_go(key):  # RFC 2180: what is gone may be NIL
                    self.world.see_fixed(key, item, repr(value))
            if item.startswith(b"BODY[HEADER.FIELDS"):
                found = re.search(rb"(?i)message-id:\s*<([^>]*)>", value or b"")
                if found:
                    self.world.see_marker(key, found.group(1).decode())


def uid_set(text):
    """"1:3,7" as a set."""
    out = set()
    for part in text.decode().split(","):
        first, _, last = part.partition(":")
        out |= set(range(int(first), int(last or first) + 1))
    return out
