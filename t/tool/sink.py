"""sink: an SMTP or LMTP server for tests, which keeps each message as N.msg and N.env in a directory.

Refusals are chosen by the recipient's localpart, so that a test names what shall happen:
    reject-CODE@...   that reply at RCPT, e.g. reject-550, reject-450
    once-CODE...@...  the same, but the first time only
    data-CODE@...     that reply at the end of DATA (LMTP: for that recipient)
Options --greeting, --ehlo LINE (repeatable), --close-at VERB, --lmtp, --unix PATH, --tls CERT KEY.
"""
import argparse, itertools, os, re, socket, ssl, threading

counter = itertools.count(1)
seen = set()  # who was refused once


class Client:
    def __init__(self, args, connection):
        self.args, self.connection = args, connection
        self.file = connection.makefile("rb")
        self.sender, self.recipients, self.secured = None, [], False

    def say(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def run(self):
        self.say(self.args.greeting)
        while line := self.file.readline():  # STARTTLS puts another file there
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            verb = verb.upper()
            if verb == self.args.close_at:
                return
            if verb == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            getattr(self, "do_" + verb.lower(), self.unknown)(rest)

    def unknown(self, rest):
        self.say("500 5.5.2 what?")

    def hello(self, rest):
        lines = ["sink.test"] + self.args.ehlo
        if self.args.tls and not self.secured:
            lines.append("STARTTLS")
        for line in lines[:-1]:
            self.say("250-" + line)
        self.say("250 " + lines[-1])

    do_ehlo = do_lhlo = do_helo = hello

    def do_starttls(self, rest):
        self.say("220 2.0.0 go ahead")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.args.tls)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.file, self.secured = self.connection.makefile("rb"), True

    def do_mail(self, rest):
        self.sender, self.recipients = rest, []
        self.say("250 2.1.0 Ok")

    def do_rcpt(self, rest):
        refusal = re.search(r"(?:reject|once)-(\d)(\d\d)", rest)
        if refusal and rest not in seen:
            if "once-" in rest:
                seen.add(rest)
            self.say("%s%s %s.1.1 refused by the sink" % (refusal.group(1), refusal.group(2), refusal.group(1)))
            return
        self.recipients.append(rest)
        self.say("250 2.1.5 Ok")

    def do_data(self, rest):
        if not self.recipients:
            self.say("503 5.5.1 no recipients")
            return
        self.say("354 go on")
        content = []
        for line in iter(self.file.readline, b""):
            if line == b".\r\n":
                break
            content.append(line[1:] if line.startswith(b".") else line)
        else:
            return
        replies = []
        for recipient in self.recipients:
            refusal = re.search(r"data-(\d)(\d\d)", recipient)
            replies.append("%s%s %s.3.0 refused by the sink" % (refusal.group(1), refusal.group(2), refusal.group(1))
                           if refusal else "250 2.0.0 kept")
        if any(reply.startswith("250") for reply in replies):
            self.keep(b"".join(content))
        for reply in replies if self.args.lmtp else replies[:1]:
            self.say(reply)

    def do_rset(self, rest):
        self.sender, self.recipients = None, []
        self.say("250 2.0.0 Ok")

    do_noop = do_rset

    def keep(self, content):
        name = os.path.join(self.args.directory, str(next(counter)))
        with open(name + ".env", "w") as f:
            f.write("MAIL %s\n" % self.sender + "".join("RCPT %s\n" % r for r in self.recipients))
            f.write("TLS %s\n" % ("yes" if self.secured else "no"))
        with open(name + ".part", "wb") as f:
            f.write(content)
        os.rename(name + ".part", name + ".msg")


def serve(args, connection):
    try:
        Client(args, connection).run()
    except OSError:
        pass
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int)
    parser.add_argument("--unix")
    parser.add_argument("--lmtp", action="store_true")
    parser.add_argument("--greeting", default="220 sink.test ESMTP")
    parser.add_argument("--ehlo", action="append", default=[])
    parser.add_argument("--close-at", default="")
    parser.add_argument("--tls", nargs=2)
    args = parser.parse_args()
    if args.unix:
        server = socket.socket(socket.AF_UNIX)
        server.bind(args.unix)
        os.chmod(args.unix, 0o666)
    else:
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((args.host, args.port))
    server.listen(50)
    open(os.path.join(args.directory, "ready"), "w").close()
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(args, connection), daemon=True).start()


main()
