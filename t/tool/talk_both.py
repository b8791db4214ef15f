#!/usr/bin/env python3
"""Say the same to two SMTP servers and compare every line of their replies, and of their logs, as TAP without
numbers.

talk_both.py OURS THEIRS CASES

OURS and THEIRS are PORT:LOG: what is added to the port numbers in CASES, and the log.

    #            a comment
    == PORT      the service for the following sessions
    -- TITLE     a session: lines that the client says, each after the reply to the one before
    |LINE        said together with the next line
    ^OCTETS      sent as they are, together with the next line, and not answered
    =            nothing more is said before the next reply
    !            the client hangs up
    ~ REASON     the next session goes differently, for this reason

In what the client says \\xNN is an octet, and \\{N TEXT} is TEXT N times.
"""
import os
import re
import socket
import sys

from session_log import SessionLog

WAIT_S = int(os.environ.get("TALK_BOTH_WAIT", 60))
TIME = r"\w{3} \d\d \d\d:\d\d:\d\d"


class Side:
    def __init__(self, argument):
        base, log = argument.split(":")
        self.base = int(base)
        self.log = SessionLog(log)

    def talk(self, port, lines):
        heard = []
        with socket.create_connection(("127.0.0.1", self.base + port), WAIT_S) as client, \
                client.makefile("rb") as file:
            own_port = client.getsockname()[1]

            def hear():
                while True:
                    try:
                        line = file.readline().decode("latin-1")
                    except TimeoutError:
                        heard.append("(nothing)")
                        return False
                    except ConnectionError:
                        line = ""
                    heard.append(line.rstrip("\r\n").replace(str(own_port), "PORT") if line else "(the end)")
                    if line[3:4] != "-":
                        return line != ""

            open_ = hear()
            waiting, replies = b"", 0
            for line in lines + ["QUIT"]:
                if line[0] == "^":
                    waiting += expand(line[1:])
                    continue
                if line == "!":
                    client.sendall(waiting)
                    break
                heard.append("> " + line[:100])
                if line != "=":
                    waiting += expand(line[1:] if line[0] == "|" else line) + b"\r\n"
                replies += 1
                if line[0] == "|":
                    continue
                try:
                    if open_:
                        client.sendall(waiting)
                except OSError:
                    heard.append("(the end)")
                    open_ = False
                while open_ and replies > 0:
                    open_ = hear()
                    replies -= 1
                waiting, replies = b"", 0
        return [plain(line) for line in heard] + self.log_lines()

    def log_lines(self):
        text = self.log.next_session(WAIT_S)
        lines = [found[1] for found in re.finditer(r" postfix/smtpd\[\d+\]: (.*)", text)]
        return [re.sub(r"^(warning: |)[0-9A-Za-z]{8,}: ", r"\1QID: ", line) for line in lines]


def expand(text):
    text = re.sub(r"\\\{(\d+) ((?:[^\\}]|\\(?!\{))*)\}", lambda m: m[2] * int(m[1]), text)
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text).encode("latin-1")


def plain(line):
    return re.sub("queued as [0-9A-Za-z]+", "queued as QID", re.sub(TIME, "TIME", line))


def read(path):
    cases = []
    port, reason = 0, None
    with open(path, encoding="latin-1") as file:
        for line in file.read().splitlines():
            if line.startswith("== "):
                port = int(line[3:])
            elif line.startswith("~ "):
                reason = line[2:]
            elif line.startswith("-- "):
                cases.append((port, line[3:], reason, []))
                reason = None
            elif line and not line.startswith("#"):
                cases[-1][3].append(line)
    return cases


def main():
    both = [Side(argument) for argument in sys.argv[1:3]]
    for port, title, reason, said in read(sys.argv[3]):
        ours, theirs = (side.talk(port, said) for side in both)
        good = (ours == theirs) == (reason is None)
        print("%s - %s%s" % ("ok" if good else "not ok", title, "" if reason is None else " (differs: %s)" % reason))
        if not good or "TALK_BOTH_SHOW" in os.environ:
            for side, lines in ("ours", ours), ("theirs", theirs):
                print("".join("# %-6s %s\n" % (side, line[:300]) for line in lines), end="")


if __name__ == "__main__":
    main()
