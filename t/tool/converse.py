"""converse: hold a scripted conversation with a server, and say where it went otherwise.

The script, one step a line:
    S: text    the server's next line is this; * stands for any text
    S~ text    lines are skipped until one is this
    C: text    send the line with CRLF
    C- text    send exactly this, with \\r \\n \\t \\0 \\\\ and \\xNN understood, no line end added
    C< path    send the file's octets
    TLS        handshake now (after the server agreed to STARTTLS)
    EOF        the server closes the connection
    SLEEP n    wait n seconds, where the passing of time is what is tested
    # text     a comment
$NAME in any line is replaced from the environment when it is set there, else left as it is.
"""
import argparse, os, re, socket, ssl, sys, time

TIMEOUT = 60


class Failed(Exception):
    pass


def matches(pattern, line):
    return re.fullmatch(".*".join(re.escape(p) for p in pattern.split("*")), line, re.S) is not None


def unescape(text):
    out, at = bytearray(), 0
    simple = {"r": 13, "n": 10, "t": 9, "0": 0, "\\": 92}
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            c = text[at + 1]
            if c == "x":
                out.append(int(text[at + 2:at + 4], 16))
                at += 4
                continue
            out.append(simple[c])
            at += 2
            continue
        out += text[at].encode("utf-8", "surrogateescape")
        at += 1
    return bytes(out)


class Conversation:
    def __init__(self, args):
        source = (args.from_address, 0) if args.from_address else None
        self.socket = socket.create_connection((args.host, args.port), TIMEOUT, source)
        self.buffer = b""
        self.certificate = args.certificate
        if args.tls:
            self.tls()

    def tls(self):
        if self.buffer:
            raise Failed("the server sent something before the handshake: %r" % self.buffer)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if self.certificate:
            context.load_cert_chain(self.certificate)
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def line(self):
        while b"\n" not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            except socket.timeout:
                raise Failed("nothing came for %d seconds; buffered: %r" % (TIMEOUT, self.buffer))
            if not data:
                raise Failed("the server closed; buffered: %r" % self.buffer)
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "surrogateescape")

    def expect(self, pattern):
        line = self.line()
        if not matches(pattern, line):
            raise Failed("expected %r, got %r" % (pattern, line))

    def skip_to(self, pattern):
        seen = []
        while True:
            try:
                line = self.line()
            except Failed as e:
                raise Failed("no %r among %r: %s" % (pattern, seen[-20:], e))
            if matches(pattern, line):
                return
            seen.append(line)

    def end(self):
        try:
            rest = self.buffer + self.socket.recv(4096)
        except (ConnectionResetError, ssl.SSLError):
            rest = b""
        if rest:
            raise Failed("expected the end, got %r" % rest)

    def step(self, text):
        kind, rest = text[:2], text[3:]
        if kind == "S:":
            self.expect(rest)
        elif kind == "S~":
            self.skip_to(rest)
        elif kind == "C:":
            self.socket.sendall(rest.encode("utf-8", "surrogateescape") + b"\r\n")
        elif kind == "C-":
            self.socket.sendall(unescape(rest))
        elif kind == "C<":
            with open(rest, "rb") as f:
                self.socket.sendall(f.read())
        elif text == "TLS":
            self.tls()
        elif text == "EOF":
            self.end()
        elif text.startswith("SLEEP "):
            time.sleep(float(text[6:]))
        else:
            raise Failed("not a step")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--from", dest="from_address")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--certificate", help="of the client, PEM with its key")
    parser.add_argument("script")
    args = parser.parse_args()
    with open(args.script, encoding="utf-8", errors="surrogateescape") as f:
        lines = f.read().split("\n")
    conversation = Conversation(args)
    for number, text in enumerate(lines, 1):
        if not text.strip() or text.startswith("#"):
            continue
        text = re.sub(r"\$([A-Z_][A-Z_0-9]*)", lambda m: os.environ.get(m.group(1), m.group(0)), text)
        try:
            conversation.step(text)
        except (Failed, OSError) as e:
            sys.exit("line %d: %s\n  %s" % (number, text, e))


main()
