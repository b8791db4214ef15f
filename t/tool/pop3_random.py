#!/usr/bin/python3
"""Two POP3 servers that speak on standard input and output get the same sessions made by chance, and answer alike, each octet
of it, and leave the same files behind.

    pop3_random.py --work DIR --one COMMAND FILE --other COMMAND FILE [--seed N] [--sessions N]

The first one is buzon, the other one Dovecot; in a COMMAND @MAIL@ is the place of its Maildir (DIR/one, DIR/other), and @CONF@ a
directory with a copy of FILE, its configuration, which has the settings of the session behind it. Each session has a seed, which makes its maildrop, its
settings and its commands (pop3_random_sessions.py). What must be answered in another way, for a reason, is in
pop3_random_known.py. A session ends with the first answer that differs for no reason, which is printed with the
commands before it, and makes the exit status 1.
"""
import argparse, os, random, shutil, sys

from imap_two import fresh
from peer import Peer, started
from pop3_random_known import reason
from pop3_random_sessions import Sessions
from pop3_replies import reply
from random_both import Run, add_options


class Side:
    def __init__(self, template, mail, command, base, settings):
        """`mail` will be its Maildir, and what lies beside it its configuration."""
        fresh(template, mail)
        conf, name = mail + ".conf", os.path.join(mail + ".conf", os.path.basename(base))
        os.makedirs(conf, exist_ok=True)
        shutil.copy(base, name)
        with open(name, "a") as file:
            for setting in settings:
                file.write("%s = %s\n" % setting)
        self.mail = mail
        self.peer = Peer(*started(command.replace("@CONF@", conf).replace("@MAIL@", mail)))
        self.waiting = b""

    def say(self, parts):
        """The replies to what are whole lines by now, each with its line."""
        for part in parts:
            self.peer.say(part)
        *lines, self.waiting = (self.waiting + b"".join(parts)).split(b"\n")
        return [(line, reply(self.peer, line)) for line in lines]

    def end(self, hangs_up):
        """What was not read yet, unless nobody is there to read it; then the files that are left."""
        rest = b""
        if hangs_up:
            self.peer.close()
        else:
            rest = self.peer.finish()
            self.peer.close()
        status = self.peer.wait()
        return [rest] + (["it ended with %s" % status] if status else []) + files(self.mail)


def files(maildir):
    left = []
    for part in "new", "cur":
        for name in os.listdir(os.path.join(maildir, part)):
            base, _, flags = name.partition(":2,")
            with open(os.path.join(maildir, part, name), "rb") as file:
                left.append("%s %s %d octets" % (base.split(",")[0], "".join(sorted(flags)), len(file.read())))
    return sorted(left)


def from_where_they_differ(one, other):
    """Some lines, each with its number."""
    at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    return ([(at + i, line) for i, line in enumerate(lines[at:at + 3])] + [(len(lines), "lines")] for lines in (one, other))


def show(line):
    return repr(line)[2:-1][:300]


class Pop3(Run):
    def compare(self, seed, sessions, said, line, ours, theirs):
        """After a line, or None at the end. True: the session goes on."""
        self.compared += 1
        if ours == theirs:
            return True
        why, goes_on = reason(line, ours, theirs) if line is not None else (None, False)
        if why is None:
            self.differs(seed, [str(sessions.settings)] + said, *from_where_they_differ(ours, theirs))
            return False
        self.known(why)
        return goes_on

    def say(self, seed, sessions, sides, said, parts):
        for (line, ours), (_, theirs) in zip(*(side.say(parts) for side in sides)):
            said.append(show(line) + ("  (in parts)" if len(parts) > 1 else ""))
            if not self.compare(seed, sessions, said, line, ours, theirs):
                return False
        return True

    def session(self, seed):
        sessions = Sessions(random.Random(seed))
        template, work = self.options.work + "/template", self.options.work
        shutil.rmtree(template, ignore_errors=True)
        sessions.fill(template)
        owner = os.stat(work)
        if os.getuid() == 0:
            os.chown(template, owner.st_uid, owner.st_gid)
        sides = [Side(template, "%s/%s" % (work, name), *getattr(self.options, name), settings)
                 for name, settings in (("one", [(n, v.replace("$", "$$")) for n, v in sessions.settings]),
                                        ("other", [(n, '"%s"' % v if "$" in v else v) for n, v in sessions.settings]))]
        sides[0].peer.line()  # which Dovecot's has said before
        said, goes_on = [], True
        for kind, parts in sessions.steps():
            if kind == "say" and goes_on:
                goes_on = self.say(seed, sessions, sides, said, parts)
            elif kind != "say":
                said.append("(%s)" % kind)
                ours, theirs = (side.end(kind == "gone") for side in sides)
                if goes_on:
                    self.compare(seed, sessions, said, None, ours, theirs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True)
    for name in "one", "other":
        parser.add_argument("--" + name, nargs=2, required=True)
    add_options(parser)
    run = Pop3(parser.parse_args())
    run.sessions()
    sys.exit(run.summary("replies and endings"))


if __name__ == "__main__":
    main()
