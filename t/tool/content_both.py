#!/usr/bin/env python3
"""Hand two mail systems the same messages over SMTP and compare replies, log lines and what arrives, as TAP
without numbers.

content_both.py OURS THEIRS CASES

OURS and THEIRS are PORT:LOG:SINK:QUEUE: what is added to the port numbers in CASES, the log, the directory of
the server to which all mail goes (t/tool/sink.py), and the queue directory.

    #            a comment
    == PORT      the service for the following messages
    -- TITLE     a message follows, up to the next line of these kinds; \\xNN is an octet, \\{N TEXT} is TEXT
                 N times, which both may go across lines
    ~ REASON     the next message is treated differently, for this reason
    ? KEYWORD    with this keyword behind MAIL FROM
"""
import os
import re
import socket
import sys
import time

WAIT_S = 60
# The end of each message, and how tables that are not there are told of.
IGNORED = r"connect from |: client=|: removed$|^error: open |is unavailable|lookup error for "
DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [ \d]\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4} \(\w+\)"


class Side:
    def __init__(self, argument):
        base, self.log, self.sink, self.queue = argument.split(":")
        self.base = int(base)
        self.read = os.path.getsize(self.log)
        self.seen = set()

    def hand_in(self, port, number, case):
        """The replies to MAIL and to the content."""
        with socket.create_connection(("127.0.0.1", self.base + port), WAIT_S) as client:
            file = client.makefile("rb")

            def say(octets):
                try:
                    client.sendall(octets + b"\r\n")
                    return hear()
                except OSError:
                    return ""

            def hear():
                while True:
                    line = file.readline()
                    if line[3:4] != b"-":
                        return line.decode("latin-1").rstrip("\r\n")

            hear()
            say(b"EHLO client.test")
            replies = [say(b"MAIL FROM:<from@from.test>" + case["mail"].encode())]
            say(b"RCPT TO:<case%d@to.test>" % number)
            say(b"RCPT TO:<second@to.test>")
            replies.append(say(b"DATA"))
            if replies[-1].startswith("354"):
                replies.append(say(re.sub(rb"(?m)^\.", b"..", case["content"]).replace(b"\n", b"\r\n") + b"."))
            say(b"QUIT")
        return replies

    def is_done(self, text, queue_id):
        """It has left, or will not."""
        if queue_id is None or ": %s: removed\n" % queue_id in text or ": %s: discard: " % queue_id in text or \
                ": NOQUEUE: discard: " in text:
            return True
        recipients = re.search(r": %s: from=.* nrcpt=(\d+) \(queue active\)\n" % queue_id, text)
        if recipients and len(re.findall(": %s: to=.* status=deferred " % queue_id, text)) == int(recipients[1]):
            return True
        return any(queue_id in names for _, _, names in os.walk(os.path.join(self.queue, "hold")))

    def wait_for_log(self, is_enough):
        """What is new in it, once the session has ended and that is enough."""
        end = time.monotonic() + WAIT_S
        while True:
            with open(self.log, encoding="latin-1") as file:
                file.seek(self.read)
                text = file.read()
            if "disconnect from" in text and is_enough(text) or time.monotonic() > end:
                return text
            time.sleep(0.02)

    def log_lines(self, queue_id):
        """New lines, in the order of programs, once the message has left."""
        text = self.wait_for_log(lambda text: self.is_done(text, queue_id))
        self.read += len(text)
        lines = []
        for line in text.splitlines():
            found = re.search(r" postfix/(smtpd|cleanup|qmgr|smtp)\[\d+\]: (.*)", line)
            if found and not re.search(IGNORED, found[2]):
                lines.append((found[1], self.plain(found[2])))
        found = {order: [program + ": " + line for program, line in lines if program == order]
                 for order in ("smtpd", "cleanup", "qmgr", "smtp")}
        return found["smtpd"] + found["cleanup"] + found["qmgr"] + sorted(found["smtp"])

    def plain(self, line):
        line = re.sub(r", relay=.*, dsn=", ", dsn=", line)
        return re.sub(r"size=\d+", "size=N", line)

    def arrived(self):
        """What the sink has got since: envelope and content."""
        messages = []
        for name in sorted(os.listdir(self.sink)):
            if name.endswith(".msg") and name not in self.seen:
                self.seen.add(name)
                with open(os.path.join(self.sink, name[:-4] + ".env"), encoding="latin-1") as file:
                    lines = sorted(re.sub(r" SIZE=\d+", "", line.rstrip("\n")) for line in file)
                with open(os.path.join(self.sink, name), encoding="latin-1", newline="") as file:
                    lines += [repr(line) for line in file.read().split("\n")]
                messages.append(lines)
        return [line for lines in sorted(messages) for line in lines]

    def held(self, queue_id):
        path = next((os.path.join(path, queue_id) for path, _, names in os.walk(os.path.join(self.queue, "hold"))
                     if queue_id in names), None)
        return [] if path is None else ["held"]

    def treat(self, port, number, case):
        replies = self.hand_in(port, number, case)
        found = re.search(r": ([0-9A-Za-z]+): client=", self.wait_for_log(lambda text: True))
        queue_id = found[1] if found else "-"
        log = self.log_lines(queue_id if replies[-1].startswith("250") else None)
        lines = replies + log + self.held(queue_id) + self.arrived()
        lines = [re.sub(DATE, "DATE", line.replace(queue_id, "QID")) for line in lines]
        lines = [re.sub(r"\d{14}\.QID", "TIME.QID", line) for line in lines]
        return [re.sub(r"with ESMTP id [0-9A-Za-z]+", "with ESMTP id QID", line) for line in lines]


def expand(text):
    text = re.sub(r"\\\{(\d+) ((?:[^\\}]|\\(?!\{))*)\}", lambda m: m[2] * int(m[1]), text)
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)


def read(path):
    cases = []
    port, reason, mail = 0, None, ""
    with open(path, encoding="latin-1") as file:
        for line in file:
            mark, text = line[:3], line[3:].rstrip("\n")
            if mark == "== ":
                port = int(text)
            elif line.startswith("~ "):
                reason = line[2:].rstrip("\n")
            elif line.startswith("? "):
                mail = line[1:].rstrip("\n")
            elif mark == "-- ":
                cases.append({"port": port, "title": text, "reason": reason, "mail": mail, "content": ""})
                reason, mail = None, ""
            elif cases and not line.startswith("#"):
                cases[-1]["content"] += line
    for case in cases:
        case["content"] = expand(case["content"]).encode("latin-1")
    return cases


def main():
    both = [Side(argument) for argument in sys.argv[1:3]]
    show = os.environ.get("CONTENT_BOTH_SHOW")
    for number, case in enumerate(read(sys.argv[3]), 1):
        ours, theirs = (side.treat(case["port"], number, case) for side in both)
        good = (ours == theirs) == (case["reason"] is None)
        name = case["title"] + ("" if case["reason"] is None else " (differs: %s)" % case["reason"])
        print("%s - %s" % ("ok" if good else "not ok", name.replace("#", "\\#")))
        if not good or show:
            for side, lines in ("ours", ours), ("theirs", theirs):
                print("".join("# %-6s %s\n" % (side, line[:300]) for line in lines), end="")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
