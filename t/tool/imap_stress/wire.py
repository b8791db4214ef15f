"""One IMAP connection on the wire: commands out, responses in, parsed. It knows nothing of mailboxes."""
import os
import re
import socket
import subprocess
import time


class Closed(Exception):
    """The connection ended, in good order or not."""


class Parser:
    """One response as nested lists: atoms and strings are bytes, NIL is None, '[' ... ']' stays in its atom."""

    def __init__(self, octets):
        self.octets, self.at = octets, 0

    def peek(self):
        return self.octets[self.at:self.at + 1]

    def skip_space(self):
        while self.peek() == b" ":
            self.at += 1

    def values(self, end=b""):
        out = []
        while True:
            self.skip_space()
            if self.at >= len(self.octets) or self.peek() == end:
                self.at += 1
                return out
            out.append(self.value())

    def value(self):
        first = self.peek()
        if first == b"(":
            self.at += 1
            return self.values(b")")
        if first == b'"':
            return self.quoted()
        literal = re.compile(rb"~?\{(\d+)\}\r\n").match(self.octets, self.at)
        if literal:
            start = literal.end()
            self.at = start + int(literal.group(1))
            return self.octets[start:self.at]
        return self.atom()

    def quoted(self):
        found = re.compile(rb'"((?:[^"\\]|\\.)*)"').match(self.octets, self.at)
        self.at = found.end()
        return re.sub(rb"\\(.)", rb"\1", found.group(1))

    def atom(self):
        start, depth = self.at, 0
        while self.at < len(self.octets):
            c = self.peek()
            depth += (c == b"[") - (c == b"]")
            if depth == 0 and c in (b" ", b")", b"("):
                break
            self.at += 1
        text = self.octets[start:self.at]
        return None if text.upper() == b"NIL" else text


class Wire:
    """`target` is (host, port), or a list: a command that speaks IMAP on standard input and output."""

    def __init__(self, target, timeout=60):
        self.process = None
        if isinstance(target, tuple):
            self.socket = socket.create_connection(target, timeout)
        else:
            ours, theirs = socket.socketpair()
            self.process = subprocess.Popen(target, stdin=theirs, stdout=theirs, stderr=open(os.environ.get("STRESS_STDERR", os.devnull), "ab"))
            theirs.close()
            self.socket = ours
        self.socket.settimeout(timeout)
        self.buffer = b""
        self.transcript = []

    def note(self, mark, octets):
        self.transcript.append("%.3f %s %s" % (time.time() % 1000, mark, octets[:400].decode("latin-1")))
        del self.transcript[:-80]

    def send(self, octets):
        self.note("C:", octets)
        try:
            self.socket.sendall(octets)
        except OSError as e:
            raise Closed("send: %s" % e)

    def more(self):
        try:
            octets = self.socket.recv(65536)
        except socket.timeout:
            raise AssertionError("no answer within the time")
        except OSError as e:
            raise Closed("receive: %s" % e)
        if not octets:
            raise Closed("end of file")
        self.buffer += octets

    def has_input(self):
        return b"\r\n" in self.buffer

    def response(self):
        """The next whole response, literals within, without its last line end."""
        start = 0
        while True:
            end = self.buffer.find(b"\r\n", start)
            if end < 0:
                self.more()
                continue
            literal = re.search(rb"~?\{(\d+)\}$", self.buffer[start:end])
            if not literal:
                break
            start = end + 2 + int(literal.group(1))
            while len(self.buffer) < start:
                self.more()
        response, self.buffer = self.buffer[:end], self.buffer[end + 2:]
        self.note("S:", response)
        return response

    def close(self):
        self.socket.close()
        if self.process:
            self.process.wait()
