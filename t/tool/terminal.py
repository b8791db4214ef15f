#!/usr/bin/env python3
"""terminal.py COMMAND...: sh -c "COMMAND..." with a terminal of its own, where nobody types; all that it prints goes to
standard output, and its status is ours. (script(1) at times loses both when its standard input is at its end.)"""
import os
import pty
import sys

END_OF_FILE = b"\x04"


def copy(terminal):
    while True:
        try:
            octets = os.read(terminal, 65536)
        except OSError:  # nobody has it open any more
            return
        if not octets:
            return
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()


def main():
    child, terminal = pty.fork()
    if child == 0:
        os.execvp("sh", ["sh", "-c", " ".join(sys.argv[1:])])
    os.write(terminal, END_OF_FILE)
    copy(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(status if status >= 0 else 128 - status)


main()
