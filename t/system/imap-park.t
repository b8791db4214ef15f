#!/bin/sh
# Parked IMAP sessions: an imapd gives a session that only waits back to login, plain or under TLS, in
# IDLE or not; the client notices nothing, whatever wakes it, over a reload and over imapds that are killed.
. "$(dirname "$0")/../lib.sh"
plan 15
instance_prepare <<'END'
imap_park_delay = 1s
imap_idle_notify_interval = 2s
END
sed -i 's/login -o login_protocol=imap/login -v -o login_protocol=imap/' "$CONF/master.cf"
instance_run
cat >"$T/park.py" <<'END'
import os, random, re, signal, socket, ssl, subprocess, sys, time, zlib
log, tls_port, port, smtp_port, password, maildirs, buzon, phase = sys.argv[1:]

class Session:
    def __init__(self, user="ana", tls=False):
        s = socket.create_connection(("127.0.0.1", int(tls_port if tls else port)))
        if tls:
            context = ssl._create_unverified_context()
            s = context.wrap_socket(s)
        s.settimeout(20)
        self.socket, self.file, self.user, self.tags = s, s.makefile("rb"), user, 0
        self.line()
        before = len(lines("Login: "))
        assert self.run(f"LOGIN {user}@example.test {password}")[-1].startswith("t1 OK")
        self.name = re.findall(r"session=<(\S+)>", await_line("Login: ", before + 1)[-1])[0]
    def line(self):
        line = self.file.readline().decode().rstrip("\r\n")
        if not line:
            raise EOFError
        return line
    def send(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
    def run(self, command):
        self.tags += 1
        self.send(f"t{self.tags} {command}")
        return self.until(f"t{self.tags} ")
    def until(self, start):
        got = [self.line()]
        while not got[-1].startswith(start):
            got.append(self.line())
        return got
    def idle(self):
        self.send("i IDLE")
        self.until("+ ")
    def done(self):
        self.send("DONE")
        return self.until("i OK")
    def told(self, *wanted):  # keep-alives may come in between
        for line in wanted:
            got = self.line()
            while got == "* OK Still here":
                got = self.line()
            assert re.fullmatch(line, got), (got, line)

class Deflated:
    """A socket, and a file to read from, of a client that compresses (RFC 4978)."""
    def __init__(self, socket):
        self.socket, self.got = socket, b""
        self.inflate, self.deflate = zlib.decompressobj(-15), zlib.compressobj(9, zlib.DEFLATED, -15)
    def sendall(self, octets):
        self.socket.sendall(self.deflate.compress(octets) + self.deflate.flush(zlib.Z_SYNC_FLUSH))
    def readline(self):
        while b"\n" not in self.got:
            octets = self.socket.recv(65536)
            if not octets:
                return b""
            self.got += self.inflate.decompress(octets)
        line, self.got = self.got.split(b"\n", 1)
        return line + b"\n"

def lines(pattern):
    return [l for l in open(log, errors="replace") if re.search(pattern, l)]
def await_line(pattern, count=1):
    deadline = time.monotonic() + 20
    while len(found := lines(pattern)) < count:
        assert time.monotonic() < deadline, f"{pattern}: {len(found)} of {count}"
        time.sleep(0.02)
    return found
def parked(*sessions):
    for s in sessions:
        s.parks = getattr(s, "parks", 0) + 1
        await_line(f"parked: imap.*<{re.escape(s.name)}>", s.parks)
def deliver(user="ana"):
    s = socket.create_connection(("127.0.0.1", int(smtp_port)))
    f = s.makefile("rb")
    for line in "", "EHLO x", "MAIL FROM:<a@remote.test>", f"RCPT TO:<{user}@example.test>", "DATA":
        if line: s.sendall(line.encode() + b"\r\n")
        while f.readline()[3:4] == b"-": pass
    s.sendall(b"Subject: new\r\n\r\nx\r\n.\r\n")
    assert f.readline().startswith(b"250")
def processes(program):
    master = int(open(os.path.dirname(log) + "/../spool/pid/master.pid").read())
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            status = open(f"/proc/{pid}/stat").read()
        except OSError:
            continue
        if f"({program})" in status and int(status.rsplit(")", 1)[1].split()[1]) == master:
            found.append(int(pid))
    return found
def kill_imapds(how=signal.SIGKILL):  # those that have served: master would be wary of others
    served = set(re.findall(r"mpid=(\d+)", "".join(lines("mpid="))))
    for pid in processes("imapd"):
        if str(pid) in served:
            os.kill(pid, how)
def fill(user, count):
    s = Session(user)
    for i in range(count):
        s.send(f"a APPEND INBOX {{{12}}}")
        s.until("+ ")
        s.send("Subject: a\r\n")
        s.until("a OK")
    s.run("LOGOUT")
def quartet(user):
    sessions = [Session(user, tls) for tls in (False, True, False, True)]
    for s in sessions:
        s.run("SELECT INBOX")
    for s in sessions[:2]:
        s.idle()
    return sessions

def news():
    fill("ana", 3)
    idle, idle_tls, quiet, quiet_tls = everybody = quartet("ana")
    other = Session()
    other.run("SELECT INBOX")
    parked(*everybody)
    deliver()
    for s in idle, idle_tls:
        s.told(r"\* 4 EXISTS", r"\* \d RECENT")
    parked(idle, idle_tls)
    other.run("STORE 2 +FLAGS (\\Flagged $Work)")
    for s in idle, idle_tls:
        s.told(r"\* FLAGS .*\$Work.*", r"\* OK \[PERMANENTFLAGS .*\$Work.*", r"\* 2 FETCH \(.*FLAGS \(\\Flagged( \\Recent)? \$Work\).*\)")
    parked(idle, idle_tls)
    other.run("STORE 1,3 +FLAGS.SILENT (\\Deleted)")
    for s in idle, idle_tls:
        s.told(r"\* 1 FETCH .*", r"\* 3 FETCH .*")
    other.run("EXPUNGE")
    for s in idle, idle_tls:
        s.told(r"\* 1 EXPUNGE", r"\* 2 EXPUNGE")
    # Who does not idle hears of new messages and flags first, of removals when numbers may change.
    got = quiet.run("FETCH 2 (FLAGS)")
    assert any(l == "* 4 EXISTS" for l in got) and not any("EXPUNGE" in l for l in got), got
    assert any(re.match(r"\* 2 FETCH \(.*\\Flagged.*\$Work", l) for l in got), got
    got = quiet.run("NOOP")
    assert "* 1 EXPUNGE" in got and "* 2 EXPUNGE" in got, got
    got = quiet_tls.run("UID SEARCH ALL")
    assert "* SEARCH 2 4" in got, got
    # The same view for everybody in the end.
    idle.done(), idle_tls.done()
    for s in everybody:
        assert s.run("SEARCH UID 1:*")[-2] == "* SEARCH 1 2"
        assert s.run("FETCH 1:2 (UID)")[:2] == ["* 1 FETCH (UID 2)", "* 2 FETCH (UID 4)"]
        s.run("LOGOUT")
    await_line(f"imap\\(ana@example.test\\)<.*<{re.escape(quiet.name)}>: Disconnected: Logged out in=", 1)

def crowd():
    """Who comes when others have just been parked is served: they are counted right."""
    sessions = [Session("eva") for _ in range(3)]
    parked(*sessions)
    for s in sessions + [Session("eva"), Session("eva", True)]:
        s.run("LOGOUT")

def split():
    """A command that comes in pieces, and pipelined ones, wake a session as well."""
    for tls in False, True:
        s = Session("luis", tls)
        s.run("SELECT INBOX")
        parked(s)
        s.socket.sendall(b"x NO")
        await_line(f"goes on: imap.*<{re.escape(s.name)}>")
        s.send("OP\r\ny NOOP\r\nz CREATE {4}")
        s.until("+ ")
        s.send("work" + "\r\nq LOGOUT") if not tls else s.send("play\r\nq LOGOUT")
        s.until("q OK")

def extensions():
    """What was enabled, and what a search saved, is known when the session goes on."""
    fill("eva", 3)
    s, other = Session("eva", True), Session("eva")
    s.run("ENABLE QRESYNC"), s.run("SELECT INBOX"), s.run("SEARCH RETURN (SAVE) UID 1,3")
    other.run("SELECT INBOX")
    parked(s)
    other.run("STORE 3 +FLAGS (\\Answered)"), other.run("STORE 2 +FLAGS (\\Deleted)"), other.run("EXPUNGE")
    got = s.run("NOOP")
    assert "* VANISHED 2" in got, got
    assert any(re.match(r"\* \d FETCH \(UID 3 FLAGS \(\\Answered.*MODSEQ \(\d+\)\)", l) for l in got), got
    got = s.run("UID FETCH $ (UID)")
    assert [l[:9] for l in got[:-1]] == ["* 1 FETCH", "* 2 FETCH"], got
    s.run("EXAMINE INBOX"), s.idle()
    parked(s)
    other.run("STORE 1 +FLAGS (\\Seen)")
    s.told(r"\* 1 FETCH \(UID 1 FLAGS \(.*\\Seen.*\) MODSEQ \(\d+\)\)")
    parked(s)
    assert s.done()[-1].startswith("i OK")
    assert s.run("STORE 1 +FLAGS (\\Draft)")[-1].split()[1] == "NO"

def compressed():
    """Compression goes on: what the client refers back to is known, and login speaks deflate."""
    fill("eva", 1)
    for tls in False, True:
        s, other = Session("eva", tls), Session("eva")
        assert s.run("COMPRESS DEFLATE")[-1].split()[1] == "OK"
        s.socket = s.file = Deflated(s.socket)
        s.run("SELECT INBOX"), other.run("SELECT INBOX")
        search = 'SEARCH OR SUBJECT "%s" NOT DELETED' % os.urandom(200).hex()
        first = s.run(search)
        parked(s)
        assert s.run(search)[:-1] == first[:-1]  # but for a few octets this refers to the one before
        s.idle()
        parked(s)
        assert s.line() == s.line() == "* OK Still here"
        other.run("STORE 1 +FLAGS (\\Flagged)")
        s.told(r"\* 1 FETCH .*Flagged.*")
        parked(s)
        other.run("STORE 1 -FLAGS (\\Flagged)")
        s.told(r"\* 1 FETCH .*")
        parked(s)
        s.done()
        assert s.run(search)[:-1] == first[:-1]
        s.send("x NOOP\r\ny NOOP"), s.until("x OK"), s.until("y OK")
        parked(s)
        s.socket.sendall(b"z NO"), s.socket.sendall(b"OP\r\n"), s.until("z OK")
        s.run("LOGOUT")

def notify():
    """NOTIFY's sessions wait in login too, in IDLE and between commands, and hear of every mailbox that they watch."""
    other = Session("luis")
    def append(mailbox):
        other.send(f"a APPEND {mailbox} {{1+}}\r\nx"), other.until("a OK")
    for name in "One", "Two", "Unheard":
        other.run(f"CREATE {name}")
    other.run("SELECT INBOX")
    for tls in False, True:
        s = Session("luis", tls)
        if tls:
            s.run("COMPRESS DEFLATE")
            s.socket = s.file = Deflated(s.socket)
        assert s.run('NOTIFY SET (selected (MessageNew (UID BODY.PEEK[TEXT]) MessageExpunge FlagChange)) '
                     '(mailboxes (One "Two") (MessageNew MessageExpunge FlagChange)) (subtree Unheard NONE) '
                     '(personal (MailboxName SubscriptionChange MailboxMetadataChange))')[-1].split()[1] == "OK"
        s.run("SELECT INBOX")
        parked(s)
        append("Unheard"), append("One")
        s.told(r'\* STATUS "One" \(MESSAGES \d+ UIDNEXT \d+ UIDVALIDITY \d+ UNSEEN \d+\)')
        parked(s)
        other.run("CREATE Three")
        s.told(r'\* LIST \(\) "." "Three"')
        parked(s)
        other.run("RENAME Three Four")
        s.told(r'\* LIST \(\) "." "Four" \("OLDNAME" \("Three"\)\)')
        parked(s)
        other.run('SETMETADATA Four (/private/comment "x")')
        s.told(r'\* METADATA "Four" /private/comment')
        parked(s)
        other.run("SUBSCRIBE Four")
        s.told(r'\* LIST \(\\Subscribed\) "." "Four"')
        parked(s)
        append("INBOX")
        s.told(r"\* (\d+) EXISTS", r"\* \d+ RECENT", r"\* \d+ FETCH \(UID \d+ BODY\[TEXT\] \{0\}", r"\)")
        parked(s)
        other.run("STORE * +FLAGS (\\Deleted)")
        s.told(r"\* \d+ FETCH \(.*\\Deleted.*\)")
        parked(s)
        other.run("EXPUNGE")
        s.told(r"\* \d+ EXPUNGE")  # though no command runs
        s.idle()
        parked(s)
        append("Two")
        s.told(r'\* STATUS "Two" \(MESSAGES .*\)')
        parked(s)
        assert s.line() == s.line() == "* OK Still here"
        kill_imapds()
        other = Session("luis")
        other.run("DELETE Four")
        s.told(r'\* LIST \(\\NonExistent\) "." "Four"')
        parked(s)
        other.run("UNSUBSCRIBE Four")
        s.told(r'\* LIST \(\\NonExistent\) "." "Four"')
        parked(s)
        assert len(s.done()) == 1, "nothing is told twice"
        other.run("SELECT INBOX")
        parked(s)
        assert len(s.run("NOOP")) == 1
        s.run("NOTIFY NONE"), s.run("UNSELECT")
        parked(s)
        append("One")
        assert len(s.run("NOOP")) == 1
        s.run("LOGOUT")

def keepalive():
    for tls in False, True:
        s = Session("luis", tls)
        s.run("SELECT INBOX")
        s.idle()
        parked(s)
        assert s.line() == s.line() == "* OK Still here"
        s.done()
        s.socket.shutdown(socket.SHUT_RDWR)
        await_line(f"<{re.escape(s.name)}>: Disconnected: Connection closed in=\\d+ out=\\d+ deleted=")
    # A client that goes away while it is parked: login alone writes the line.
    s = Session("luis")
    parked(s)
    s.socket.shutdown(socket.SHUT_RDWR)
    await_line(f"imap.luis@example.test.<\\d+><{re.escape(s.name)}>: Disconnected: Connection closed in=\\d+ out=\\d+ deleted=0 ")

def gone():
    s, tls, other = Session("eva"), Session("eva", True), Session("eva")
    other.run("CREATE doomed"), other.run("CREATE again")
    s.run("SELECT doomed"), s.idle()
    tls.run("SELECT again"), tls.idle()
    parked(s, tls)
    other.run("DELETE doomed")
    s.told(r"\* BYE Mailbox was deleted under us\.")
    open(f"{maildirs}/eva/Maildir/.again/dovecot-uidlist", "w").write("3 V77 N1 Gffffffffffffffffffffffffffffffff\n")
    other.run("STATUS again (UIDVALIDITY)"), other.run("APPEND again {1+}\r\nx")
    tls.told(r"\* BYE UIDVALIDITY of the mailbox changed\.")

def reload():
    sessions = quartet("ana")
    parked(*sessions)
    old = processes("login") + processes("imapd")
    subprocess.run([buzon, "reload"], check=True, env={**os.environ, "MAIL_CONFIG": os.path.dirname(log) + "/../conf"})
    await_line("reload", 1)
    new = Session("ana") # in this very moment: its ticket may be the old auth's
    assert not set(processes("imapd")) & set(old), "imapds are renewed"
    deliver()
    count = 1 + int(re.match(r"\* (\d+) EXISTS", [l for l in new.run("EXAMINE INBOX") if "EXISTS" in l][0])[1])
    for s in sessions[:2]:
        s.until("* "), s.done()
    for s in sessions:
        assert s.run("NOOP")[-1].endswith("OK NOOP completed.")
    kill_imapds()
    for s in sessions:
        try:
            s.run("NOOP")
        except (OSError, EOFError):
            pass # it was in one of them

def killed():
    """Imapds that wait for a session can die; parked sessions find another one."""
    sessions = quartet("luis")
    parked(*sessions)
    kill_imapds()
    for s in sessions[:2]:
        s.done()
    for s in sessions:
        assert s.run("NOOP")[-1].endswith("OK NOOP completed.")
        s.run("LOGOUT")
    # login takes its parked sessions along, and a new one serves the next client.
    s = Session("luis")
    parked(s)
    for pid in processes("login"):
        os.kill(pid, signal.SIGKILL)
    try:
        s.line()
        assert False, "it should have ended"
    except (OSError, EOFError):
        pass
    Session("luis").run("LOGOUT")

def amid():
    """An imapd is killed while it takes a session up: until it has said so, another one does it instead; from then on
    the client sees the end, and nothing that is not so."""
    sessions = quartet("luis")
    parked(*sessions)
    kill_imapds(signal.SIGSTOP)
    for s in sessions[:2]:
        s.send("DONE")
    for s in sessions[2:]:
        s.send("t3 NOOP")
    time.sleep(0.3)  # for login to ask those that do not answer; sooner or later, the outcome is the same
    kill_imapds()
    for s in sessions[:2]:
        s.until("i OK")
    for s in sessions[2:]:
        assert s.until("t3 ")[-1] == "t3 OK NOOP completed."
    for s in sessions[::2]:
        s.run("LOGOUT")
    for s in sessions[1::2]:
        parked(s)
        s.socket.sendall(b"x NO")
        await_line(f"goes on: imap.*<{re.escape(s.name)}>", 2)
        kill_imapds()
        try:
            assert s.file.read() == b""
        except OSError:
            pass
    # Whatever the moment: what was answered has happened, once, and nothing happens twice.
    for turn in range(4):
        sessions = [Session("eva", tls) for tls in (False, True) * 3]
        parked(*sessions)
        for n, s in enumerate(sessions):
            s.socket.sendall(f"x APPEND INBOX {{17+}}\r\nSubject: n{turn}-{n}\r\n\r\n\r\ny NOOP\r\n".encode())
        time.sleep(random.random() / 20)
        kill_imapds()
        said = []
        for s in sessions:
            s.socket.settimeout(20)
            got = b""
            try:
                while not re.search(rb"(?m)^y ", got) and (more := s.file.readline()):
                    got += more
            except OSError:
                pass
            said.append(got.decode())
        check = Session("eva")
        check.run("SELECT INBOX")
        for n, got in enumerate(said):
            found = [l for l in check.run(f"SEARCH SUBJECT n{turn}-{n}") if l.startswith("* SEARCH")][0].split()[2:]
            assert len(found) == 1 if "x OK" in got else len(found) <= 1, (turn, n, got, found)
        check.run("LOGOUT")

def silence():
    """Who says nothing for imap_idle_timeout is asked to leave, parked or not, idling or not."""
    sessions = quartet("ana")
    parked(*sessions)
    for s in sessions:
        s.told(r"\* BYE Disconnected for inactivity\.")
        assert s.file.read() == b""
        await_line(f"imap.ana@example.test.<\\d+><{re.escape(s.name)}>: Disconnected: Disconnected for inactivity\\. in=\\d+ out=\\d+ ")

def pool():
    """Sessions of the same user id, one after another, share a process."""
    before = len(lines("mpid="))
    for user in "ana", "luis", "eva", "ana":
        s = Session(user)
        assert s.run("SELECT INBOX")[-1].startswith("t2 OK")
        s.run("LOGOUT")
        await_line(f"<{re.escape(s.name)}>: Disconnected: Logged out")
    pids = [re.findall(r"mpid=(\d+)", l)[0] for l in lines("mpid=")[before:]]
    assert len(set(pids)) < len(pids), pids

def stop():
    sessions = quartet("ana")
    sessions[2].run("COMPRESS DEFLATE")
    sessions[2].socket = sessions[2].file = Deflated(sessions[2].socket)
    parked(*sessions)
    subprocess.run([buzon, "stop"], check=True, env={**os.environ, "MAIL_CONFIG": os.path.dirname(log) + "/../conf"})
    for s in sessions:
        s.told(r"\* BYE Server shutting down\.")
        await_line(f"<{re.escape(s.name)}>: Disconnected: Server shutting down\\. in=")

globals()[phase]()
END
phase() {
    check "$2" python3 "$T/park.py" "$LOG" "$IMAPS_PORT" "$IMAP_PORT" "$SMTP_PORT" "$PASSWORD" \
        "$MAILDIRS/example.test" "$T/sbin/buzon" "$1"
}
phase news 'parked sessions are told of deliveries, flags and removals as RFC 3501 wants it'
phase crowd 'whoever comes later finds room'
phase split 'they go on in the middle of a command'
phase extensions 'they remember what was enabled and saved, and that a mailbox is read-only'
phase compressed 'they go on in the middle of a compressed stream'
phase notify 'NOTIFY tells them of every mailbox that they watch'
phase keepalive 'idling ones hear that the server is still here, and log their end'
phase gone 'a mailbox that is deleted or begun anew ends them with BYE'
phase pool 'sessions of one user id share a process, one after another'
phase killed 'imapds and login may die'
phase amid 'and so may an imapd that just takes a session up'
phase reload 'a reload keeps all of them'
phase stop 'a stop tells them so'
echo 'imap_idle_timeout = 4s' >>"$CONF/main.cf"
instance_run
phase silence 'silence has its end'
no_crash 'no process crashed'
