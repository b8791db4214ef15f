"""hammer: many clients and much trouble for a whole root instance; what was promised is written down.

    hammer.py --sbin DIR --conf DIR --spool DIR --mail DIR --work DIR --ports SMTP,SMTPS,IMAP
              --seconds N --seed N --dns PID [--kill]

Clients send uniquely numbered messages over SMTP, SMTP with TLS, sendmail(1) and IMAP's APPEND, to the
targets of hammer_targets.py, while the instance is reloaded, stopped and started, its tables are made
anew, its disks are full and its name server is silent. With --kill, processes are killed as well: one
of any daemon, master alone, or all of them in one moment. In WORK/sent there is a line of JSON for each
message, with what the client was told; in WORK/events one for each piece of trouble. hammer_account.py
holds them against what has arrived. In the end the trouble is over and the instance runs.
"""
import argparse, hashlib, imaplib, json, os, random, signal, smtplib, ssl, subprocess, threading, time

import hammer_targets as targets

ACCEPTED, REFUSED, UNKNOWN = "accepted", "refused", "unknown"
PASSWORD = "correct-horse-battery"
QUEUES = ("maildrop", "incoming", "active", "deferred")


class Notes:
    """Lines of JSON, written by many threads, each on its way before the next step is made."""

    def __init__(self, path):
        self.file, self.lock = open(path, "a"), threading.Lock()

    def write(self, **fields):
        with self.lock:
            self.file.write(json.dumps(dict(fields, time=time.time())) + "\n")
            self.file.flush()


def content(mark, rng):
    """A message whose body proves that it is whole."""
    size = rng.choice((200, 2000, 2000, 20000, 200000))
    body = "".join("%s %d\r\n" % (mark, n) for n in range(max(1, size // 30)))
    body += "." + "\r\n.leading dots\r\n"
    proof = hashlib.sha256(body.replace("\r\n", "\n").encode()).hexdigest()
    return ("From: %s\r\nSubject: hammer\r\nMessage-Id: <%s@hammer>\r\nX-Proof: %s\r\n\r\n%s"
            % (targets.SENDER, mark, proof, body)).encode()


class Client(threading.Thread):
    """One who sends messages one after another until the end; subclasses know how."""

    way = None

    def __init__(self, hammer, number):
        super().__init__()
        self.hammer, self.number = hammer, number
        self.rng = random.Random("%s %s %d" % (hammer.args.seed, self.way, number))

    def run(self):
        count = 0
        while not self.hammer.over():
            if self.hammer.queue_is_long():
                time.sleep(0.1)
                continue
            count += 1
            mark = "%s%d-%s-%d" % (self.way, self.number, self.hammer.run_mark, count)
            self.one(mark, content(mark, self.rng))

    def note(self, mark, state, names, **more):
        self.hammer.sent.write(id=mark, way=self.way, state=state, targets=sorted(names), **more)


class SmtpClient(Client):
    way = "smtp"

    def connect(self):
        return smtplib.SMTP("127.0.0.1", self.hammer.ports[0], "client.test", timeout=60)

    def one(self, mark, message):
        """A transaction in the session that there is; a message of which we do not know is not sent again."""
        names, taken = targets.choose(self.rng, by_smtp=True), []
        state, said = REFUSED, ""
        try:
            if getattr(self, "session", None) is None:
                self.session = self.connect()
                self.session.ehlo()
            code, text = self.session.mail(targets.SENDER)
            for name in names if code == 250 else ():
                code, text = self.session.rcpt(targets.ADDRESSES[name])
                if code == 250:
                    taken.append(name)
                elif code >= 500:
                    self.hammer.sent.write(id=mark, problem="%s refused: %d %s" % (name, code, text))
            if taken:
                code, text = self.session.docmd("DATA")
                if code == 354:
                    state = UNKNOWN
                    self.session.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
                    code, text = self.session.getreply()
                    state = ACCEPTED if code == 250 else REFUSED
            said = "%d %s" % (code, text.decode())
            if code in (250, 354):
                self.note(mark, state, taken, said=said)
                return
            self.session.rset()
        except (OSError, smtplib.SMTPException) as why:
            self.session, said = None, said or repr(why)
            time.sleep(0.05)
        self.note(mark, state, taken, said=said)


class TlsClient(SmtpClient):
    way = "tls"

    def connect(self):
        context = ssl._create_unverified_context()
        return smtplib.SMTP_SSL("127.0.0.1", self.hammer.ports[1], "client.test", timeout=60, context=context)


class SendmailClient(Client):
    """sendmail(1); now and then it is killed, and then nobody knows."""

    way = "sendmail"

    def one(self, mark, message):
        names = targets.choose(self.rng, by_smtp=False)
        args = [self.hammer.args.sbin + "/sendmail", "-i", "-f", targets.SENDER]
        child = subprocess.Popen(args + [targets.ADDRESSES[name] for name in names], stdin=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=self.hammer.environment)
        if self.hammer.args.kill and self.rng.random() < 0.1:
            threading.Timer(self.rng.random() * 0.05, child.kill).start()
        _, said = child.communicate(message.replace(b"\r\n", b"\n"))
        state = ACCEPTED if child.returncode == 0 else UNKNOWN if child.returncode < 0 else REFUSED
        self.note(mark, state, names, said=said.decode()[-300:])


class ImapClient(Client):
    way = "append"

    def one(self, mark, message):
        state, said = REFUSED, ""
        try:
            if getattr(self, "session", None) is None:
                self.session = imaplib.IMAP4("127.0.0.1", self.hammer.ports[2], timeout=60)
                self.session.login(targets.READER, PASSWORD)
            state = UNKNOWN
            kind, answer = self.session.append("INBOX", None, None, message)
            state, said = (ACCEPTED if kind == "OK" else REFUSED), repr(answer)
        except (OSError, imaplib.IMAP4.error) as why:
            self.session, said = None, repr(why)
            time.sleep(0.05)
        self.note(mark, state, ["append"], said=said)


class Hammer:
    def __init__(self, args):
        self.args, self.ports = args, [int(port) for port in args.ports.split(",")]
        self.rng = random.Random(args.seed)
        self.end = time.monotonic() + args.seconds
        self.sent, self.events = Notes(args.work + "/sent"), Notes(args.work + "/events")
        self.environment = dict(os.environ, MAIL_CONFIG=args.conf)
        self.run_mark = "%x" % int(time.time() * 1000)
        self.starting = threading.Lock()

    def over(self):
        return time.monotonic() > self.end

    def queue_is_long(self):
        return sum(len(files) for queue in QUEUES for _, _, files in os.walk(self.args.spool + "/" + queue)) > 400

    def tool(self, name, *args):
        return subprocess.run([self.args.sbin + "/" + name] + list(args), env=self.environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def processes(self):
        """The daemons that run, as pairs of name and pid."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                path = os.readlink("/proc/%s/exe" % pid)
            except OSError:
                continue
            if "/libexec/buzon/" in path:
                found.append((os.path.basename(path).split(" ")[0], int(pid)))
        return found

    # --- trouble, a method a kind ---------------------------------------------------------------------

    def kill_one(self):
        found = [(name, pid) for name, pid in self.processes() if name != "master"]
        if found:
            name = self.rng.choice(sorted({name for name, _ in found}))
            self.kill(name, [self.rng.choice([pid for other, pid in found if other == name])])

    def kill_master(self):
        with self.starting:
            self.kill("master", [pid for name, pid in self.processes() if name == "master"])
            time.sleep(self.rng.random() * 0.5)
            self.start()

    def kill_all(self):
        with self.starting:
            self.kill("all", [pid for _, pid in self.processes()])
            time.sleep(self.rng.random() * 0.5)
            self.start()

    def kill(self, name, pids):
        self.events.write(kill=name, pids=pids)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def start(self):
        while self.tool("buzon", "status") != 0:
            self.tool("buzon", "start")

    def restart(self):
        with self.starting:
            self.tool("buzon", "stop")
            time.sleep(self.rng.random() * 0.5)
            self.start()

    def reload(self):
        self.tool("buzon", "reload")

    def flush(self):
        self.tool("buzonqueue", "-f")

    def list_queue(self):
        self.tool("buzonqueue", "-p")

    def make_tables(self):
        self.tool("buzonmap", "hash:%s/vmailbox" % self.args.conf)
        self.tool("buzonalias", "hash:%s/aliases" % self.args.conf)

    def fill_disk(self):
        """Either disk, up to nearly or exactly the last block, for a moment."""
        path = self.rng.choice((self.args.spool, self.args.mail)) + "/filler"
        try:
            with open(path, "wb") as filler:
                free = os.statvfs(path).f_bavail * os.statvfs(path).f_frsize
                os.posix_fallocate(filler.fileno(), 0, max(4096, free - self.rng.choice((0, 4096, 65536, 300000))))
                time.sleep(self.rng.random())
        except OSError:
            pass
        os.unlink(path)

    def silence_dns(self):
        os.kill(self.args.dns, signal.SIGSTOP)
        time.sleep(self.rng.random() * 3)
        os.kill(self.args.dns, signal.SIGCONT)

    def make_trouble(self, *kinds):
        rng = random.Random("%s %s" % (self.args.seed, kinds[0].__name__))
        while not self.over():
            kind = rng.choice(kinds)
            self.events.write(event=kind.__name__)
            kind()
            time.sleep(rng.random() * 0.5)

    def run(self):
        threads = [kind(self, number) for kind, count in
                   ((SmtpClient, 5), (TlsClient, 2), (SendmailClient, 2), (ImapClient, 1)) for number in range(count)]
        troubles = [[self.reload, self.reload, self.flush, self.list_queue, self.make_tables, self.make_tables,
                     self.restart],
                    [self.fill_disk, self.fill_disk, self.silence_dns]]
        if self.args.kill:
            troubles.append([self.kill_one] * 20 + [self.kill_master, self.kill_all])
        threads += [threading.Thread(target=self.make_trouble, args=kinds) for kinds in troubles]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.start()


def main():
    parser = argparse.ArgumentParser()
    for name in ("sbin", "conf", "spool", "mail", "work", "ports", "seed"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--dns", type=int, required=True)
    parser.add_argument("--kill", action="store_true")
    Hammer(parser.parse_args()).run()


main()
