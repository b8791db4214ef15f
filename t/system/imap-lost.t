#!/bin/sh
# imapd: the selected mailbox is removed, or begun anew under a session: the command that runs gets its answer, then the
# client hears why the session ends, and nothing more. (Dovecot says "IMAP session state is inconsistent" for all of it, or
# "Mailbox was deleted under us", sometimes in place of an answer.)
. "$(dirname "$0")/../lib.sh"
plan 5
instance_start </dev/null
BOX=$(virtual_maildir ana)
cat >"$T/lost.py" <<'END'
import re, shutil, socket, sys
port, password, box = int(sys.argv[1]), *sys.argv[2:4]
COMMANDS = ("NOOP", "CHECK", "FETCH 1 BODY.PEEK[]", "UID FETCH 1:* FLAGS", "STORE 1 +FLAGS (\\Seen)", "EXPUNGE", "SEARCH ALL",
            "COPY 1 INBOX", "APPEND INBOX {1+}\r\nx", "STATUS INBOX (MESSAGES)")

class Client:
    def __init__(self):
        self.file = socket.create_connection(("127.0.0.1", port), 60).makefile("rwb")
        self.file.readline()
        assert self.ask(f"LOGIN ana@example.test {password}")[-1].startswith("t OK")
    def ask(self, command):
        self.file.write(b"t " + command.encode() + b"\r\n"), self.file.flush()
        lines = [self.file.readline().decode()]
        while lines[-1] and not lines[-1].startswith("t "):
            lines.append(self.file.readline().decode())
        return lines
    def rest(self):
        return self.file.read().decode()

def deleted(other):
    other.ask("DELETE Box")
def removed(other):
    shutil.rmtree(box + "/.Box")
def renumbered(other):
    path = box + "/.Box/dovecot-uidlist"
    words = open(path).read().split(" ")
    words[1] = "V77"
    open(path, "w").write(" ".join(words))
    other.ask("STATUS Box (MESSAGES)"), other.ask("APPEND Box {1+}\r\nx")
def scene(act, command, bye):
    for path in "/.Box", "/buzon.index":
        shutil.rmtree(box + path, ignore_errors=True)
    session, other = Client(), Client()
    other.ask("CREATE Box")
    for _ in range(3):
        other.ask("APPEND Box {1+}\r\nx")
    session.ask("SELECT Box")
    act(other)
    answer = session.ask(command)
    assert re.match("t (OK|NO) ", answer[-1]), (command, answer)
    assert not any(line.startswith("* BYE") for line in answer), (command, answer)
    assert not re.search("Stale|No data", answer[-1]), (command, answer)
    rest = session.rest()
    assert rest == f"* BYE {bye}\r\n", (command, answer, rest)

name, bye = sys.argv[4:]
for command in COMMANDS:
    scene(globals()[name], command, bye)
END
lost() { python3 "$T/lost.py" "$IMAP_PORT" "$PASSWORD" "$BOX" "$@"; }
check 'deleted by another session' lost deleted 'Mailbox was deleted under us.'
check 'removed by another program' lost removed 'Mailbox was deleted under us.'
check 'begun anew: its UIDs are others' lost renumbered 'UIDVALIDITY of the mailbox changed.'
log_has 'the log has the reason as well' 'Disconnected: UIDVALIDITY of the mailbox changed\. in='
no_crash 'no process crashed'
