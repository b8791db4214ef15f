#!/usr/bin/env python3
"""A server of tables for tests: tabled.py tcp|socketmap PORT-or-PATH READY

tcp: keys are answered by what they say ("value-x", "absent-x", "temp-x", "bad-x", "long-x", "close-x").
socketmap: the same for map "m"; "slow-x" sends its reply in single octets."""
import os
import socketserver
import sys
import urllib.parse

kind, where, ready = sys.argv[1:]
asked = {}


def words(key):
    what = key.split(b"-")[0]
    asked[key] = asked.get(key, 0) + 1
    if what == b"once" and asked[key] == 1:
        return b"close"
    return b"value" if what == b"once" else what


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            verb, key = line.rstrip(b"\n").split(b" ")
            assert verb == b"get"
            what = words(urllib.parse.unquote_to_bytes(key))
            if what == b"close":
                return
            self.wfile.write({
                b"value": b"200 got%20" + key + b"\n", b"absent": b"500 no%20such key\n",
                b"temp": b"400 try later\n", b"bad": b"200 a%2\n", b"none": b"hello\n",
                b"long": b"200 " + b"x" * 5000 + b"\n", b"empty": b"200 \n",
                b"nul": b"200 a%00b\n", b"also": b"201\tv\n", b"gone": b"551 v\n",
            }.get(what, b"500 \n"))


class Socketmap(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            digits = b""
            while (octet := self.rfile.read(1)) not in (b":", b""):
                digits += octet
            if not digits:
                return
            request = self.rfile.read(int(digits))
            assert self.rfile.read(1) == b","
            name, key = request.split(b" ", 1)
            what = words(key)
            if what == b"close":
                return
            reply = {
                b"value": b"OK got " + name + b" " + key, b"slow": b"OK slowly", b"absent": b"NOTFOUND ",
                b"temp": b"TEMP try later", b"timeout": b"TIMEOUT too late", b"perm": b"PERM never",
                b"odd": b"WHAT is this", b"empty": b"OK ", b"bare": b"OK", b"nul": b"OK a\0b", b"big": b"OK " + b"x" * 90000,
                b"long": b"OK " + b"x" * 100000,
            }.get(what, b"NOTFOUND ")
            octets = b"%d:%s," % (len(reply), reply)
            if what == b"bad":
                octets = b"x" + octets
            if what == b"end":
                octets = octets[:-1] + b";"
            if what == b"slow":
                for octet in octets:
                    self.wfile.write(bytes([octet]))
                    self.wfile.flush()
            else:
                self.wfile.write(octets)


handler = {"tcp": Tcp, "socketmap": Socketmap}[kind]
if where.startswith("/"):
    server = socketserver.ThreadingUnixStreamServer(where, handler)
else:
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    server = socketserver.ThreadingTCPServer(("127.0.0.1", int(where)), handler)
server.daemon_threads = True
server.handle_error = lambda *_: None  # a client may hang up at any moment
open(ready, "w").close()
server.serve_forever()
