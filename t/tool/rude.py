#!/usr/bin/env python3
"""rude: SMTP servers that misbehave, at 127.0.1.1, 127.0.1.2 and so on, until this process is ended.

rude.py --ready FILE --port PORT MODE...

A MODE is STEP-ACT: what happens in place of the reply to greeting, ehlo, mail, rcpt, data, or to the end of
data (eod); or, as body-ACT, while content arrives. ACT is a reply code, or one of
    drop rst     the connection ends, in order or by a reset
    junk empty   octets that are no reply; a line without any
    half         the connection ends within the reply
    endless      a reply that goes on until nobody listens
    drip         the right reply, octet by octet
    lf multi     the right reply with bare LFs, in several lines
    hang         nothing
"""
import argparse
import socket
import struct
import threading
import time

RIGHT = {"greeting": "220 rude", "ehlo": "250 rude", "mail": "250 Ok", "rcpt": "250 Ok", "data": "354 go on", "eod": "250 Ok"}
HANG_S = 600


class Gone(Exception):
    pass


class Client:
    def __init__(self, connection, mode):
        self.connection = connection
        self.file = connection.makefile("rb")
        self.step, _, self.act = mode.partition("-")

    def say(self, octets):
        self.connection.sendall(octets)

    def leave(self):
        if self.act == "rst":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def reply(self, step):
        """True: the client was told what it expects."""
        right = RIGHT[step].encode()
        if step != self.step:
            self.say(right + b"\r\n")
            return True
        if self.act.isdigit():
            self.say(b"%s %s.0.0 so there\r\n" % (self.act.encode(), self.act[:1].encode()))
            return False
        return getattr(self, "do_" + self.act)(right)

    def do_drop(self, right):
        self.leave()

    do_rst = do_drop

    def do_junk(self, right):
        self.say(b"\0\377\376garbage\r\n")
        return False

    def do_empty(self, right):
        self.say(b"\r\n")
        return False

    def do_half(self, right):
        self.say(right[:3])
        self.leave()

    def do_endless(self, right):
        while True:
            self.say(b"%s-and then\r\n" % right[:3])

    def do_drip(self, right):
        for octet in right + b"\r\n":
            self.say(bytes([octet]))
            time.sleep(0.001)
        return True

    def do_lf(self, right):
        self.say(right + b"\n")
        return True

    def do_multi(self, right):
        self.say(b"%s-one\r\n%s-two\r\n%s\r\n" % (right[:3], right[:3], right))
        return True

    def do_hang(self, right):
        time.sleep(HANG_S)

    def take_content(self):
        taken = 0
        while True:
            line = self.file.readline()
            taken += len(line)
            if not line:
                raise Gone
            if line == b".\r\n":
                return
            if self.step == "body" and taken > 100:
                if self.act.isdigit():
                    self.say(b"%s %s.3.0 enough\r\n" % (self.act.encode(), self.act[:1].encode()))
                self.leave()

    def converse(self):
        self.reply("greeting")
        while True:
            verb = self.file.readline().strip()[:4].lower().decode("latin-1")
            if verb in ("", "quit"):
                raise Gone
            if verb == "data":
                if self.reply("data"):
                    self.take_content()
                    self.reply("eod")
            elif verb in RIGHT:
                self.reply(verb)
            else:
                self.say(b"250 Ok\r\n")


def serve(connection, mode):
    try:
        Client(connection, mode).converse()
    except (Gone, OSError):
        connection.close()


def listen(host, port, mode):
    listener = socket.create_server((host, port), backlog=20)

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0], mode), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ready")
    parser.add_argument("--port", type=int)
    parser.add_argument("mode", nargs="+")
    args = parser.parse_args()
    for i, mode in enumerate(args.mode):
        listen("127.0.1.%d" % (i + 1), args.port, mode)
    with open(args.ready, "w"):
        pass
    threading.Event().wait()


main()
