"""A session of a test's Python program with imapd, whose arguments begin with port, user and password.

    from imap_session import Session, number
    one = Session()
    lines = one("s SELECT INBOX")
"""
import re
import socket
import sys


class Session:
    def __init__(self):
        port, user, password = sys.argv[1:4]
        self.f = socket.create_connection(("127.0.0.1", int(port))).makefile("rwb")
        self.f.readline()
        self("l LOGIN %s %s" % (user, password))

    def send(self, octets):
        self.f.write(octets)
        self.f.flush()

    def until(self, word):
        """The next lines, up to one that begins so."""
        lines = []
        while not lines or not lines[-1].startswith(word):
            line = self.f.readline()
            assert line, lines
            lines.append(line.decode().rstrip("\r\n"))
        return lines

    def __call__(self, text):
        self.send(text.encode() + b"\r\n")
        return self.until(text.split()[0] + " ")


def number(name, lines):
    """That stands behind a name: the 7 of "[UIDNEXT 7]"."""
    return int(re.search(name + r" (\d+)", "\n".join(lines)).group(1))
