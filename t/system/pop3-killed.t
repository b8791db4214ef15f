#!/bin/sh
# pop3d is killed before any change that it makes to a file in the UPDATE state (QUIT): of the messages that were marked
# those in front may be gone, of an mbox all or none; nobody else is. The next session is not kept waiting by a lock,
# finds every message whole and under its unique id, and finishes what was begun.
. "$(dirname "$0")/../lib.sh"
need strace python3
need_own_home
plan 3
instance_prepare </dev/null
session_user
mkdir -p "$T/work" && chmod 777 "$T/work"
cat >"$T/killed.py" <<'END'
import collections, os, re, shutil, socket, subprocess, sys
pop3d, conf, format, work, home, spool = sys.argv[1:]
BODY = "Subject: {0}\n\nbody of {0}\n"
CHANGES = "unlinkat", "renameat", "linkat", "pwrite64", "writev", "ftruncate", "fsync"
box = work + "/box"

def begin_anew():
    for path in box, home + "/Maildir":
        shutil.rmtree(path, ignore_errors=True)
    for path in home + "/.buzon-pop3.lock", spool, spool + ".lock":
        if os.path.exists(path):
            os.remove(path)
    if format == "maildir":
        for name in "new", "cur", "tmp":
            os.makedirs(f"{box}/{name}")
        for n in range(1, 6):
            open(f"{box}/cur/170000000{n}.M1P1.mail:2,", "w").write(BODY.format(n))
    else:
        with open(spool, "w") as mbox:
            for n in range(1, 6):
                mbox.write(f"From a@remote.test Fri Nov 27 08:00:00 2026\n{BODY.format(n)}\n")

class Session:
    def __init__(self, *tracing):
        ours, theirs = socket.socketpair()
        ours.settimeout(60)
        place = ["-m", box] if format == "maildir" else []
        self.process = subprocess.Popen([*tracing, pop3d, "-s", "-c", conf, *place], stdin=theirs, stdout=theirs,
                                        stderr=subprocess.DEVNULL)
        theirs.close()
        self.socket, self.file = ours, ours.makefile("r", newline="\r\n")
        self.ask(None)
    def ask(self, command, many=False):
        if command is not None:
            self.socket.sendall(command.encode() + b"\r\n")
        lines = [self.file.readline()]
        assert lines[0].startswith("+OK") or command == "QUIT", (command, lines)
        while many and lines[-1] != ".\r\n":
            lines.append(self.file.readline())
            assert lines[-1], lines
        return [line[:-2] for line in lines]
    def messages(self):
        """unique id: which one"""
        found = {}
        for line in self.ask("UIDL", True)[1:-1]:
            number, uidl = line.split(" ")
            text = self.ask("RETR " + number, True)[1:-1]
            which = int(text[0].split()[-1])
            assert "\n".join(text).rstrip("\n") + "\n" == BODY.format(which), text
            found[uidl] = which
        return found
    def quit(self):
        self.socket.sendall(b"QUIT\r\n")
        reply = self.file.readline()
        self.file.close(), self.socket.close()
        self.process.wait()
        return reply

def delete(*tracing):
    """What there was, and the reply to QUIT."""
    begin_anew()
    session = Session(*tracing)
    there = session.messages()
    session.ask("DELE 2"), session.ask("DELE 4")
    return there, session.quit()

def count_changes():
    """Of each system call, how often it comes before UPDATE, and in it."""
    before, during = collections.Counter(), collections.Counter()
    _, reply = delete("strace", "-f", "-qq", "-o", work + "/trace", "-e", "trace=recvfrom," + ",".join(CHANGES))
    assert reply == "+OK Logging out, messages deleted.\r\n", reply
    counter = before
    for line in open(work + "/trace", errors="replace"):
        if 'recvfrom' in line and '"QUIT' in line:
            counter = during
        if found := re.match(r"\d+ +(\w+)\(", line):
            counter[found[1]] += 1
    return before, during

def check(there, killed_at):
    survivors = {uidl: which for uidl, which in there.items() if which not in (2, 4)}
    session = Session()
    found = session.messages()
    gone = sorted(there[uidl] for uidl in there.keys() - found.keys())
    assert gone in ([], [2, 4]) or format == "maildir" and gone == [2], (killed_at, gone)
    assert found == {uidl: which for uidl, which in there.items() if which not in gone}, (killed_at, found)
    for number, which in enumerate(found.values(), 1):
        if which in (2, 4):
            session.ask(f"DELE {number}")
    assert session.quit().startswith("+OK"), killed_at
    session = Session()
    found = session.messages()
    assert found == survivors, (killed_at, found)
    session.quit()
    left = [name for _, _, names in os.walk(box if format == "maildir" else home + "/Maildir") for name in names
            if re.search(r"\.lock|tail$|\.new$", name) and name != "buzon-pop3.lock"]
    assert not left and not os.path.exists(spool + ".lock"), (killed_at, left)
    return gone

before, during = count_changes()
outcomes = collections.Counter()
for change in CHANGES:
    for nth in range(before[change] + 1, before[change] + during[change] + 1):
        there, _ = delete("strace", "-f", "-qq", "-o", work + "/trace", "-e", "trace=" + change, "-e",
                          f"inject={change}:signal=KILL:when={nth}")
        assert "+++ killed by SIGKILL +++" in open(work + "/trace", errors="replace").read(), (change, nth)
        outcomes[str(check(there, (change, nth)))] += 1
assert outcomes["[]"] > 0 and outcomes["[2, 4]"] > 0, outcomes
print(outcomes)
END
killed() { $AS python3 "$T/killed.py" "$BUZON_STAGE/libexec/buzon/pop3d" "$CONF" "$1" "$T/work" "$(home_of "$ME")" "$T/mail/$ME"; }
check 'in a Maildir, what is marked goes one by one' killed maildir
sed -i 's/^home_mailbox = .*/home_mailbox =/' "$CONF/main.cf"
check 'in an mbox, all or nothing' killed mbox
no_crash 'no process crashed'
