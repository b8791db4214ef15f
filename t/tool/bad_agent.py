#!/usr/bin/env python3
"""Delivery agents that fail, as sockets in the directory given (private/ of a mail system); each is named for
what it does. A line "ready" on standard output, and they are there.

bad_agent.py [--greeted] DIRECTORY     --greeted: agents of that system speak first, as Postfix's do
"""
import os
import socket
import sys
import threading


def greeting_of(directory):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(60)
        peer.connect(os.path.join(directory, 'discard'))
        return peer.recv(1000)


def hangs(peer):
    while peer.recv(65536):
        pass


def garbage(peer):
    peer.recv(65536)
    peer.sendall(b'HTTP/1.0 400 Bad Request\r\n\r\n')
    hangs(peer)


def stuck(peer):
    peer.recv(65536)
    peer.sendall(b'\0\0\0\x40half of')
    hangs(peer)


def hangup(peer):
    peer.recv(65536)


def closes(peer):
    pass


def bind(path):
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    return listener


def run(act, peer):
    try:
        act(peer)
    except OSError:
        pass
    peer.close()


def serve(path, act, greeting):
    listener = bind(path)
    listener.listen(20)

    def accept():
        while True:
            peer, _ = listener.accept()
            if act is not closes:
                peer.sendall(greeting)
            threading.Thread(target=run, args=(act, peer), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


place = sys.argv[-1]
first = greeting_of(place) if sys.argv[1] == '--greeted' else b''
for behaviour in (hangs, garbage, stuck, hangup, closes):
    serve(os.path.join(place, behaviour.__name__), behaviour, first)
bind(os.path.join(place, 'refuses')).close()
print('ready', flush=True)
threading.Event().wait()
