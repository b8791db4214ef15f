#!/usr/bin/env python3
"""Measure IMAP commands: buzon's imapd and Dovecot's imap, alternating, each over its own copy of one Maildir.

    bench/imap.py IMAPD [DOVECOT_IMAP] [--messages 10000] [--rounds 3]

Each server is run directly on a socket pair, as the user who calls this (root: as nobody), so that nothing but the session
is measured.
A line is a command, or the first one of its kind in a session ("cold": without an index, else with the one that the
commands above have left). Columns are milliseconds of wall clock and of the server's processor, medians of all rounds,
and how many times faster buzon was by each of them. On a machine that does other things the second is the one to trust.
"""
import argparse, os, pwd, random, shutil, socket, statistics, subprocess, tempfile, time

WORDS = "mail server queue letter order report meeting budget review status update ticket customer invoice".split()
METADATA = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
FIELDS = "(FROM TO CC SUBJECT DATE MESSAGE-ID REFERENCES IN-REPLY-TO)"
USER = pwd.getpwuid(os.getuid()) if os.getuid() != 0 else pwd.getpwnam("nobody")  # Dovecot shows root no mail
QUIET_S = 2  # after which nobody has anything to do any more
INDEX = ("buzon.index", "dovecot")  # how the names begin of what may be removed

# What a session does after SELECT: the name of the line, the command. {half} is half of the messages, {tail} the first of
# the last fifty.
SESSIONS = [
    ("cold", ["FETCH 1:* " + METADATA]),
    ("", ["FETCH 1:20 (FLAGS)", "FETCH 1:* (UID FLAGS)", "FETCH 1:* " + METADATA, "FETCH 1:* BODY.PEEK[]",
          "FETCH 1:* BODY.PEEK[HEADER.FIELDS %s]" % FIELDS, "SEARCH UNSEEN"]),
    ("", ["FETCH {tail}:* " + METADATA]),
    ("", ["SEARCH HEADER Message-ID <17@", "SEARCH HEADER X-Other no", "SEARCH HEADER X-Other no", "SEARCH SUBJECT needle",
          "SEARCH TEXT needle", "SORT (DATE) UTF-8 ALL", "SORT (SUBJECT) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL"]),
    ("cold", ["SEARCH HEADER Message-ID <17@"]),
    ("cold", ["SEARCH TEXT needle"]),
    ("cold", ["SORT (SUBJECT) UTF-8 ALL"]),
    ("cold", ["THREAD REFERENCES UTF-8 ALL"]),
    ("", ["STORE 1:* +FLAGS (\\Flagged)", "STORE 1:* -FLAGS.SILENT (\\Flagged)", "CREATE There", "COPY 1:* There",
          "STORE 1:{half} +FLAGS.SILENT (\\Deleted)", "EXPUNGE"]),
]


def make_maildir(path, messages):
    chance = random.Random(1)
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, part))
    for n in range(messages):
        when = 1700000000 + 97 * n
        subject = " ".join(chance.choices(WORDS, k=3)) + (" needle" if n % 1000 == 500 else "")
        answers = "In-Reply-To: <%d@b>\nReferences: <%d@b>\n" % (n - 5, n - 5) if n % 10 == 9 else ""
        body = "".join(" ".join(chance.choices(WORDS, k=10)) + "\n" for _ in range(chance.randrange(20, 100)))
        text = ("Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\nFrom: \"Sender %d\" <s%d@example.com>\n"
                "To: Some One <a@example.com>, c%d@example.com\nSubject: %s%s\nDate: %s\nMessage-ID: <%d@b>\n%s"
                "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"%d\"\n\n--%d\n"
                "Content-Type: text/plain; charset=utf-8\n\n%s--%d\nContent-Type: text/html\n\n<p>%s--%d--\n") % (
                    n % 500, n % 500, n % 90, "Re: " if answers else "", subject,
                    time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when)), n, answers, n, n, body, n, body, n)
        name = os.path.join(path, "cur", "%d.M%dP1.mail,S=%d,W=%d:2,S" % (when, n, len(text), len(text) + text.count("\n")))
        with open(name, "w") as f:
            f.write(text)


class Session:
    """One server on a socket pair; it has greeted."""
    def __init__(self, command):
        self.socket, theirs = socket.socketpair()
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, USER=USER.pw_name), user=USER.pw_uid, group=USER.pw_gid)
        theirs.close()
        self.room = memoryview(bytearray(1 << 20))
        self.answer(b"* PREAUTH")

    def answer(self, start):
        tail = b""
        while True:
            got = self.socket.recv_into(self.room)
            if got == 0:
                raise SystemExit("the server hung up")
            tail = (tail + bytes(self.room[:got]))[-8192:]
            last = tail[:-2].rsplit(b"\r\n", 1)[-1]
            if tail.endswith(b"\r\n") and last.startswith(start):
                return last

    def processor(self):
        with open("/proc/%d/schedstat" % self.process.pid) as f:
            return int(f.read().split()[0]) / 1e6

    def run(self, command):
        """Milliseconds of wall clock, and of the server's processor."""
        wall, processor = time.perf_counter(), self.processor()
        self.socket.sendall(b"t " + command.encode() + b"\r\n")
        last = self.answer(b"t ")
        if not last.startswith(b"t OK"):
            raise SystemExit("%s: %s" % (command, last.decode()))
        return (time.perf_counter() - wall) * 1000, self.processor() - processor

    def end(self):
        self.socket.sendall(b"t LOGOUT\r\n")
        self.answer(b"t OK")
        self.process.wait()


def take_delivery(session, maildir):
    """Until a message in new/ is told to who is in IDLE, and the processor's time until all is quiet again."""
    arrival = os.path.join(maildir, "tmp", "%d.M1P1.mail" % time.time())
    session.run("SELECT INBOX")
    session.socket.sendall(b"t IDLE\r\n")
    session.answer(b"+ ")
    time.sleep(QUIET_S)
    with open(arrival, "w") as f:
        f.write("Subject: new\n\nnew\n")
    os.chown(arrival, USER.pw_uid, USER.pw_gid)
    wall, processor = time.perf_counter(), session.processor()
    os.rename(arrival, os.path.join(maildir, "new", os.path.basename(arrival)))
    told = b""
    while b"EXISTS" not in told:
        told += session.socket.recv(1 << 16)
    wall = (time.perf_counter() - wall) * 1000
    time.sleep(QUIET_S)
    processor = session.processor() - processor
    session.socket.sendall(b"DONE\r\n")
    session.answer(b"t OK")
    return wall, processor


def copy_maildir(model, path):
    """Of the same files; the directories are its own."""
    shutil.copytree(model, path, copy_function=os.link)
    for directory, _, files in os.walk(path):
        for name in [directory] + [os.path.join(directory, f) for f in files]:
            os.chown(name, USER.pw_uid, USER.pw_gid)


def drop_index(maildir):
    for name in os.listdir(maildir):
        if name.startswith(INDEX):
            path = os.path.join(maildir, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def measure(command, maildir, messages):
    """(line, milliseconds) of all commands, in their order."""
    lines, seen = [], set()
    for kind, commands in SESSIONS:
        if kind == "cold":
            drop_index(maildir)
        session = Session(command)
        for text in ["SELECT INBOX"] + commands:
            text = text.format(half=messages // 2, tail=max(1, messages - 49))
            line = (kind + " " + text).strip()
            if line not in seen or text != "SELECT INBOX":
                line += " again" if line in seen else ""
                lines.append((line, session.run(text)))
                seen.add(line)
            else:
                session.run(text)
        session.end()
    session = Session(command)
    lines.append(("IDLE, a delivery is told", take_delivery(session, maildir)))
    session.end()
    return lines


def tell(results):
    print("%-60s%10s%10s%10s%10s" % ("milliseconds: wall, processor", "buzon", "", "dovecot", ""))
    for line in results["buzon"]:
        ours, theirs = ([statistics.median(column) for column in zip(*results[name].get(line, []))] for name in ("buzon", "dovecot"))
        print("%-60.60s%10.1f%10.1f" % (line, *ours), end="")
        if theirs:
            print("%10.1f%10.1f   x %.2f  x %.2f" % (*theirs, *(b / max(a, 1e-6) for a, b in zip(ours, theirs))), end="")
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("imapd")
    parser.add_argument("dovecot", nargs="?", default="/usr/lib/dovecot/imap")
    parser.add_argument("--messages", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="buzon-imap-") as top:
        model = os.path.join(top, "model")
        make_maildir(model, args.messages)
        os.chmod(top, 0o755)
        maildirs = {name: os.path.join(top, name) for name in ("buzon", "dovecot")}
        with open(os.path.join(top, "main.cf"), "w") as f:
            f.write("compatibility_level = 3.6\nmyhostname = mail.example\nmaillog_file = %s/log\n"
                    "maillog_file_prefixes = %s\nqueue_directory = %s\n" % (top, top, top))
        with open(os.path.join(top, "dovecot.conf"), "w") as f:
            f.write("base_dir = %s/run\nmail_location = maildir:%s\nprotocols = imap\nssl = no\nfirst_valid_uid = 0\nfirst_valid_gid = 0\n"
                    % (top, maildirs["dovecot"]))
        servers = {"buzon": [args.imapd, "-s", "-c", top, "-m", maildirs["buzon"]]}
        if os.path.exists(args.dovecot):
            servers["dovecot"] = [args.dovecot, "-c", os.path.join(top, "dovecot.conf")]
        results = {"buzon": {}, "dovecot": {}}
        for n in range(args.rounds):
            for name in sorted(servers, reverse=n % 2 == 1):
                copy_maildir(model, maildirs[name])
                for line, ms in measure(servers[name], maildirs[name], args.messages):
                    results[name].setdefault(line, []).append(ms)
                shutil.rmtree(maildirs[name])
        tell(results)


main()
