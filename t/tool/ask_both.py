#!/usr/bin/env python3
"""Ask two mail systems the same over SMTP and compare what they say and do, as TAP without numbers.

ask_both.py OURS:LOG THEIRS:LOG QUESTIONS

OURS and THEIRS are added to the port numbers in QUESTIONS; the LOGs tell where mail went.

    #       a comment
    == WHAT PORT   what each of the following lines is:
        to      a recipient          from    a sender
        helo    a name               client  an address to connect from
        mail    a recipient of a message; compared is where it goes too, and from whom it then is
        mail-from   a sender of such a message
    ~reason the next question is answered differently, for this reason
"""
import re
import socket
import sys
import time

WAIT_S = 60


class Session:
    def __init__(self, port, client):
        host = "::1" if ":" in client else "127.0.0.1"
        self.socket = socket.create_connection((host, port), WAIT_S, (client, 0))
        self.file = self.socket.makefile("rb")
        self.reply()

    def reply(self):
        lines = []
        while True:
            line = self.file.readline().decode("latin-1").rstrip("\r\n")
            if not line:
                sys.exit("the server hung up")
            lines.append(line)
            if line[3:4] != "-":
                return lines[-1]

    def ask(self, command):
        self.socket.sendall(command.encode("utf-8") + b"\r\n")
        return self.reply()

    def close(self):
        self.ask("QUIT")
        self.file.close()
        self.socket.close()


class Side:
    def __init__(self, argument):
        base, self.log = argument.split(":", 1)
        self.base = int(base)
        self.sessions = {}

    def session(self, port, client):
        if (port, client) not in self.sessions:
            self.sessions[port, client] = Session(self.base + port, client)
        return self.sessions[port, client]

    def ask(self, what, port, value):
        """The replies to a whole envelope, and the queue id when a message went."""
        envelope = {"helo": "client.test", "from": "f@from.test", "to": "t@to.test", "client": "127.0.0.1"}
        envelope[{"mail": "to", "mail-from": "from"}.get(what, what)] = value
        session = self.session(port, envelope["client"])
        replies = [session.ask("HELO " + envelope["helo"]),
                   session.ask("MAIL FROM:<%s>" % envelope["from"]),
                   session.ask("RCPT TO:<%s>" % envelope["to"])]
        queue_id = None
        if what.startswith("mail") and replies[-1].startswith("250"):
            session.ask("DATA")
            queue_id = session.ask("Subject: x\r\n\r\nx\r\n.").rpartition("queued as ")[2]
        if what == "client":
            session.close()
            del self.sessions[port, value]
        return replies, queue_id

    def where(self, queue_ids):
        """By queue id, what the log says of the envelope, when all have left the queue."""
        end = time.monotonic() + WAIT_S
        while True:
            with open(self.log, encoding="latin-1") as file:
                text = file.read()
            if all(": %s: removed\n" % one in text for one in queue_ids) or time.monotonic() > end:
                break
            time.sleep(0.05)
        lines = {}
        pattern = r": ([0-9A-Za-z]+): (?:(from=<.*>), size=|(to=<.*?, relay=[^,]*), .*(status=.*))"
        for found in re.finditer(pattern, text):
            lines.setdefault(found[1], []).append(found[2] or found[3] + ", " + found[4])
        return {one: sorted(lines.get(one, ["lost"])) for one in queue_ids}


def read(path):
    questions = []
    reason = None
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("== "):
                _, what, port = line.split()
            elif line.startswith("~"):
                reason = line[1:]
            elif line and not line.startswith("#"):
                questions.append((what, int(port), "" if line == "<>" else line, reason))
                reason = None
    return questions


def answers(side, questions):
    asked = [side.ask(*question[:3]) for question in questions]
    where = side.where([queue_id for _, queue_id in asked if queue_id])
    for session in side.sessions.values():
        session.close()
    return [replies + where.get(queue_id, []) for replies, queue_id in asked]


def main():
    questions = read(sys.argv[3])
    both = [answers(Side(argument), questions) for argument in sys.argv[1:3]]
    for (what, port, value, reason), ours, theirs in zip(questions, *both):
        good = (ours == theirs) == (reason is None)
        name = "%s %d <%s>%s" % (what, port, value, "" if reason is None else " (differs: %s)" % reason)
        print("%s - %s" % ("ok" if good else "not ok", name.replace("#", "\\#")))
        if not good:
            for side, lines in ("ours", ours), ("theirs", theirs):
                print("".join("# %-6s %s\n" % (side, line) for line in lines), end="")


main()
