"""What the tests of master say to t/daemon/probe, and how they wait for what follows.

A script on standard input is run with these names; its failed assertion is the test's failure:

    first, second = Session(SMTP), Session(SMTP)
    assert first.pid != second.pid
"""

import os
import signal
import socket
import subprocess
import sys
import time

SPOOL = os.environ["SPOOL"]
LOG = os.environ["LOG"]
SMTP = int(os.environ["SMTP_PORT"])
OTHER = int(os.environ["SINK_PORT"])
PATIENCE = 60


class Session:
    """A connection to a probe: a port, or the name of a socket below the queue directory."""

    def __init__(self, where, timeout=PATIENCE):
        if isinstance(where, int):
            self.socket = socket.create_connection(("127.0.0.1", where), timeout=timeout)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(f"{SPOOL}/{where}")
        self.reader = self.socket.makefile("r")

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\n")
        return self.reader.readline().rstrip("\n")

    def who(self):
        """What the process says of itself, as a dictionary of texts."""
        return dict(word.split("=", 1) for word in self.ask("who").split())

    @property
    def pid(self):
        return int(self.who()["pid"])

    def is_answered_within(self, seconds):
        self.socket.sendall(b"who\n")
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1000) != b""
        except TimeoutError:
            return False
        finally:
            self.socket.settimeout(PATIENCE)

    def is_closed(self):
        return self.socket.recv(1) == b""

    def close(self):
        self.reader.close()
        self.socket.close()


def wait_until(what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(pid):
    """Neither gone nor waiting to be reaped."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_refused(port):
    try:
        Session(port, timeout=2).close()
    except ConnectionRefusedError:
        return True
    except OSError:  # reset, or lost between the two states
        return False
    return False


def master_pid():
    with open(f"{SPOOL}/pid/master.pid") as lock:
        return int(lock.read())


def signal_master(number):
    os.kill(master_pid(), number)


def buzon(*words):
    """The tool's exit status and what it says."""
    done = subprocess.run([os.environ["T"] + "/sbin/buzon", "-c", os.environ["CONF"], *words],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def log_lines(text):
    with open(LOG) as log:
        return [line for line in log if text in line]


if __name__ == "__main__":
    exec(compile(sys.stdin.read(), "the test", "exec"))
