#!/usr/bin/env python3
"""SMTP and LMTP servers that keep what their clients say.

replies.py DIRECTORY PORT=BEHAVIOUR...     (DIRECTORY.ready appears when they listen)

A connection leaves a file in DIRECTORY; before it has ended, its name ends in ".new". BEHAVIOURS are the differences from a server that takes
everything: what it says instead of its usual reply to a command; None is nothing at all.
"""
import os
import socketserver
import sys
import threading

EHLO = "250-server.test\r\n250-PIPELINING\r\n250-SIZE 99999\r\n250-DSN\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES"
USUAL = {"greeting": "220 server.test ESMTP", "EHLO": EHLO, "LHLO": EHLO, "HELO": "250 server.test",
         "DATA": "354 go on", ".": "250 2.0.0 taken", "QUIT": "221 bye"}
BEHAVIOURS = {
    "usual": {},
    "old": {"greeting": "220 server.test hello", "EHLO": "500 what?"},
    "modest": {"greeting": "220 server.test hello"},
    "plain": {"EHLO": "250 server.test", "LHLO": "250 server.test"},
    "starttls": {"EHLO": "250-server.test\r\n250 STARTTLS", "LHLO": "250-server.test\r\n250 STARTTLS"},
    "busy": {"greeting": "421 4.3.2 later"},
    "closed": {"greeting": "554 5.7.1 never"},
    "no-sender": {"MAIL": "550 5.1.8 no such sender"},
    "no-user": {"RCPT": "550 5.1.1 no such user"},
    "full": {"RCPT": "452 4.2.2 full"},
    "no-data": {"DATA": "554 5.6.0 no"},
    "late": {".": "451 4.4.0 not now"},
    "refused": {".": "550 5.7.0 spam"},
    "mute": {"greeting": None},
    "mute-hello": {"EHLO": None, "LHLO": None},
    "mute-mail": {"EHLO": "250 server.test", "LHLO": "250 server.test", "MAIL": None},
    "mute-rcpt": {"EHLO": "250 server.test", "LHLO": "250 server.test", "RCPT": None},
    "mute-data": {"EHLO": "250 server.test", "LHLO": "250 server.test", "DATA": None},
    "mute-end": {"EHLO": "250 server.test", "LHLO": "250 server.test", ".": None},
    "mute-quit": {"QUIT": None},
    "many-lines": {"RCPT": "550-5.1.1 one\r\n550-5.1.1 two\r\n550 5.1.1 three"},
    "no-code": {"RCPT": "550 no such user"},
    "odd-code": {"MAIL": "250 ok", "RCPT": "999 what"},
    "hangs-up": {"RCPT": "421 4.3.0 enough"},
}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.said = [f"peer {self.client_address[0]}"]
        path = os.path.join(self.server.directory, f"{self.server.behaviour}-{self.client_address[1]}")
        with open(path + ".new", "w", encoding="latin-1") as file:
            try:
                self.converse(BEHAVIOURS[self.server.behaviour])
            except OSError:
                pass
            file.write("\n".join(self.said) + "\n")
        os.rename(path + ".new", path)

    def reply(self, text):
        if text is not None:
            self.wfile.write(text.encode() + b"\r\n")

    def converse(self, behaviour):
        replies = dict(USUAL, **behaviour)
        self.reply(replies["greeting"])
        recipients, is_lmtp = 0, False
        for line in self.rfile:
            text = line.decode("latin-1").rstrip("\r\n")
            verb = text.split(" ")[0].upper()
            self.said.append(text)
            self.reply(replies.get(verb, "250 2.1.0 fine"))
            is_lmtp = is_lmtp or verb == "LHLO"
            recipients += verb == "RCPT"
            if verb == "DATA" and (replies["DATA"] or "").startswith("354"):
                for content in self.rfile:
                    self.said.append(content.decode("latin-1").rstrip("\r\n"))
                    if content == b".\r\n":
                        break
                for _ in range(recipients if is_lmtp else 1):
                    self.reply(replies["."])
                recipients = 0
            if verb == "QUIT" and replies["QUIT"] is not None:
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    directory = sys.argv[1]
    for argument in sys.argv[2:]:
        port, behaviour = argument.split("=")
        server = Server(("127.0.0.1", int(port)), Handler)
        server.directory, server.behaviour = directory, behaviour
        threading.Thread(target=server.serve_forever).start()
    with open(directory + ".ready", "w", encoding="utf-8"):
        pass


main()
