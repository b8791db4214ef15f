#!/bin/sh
# A package upgrade and reloads while people are logged in, are logging in, or only wait: nobody is dropped, whatever
# the state; the processes of before serve what they have, and end with the last of it.
. "$(dirname "$0")/../lib.sh"
need python3
plan 6
instance_prepare <<'END'
imap_park_delay = 1s
END
sed -i 's/login -o login_protocol=imap/login -v -o login_protocol=imap/' "$CONF/master.cf"
# The daemons where an upgrade can replace them.
mkdir "$T/libexec"
cp -L "$BUZON_STAGE"/libexec/buzon/* "$T/libexec/"
sed -i "s|^daemon_directory = .*|daemon_directory = $T/libexec|" "$CONF/main.cf"
instance_run
cat >"$T/reload.py" <<'END'
import base64, os, re, shutil, socket, ssl, subprocess, sys, time
imap_port, imaps_port, pop3_port, pop3s_port = map(int, sys.argv[1:5])
password, top, buzon = sys.argv[5:]
log = top + "/log/mail.log"
master = int(open(top + "/spool/pid/master.pid").read())

class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(60)
        if port in (imaps_port, pop3s_port):
            self.socket = ssl._create_unverified_context().wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")
        self.line()
    def line(self):
        line = self.file.readline().decode()
        assert line, "the connection has ended"
        return line.rstrip("\r\n")
    def send(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
    def until(self, start):
        got = [self.line()]
        while not got[-1].startswith(start):
            got.append(self.line())
        return got
    def ask(self, text, start):
        self.send(text)
        return self.until(start)
    def ends(self):
        try:
            assert self.file.read() == b""
        except ConnectionResetError:
            pass

def imap(port):
    client = Client(port)
    client.ask(f"a LOGIN ana@example.test {password}", "a OK")
    client.ask("b SELECT INBOX", "b OK")
    return client
def pop3(port, user):
    client = Client(port)
    client.ask(f"USER {user}@example.test", "+OK")
    client.ask(f"PASS {password}", "+OK")
    return client
def count(pattern):
    return len(re.findall(pattern, open(log, errors="replace").read()))
def wait_until(what, test):
    deadline = time.monotonic() + 60
    while not test():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
def processes(old):
    """Of the mailbox side; those from before the upgrade, or the others."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            head, tail = open(f"/proc/{pid}/stat").read().rsplit(")", 1)
            name, deleted = head.split("(", 1)[1], os.readlink(f"/proc/{pid}/exe").endswith(" (deleted)")
        except OSError:
            continue
        if name in ("login", "imapd", "pop3d", "auth") and deleted == old:
            found[int(pid)] = name
    return found
def upgrade():
    """As dpkg does it: a new file takes the place of the old one."""
    for name in os.listdir(top + "/libexec"):
        path = f"{top}/libexec/{name}"
        shutil.copy2(path, path + ".dpkg-new")
        os.rename(path + ".dpkg-new", path)
def reload():
    subprocess.run([buzon, "reload"], check=True, env={**os.environ, "MAIL_CONFIG": top + "/conf"})

parked = [imap(port) for port in (imap_port, imaps_port) * 4]
idling = [imap(port) for port in (imap_port, imaps_port) * 4]
for client in idling:
    client.ask("i IDLE", "+ ")
wait_until("parked sessions", lambda: count(r"parked: imap") >= 16)
busy = [imap(port) for port in (imap_port, imaps_port)]
for client in busy:  # in the middle of a command, which keeps them from being parked
    client.send("c APPEND INBOX {100}")
    client.until("+ ")
drops = [pop3(pop3_port, "luis"), pop3(pop3s_port, "eva")]
waiting = [Client(port) for port in (imap_port, imaps_port)]
waiting_pop3 = Client(pop3_port)
waiting_pop3.ask("USER nobody@example.test", "+OK")
sasl = [Client(port) for port in (imap_port, imaps_port)]
for client in sasl:
    client.ask("a AUTHENTICATE LOGIN", "+ ")
raw = socket.create_connection(("127.0.0.1", imaps_port))  # its handshake comes later
raw.settimeout(60)

upgrade()
for turn in range(2):
    reload()
    def is_new():
        imap(imap_port).ask("z LOGOUT", "z OK"), pop3(pop3_port, "ana").ask("QUIT", "+OK")
        return {"login", "imapd", "pop3d", "auth"} <= set(processes(False).values())
    wait_until("new processes", is_new)

for client in waiting:
    client.ask(f"a LOGIN ana@example.test {password}", "a OK")
waiting_pop3.ask("PASS wrong", "-ERR [AUTH]")
for client in sasl:
    client.ask("YW5hQGV4YW1wbGUudGVzdA==", "+ ")
    client.ask(base64.b64encode(password.encode()).decode(), "a OK")
tls = ssl._create_unverified_context().wrap_socket(raw)
assert tls.recv(4) == b"* OK"
for client in busy:
    client.ask("x" * 100, "c OK")
for client in drops:
    assert client.ask("STAT", "+OK") == ["+OK 0 0"]
for client in idling:
    client.until("* "), client.ask("DONE", "i OK")
for client in parked + idling + busy + waiting + sasl:
    client.ask("d SELECT INBOX", "d OK"), client.ask("e FETCH 1:2 (FLAGS)", "e OK")
print("nobody was dropped")
old = processes(True)
assert "login" in old.values(), "it has sessions"
for client in parked + idling + busy + waiting + sasl:
    client.ask("f LOGOUT", "f OK"), client.ends()
for client in drops:
    client.ask("QUIT", "+OK"), client.ends()
waiting_pop3.ask("QUIT", "+OK")
tls.close()
wait_until("the end of the processes of before: %s" % processes(True), lambda: not processes(True))
print("and nothing of before is left")
imap(imap_port), imap(imaps_port), pop3(pop3_port, "luis"), pop3(pop3s_port, "eva")
print("the new ones serve")
END
said=$(python3 "$T/reload.py" "$IMAP_PORT" "$IMAPS_PORT" "$POP3_PORT" "$POP3S_PORT" "$PASSWORD" "$T" "$T/sbin/buzon" 2>&1)
like 'an upgrade and two reloads drop nobody' "$said" '^nobody was dropped$'
like 'what is old ends with its sessions' "$said" '^and nothing of before is left$'
like 'and what is new serves' "$said" '^the new ones serve$'
is 'no session ended in trouble' "$(grep -cE 'Disconnected: (Internal error|Server shutting down)' "$LOG")" 0
is 'and nothing was wrong on the way' "$(grep -E '(warning|error): (imap|pop3|auth)' "$LOG" | head -n 3)" ''
no_crash 'no process crashed'
[ $T_FAILED = 0 ] || diag "$said"
