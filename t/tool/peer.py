"""A server that is spoken with over a stream: octets go there in parts, each taken before more follows, and lines come back.

    peer = Peer(*started(COMMAND))     # it speaks on its standard input and output
    peer = Peer(connection)            # it listens on a port

Nothing here waits longer than PATIENCE_S, and for no other time: what does not come is not there.
"""
import fcntl, select, socket, ssl, struct, subprocess, time

PATIENCE_S = 60
SIOCOUTQ = 0x5411
NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def started(command, errors=None):
    """Our end of the socket that is the standard input and output of a shell command, and its process."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(command, shell=True, stdin=theirs, stdout=theirs, stderr=errors)
    theirs.close()
    return ours, process


class Peer:
    def __init__(self, connection, process=None):
        self.connection, self.process = connection, process
        self.heard, self.taken, self.gone = b"", 0, False  # taken: octets of it that line() has told already
        connection.setblocking(False)

    # --- octets ---

    def hear(self, timeout):
        """What it says within that time; False: nothing."""
        if self.gone:
            return False
        if not (getattr(self.connection, "pending", int)() or select.select([self.connection], [], [], timeout)[0]):
            return False
        try:
            octets = self.connection.recv(1 << 20)
        except NOT_NOW:
            return False
        except OSError:
            octets = b""
        self.gone = octets == b""
        self.heard += octets
        return True

    def is_untaken(self):
        """Octets of ours lie there unread; on the way over TCP they count until they are acknowledged."""
        return struct.unpack("i", fcntl.ioctl(self.connection.fileno(), SIOCOUTQ, b"\0" * 4))[0] > 0

    def say(self, octets):
        """It has taken all of it, or is gone."""
        until = time.monotonic() + PATIENCE_S
        while octets and not self.gone:
            try:
                octets = octets[self.connection.send(octets):]
            except NOT_NOW:
                self.hear(0.01)
            except OSError:
                break  # what it said before is still to be heard
            assert time.monotonic() < until, "it takes no more octets"
        while not self.gone and self.is_untaken():
            self.hear(0.001)
            if self.process is not None and self.process.poll() is not None:
                break
            assert time.monotonic() < until, "it does not read"

    # --- what is heard ---

    def listen(self, is_there):
        """Hear until something is there, and give it back; None: it does not come."""
        until = time.monotonic() + PATIENCE_S
        while (found := is_there()) is None:
            if self.gone or time.monotonic() > until:
                return is_there()
            self.hear(max(0, until - time.monotonic()))
        return found

    def line(self):
        """The next line with its end; what is left of one at the end, b"" after that; None: nothing comes."""
        looked = self.taken

        def is_there():
            nonlocal looked
            end = self.heard.find(b"\n", looked)
            looked = len(self.heard)
            return None if end < 0 else end + 1

        end = self.listen(is_there)
        if end is None and not self.gone:
            return None
        line = self.heard[self.taken:end]
        self.taken += len(line)
        if self.taken > 1 << 17:
            self.heard, self.taken = self.heard[self.taken:], 0
        return line

    # --- the end ---

    def close(self):
        """Hang up."""
        try:
            self.connection.close()
        except OSError:
            pass

    def finish(self):
        """Nothing more is said; all that comes until it hangs up."""
        try:
            self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        until = time.monotonic() + PATIENCE_S
        while not self.gone and time.monotonic() < until:
            self.hear(1)
        return self.heard[self.taken:]

    def wait(self):
        """The exit status of the process; None: it does not end."""
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
