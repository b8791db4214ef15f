"""One client of the stress test: random commands, and every answer held against its view (model.py)."""
import os
import random
import re
import threading
import time
import traceback

from model import View, Wrong, require, uid_set
from wire import Closed, Parser, Wire

FLAGS = [b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Draft", b"$Forwarded", b"shared"]
ITEMS = ["(FLAGS)", "(UID FLAGS)", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)", "(UID BODYSTRUCTURE)",
         "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", "(UID BODY.PEEK[])", "(UID BODY.PEEK[TEXT]<3.20>)", "FAST"]
NO_EXPUNGE = ("FETCH", "STORE", "SEARCH")  # RFC 3501 section 7.4.1


class Client(threading.Thread):
    def __init__(self, number, seed, world, options):
        super().__init__(daemon=True)
        self.number, self.world, self.options = number, world, options
        self.random = random.Random(seed * 1000 + number)
        self.keyword = b"own%d" % number
        self.level = self.random.choice(["plain", "plain", "condstore", "qresync"])
        self.mine = {}      # key -> is my keyword set; None: a command that was cut off may have changed it
        self.remembered = {}  # mailbox -> (uidvalidity, modseq, {uid: flags}) for QRESYNC
        self.wire = self.view = self.error = None
        self.serial = self.tag = self.commands = self.deaths = 0
        self.refusals = []  # what was answered with UNAVAILABLE
        self.running = None  # the command whose answer is awaited
        self.search = None
        self.idling = False
        self.capabilities = set()

    # --- the session ------------------------------------------------------------------------------

    def run(self):
        try:
            while time.monotonic() < self.options.end and not self.options.failed.is_set():
                try:
                    self.session()
                except Closed:
                    require(self.options.kills or self.refusals, "the server closed the connection")
                    self.deaths += 1
                    self.view = None
                    time.sleep(0.05)
        except Exception as e:  # noqa: BLE001: whatever it is, it is the test's result
            self.error = "client %d (%s): %s" % (self.number, self.level, e if isinstance(e, Wrong) else
                                                 traceback.format_exc())
            self.options.failed.set()

    def session(self):
        self.connect()
        self.select(self.random.choice(self.options.mailboxes))
        while time.monotonic() < self.options.end and not self.options.failed.is_set():
            self.random.choice(COMMANDS)(self)
            self.commands += 1

    def connect(self):
        # What a command that was cut off did to my keyword will be seen, and then be known again.
        self.mine = {key: has for key, has in self.mine.items() if has is not None}
        self.wire = Wire(self.options.target)
        self.view = None
        greeting = self.wire.response()
        require(greeting.startswith((b"* OK", b"* PREAUTH")), "greeting %r", greeting)
        if greeting.startswith(b"* OK"):
            if not self.command("LOGIN %s %s" % (self.options.user, self.options.password), self.options.kills):
                raise Closed("LOGIN was refused")
        self.command("CAPABILITY")
        if self.level == "qresync" and b"QRESYNC" in self.capabilities:
            self.command("ENABLE QRESYNC")
        elif self.level == "condstore" and b"CONDSTORE" in self.capabilities:
            self.command("ENABLE CONDSTORE")
        else:
            self.level = "plain"

    def select(self, mailbox):
        if self.view is not None:
            self.remember()
        self.view = View(self.world, mailbox, self.keyword)
        known = self.remembered.get(mailbox)
        if self.level == "qresync" and known and self.random.random() < 0.7:
            self.command("SELECT %s (QRESYNC (%d %d))" % (mailbox, known[0], known[1]))
            if self.view.uidvalidity == known[0]:
                self.check_resync(known[2])
        else:
            self.command("SELECT %s" % mailbox)
        self.command("FETCH 1:* (UID FLAGS)" if self.view.messages else "NOOP", may_fail=True)

    def remember(self):
        """What a client keeps between sessions, when it knows all of the mailbox."""
        view = self.view
        if view.highest and all(m.uid is not None and m.flags is not None for m in view.messages):
            self.remembered[view.mailbox] = (view.uidvalidity, view.highest,
                                             {m.uid: m.flags for m in view.messages})

    def check_resync(self, old):
        """What QRESYNC told must lead from the old state to that of its HIGHESTMODSEQ."""
        expected = {uid: flags for uid, flags in old.items() if uid not in self.view.vanished_earlier}
        expected.update(self.resynced)
        highest = self.view.highest
        self.command("UID FETCH 1:* (UID FLAGS MODSEQ)", may_fail=True)
        for m in self.view.messages:
            if m.uid is not None and m.flags is not None and m.modseq <= highest:
                require(expected.get(m.uid) == m.flags, "QRESYNC: UID %s (MODSEQ %s of %s) has %s, told was %s", m.uid,
                        m.modseq, highest, sorted(m.flags), expected.get(m.uid))
        left = set(expected) - {m.uid for m in self.view.messages} - self.gone_since
        require(not left, "QRESYNC did not tell that %s vanished", sorted(left))

    # --- commands and answers -----------------------------------------------------------------------

    def command(self, text, may_fail=False, literals=()):
        """Send one command and take its answers; True for OK."""
        self.begin(text, literals)
        return self.finish(may_fail)

    def begin(self, text, literals=()):
        self.tag += 1
        words = text.split()
        self.running = words[0] if words[0] != "UID" else "UID " + words[1]
        self.search = None
        if self.running == "SELECT":
            self.resynced, self.gone_since = {}, set()
        self.wire.send(b"a%d %s\r\n" % (self.tag, text.encode()) if not literals else
                       b"a%d %s {%d}\r\n" % (self.tag, text.encode(), len(literals[0])))
        for i, literal in enumerate(literals):
            self.take_until(lambda response: response.startswith(b"+"))
            follow = b" {%d}" % len(literals[i + 1]) if i + 1 < len(literals) else b""
            self.wire.send(literal + follow + b"\r\n")

    def take_until(self, is_it):
        while True:
            response = self.wire.response()
            if is_it(response):
                return response
            require(response.startswith(b"* "), "%r while %s was running", response, self.running)
            self.untagged(response[2:])

    def finish(self, may_fail=False):
        tag = b"a%d " % self.tag
        response = self.take_until(lambda r: r.startswith(tag))
        status = response.split(b" ")[1].upper()
        require(status in (b"OK", b"NO"), "%r to %s", response, self.running)
        if b"[UNAVAILABLE]" in response:
            if not self.options.kills or self.running != "LOGIN":  # the process that was to take us may have died
                self.refusals.append("%s: %s" % (self.running, response.decode("latin-1")))
            if self.running in ("SELECT", "LOGIN", "ENABLE"):
                raise Closed(response.decode("latin-1"))
            may_fail = True
        require(status == b"OK" or may_fail, "%r to %s", response, self.running)
        self.running, self.last = None, response
        if self.view is not None:
            self.code(response)
        return status == b"OK"

    def code(self, response):
        found = re.search(rb"\[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d+)\]", response)
        if found and self.view is not None:
            name, number = found.group(1), int(found.group(2))
            if name == b"UIDVALIDITY":
                self.view.uidvalidity = number
            elif name == b"HIGHESTMODSEQ":
                require(number >= self.view.highest, "HIGHESTMODSEQ went from %d to %d", self.view.highest, number)
                self.view.highest = number

    def untagged(self, response):
        word = response.split(b" ")[0].upper()
        if word == b"BYE":
            raise Closed(response.decode("latin-1")) if self.options.kills else Wrong("BYE: %r" % response)
        if word in (b"OK", b"NO"):
            self.code(response)
        elif word == b"CAPABILITY":
            self.capabilities = set(response.upper().split())
        elif word == b"SEARCH":
            self.search = {int(n) for n in re.sub(rb"\(.*\)", b"", response).split()[1:]}
        elif word == b"VANISHED":
            self.on_vanished(response)
        elif word.isdigit():
            self.numbered(int(word), response)

    def on_vanished(self, response):
        earlier = b"(EARLIER)" in response.upper()
        uids = uid_set(response.split()[-1])
        require(earlier or self.running not in NO_EXPUNGE, "VANISHED in %s", self.running)
        if not earlier:
            self.gone_since |= uids
        self.view.vanished(uids, earlier)

    def numbered(self, number, response):
        values = Parser(response).values()
        kind = values[1].upper()
        view = self.view
        if kind == b"EXISTS":
            view.exists(number)
        elif kind == b"EXPUNGE":
            require(self.running not in NO_EXPUNGE, "EXPUNGE in %s", self.running)
            require(self.running is not None or self.idling, "EXPUNGE while no command was running")
            view.expunge(number)
        elif kind == b"FETCH":
            items = dict(zip([v.upper() for v in values[2][::2]], values[2][1::2]))
            if b"UID" not in items and self.level == "qresync":
                raise Wrong("FETCH without UID after ENABLE QRESYNC")
            view.fetched(number, items, self.mine)
            message = view.messages[number - 1]
            if b"FLAGS" in items and self.running == "SELECT":
                self.resynced[message.uid] = message.flags
        elif kind != b"RECENT":
            raise Wrong("unknown response %r" % response)

    # --- what it does ---------------------------------------------------------------------------------

    def numbers(self):
        """A random set of message numbers, as text and as numbers; None for an empty mailbox."""
        count = len(self.view.messages)
        if count == 0:
            return None
        first, last = sorted((self.random.randint(1, count), self.random.randint(1, count)))
        last = min(last, first + 40)
        return ("%d:%d" % (first, last) if last > first else "%d" % first), range(first, last + 1)

    def some_uids(self):
        known = self.view.uids()
        return self.random.sample(known, min(len(known), self.random.randint(1, 8))) if known else []

    def do_noop(self):
        self.command(self.random.choice(["NOOP", "CHECK", "NOOP"]))

    def do_fetch(self):
        chosen = self.numbers()
        if chosen:
            # A message that somebody removed meanwhile may be NO (RFC 2180), but never wrong.
            self.command("FETCH %s %s" % (chosen[0], self.random.choice(ITEMS)), may_fail=True)

    def do_uid_fetch(self):
        uids = self.some_uids()
        if uids:
            self.command("UID FETCH %s %s" % (",".join(map(str, uids)), self.random.choice(ITEMS)), may_fail=True)

    def do_learn(self):
        self.command("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", may_fail=True)

    def forget_flags(self, uids):
        """After .SILENT nobody tells what flags these messages have."""
        for m in self.view.messages:
            if m.uid in uids:
                m.flags = None

    def do_store_mine(self):
        """My own keyword: nobody else touches it, so its state is known for sure."""
        uids = self.some_uids()
        if not uids:
            return
        add = self.random.random() < 0.6
        keys = [self.view.key(uid) for uid in uids]
        for key in keys:
            self.mine[key] = None
        silent = self.random.choice(["", ".SILENT"])
        done = self.command("UID STORE %s %sFLAGS%s (%s)" % (",".join(map(str, uids)), "+" if add else "-", silent,
                                                             self.keyword.decode()), may_fail=True)
        if silent:
            self.forget_flags(uids)
        if done and b"READ-ONLY" not in self.last:
            for key in keys:
                self.mine[key] = add

    def do_store(self):
        chosen = self.numbers()
        if chosen:
            flags = b" ".join(self.random.sample(FLAGS, self.random.randint(1, 2))).decode()
            self.command("STORE %s %sFLAGS (%s)" % (chosen[0], self.random.choice("+-"), flags), may_fail=True)

    def deletable(self):
        return [uid for uid in self.some_uids() if self.world.may_go(self.view.key(uid))]

    def do_delete(self):
        uids = self.deletable()
        if not uids:
            return self.do_learn()
        self.command("UID STORE %s +FLAGS.SILENT (\\Deleted)" % ",".join(map(str, uids)), may_fail=True)
        self.forget_flags(uids)
        if self.random.random() < 0.7:
            self.command(self.random.choice(["EXPUNGE", "UID EXPUNGE %s" % ",".join(map(str, uids))]))

    def do_copy(self):
        uids = self.deletable()
        if uids:
            verb = self.random.choice(["COPY", "MOVE"]) if b"MOVE" in self.capabilities else "COPY"
            self.command("UID %s %s %s" % (verb, ",".join(map(str, uids)),
                                           self.random.choice(self.options.mailboxes)), may_fail=True)

    def message(self):
        self.serial += 1
        marker = "%s.%d.%d.%d@stress.test" % (self.random.choice(["keep", "go", "go", "go", "go"]), os.getpid(), self.number, self.serial)
        lines = "".join("line %d of %s\r\n" % (i, marker) for i in range(self.random.choice([1, 5, 200])))
        return marker, ("Message-ID: <%s>\r\nSubject: %s\r\nFrom: a@stress.test\r\n\r\n%s" %
                        (marker, marker, lines)).encode()

    def do_append(self):
        if len(self.view.messages) > self.options.limit:
            return self.do_delete()
        count = self.random.choice([1, 1, 1, 3]) if b"MULTIAPPEND" in self.capabilities else 1
        messages = [self.message() for _ in range(count)]
        with self.world.lock:
            self.world.uncertain |= {marker for marker, _ in messages}
        done = self.command("APPEND %s (%s)" % (self.random.choice(self.options.mailboxes),
                                                self.random.choice(["\\Seen", "\\Flagged shared", ""])),
                            literals=[octets for _, octets in messages])
        with self.world.lock:
            for marker, _ in messages if done else []:
                self.world.uncertain.discard(marker)
                self.world.appended[marker] = 1

    def is_keepsake(self, uid):
        return self.world.marker.get(self.view.key(uid), "").startswith("keep.")

    def do_search(self):
        if not self.command("SEARCH ALL"):
            return  # and what was found until then was told
        found, count = self.search or set(), len(self.view.messages)
        require(found <= set(range(1, count + 1)), "SEARCH ALL is %s of %d messages", sorted(found), count)
        for number, m in enumerate(self.view.messages, 1):
            # Others may be gone already; whether they are found then is the server's choice.
            require(number in found or not self.is_keepsake(m.uid), "SEARCH ALL did not find message %d", number)
        if not self.command("UID SEARCH KEYWORD %s" % self.keyword.decode()):
            return
        for uid in self.search or ():
            require(self.mine.get(self.view.key(uid), True) is not False, "SEARCH KEYWORD found UID %d", uid)
        for m in self.view.messages:
            if self.is_keepsake(m.uid) and self.mine.get(self.view.key(m.uid)):
                require(m.uid in self.search, "SEARCH KEYWORD did not find UID %d", m.uid)

    def do_idle(self):
        self.begin("IDLE")
        self.take_until(lambda response: response.startswith(b"+"))
        self.idling = True
        time.sleep(self.random.random() * 0.2)
        self.wire.send(b"DONE\r\n")
        self.finish()
        self.idling = False

    def do_pipeline(self):
        """Three commands at once; their answers come in order."""
        chosen = self.numbers()
        if not chosen:
            return
        texts = ["FETCH %s (UID FLAGS)" % chosen[0], "UID FETCH 1:* (FLAGS)", "NOOP"]
        first = self.tag + 1
        self.wire.send(b"".join(b"a%d %s\r\n" % (first + i, t.encode()) for i, t in enumerate(texts)))
        for i, text in enumerate(texts):
            self.tag = first + i
            self.running = text.split()[0] if not text.startswith("UID") else "UID FETCH"
            self.finish(may_fail=True)

    def do_status(self):
        mailbox = self.random.choice(self.options.mailboxes)
        self.command("STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)" % mailbox)

    def do_reselect(self):
        if self.random.random() < 0.3:
            self.command(self.random.choice(["UNSELECT", "NOOP"]))
        self.select(self.random.choice(self.options.mailboxes))


COMMANDS = ([Client.do_noop] * 3 + [Client.do_fetch] * 4 + [Client.do_uid_fetch] * 3 + [Client.do_learn] * 2 +
            [Client.do_store_mine] * 5 + [Client.do_store] * 4 + [Client.do_delete] * 3 + [Client.do_copy] * 2 +
            [Client.do_append] * 4 + [Client.do_search] * 2 + [Client.do_idle, Client.do_pipeline] +
            [Client.do_status, Client.do_reselect])
