#!/usr/bin/env python3
"""Send a message for each recipient to two mail systems that deliver to accounts and commands, and compare what is
logged of it and what comes about, as TAP without numbers.

deliver_both.py [--message FILE] OURS THEIRS CASES

OURS and THEIRS are PORT:LOG:DIRECTORIES:ACCOUNT: the SMTP port, the log, the directories below which deliveries
leave their traces, with commas between them, and the account that stands for USER in CASES.

    #            a comment
    ADDRESS|TITLE  the recipient, and what is tried
    ~ REASON       the next message is treated differently, for this reason
"""
import difflib
import os
import re
import smtplib
import sys
import time

WAIT_S = 60
MESSAGE = b"From: a@a.test\r\nSubject: x\r\n\r\nFrom here\r\nto there\r\n"
CHANGES = [
    (r"(?m)^Received: [^\n]*\n(?:\t[^\n]*\n)*", ""),
    (r"(?m)^From (\S+) +\w{3} \w{3} +\d+ [\d:]+ \d{4}$", r"From \1 DATE"),
    (r"(?m)^(Date|Message-Id): .*$", r"\1: SOME"),
    (r"(?m)^(MAIL FROM:.*) SIZE=\d+", r"\1 SIZE=N"),
    (r"(?m)^Content-Transfer-Encoding: .*\n", ""),  # its place in the header is not the same
    (r"(?m)^(_|PWD|OLDPWD|SHLVL|MAIL_CONFIG|ASAN_OPTIONS|UBSAN_OPTIONS)=.*\n", ""),
]


def is_open(text):
    """There are no messages in this log, or one of them has neither left nor waits."""
    known = set(re.findall(r"/cleanup\[\d+\]: (\w+): message-id=", text))
    done = set(re.findall(r": (\w+): removed|: (\w+): to=.* status=(?:deferred|SOFTBOUNCE)", text))
    return not known or not known <= {name for pair in done for name in pair}


class Side:
    def __init__(self, argument):
        port, self.log, directories, self.account = argument.split(":")
        self.directories = directories.split(",")
        self.port = int(port)
        self.read = 0

    def send(self, recipient, message):
        with smtplib.SMTP("127.0.0.1", self.port, "client.test", WAIT_S) as client:
            client.ehlo()
            client.mail("a@a.test", ["BODY=8BITMIME"])
            client.rcpt(recipient.replace("USER", self.account))
            client.data(message)

    def logged(self):
        """What delivery agents say, until it is over."""
        end = time.monotonic() + WAIT_S
        text = ""
        while is_open(text) and time.monotonic() < end:
            time.sleep(0.02)
            with open(self.log, encoding="latin-1") as file:
                file.seek(self.read)
                text = file.read()
        self.read += len(text)
        lines = []
        for line in re.findall(r"/(?:local|smtp|lmtp|discard)\[\d+\]: (?:[0-9A-Za-z]{8,}: )?(.*)", text):
            line = re.sub(r", (delay|delays)=[^,]*", "", line)
            line = re.sub(r"\b1[12]0\d\d\b", "PORT", line)
            lines.append(re.sub(r"(queued|forwarded) as \w+", r"\1 as QID", line))
        return sorted(lines)

    def traces(self):
        end = time.monotonic() + WAIT_S
        while any(name.endswith(".new") for directory in self.directories for _, _, names in os.walk(directory)
                  for name in names) and time.monotonic() < end:
            time.sleep(0.02)  # what is still being written
        found = []
        for number, directory in enumerate(self.directories):
            for path, below, names in os.walk(directory):
                below.sort()
                for name in sorted(names):
                    found += self.trace(number, os.path.relpath(os.path.join(path, name), directory))
        return found

    def trace(self, number, name):
        path = os.path.join(self.directories[number], name)
        with open(path, encoding="latin-1") as file:
            text = file.read()
        os.unlink(path)
        for pattern, replacement in CHANGES:
            text = re.sub(pattern, replacement, text)
        lines = text.split("\n")
        return [f"{number}: " + re.sub(r"\d{10}\.\S+|-\d{5}$", "NAME", name)] + (sorted(lines) if "env" in name else lines)

    def treat(self, recipient, message):
        self.send(recipient, message)
        lines = self.logged() + self.traces()
        for number, directory in enumerate(self.directories):
            lines = [line.replace(directory, f"DIRECTORY{number}") for line in lines]
        return [line.replace(self.account, "USER") for line in lines]


def main():
    arguments = sys.argv[1:]
    message = MESSAGE
    if arguments[0] == "--message":
        with open(arguments[1], "rb") as file:
            message = file.read().replace(b"\n", b"\r\n")
        del arguments[:2]
    sides = [Side(argument) for argument in arguments[:2]]
    failed, reason = False, ""
    with open(arguments[2], encoding="utf-8") as cases:
        for line in cases:
            line = line.rstrip("\n")
            if line.startswith("~ "):
                reason = line[2:]
            if "|" not in line or line.startswith(("#", "~")):
                continue
            recipient, title = line.split("|", 1)
            ours, theirs = (side.treat(recipient, message) for side in sides)
            good = (ours == theirs) == (reason == "")
            failed = failed or not good
            print(("ok - " if good else "not ok - ") + title + (f": {reason}" if reason else ""))
            if not good:
                print("\n".join("# " + part.rstrip("\n") for part in difflib.ndiff(theirs, ours)))
            reason = ""
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
