#!/usr/bin/env python3
"""What buzonconf -E tells of addresses, and what then becomes of mail to them.

explain_random.py SBIN CONF LOG MAILBOXES HOMES ACCOUNTS SEED ROUNDS

Each round is a test (TAP without numbers): tables and settings made by chance, put behind CONF/main.cf; the addresses are
explained, a message is sent to each, and where the message was found, to whom it was returned and for whom it waits must
be what was told. SBIN: where the tools are; MAILBOXES: of virtual domains; HOMES: of ACCOUNTS (a list with blanks).
"""
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

DOMAINS = ["local.test", "alias.test", "box.test", "relay.test", "far.test", "sub.far.test", "sub.relay.test"]
# Aliases lead to names behind their own: no circles.
NAMES = ["team", "sales", "info", "boss", "postmaster", "owner-sales", "old", "gone-away"]
WAIT_S = 120


class Maker:
    def __init__(self, seed, accounts):
        self.random = random.Random(seed)
        self.accounts = accounts
        self.requires_home = self.may(0.3)
        self.delimiter = self.one(["+", "+", "-", "", "+-", "+="])

    def one(self, items):
        return self.random.choice(items)

    def may(self, chance):
        return self.random.random() < chance

    def names(self):
        return NAMES + self.accounts + ["nobody"] * self.requires_home # an account without one

    def user(self, first=0):
        name = self.one(self.names()[first:])
        if self.may(0.3):
            name += self.one(["+ext", "-ext", "+Ext", "=x", "+a+b"])
        if self.may(0.1):
            name = name.upper()
        return name

    def address(self, first=0):
        return self.user(first) + "@" + self.one(DOMAINS + [DOMAINS[0], DOMAINS[2]] * 2)

    def some_address(self, first):
        """As tables have them in values."""
        return self.address(first) if self.may(0.75) else self.user(first)

    def target(self, first, most=2):
        return ", ".join(self.some_address(first) for _ in range(self.random.randint(1, most)))

    def key(self, number):
        name = NAMES[number]
        return self.one([name + "@" + self.one(DOMAINS), name + "+ext@" + self.one(DOMAINS), name, name + "+ext"])

    def table(self, most, targets):
        """Each name once or twice, with what `targets` makes of its place in NAMES."""
        lines = {}
        for _ in range(self.random.randint(0, most)):
            number = self.random.randrange(len(NAMES))
            lines[self.key(number)] = targets(number + 1)
        return lines

    def tables(self):
        tables = {
            "canonical_maps": self.table(2, lambda first: self.some_address(first)),
            "recipient_canonical_maps": self.table(2, lambda first: self.some_address(first)),
            "virtual_alias_maps": self.table(6, self.target),
            "relocated_maps": self.table(1, lambda first: self.address(first)),
            "transport_maps": {}, "virtual_mailbox_maps": {},
        }
        if self.may(0.4):
            tables["virtual_alias_maps"]["@alias.test"] = self.one(["@box.test", "@local.test", self.accounts[0] + "@local.test"])
        for name in self.random.sample(self.names(), 6):
            tables["virtual_mailbox_maps"][name + "@box.test"] = "box/" + name + "/"
        if self.may(0.3):
            tables["virtual_mailbox_maps"]["@box.test"] = "box/rest/"
        if self.may(0.2):
            tables["virtual_mailbox_maps"]["boss+ext@box.test"] = "box/boss-ext/"
        for _ in range(self.random.randint(0, 4)):
            key = self.one(DOMAINS + [".far.test", ".test", "*", "sales@far.test", "boss@box.test", "info+ext@local.test"])
            tables["transport_maps"][key] = self.one(["discard:", "discard:x.test", "error:5.1.1 gone", ":", "virtual:", "local:", "retry:4.3.0 later"])
        return tables

    def aliases(self):
        lines = {}
        for _ in range(self.random.randint(0, 5)):
            number = self.random.randrange(len(NAMES))
            items = [self.some_address(number + 1) for _ in range(self.random.randint(1, 2))]
            if self.may(0.2):
                items.append("\\" + self.one(self.accounts))
            lines[NAMES[number] + self.one(["", "", "", "+ext", "-ext"])] = ", ".join(items)
        return lines

    def settings(self):
        some = self.random.sample(["canonical", "virtual", "alias", "forward", "include"], self.random.randint(0, 5))
        lines = {"recipient_delimiter": self.delimiter, "propagate_unmatched_extensions": ", ".join(some)}
        for name, values, chance in (
                ("masquerade_domains", ["relay.test", "!sub.far.test far.test", "test"], 0.3),
                ("masquerade_classes", ["envelope_recipient", "envelope_sender, envelope_recipient", "header_sender"], 0.3),
                ("masquerade_exceptions", ["boss, sales", "info"], 0.2), ("canonical_classes", ["header_sender", "envelope_recipient"], 0.15),
                ("append_at_myorigin", ["no"], 0.05), ("myorigin", ["local.test", "alias.test", "box.test"], 0.4),
                ("append_dot_mydomain", ["yes"], 0.2), ("allow_percent_hack", ["no"], 0.2), ("swap_bangpath", ["no"], 0.2),
                ("virtual_mailbox_limit", ["0"], 0.1), ("relay_domains", ["relay.test, alias.test"], 0.05),
                ("parent_domain_matches_subdomains", ["", "relay_domains, transport_maps"], 0.2),
                ("local_recipient_maps", [""], 0.2), ("resolve_dequoted_address", ["no"], 0.1),
                ("virtual_alias_expansion_limit", ["1", "2"], 0.04), ("expand_owner_alias", ["yes"], 0.1)):
            if self.may(chance):
                lines[name] = self.one(values)
        if self.requires_home:
            lines["require_home_directory"] = "yes"
        return lines

    def addresses(self):
        odd = ["boss%box.test@local.test", "far.test!info", "\"sa les\"@box.test", "info", "TEAM@LOCAL.TEST", "boss@[127.0.0.1]", "old@sub"]
        return sorted({self.address() for _ in range(10)} | {self.one(odd), self.one(odd)})


def write_table(path, lines, separator):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(key + separator + value + "\n" for key, value in lines.items())


class Instance:
    def __init__(self, sbin, conf, log, mailboxes, homes, accounts):
        self.sbin, self.conf, self.log, self.accounts = sbin, conf, log, accounts
        self.places = [mailboxes] + [os.path.join(homes, account, "Maildir") for account in accounts]
        with open(os.path.join(conf, "main.cf"), encoding="utf-8") as file:
            self.main_cf = file.read()

    def tool(self, name, *arguments, text=""):
        return subprocess.run([os.path.join(self.sbin, name), *arguments], input=text, capture_output=True, encoding="utf-8",
                              env={**os.environ, "MAIL_CONFIG": self.conf}, check=False, timeout=WAIT_S).stdout

    def configure(self, maker):
        lines = maker.settings()
        tables = maker.tables()
        broken = maker.one(sorted(tables)) if maker.may(0.15) else ""
        for name, table in tables.items():
            write_table(os.path.join(self.conf, name), table, " ")
            lines[name] = "texthash:%s/%s" % (self.conf, name) + (", fail:broken" if name == broken else "")
        write_table(os.path.join(self.conf, "alias_maps"), maker.aliases(), ": ")
        lines["alias_maps"] = "texthash:%s/alias_maps" % self.conf
        lines["alias_database"] = ""
        with open(os.path.join(self.conf, "main.cf"), "w", encoding="utf-8") as file:
            file.write(self.main_cf + "".join("%s = %s\n" % line for line in lines.items()))
        for place in self.places:
            shutil.rmtree(place, ignore_errors=True)
        os.makedirs(self.places[0], exist_ok=True)
        os.chmod(self.places[0], 0o777)
        open(self.log, "w", encoding="utf-8").close()

    def send(self, addresses):
        for number, address in enumerate(addresses):
            self.tool("sendmail", "-f", "sender@origin.test", address, text="Message-ID: <n%d@test>\nSubject: x\n\nx\n" % number)

    def is_done(self, count):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            log = file.read()
        known = set(re.findall(r"message-id=<n(\d+)@test>", log))
        refused = set(re.findall(r"maildrop/(\w+): error writing", log)) # by cleanup: pickup will try again
        queue = [json.loads(line)["queue_name"] for line in self.tool("buzonqueue", "-j").splitlines()]
        return len(known) + len(refused) == count and set(queue) <= {"deferred", "maildrop"}

    def wait(self, count):
        ends = time.monotonic() + WAIT_S
        while not self.is_done(count):
            if time.monotonic() > ends:
                return False
            time.sleep(0.1)
        return True

    def found(self, count):
        """For each message: where it lies, and whom it was discarded for, returned for, and waits for."""
        outcomes = [set() for _ in range(count)]
        for place in self.places:
            for path in glob.glob(place + "/**/new/*", recursive=True):
                with open(path, encoding="utf-8", errors="replace") as file:
                    number = re.search(r"^Message-ID: <n(\d+)@test>", file.read(), re.M)
                if number:
                    outcomes[int(number.group(1))].add(("mailbox", os.path.dirname(os.path.dirname(path))))
        messages = {}
        with open(self.log, encoding="utf-8", errors="replace") as file:
            for line in file:
                begin = re.search(r": (\w+): message-id=<n(\d+)@test>", line)
                if begin:
                    messages[begin.group(1)] = int(begin.group(2))
                end = re.search(r"/(\w+)\[\d+\]: (\w+): to=<(.*?)>, .*status=(\w+)", line)
                if end and end.group(2) in messages:
                    program, queue_id, recipient, status = end.groups()
                    kind = program if status == "sent" else {"bounced": "returned", "deferred": "put off"}[status]
                    if status != "sent" or program == "discard":
                        outcomes[messages[queue_id]].add((kind, recipient.lower().replace('"', "")))
        for number in set(range(count)) - set(messages.values()):
            outcomes[number].add(("put off", ""))
        return outcomes

    def told(self, addresses):
        """The same from the explanations."""
        outcomes = [set() for _ in addresses]
        for number, address in enumerate(addresses):
            recipient = program = ""
            facts = [json.loads(line) for line in self.tool("buzonconf", "-jE", "-s", "sender@origin.test", address).splitlines()]
            for fact in facts:
                program = fact.get("program", program)
                if program == "smtpd":
                    continue
                for name in ("recipient", "becomes"):
                    if program in ("qmgr", "local") and name in fact:
                        recipient = fact[name].lower().replace('"', "")
                transport = fact.get("transport", "")
                if transport in ("error", "retry", "discard"):
                    outcomes[number].add(({"error": "returned", "retry": "put off"}.get(transport, transport), recipient))
                if "mailbox" in fact:
                    outcomes[number].add(("mailbox", os.path.normpath(fact["mailbox"])))
                for name in ("returned", "put off"):
                    if name in fact:
                        outcomes[number].add((name, recipient))
        return outcomes


def main():
    instance = Instance(*sys.argv[1:6], sys.argv[6].split())
    seed, rounds = sys.argv[7], int(sys.argv[8])
    for number in range(rounds):
        maker = Maker("%s %d" % (seed, number), instance.accounts)
        instance.configure(maker)
        addresses = maker.addresses()
        told = instance.told(addresses)
        instance.tool("buzon", "start")
        instance.send(addresses)
        done = instance.wait(len(addresses))
        found = instance.found(len(addresses))
        instance.tool("buzonsuper", "-d", "ALL", "-d", "ALL", "maildrop")
        instance.tool("buzon", "stop")
        wrong = [each for each in zip(addresses, told, found) if each[1] != each[2]]
        print("%s - round %d: %d addresses go where they were said to go" % ("not ok" if wrong or not done else "ok", number, len(addresses)))
        for address, said, seen in wrong:
            print("# %s\n#   told  %s\n#   found %s" % (address, sorted(said - seen), sorted(seen - said)))


main()
