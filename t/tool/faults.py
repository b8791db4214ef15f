"""faults: messages on their way through an instance whose disk fails, one call after the other (t/tool/faults.c).

    faults.py PLAN --port N --log LOG --spool SPOOL --flush COMMAND --notices MAILDIR \\
        --to ADDRESS --place PLACE [--bounces] [--sendmail COMMAND] --program NAME [--large] [--for-ever] ERRNO...

The place is a Maildir, an mbox, or the directory of a sink; @W in the address is a word of this message's own.

For each n, until a message needs fewer calls than n: the n-th call of the program on a file fails (with --for-ever,
all that follow, too, until the failure was seen), a message is sent, the disk is well again, and the queue runs empty.
Then a message that was accepted (250) must have arrived, whole, and nobody may have heard that it failed: but with
EDQUOT of a delivery, which is final, he hears of it and gets nothing. With --bounces the recipient does not exist,
and the place is where the sender must hear of it.
"""
import argparse, errno, mmap, os, re, smtplib, struct, subprocess, sys, time

PLAN = struct.Struct("=IIIIIIQQ32s32s")
SENDER = "ana@example.test"
PATIENCE = 60
LINES = 5000  # of a large message


class Plan:
    def __init__(self, path, log):
        with open(path, "r+b") as f:
            self.memory = mmap.mmap(f.fileno(), PLAN.size)
        self.log = log

    def arm(self, program, first, number, for_ever):
        status = os.stat(self.log)
        self.memory[:PLAN.size] = PLAN.pack(first, number, for_ever, 0, 0, 0, status.st_dev, status.st_ino,
                                            program.encode(), b"")

    def disarm(self):
        self.memory[:4] = b"\0\0\0\0"

    def failed(self):
        return PLAN.unpack(self.memory[:PLAN.size])[4]

    def what(self):
        return PLAN.unpack(self.memory[:PLAN.size])[9].rstrip(b"\0").decode()


def files_of(maildir):
    for part in ("new", "cur"):
        directory = os.path.join(maildir, part)
        for name in os.listdir(directory) if os.path.isdir(directory) else []:
            with open(os.path.join(directory, name), "rb") as f:
                yield f.read()


def messages_of(place):
    """All that a reader finds there; of an mbox, by the lines that divide it."""
    if os.path.exists(os.path.join(place, "ready")):
        place_files = [os.path.join(place, name) for name in os.listdir(place) if name.endswith(".msg")]
        return [open(name, "rb").read().replace(b"\r\n", b"\n") for name in place_files]
    if os.path.isdir(place):
        return list(files_of(place))
    if not os.path.exists(place):
        return []
    with open(place, "rb") as f:
        content = f.read()
    return [part for part in re.split(rb"(?:\A|(?<=\n\n))(?=From )", content) if part]


def is_whole(message):
    """It ends with the line that belongs to its subject; a notice is what it is."""
    subject = re.search(rb"^Subject: (\w+-\d+-\d+)\n", message, re.M)
    return subject is None or message.rstrip(b"\n").endswith(b"\nend of " + subject.group(1))


class Trial:
    def __init__(self, args):
        self.args, self.plan = args, Plan(args.plan, args.log)
        self.serial, self.twice, self.tries = 0, 0, 0

    def is_queue_empty(self):
        for queue in ("maildrop", "incoming", "active", "deferred"):
            for directory, _, names in os.walk(os.path.join(self.args.spool, queue)):
                for name in names:
                    try:
                        if os.stat(os.path.join(directory, name)).st_mode & 0o100:
                            return False
                    except FileNotFoundError:
                        pass
        return True

    def send(self, word):
        body = "".join("line %d of %s, and some more octets to make it longer\r\n" % (i, word)
                       for i in range(LINES if self.args.large else 1))
        message = "From: %s\r\nSubject: %s\r\n\r\n%send of %s\r\n" % (SENDER, word, body, word)
        to = self.args.to.replace("@W", word)
        if self.args.sendmail:
            done = subprocess.run("%s -f %s %s" % (self.args.sendmail, SENDER, to), shell=True, check=False,
                                  input=message.replace("\r\n", "\n").encode())
            return (250, "ok") if done.returncode == 0 else (500, "exit status %d" % done.returncode)
        client = smtplib.SMTP("127.0.0.1", self.args.port, "client.test", timeout=PATIENCE)
        client.ehlo()
        client.mail(SENDER)
        reply = client.rcpt(to)
        if reply[0] == 250:
            reply = client.data(message.encode())
        client.close()
        return reply[0], reply[1].decode()

    def await_end(self):
        """The disk is well again as soon as the failure was seen; who waits for a better time is sent on."""
        begun = time.monotonic()
        flushed, seen = begun, None
        while not self.is_queue_empty():
            now = time.monotonic()
            if now > begun + PATIENCE:
                return False
            if self.plan.failed() and seen is None:
                seen = now
            if self.plan.failed() >= 2 or seen is not None and now > seen + 0.3:
                self.plan.disarm()
            if now > flushed + 0.3:
                subprocess.run(self.args.flush, shell=True, stderr=subprocess.DEVNULL, check=False)
                flushed = now
            time.sleep(0.01)
        return True

    def judge(self, word, number, reply):
        """What is wrong with how it ended; None: nothing."""
        end = b"end of %s\n" % word.encode()
        found = [m for m in messages_of(self.args.place) if b"Subject: %s\n" % word.encode() in m]
        notices = [m for m in files_of(self.args.notices) if end in m and b"MAILER-DAEMON" in m]
        if not all(map(is_whole, messages_of(self.args.place))):
            return "a message is not whole"
        if reply[0] != 250:
            return None if re.match(r"4(51|52) 4\.3\.[01] ", "%d %s" % reply) else "the reply was %d %s" % reply
        if self.args.bounces:
            self.twice += len(notices) > 1
            return None if notices else "the sender has not heard of it"
        self.twice += len(found) > 1
        if number == errno.EDQUOT and self.args.program in ("local", "virtual"):
            return None if bool(found) != any(b"Status: 5.2.2" in m for m in notices) else "found %d, told %d" % (
                len(found), len(notices))
        if notices:
            return "the sender heard that it failed"
        return None if found else "it is lost"

    def run(self, first, number):
        """True: a call has failed."""
        self.serial += 1
        word = "%s-%d-%d" % (self.args.program, os.getpid(), self.serial)
        self.plan.arm(self.args.program, first, number, self.args.for_ever)
        reply = self.send(word)
        ended = self.await_end()
        what, failed = self.plan.what(), self.plan.failed()
        self.plan.disarm()
        wrong = self.judge(word, number, reply) if ended else "it is still in the queue"
        if wrong:
            print("call %d (%s) failed with %s: %s [%s]" % (first, what, errno.errorcode[number], wrong, word))
        self.tries += failed > 0
        return failed > 0, wrong is None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plan")
    for name in ("log", "spool", "flush", "notices", "to", "place", "program"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sendmail")
    for name in ("large", "for-ever", "bounces"):
        parser.add_argument("--" + name, action="store_true")
    parser.add_argument("numbers", nargs="+")
    args = parser.parse_args()
    trial = Trial(args)
    good, first, more = True, 0, True
    while more:
        first += 1
        more = False
        for name in args.numbers:
            failed, fine = trial.run(first, getattr(errno, name))
            more, good = more or failed, good and fine
    print("%d calls failed, %d messages came twice" % (trial.tries, trial.twice))
    sys.exit(0 if good and trial.tries > 0 else 1)


main()
