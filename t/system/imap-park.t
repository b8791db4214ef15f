#!/bin/sh
# Parked IMAP sessions: an imapd gives a session that only waits back to login, plain or under TLS, in
# IDLE or not; the client notices nothing, whatever wakes it, over a reload and over imapds that are killed.
# Every phase has a mailbox of its own: those that kill nobody run all at once, since each of them mostly waits
# for imap_park_delay.
. "$(dirname "$0")/../lib.sh"
plan 23
instance_prepare <<'END'
imap_park_delay = 1s
imap_idle_notify_interval = 2s
END
sed -i 's/login -o login_protocol=imap/login -v -o login_protocol=imap/' "$CONF/master.cf"
at_once="news crowd split split-tls extensions compressed compressed-tls watched watched-tls selected selected-tls restless restless-tls keepalive keepalive-tls gone"
for t_phase in $at_once pool killed amid reload stop silence; do
    sed -n "s,^ana@\\(.*\\)/ana::,$t_phase@\\1/$t_phase::,p" "$CONF/users" >>"$T/more-users"
    echo "$t_phase@example.test example.test/$t_phase/Maildir/" >>"$CONF/vmailbox"
done
cat "$T/more-users" >>"$CONF/users"
tool buzonmap "hash:$CONF/vmailbox"
instance_run
cat >"$T/park.py" <<'END'
import os, random, re, signal, socket, ssl, subprocess, sys, time, zlib
log, tls_port, port, smtp_port, password, maildirs, buzon, me = sys.argv[1:]
phase, over_tls = me.removesuffix("-tls"), me.endswith("-tls")

class Log:
    def __init__(self):
        self.file, self.lines, self.rest = open(log, errors="replace"), [], ""
    def read(self):
        *whole, self.rest = (self.rest + self.file.read()).split("\n")
        self.lines += whole
        return self.lines
log_file = Log()
ENDED = ConnectionError, ssl.SSLError, EOFError  # that nothing came in time is none of them

class Session:
    def __init__(self, tls=over_tls):
        s = socket.create_connection(("127.0.0.1", int(tls_port if tls else port)))
        if tls:
            context = ssl._create_unverified_context()
            s = context.wrap_socket(s)
        s.settimeout(60)
        self.socket, self.file, self.tags, self.parks = s, s.makefile("rb"), 0, 0
        self.line()
        login = f"Login: user=<{me}@example.test>"
        before = len(lines(login))
        assert self.run(f"LOGIN {me}@example.test {password}")[-1].startswith("t1 OK")
        self.name = re.findall(r"session=<(\S+)>", await_line(login, before + 1)[-1])[0]
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
        return [line for line in self.until("i OK") if line != "* OK Still here"]
    def told(self, *wanted):  # keep-alives may come in between
        for line in wanted:
            got = self.line()
            while got == "* OK Still here":
                got = self.line()
            assert re.fullmatch(line, got), (got, line)
    def moves(self):
        """What login has logged of it: it was "parked", and "goes on"."""
        pattern = re.compile(rf"imap-login: (parked|goes on): imap.*<{re.escape(self.name)}>")
        return [found[1] for line in log_file.read() if (found := pattern.search(line))]
    def is_parked(self):
        return self.moves()[-1:] == ["parked"]
    def has_parked_again(self):
        """Events that come late may wake it, and it parks once more than what we do calls for."""
        moves = self.moves()
        if moves[-1:] != ["parked"] or moves.count("parked") <= self.parks:
            return False
        self.parks = moves.count("parked")
        return True

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
    return [l for l in log_file.read() if re.search(pattern, l)]
def await_true(what, holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
def await_line(pattern, count=1):
    await_true(f"{count} times {pattern}", lambda: len(lines(pattern)) >= count)
    return lines(pattern)
def parked(*sessions):
    for s in sessions:
        await_true("it parks", s.has_parked_again)
def deliver():
    s = socket.create_connection(("127.0.0.1", int(smtp_port)))
    f = s.makefile("rb")
    for line in "", "EHLO x", "MAIL FROM:<a@remote.test>", f"RCPT TO:<{me}@example.test>", "DATA":
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
def greet():
    """Whatever the logins were sent before, they have read when they greet somebody new."""
    for p in port, tls_port:
        s = socket.create_connection(("127.0.0.1", int(p)))
        s = ssl._create_unverified_context().wrap_socket(s) if p == tls_port else s
        assert s.makefile("rb").readline().startswith(b"* OK")
def freeze(*sessions):
    """The imapds stand still, at a moment when login has all these sessions."""
    while True:
        await_true("all are parked", lambda: all(s.is_parked() for s in sessions))
        kill_imapds(signal.SIGSTOP)
        greet()
        if all(s.is_parked() for s in sessions):
            return
        kill_imapds(signal.SIGCONT)
def fill(count):
    s = Session()
    for i in range(count):
        s.send(f"a APPEND INBOX {{{12}}}")
        s.until("+ ")
        s.send("Subject: a\r\n")
        s.until("a OK")
    s.run("LOGOUT")
def quartet():
    sessions = [Session(tls) for tls in (False, True, False, True)]
    for s in sessions:
        s.run("SELECT INBOX")
    for s in sessions[:2]:
        s.idle()
    return sessions

def news():
    fill(3)
    idle, idle_tls, quiet, quiet_tls = everybody = quartet()
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
    await_line(f"imap\\({me}@example.test\\)<.*<{re.escape(quiet.name)}>: Disconnected: Logged out in=", 1)

def crowd():
    """Who comes when others have just been parked is served: they are counted right."""
    sessions = [Session() for _ in range(3)]
    parked(*sessions)
    for s in sessions + [Session(), Session(True)]:
        s.run("LOGOUT")

def split():
    """A command that comes in pieces, and pipelined ones, wake a session as well."""
    s = Session()
    s.run("SELECT INBOX")
    parked(s)
    s.socket.sendall(b"x NO")
    await_line(f"goes on: imap.*<{re.escape(s.name)}>")
    s.send("OP\r\ny NOOP\r\nz CREATE {4}")
    s.until("+ ")
    s.send("work\r\nq LOGOUT")
    s.until("q OK")

def extensions():
    """What was enabled, and what a search saved, is known when the session goes on."""
    fill(3)
    s, other = Session(True), Session()
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
    fill(1)
    s, other = Session(), Session()
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

def watcher(*mailboxes):
    """NOTIFY's sessions wait in login too, in IDLE and between commands, and hear of every mailbox that they watch."""
    other = Session(False)
    for name in mailboxes:
        other.run(f"CREATE {name}")
    other.run("SELECT INBOX")
    s = Session()
    if over_tls:
        s.run("COMPRESS DEFLATE")
        s.socket = s.file = Deflated(s.socket)
    assert s.run('NOTIFY SET (selected (MessageNew (UID BODY.PEEK[TEXT]) MessageExpunge FlagChange)) '
                 '(mailboxes (One "Two") (MessageNew MessageExpunge FlagChange)) (subtree Unheard NONE) '
                 '(personal (MailboxName SubscriptionChange MailboxMetadataChange))')[-1].split()[1] == "OK"
    s.run("SELECT INBOX")
    parked(s)
    return s, other

def append(session, mailbox):
    session.send(f"a APPEND {mailbox} {{1+}}\r\nx"), session.until("a OK")

def watched():
    s, other = watcher("One", "Unheard")
    append(other, "Unheard"), append(other, "One")
    s.told(r'\* STATUS "One" \(MESSAGES 1 UIDNEXT \d+ UIDVALIDITY \d+ UNSEEN \d+\)')
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
    other.run("DELETE Four")
    s.told(r'\* LIST \(\\NonExistent\) "." "Four"')
    parked(s)
    s.run("NOTIFY NONE"), s.run("UNSELECT")
    parked(s)
    append(other, "One")
    assert len(s.run("NOOP")) == 1
    s.run("LOGOUT")

def selected():
    s, other = watcher("Two", "Four")
    other.run("SUBSCRIBE Four")
    s.told(r'\* LIST \(\\Subscribed\) "." "Four"')
    append(other, "INBOX")
    s.told(r"\* 1 EXISTS", r"\* \d+ RECENT", r"\* 1 FETCH \(UID 1 BODY\[TEXT\] \{0\}", r"\)")
    parked(s)
    other.run("STORE * +FLAGS (\\Deleted)")
    s.told(r"\* 1 FETCH \(.*\\Deleted.*\)")
    parked(s)
    other.run("EXPUNGE")
    s.told(r"\* 1 EXPUNGE")  # though no command runs
    s.idle()
    parked(s)
    append(other, "Two")
    s.told(r'\* STATUS "Two" \(MESSAGES .*\)')
    parked(s)
    assert s.line() == s.line() == "* OK Still here"
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
    s.run("LOGOUT")

def restless():
    """Mailboxes that come and go while the session is about to park: it hears of what follows, and parks in the end."""
    s, other = watcher("Four")
    for turn in range(40):
        other.run(f"CREATE T{turn}")
        time.sleep(random.random() / 50)
        other.run(f"DELETE T{turn}")
    other.run("CREATE One"), append(other, "One")
    s.until('* STATUS "One" (MESSAGES 1 ')
    parked(s)
    other.run("CREATE last")
    s.until('* LIST () "." "last"')
    parked(s)
    s.run("LOGOUT")

def keepalive():
    s = Session()
    s.run("SELECT INBOX")
    s.idle()
    parked(s)
    assert s.line() == s.line() == "* OK Still here"
    s.done()
    s.socket.shutdown(socket.SHUT_RDWR)
    await_line(f"<{re.escape(s.name)}>: Disconnected: Connection closed in=\\d+ out=\\d+ deleted=")
    # A client that goes away while it is parked: login alone writes the line.
    s = Session()
    parked(s)
    s.socket.shutdown(socket.SHUT_RDWR)
    await_line(f"imap.{me}@example.test.<\\d+><{re.escape(s.name)}>: Disconnected: Connection closed in=\\d+ out=\\d+ deleted=0 ")

def gone():
    s, tls, other = Session(), Session(True), Session()
    other.run("CREATE doomed"), other.run("CREATE again")
    s.run("SELECT doomed"), s.idle()
    tls.run("SELECT again"), tls.idle()
    parked(s, tls)
    other.run("DELETE doomed")
    s.told(r"\* BYE Mailbox was deleted under us\.")
    open(f"{maildirs}/{me}/Maildir/.again/dovecot-uidlist", "w").write("3 V77 N1 Gffffffffffffffffffffffffffffffff\n")
    other.run("STATUS again (UIDVALIDITY)"), other.run("APPEND again {1+}\r\nx")
    tls.told(r"\* BYE UIDVALIDITY of the mailbox changed\.")

def reload():
    sessions = quartet()
    parked(*sessions)
    old = processes("login") + processes("imapd")
    subprocess.run([buzon, "reload"], check=True, env={**os.environ, "MAIL_CONFIG": os.path.dirname(log) + "/../conf"})
    await_line("reload", 1)
    new = Session(False) # in this very moment: its ticket may be the old auth's
    await_true("imapds are renewed", lambda: not set(processes("imapd")) & set(old))
    deliver()
    for s in sessions[:2]:
        s.told(r"\* 1 EXISTS"), s.done()
    assert "* 1 EXISTS" in new.run("EXAMINE INBOX")
    for s in sessions:
        assert s.run("NOOP")[-1].endswith("OK NOOP completed.")
    kill_imapds()
    for s in sessions:
        try:
            s.run("NOOP")
        except ENDED:
            pass  # it was in one of them

def killed():
    """Imapds that wait for a session can die; parked sessions find another one."""
    sessions, (watching, other) = quartet(), watcher("One")
    parked(*sessions)
    freeze(*sessions, watching)
    kill_imapds()
    for s in sessions[:2]:
        s.done()
    for s in sessions:
        assert s.run("NOOP")[-1].endswith("OK NOOP completed.")
        s.run("LOGOUT")
    append(Session(), "One")  # what an imapd watched, login watches on
    watching.told(r'\* STATUS "One" \(MESSAGES 1 .*\)')
    # login takes its parked sessions along, and a new one serves the next client.
    s = Session()
    parked(s)
    for pid in processes("login"):
        os.kill(pid, signal.SIGKILL)
    try:
        s.line()
        assert False, "it should have ended"
    except ENDED:
        pass
    Session().run("LOGOUT")

def amid():
    """An imapd is killed while it takes a session up: until it has said so, another one does it instead; from then on
    the client sees the end, and nothing that is not so."""
    sessions = quartet()
    parked(*sessions)
    freeze(*sessions)
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
    parked(*sessions[1::2])
    for s in sessions[1::2]:
        s.socket.sendall(b"x NO")
        await_line(f"goes on: imap.*<{re.escape(s.name)}>", 2)
        kill_imapds()
        try:
            assert s.file.read() == b""
        except ENDED:
            pass
    # Whatever the moment: what was answered has happened, once, and nothing happens twice.
    for turn in range(4):
        sessions = [Session(tls) for tls in (False, True) * 3]
        parked(*sessions)
        for n, s in enumerate(sessions):
            s.socket.sendall(f"x APPEND INBOX {{17+}}\r\nSubject: n{turn}-{n}\r\n\r\n\r\ny NOOP\r\n".encode())
        time.sleep(random.random() / 20)
        kill_imapds()
        said = []
        for s in sessions:
            got = b""
            try:
                while not re.search(rb"(?m)^y ", got) and (more := s.file.readline()):
                    got += more
            except ENDED:
                pass
            said.append(got.decode())
        check = Session()
        check.run("SELECT INBOX")
        for n, got in enumerate(said):
            found = [l for l in check.run(f"SEARCH SUBJECT n{turn}-{n}") if l.startswith("* SEARCH")][0].split()[2:]
            assert len(found) == 1 if "x OK" in got else len(found) <= 1, (turn, n, got, found)
        check.run("LOGOUT")

def silence():
    """Who says nothing for imap_idle_timeout is asked to leave, parked or not, idling or not."""
    sessions = quartet()
    parked(*sessions)
    for s in sessions:
        s.told(r"\* BYE Disconnected for inactivity\.")
        assert s.file.read() == b""
        await_line(f"imap.{me}@example.test.<\\d+><{re.escape(s.name)}>: Disconnected: Disconnected for inactivity\\. in=\\d+ out=\\d+ ")

def pool():
    """Sessions of the same user id, one after another, share a process."""
    before = len(lines("mpid="))
    for _ in range(4):
        s = Session()
        assert s.run("SELECT INBOX")[-1].startswith("t2 OK")
        s.run("LOGOUT")
        await_line(f"<{re.escape(s.name)}>: Disconnected: Logged out")
    pids = [re.findall(r"mpid=(\d+)", l)[0] for l in lines("mpid=")[before:]]
    assert len(set(pids)) < len(pids), pids

def stop():
    sessions = quartet()
    sessions[2].run("COMPRESS DEFLATE")
    sessions[2].socket = sessions[2].file = Deflated(sessions[2].socket)
    parked(*sessions)
    subprocess.run([buzon, "stop"], check=True, env={**os.environ, "MAIL_CONFIG": os.path.dirname(log) + "/../conf"})
    for s in sessions:
        s.told(r"\* BYE Server shutting down\.")
        await_line(f"<{re.escape(s.name)}>: Disconnected: Server shutting down\\. in=")

globals()[phase]()
END
park() {
    python3 "$T/park.py" "$LOG" "$IMAPS_PORT" "$IMAP_PORT" "$SMTP_PORT" "$PASSWORD" \
        "$MAILDIRS/example.test" "$T/sbin/buzon" "$1"
}
phase() { check "$2" park "$1"; }
# outcome PHASE 'what holds': of one of those that run at once
outcome() {
    if wait "$(cat "$T/pid-$1")"; then ok "$2"; else not_ok "$2" && diag "$(cat "$T/said-$1")"; fi
}
for t_phase in $at_once; do
    park "$t_phase" >"$T/said-$t_phase" 2>&1 &
    echo $! >"$T/pid-$t_phase"
done
outcome news 'parked sessions are told of deliveries, flags and removals as RFC 3501 wants it'
outcome crowd 'whoever comes later finds room'
outcome split 'they go on in the middle of a command'
outcome split-tls '... under TLS'
outcome extensions 'they remember what was enabled and saved, and that a mailbox is read-only'
outcome compressed 'they go on in the middle of a compressed stream'
outcome compressed-tls '... under TLS'
outcome watched 'NOTIFY tells them of every mailbox that they watch'
outcome watched-tls '... compressed under TLS'
outcome selected 'and of the one that is selected, with what it wants of new messages'
outcome selected-tls '... compressed under TLS'
outcome restless 'mailboxes that come and go hinder none from being parked'
outcome restless-tls '... compressed under TLS'
outcome keepalive 'idling ones hear that the server is still here, and log their end'
outcome keepalive-tls '... under TLS'
outcome gone 'a mailbox that is deleted or begun anew ends them with BYE'
phase pool 'sessions of one user id share a process, one after another'
phase killed 'imapds and login may die'
phase amid 'and so may an imapd that just takes a session up'
phase reload 'a reload keeps all of them'
phase stop 'a stop tells them so'
echo 'imap_idle_timeout = 10s' >>"$CONF/main.cf"
instance_run
phase silence 'silence has its end'
no_crash 'no process crashed'
