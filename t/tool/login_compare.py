#!/usr/bin/python3
"""Say the same to two IMAP or POP3 servers before anybody is logged in, and compare every line of their answers, as TAP without
numbers.

    login_compare.py OURS THEIRS CASES

OURS and THEIRS are what is added to the port numbers in CASES:

    #            a comment
    == PORT      the service for the following sessions
    -- TITLE     a session: what the client says, each line after the answer to the one before; <0d> is an octet, <CRLF> a line
                 end within what is sent at once, <eof> nothing more; <tls> begins TLS; <b64:x> is x in Base64
    ~ REASON     the next session goes differently, for this reason

What a command lacks is told in other words, and is not compared.
"""
import base64, re, socket, ssl, sys

WAIT_S = 60


class Side:
    def __init__(self, base):
        self.base = int(base)

    def talk(self, port, lines):
        heard = []
        client = socket.create_connection(("127.0.0.1", self.base + port), WAIT_S)
        file = client.makefile("rb")

        def hear(said):
            """Up to the line that ends the answer to what was said; False: the server has hung up."""
            many = re.match(r"(?i)(CAPA|AUTH|LIST|UIDL|LANG)$", said)
            while True:
                try:
                    line = file.readline().decode("latin-1").rstrip("\n")
                except ConnectionError:
                    line = ""
                if line == "":
                    heard.append("(end)")
                    return False
                heard.append(line.rstrip("\r"))
                if re.match(r"\+ |\+$|\* OK \[CAP|-ERR|\.$|\* BAD|[^+*]\S* (OK|NO|BAD) ", heard[-1]):
                    return True
                if line.startswith("+OK") and not many:
                    return True

        hear("")
        for line in lines:
            text = re.sub(r"<b64:([^>]*)>", lambda m: base64.b64encode(m[1].replace("\\0", "\0").encode("latin-1")).decode(), line)
            text = re.sub(r"<([0-9a-f][0-9a-f])>", lambda m: chr(int(m[1], 16)), text)
            if text == "<eof>":
                client.shutdown(socket.SHUT_WR)
                while hear(""):
                    pass
                break
            if text == "<tls>":
                client = ssl._create_unverified_context().wrap_socket(client)
                file = client.makefile("rb")
                continue
            client.sendall(text.replace("<CRLF>", "\r\n").encode("latin-1") + b"\r\n")
            for said in text.split("<CRLF>"):
                if not re.search(r"\{\d+\+\}$", said) and not hear(said):
                    client.close()
                    return [alike(line) for line in heard]
        client.close()
        return [alike(line) for line in heard]


def alike(line):
    line = re.sub(r"\[CAPABILITY [^]]*\]|^\* CAPABILITY .*", "[CAPABILITY]", line)
    line = re.sub(r"\(\d+\.\d+ \+ \d+\.\d+( \+ \d+\.\d+)? secs\)\.?", "", line)
    line = re.sub(r"( BAD) (Error in IMAP command (LOGIN|ID): )?(Error in IMAP command received|Invalid|Missing|8bit|literal8|Unknown command|CR sent without LF|Unexpected).*", r"\1 (malformed)", line)
    return re.sub(r"Dovecot( \(\w+\))?|buzon", "SERVER", line.rstrip())


def sessions(path):
    port, title, lines, reason = None, None, [], None
    for line in open(path, encoding="latin-1").read().split("\n") + ["-- "]:
        if line.startswith("-- ") or line.startswith("== ") or line.startswith("~ "):
            if title:
                yield port, title, lines, reason
                reason, title = None, None
            if line.startswith("== "):
                port = int(line[3:])
            elif line.startswith("~ "):
                reason = line[2:]
            else:
                title, lines = line[3:], []
        elif line and not line.startswith("#"):
            lines.append(line)


def main():
    ours, theirs = Side(sys.argv[1]), Side(sys.argv[2])
    for port, title, lines, reason in sessions(sys.argv[3]):
        one, other = ours.talk(port, lines), theirs.talk(port, lines)
        good = (one == other) == (reason is None)
        print("%s - %s%s" % ("ok" if good else "not ok", title, "" if reason is None else " (%s)" % reason))
        if not good:
            for side, answers in ("ours", one), ("theirs", other):
                print("# %s:" % side)
                for answer in answers:
                    print("#     " + answer)


if __name__ == "__main__":
    main()
