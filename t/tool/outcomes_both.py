#!/usr/bin/env python3
"""Send two mail systems the same messages, one for each case, and compare what their local(8) and virtual(8)
log of it, and what lies in the recipient's home afterwards, as TAP without numbers.

outcomes_both.py --prepare HOMES UID CASES OURS THEIRS
outcomes_both.py HOMES UID CASES OURS THEIRS

OURS and THEIRS are DIRECTORY:PORT. Each case has an account of its own, whose number is UID and more; the first
form prints them for /etc/passwd, and writes both sides' tables. In CASES:

    #            a comment
    -- TITLE     a case follows; "%% 1 2 3" behind it makes three, and % in them is 1, 2 and 3
    $ COMMAND    for a shell, as root, in the account's home, before the message is sent
    . LINE       of its .forward
    : VALUE      the right side of an alias of its name; @H is its home, @N its name
    + NAME: VALUE  another alias
    @ SERVICE    of master.cf by which it is delivered
    V PATH       it is a virtual mailbox, PATH in virtual_mailbox_maps
    H FIELD      a header field of the message
    S OCTETS     the size of the message's body
    ~ REASON     the two differ, for this reason
    ~1,2 REASON  the same, for these of the values of the title
    = RESULT     "DSN STATUS (TEXT)" of ours, for each address; =1,2 RESULT as with ~; @H and @N as above
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import time

WAIT_S = 60
# What Postfix says of its own ways: a lock that it can do without, where it waited, how it asks other services.
IGNORED = r"warning: (unable to create lock file|pipe_command_|connect #\d|perhaps you|database |maildir access problem)"
DOMAIN = "mail.example.test"
VIRTUAL = "virtual.example.test"


class Case:
    def __init__(self, number, title):
        self.name = "case%d" % number
        self.title = title
        self.commands, self.forward, self.aliases, self.fields = [], [], [], []
        self.alias, self.service, self.virtual, self.reason = None, None, None, None
        self.size, self.results = 20, []

    def address(self):
        return "%s@%s" % (self.name, VIRTUAL if self.virtual is not None else DOMAIN)

    def take(self, mark, text):
        if mark == "$":
            self.commands.append(text)
        elif mark == ".":
            self.forward.append(text)
        elif mark == ":":
            self.alias = text
        elif mark == "+":
            self.aliases.append(text)
        elif mark == "@":
            self.service = text
        elif mark == "V":
            self.virtual = text
        elif mark == "H":
            self.fields.append(text)
        elif mark == "S":
            self.size = int(text)
        elif mark == "~":
            self.reason = text
        elif mark == "=":
            self.results.append(text)
        else:
            sys.exit("bad line: %s %s" % (mark, text))


def read(path):
    groups = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line == "" or line.startswith("#"):
                continue
            if line.startswith("-- "):
                title, _, values = line[3:].partition(" %% ")
                groups.append((title, values.split() or [""], []))
            else:
                groups[-1][2].append((line[0], line[1:]))
    cases = []
    for title, values, lines in groups:
        for value in values:
            case = Case(len(cases) + 1, "%s %s" % (title, value) if value else title)
            for mark, text in lines:
                if not text.startswith(" ") and text != "":
                    only, _, text = text.partition(" ")
                    if value not in only.split(","):
                        continue
                case.take(mark, text.strip().replace("%", value) if value else text[1:])
            cases.append(case)
    return cases


class Side:
    def __init__(self, argument, homes, uid):
        self.directory, port = argument.split(":")
        self.port = int(port)
        self.homes, self.uid = homes, uid
        self.log = "%s/../log/%s.log" % (self.directory, os.path.basename(self.directory))
        self.queue = self.directory + "/queue"

    def fill(self, case, text):
        return text.replace("@H", os.path.join(self.homes, case.name)).replace("@N", case.name)

    def plain(self, case, text):
        text = text.replace(os.path.join(self.homes, case.name), "@H").replace(self.directory, "@SIDE")
        text = re.sub(r"\b%s\b" % case.name, "@N", text)
        text = re.sub(r"forwarded as [0-9A-Za-z]+", "forwarded as QID", text)
        text = re.sub(r"\b\d{10}\.[VPM][^ :)]*", "UNIQUE", text)
        return re.sub(r"pid \d+|\[\d+\]", "PID", text)

    def tables(self, cases):
        with open(self.directory + "/conf/aliases", "w") as file:
            for case in cases:
                if case.alias is not None:
                    file.write("%s: %s\n" % (case.name, self.fill(case, case.alias)))
                for alias in case.aliases:
                    file.write(self.fill(case, alias) + "\n")
        with open(self.directory + "/conf/transport", "w") as file:
            for case in cases:
                if case.service is not None:
                    file.write("%s %s:\n" % (case.address(), case.service))
        with open(self.directory + "/conf/vmailbox", "w") as file:
            for case in cases:
                if case.virtual is not None:
                    file.write("%s %s\n" % (case.address(), self.fill(case, case.virtual)))

    def prepare(self, case, number):
        home = os.path.join(self.homes, case.name)
        if os.path.islink(home) or os.path.isfile(home):
            os.unlink(home)
        shutil.rmtree(home, ignore_errors=True)
        os.mkdir(home, 0o700)
        uid = self.uid + number
        os.chown(home, uid, uid)
        if case.forward:
            with open(home + "/.forward", "w") as file:
                file.write("".join(self.fill(case, line) + "\n" for line in case.forward))
            os.chmod(home + "/.forward", 0o644)
            os.chown(home + "/.forward", uid, uid)
        for command in case.commands:
            subprocess.run(["/bin/sh", "-c", self.fill(case, command)], cwd=home, check=False,
                           stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=dict(os.environ, SIDE=self.directory, HOME=home, USER=case.name))

    def submit(self, case):
        with socket.create_connection(("127.0.0.1", self.port), WAIT_S) as client:
            file = client.makefile("rb")

            def say(line):
                client.sendall(line.encode() + b"\r\n")
                reply = file.readline().decode("latin-1").rstrip("\r\n")
                if reply[:1] not in "23":
                    sys.exit("%s: %s: %s" % (case.title, line[:40], reply))
                return reply

            file.readline()
            say("HELO client.test")
            say("MAIL FROM:<from@from.test>")
            say("RCPT TO:<%s>" % case.address())
            say("DATA")
            fields = ["Subject: case"] + [self.fill(case, field) for field in case.fields]
            lines = ["x" * 70] * (case.size // 72) + ["x" * (case.size % 72)]
            say("\r\n".join(fields + [""] + lines + ["."]))
            say("QUIT")

    def is_done(self, text):
        ids = set(re.findall(r"cleanup\[\d+\]: ([0-9A-Za-z]+): message-id", text))
        waiting = [name for _, _, names in os.walk(self.queue + "/deferred") for name in names
                   if re.search(": %s: to=.*status=deferred" % name, text)]
        return len(ids) > 0 and all(": %s: removed\n" % one in text or one in waiting for one in ids)

    def is_in_vain(self, text):
        """Postfix's local asks a service that is not there again and again, and says nothing else for a minute."""
        return "connect #2 to subsystem" in text

    def deliver(self, case):
        start = os.path.getsize(self.log)
        self.submit(case)
        end = time.monotonic() + WAIT_S
        while True:
            with open(self.log, encoding="latin-1") as file:
                file.seek(start)
                text = file.read()
            if self.is_done(text) or self.is_in_vain(text) or time.monotonic() > end:
                return text
            time.sleep(0.02)

    def results(self, case, text):
        lines = []
        for found in re.finditer(r"/(local|virtual)\w*\[\d+\]: [0-9A-Za-z]+: (to=<[^>]*>)(, orig_to=<[^>]*>)?"
                                 r", relay=(\w+), .*dsn=([^,]*), (status=.*)", text):
            program, to, orig_to, relay, dsn, status = found.groups()
            lines.append("%s%s %s %s %s" % (to, orig_to or "", relay, dsn, status[len("status="):]))
        return sorted(self.plain(case, line) for line in lines)

    def warnings(self, case, text):
        found = re.findall(r"/(?:local|virtual)\w*\[\d+\]: ((?:warning|error|fatal|panic): .*)", text)
        return [self.plain(case, line) for line in found if not re.match(IGNORED, line)]

    def left(self, case):
        """Files with their modes, owners (U: the account) and sizes."""
        home = os.path.join(self.homes, case.name)
        lines = []
        for path, names, files in os.walk(home):
            for name in sorted(names + files):
                status = os.lstat(os.path.join(path, name))
                owner = "U" if status.st_uid >= self.uid else str(status.st_uid)
                full = os.path.relpath(os.path.join(path, name), home)
                lines.append("%s %o %s" % (self.plain(case, full), status.st_mode, owner))
        return sorted(lines)

    def run(self, cases):
        answers = []
        for number, case in enumerate(cases):
            self.prepare(case, number)
            text = self.deliver(case)
            answers.append((self.results(case, text), self.warnings(case, text), self.left(case)))
        return answers


def good(case, ours, theirs):
    plain = [re.sub(r"^to=<[^>]*>(, orig_to=<[^>]*>)? \w+ ", "", line) for line in ours[0]]
    if case.results and plain != case.results:
        return False
    return (ours == theirs) == (case.reason is None)


def main():
    preparing = sys.argv[1] == "--prepare"
    homes, uid, path = sys.argv[-5], int(sys.argv[-4]), sys.argv[-3]
    cases = read(path)
    both = [Side(argument, homes, uid) for argument in sys.argv[-2:]]
    if preparing:
        for side in both:
            side.tables(cases)
        for number, case in enumerate(cases):
            print("%s:x:%d:%d::%s/%s:/bin/sh" % (case.name, uid + number, uid + number, homes, case.name))
        return
    answers = [side.run(cases) for side in both]
    show = os.environ.get("DELIVER_BOTH_SHOW")
    for case, ours, theirs in zip(cases, *answers):
        is_good = good(case, ours, theirs)
        name = case.title + ("" if case.reason is None else " (differs: %s)" % case.reason)
        print("%s - %s" % ("ok" if is_good else "not ok", name.replace("#", "\\#")))
        if not is_good or show:
            for side, lines in ("ours", ours), ("theirs", theirs):
                print("".join("# %-6s %s\n" % (side, line[:400]) for part in lines for line in part), end="")


main()
