#!/usr/bin/env python3
"""Send the same octets to two SMTP servers and compare what they answer and log, as TAP without numbers.

octets_both.py OURS THEIRS CASES

OURS and THEIRS are PORT:LOG: what is added to the port numbers in CASES, and the log.

    #            a comment
    == PORT      the service for the following sessions
    -- TITLE     a session; its lines are
    > OCTETS     sent as they are, with Python's escapes
    <            a reply is awaited
    .            at the end: the server hangs up by itself; else we stop sending first
    ~ REASON     the next session is logged differently, for this reason
    ~~ REASON    its replies differ
"""
import difflib
import re
import socket
import sys
import time

from session_log import SessionLog

WAIT_S = 60
CHANGES = [
    (r"^[0-9A-Za-z]{8,}: ", "QID: "),
    (r"queued as [0-9A-Za-z]+$", "queued as QID"),
    (r"^(warning: haproxy read: ).*", r"\1WHY"),  # Postfix tells many mistakes apart
]


def alike(lines):
    for pattern, replacement in CHANGES:
        lines = [re.sub(pattern, replacement, line) for line in lines]
    return lines


def hear(file):
    lines = []
    while not lines or lines[-1][3:4] == b"-":
        lines.append(file.readline().rstrip(b"\r\n"))
        if lines[-1] == b"":
            break
    return [line.decode("latin-1") for line in lines]


class Side:
    def __init__(self, argument):
        base, log = argument.split(":")
        self.base = int(base)
        self.log = SessionLog(log)

    def talk(self, port, lines):
        heard = []
        with socket.create_connection(("127.0.0.1", self.base + port), WAIT_S) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            file = client.makefile("rb")
            try:
                for line in lines:
                    if line.startswith("> "):
                        client.sendall(line[2:].encode("latin-1").decode("unicode_escape").encode("latin-1"))
                        time.sleep(0.02)  # a segment of its own
                    elif line == "<":
                        heard += hear(file)
                if lines[-1:] != ["."]:
                    client.shutdown(socket.SHUT_WR)
                heard += [line.decode("latin-1").rstrip("\r\n") for line in file]
            except TimeoutError:
                heard.append("says nothing")
            except OSError:
                pass  # the server has not read all that came, and hung up
        if lines[-1:] == ["."]:
            heard = ["hangs up"]  # whether its last reply arrives is chance, then
        return alike(heard), alike(self.log_lines())

    def log_lines(self):
        text = self.log.next_session(WAIT_S)
        lines = [line.split(": ", 1)[1] for line in text.splitlines() if "smtpd[" in line]
        return lines


def read_cases(path):
    port, cases, reason = 0, [], ""
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("== "):
            port = int(line[3:])
        elif line.startswith("~"):
            reason = line
        elif line.startswith("-- "):
            cases.append((line[3:], port, reason, []))
            reason = ""
        elif line and not line.startswith("#"):
            cases[-1][3].append(line)
    return cases


def main():
    sides = [Side(argument) for argument in sys.argv[1:3]]
    failed = False
    for title, port, reason, lines in read_cases(sys.argv[3]):
        ours, theirs = (side.talk(port, lines) for side in sides)
        otherwise = reason.startswith("~~")
        good = (ours[0] == theirs[0]) != otherwise and ((ours[1] == theirs[1]) == (reason == "") or otherwise)
        failed = failed or not good
        print(("ok - " if good else "not ok - ") + title + (f": {reason.lstrip('~ ')}" if reason else ""))
        if not good:
            print("\n".join("# " + line for line in difflib.ndiff(theirs[0] + theirs[1], ours[0] + ours[1])))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
