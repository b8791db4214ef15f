#!/usr/bin/env python3
"""Configurations and calls of postconf that are made by chance, for alike.py.

conf_random.py DIRECTORY SEED COUNT

Writes COUNT configurations into directories r0, r1, ... of DIRECTORY, and to standard output a call a line for each. What is known to
differ (t/system/postconf/cases says why) is not made: braces and blanks in arguments of services, comments within their entries, entries
whose name and type stand on two lines, files that end within a line that is edited. Of several new names postconf -e chooses the order;
with a name that it is given twice, -# crashes; and where -o and its setting are one word, its warnings have half of a name.
"""
import os
import random
import shlex
import sys

NAMES = ["myhostname", "mydomain", "myorigin", "mydestination", "relayhost", "mynetworks", "smtpd_helo_restrictions", "message_size_limit", 
         "smtpd_timeout", "biff", "virtual_alias_maps", "transport_maps", "smtpd_client_restrictions", "local_destination_concurrency_limit",
         "relay_destination_rate_delay", "policy_time_limit", 
         "a", "b", "own", "A", "x.y", "a_b", "9", "_", "strict", "smtpd_sasl_auth_enable", "maximal_queue_lifetime", "tls_ssl_options"]
# Values refer to these alone, which refer to nothing: what refers to itself ends postconf.
REFERENTS = ["own", "myhostname", "nothere", "mydomain", "9", "_", "empty", "biff"]
EVALUATED = {"smtpd_restriction_classes": ["strict", "a, b", "own nothere", ""], "compatibility_level": ["3.6", "2", "3"], "inet_protocols": ["ipv4", "all", "ipv6, ipv4"], "mynetworks_style": ["host", "subnet"]}
WORDS = ["x", "y", "one two", "a, b", "$own", "${own}", "$(own)", "$myhostname", "$mydomain", "$$", "$$a", "1", "5", "10", "100s", "3.6", "yes", "no",
         "hash:/etc/x", "{ a b }", "{x}", "#y", "x # y", "a=b", "=", "", "/a/b", "strict, permit", "check_client_access static:strict", "\t", "a\tb",
         "static:{x}", "mysql:own", "pgsql:a", "ldap:a_b", "proxy:mysql:x.y", "[::1]", "1.2.3.4", "$nothere", "${nothere}", "$9", "$_", "$empty"]
NUMBERS = ["0", "1", "2", "9", "10", "007", "-1", "2147483647", "2147483648", "a", "a1", "A", "", " ", "1 ", " 1", "3.6", "3.10"]
LEVELS = ["0", "1", "2", "3.6", "3.10", "3.9.1", "3", "3.0.0", "2047", "007"]
OPERATORS = ["==", "!=", "<", "<=", ">=", ">"]
LEVEL_OPERATORS = [operator + "level" for operator in OPERATORS]
WRONG_OPERATORS = ["=", "<>", "", "== level", "~", "<level"]
SERVICES = ["smtp", "127.0.0.1:smtp", "[::1]:25", "relay", "local", "policy", "own", "submission", "a", "a_b"]
PROGRAMS = ["smtpd", "smtp", "local", "pipe", "spawn", "virtual", "lmtp", "error", "qmgr", "other"]
FIELDS = ["service", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command"]
TYPES = ["inet", "unix", "unix", "fifo", "pass"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.may_be_malformed = False

    def one(self, items):
        return self.random.choice(items)

    def may(self, chance):
        return self.random.random() < chance

    def some(self, items, most):
        return [self.one(items) for _ in range(self.random.randint(0, most))]

    def wild(self, tame, wilder):
        """What is well-formed, but for a few configurations."""
        return self.one(tame + wilder) if self.may_be_malformed else self.one(tame)

    def space(self):
        return self.one(["", "", "", " ", "  ", "\t"])

    def braced(self, depth):
        return "{" + self.space() + self.expression(depth - 1) + self.space() + "}"

    def bare(self, depth):
        """What stands without braces, and does not begin with one."""
        return self.one(["x", "$own ", "="]) + self.expression(depth - 1)

    def choices(self, depth):
        kind = self.random.random()
        mark = self.one("?:")
        if kind < 0.3:
            return mark + self.bare(depth)
        if kind < 0.6:
            return mark + self.space() + self.braced(depth) + self.space()
        return "?" + self.space() + self.braced(depth) + self.space() + self.wild([":"], ["?", "x", ""]) + self.space() + \
            (self.braced(depth) if self.may(0.8) else self.bare(depth)) + self.space()

    def comparison(self, depth):
        if self.may(0.3):
            left, right = ("{%s}" % self.wild(LEVELS, NUMBERS) for _ in "lr")
            return left + self.space() + self.wild(LEVEL_OPERATORS, WRONG_OPERATORS) + self.space() + right
        left, right = ("{%s}" % (self.one(NUMBERS) if self.may(0.7) else self.expression(depth - 1)) for _ in "lr")
        return left + self.space() + self.wild(OPERATORS, WRONG_OPERATORS) + self.space() + right

    def expression(self, depth=3):
        """A value with references in it, mostly well-formed."""
        kind = self.random.random()
        name = self.wild(REFERENTS, ["a-b"])
        if depth <= 0 or kind < 0.3:
            return self.one(WORDS)
        if kind < 0.4:
            return self.wild(["$%s", "${%s}", "$(%s)", "${ %s }", "x$%s-x", "{%s}"], ["${%s", "$(%s", "$%s$", "${%s}}"]) % name
        if kind < 0.65:
            opened, closed = self.wild(["{}"] * 5 + ["()"], ["{)"])
            return "$" + opened + self.space() + name + self.space() + self.choices(depth) + closed
        if kind < 0.95:
            return "${" + self.space() + self.comparison(depth) + self.space() + (self.choices(depth) if self.may(0.9) else "") + "}"
        return self.expression(depth - 1) + " " + self.expression(depth - 1)

    def value(self):
        return self.expression() if self.may(0.3) else " ".join(self.some(WORDS, 3))

    def setting(self):
        if self.may(0.1):
            name = self.one(list(EVALUATED))
            return name + self.space() + "=" + self.space() + self.one(EVALUATED[name])
        name = self.one(NAMES)
        if name in REFERENTS:
            return name + self.space() + "=" + self.space() + self.one(["x", "", "1", "a.b", "x y"])
        line = name + self.space() + "=" + self.space() + self.value()
        while self.may(0.25):
            line += self.one(["\n  ", "\n\t", "\n# between\n ", "\n\n ", "\n  # no\n\t", "\n \n "]) + self.value()
        return line

    def main_cf(self, is_edited):
        """Of names that are set twice postconf tells more than once, as it reads the file."""
        lines = ["compatibility_level = 3.6"] if self.may(0.8) else []
        known = {"compatibility_level"}
        for _ in range(self.random.randint(0, 9)):
            line = self.one(["# comment", "", "  # c", "#a = commented", " "]) if self.may(0.25) else self.setting()
            name = line.partition("=")[0].strip()
            if is_edited or "=" not in line or name not in known:
                lines.append(line)
            known.add(name)
        if is_edited and self.may(0.1):
            lines.append(self.one(["no equals", "no", "= x", "a b = c", "own", "b c"]))
        return "".join(line + self.one(["\n"] * 30 + ["\r\n", " \n", "\t\n"]) for line in lines)

    def option(self):
        name = self.one(NAMES)
        value = self.one(["x", "", "1"] if name in REFERENTS else ["x", "$9", "yes", "a,b", "$own", "", "1", "${_?x}", "mysql:own", "=", "$nothere"])
        return self.one(["-o %s=%s"]) % (name, value)

    def service(self):
        fields = [self.one(SERVICES), self.one(TYPES), self.one("yn-"), self.one("yn-"), self.one("yn-"), self.one(["-", "60", "0", "30?"]),
                  self.one(["-", "0", "1", "20"]), self.one(PROGRAMS)]
        return self.one([" ", "\t", "   "]).join(fields)

    def entry(self):
        line = self.service()
        for _ in range(self.random.randint(0, 3) if self.may(0.6) else 0):
            line += self.one([" ", "\n  ", "\n\t"]) + (self.option() if self.may(0.8) else self.one(["-v", "-v -v", "-D"]))
        if self.may(0.2):
            line += self.one([" ", "\n  "]) + self.one(["flags=F", "user=nobody argv=/bin/x -o ${sender}", "argv=/x a=b", "-- x", "{-v}", "-- -o a=b"])
        return line

    def master_cf(self):
        lines = []
        known = set()
        for _ in range(self.random.randint(0, 6)):
            entry = self.entry()
            if tuple(entry.split()[:2]) not in known:
                lines += self.some(["# comment", "", "#smtp inet n - n - - smtpd"], 1) * (not lines) + [entry]
            known.add(tuple(entry.split()[:2]))
        return "".join(line + "\n" for line in lines)

    def options(self, letters):
        return ["-" + "".join(letter for letter in letters if self.may(0.35))]

    def overrides(self):
        words = []
        while self.may(0.2):
            name = self.one(NAMES)
            words += ["-o", name + "=" + (self.one(["x", ""]) if name in REFERENTS else self.value())]
        return words

    def assignment(self):
        return self.one(NAMES + ["#x", "a b", ""]) + self.one([" = ", "=", "= ", " ="]) + self.value()

    def call_main(self):
        kind = self.random.random()
        if kind < 0.15:
            self.may_be_malformed = True
            value = self.expression(4)
            self.may_be_malformed = False
            return ["-xh", "-o", "smtpd_banner=" + value, "smtpd_banner"]
        if kind < 0.3:
            return ["-" + self.one("XX#")] + self.random.sample(NAMES, self.random.randint(0, 3))
        if kind < 0.55:
            return ["-e"] * self.may(0.7) + [self.assignment()]
        classes = ["-C", ",".join(self.some(["builtin", "service", "user", "all"], 2) + [self.one(["all", "user", "service"])])]
        names = self.some(NAMES + ["nothere"], 4)
        if not names: # not the defaults of another mail system
            shown = ["-n"] + classes * self.may(0.2) if self.may(0.8) else ["-C", "user"]
            return self.options("fHx") + shown + self.overrides()
        return self.options("dfhHxnp") + classes * self.may(0.2) + self.overrides() + names

    def pattern(self, parts):
        first = self.one(SERVICES + ["*"] * 4 + ["nothere"])
        words = [first, self.one(TYPES + ["*"] * 3 + ["nothere"])][:parts] + \
            ([self.one(FIELDS + ["*"] + NAMES)] if parts > 2 else [])
        return "/".join(words[:self.random.randint(1, parts)] if self.may(0.3) else words)

    def call_master(self):
        letter = self.one("MFP")
        parts = 2 if letter == "M" else 3
        if self.may(0.55):
            return self.options("fHx" if letter == "F" else "fhHx") + ["-" + letter] + self.overrides() + [self.pattern(parts) for _ in range(self.random.randint(0, 2))]
        if letter == "M":
            if self.may(0.5):
                return [self.one(["-MX", "-M#"]), self.pattern(2)]
            entry = self.service()
            name, kind = entry.split()[:2]
            return ["-Me", self.one([name + "/" + kind] * 5 + [self.pattern(2)]) + "=" + entry]
        if letter == "F":
            return ["-F", self.pattern(2) + "/" + self.one(FIELDS) + "=" + self.one(["y", "n", "-", "3", "x", "60?", "unix", "smtpd"])]
        if self.may(0.5):
            return ["-PX", self.pattern(3)]
        return ["-P", self.pattern(2) + "/" + self.one(NAMES) + "=" + self.one(["x", "$a", "", "a,b", "=", "#x"])]

    def call(self):
        return [word for word in (self.call_main() if self.may(0.65) else self.call_master()) if word != "-"]


def is_refused(call):
    """Of what is malformed, ours and postconf's messages differ."""
    return "smtpd_banner" in call and call[0] == "-xh" or "-F" in call


def main():
    directory, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    calls = []
    for number in range(count):
        maker = Maker("%s %d" % (seed, number))
        place = os.path.join(directory, "r%d" % number)
        os.makedirs(place)
        call = maker.call()
        calls.append((number, call))
        is_edited = call[0] in ("-e", "-X", "-#") or "=" in call[0]
        for name, text in ("main.cf", maker.main_cf(is_edited)), ("master.cf", maker.master_cf()):
            with open(os.path.join(place, name), "w", encoding="utf-8", newline="") as file:
                file.write(text)
    for wanted, mark in (False, "="), (True, "? What is malformed is told in other words."):
        print(mark)
        for number, call in calls:
            if is_refused(call) == wanted:
                print("r%d: %s" % (number, shlex.join(call)))


main()
