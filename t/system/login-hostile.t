#!/bin/sh
# login and auth under attack: names and lines without end, NULs, garbage where TLS should begin, handshakes that
# stop half way, crowds that say nothing or go on slowly, proxies that nobody asked for, tickets of others. Whoever
# does it right is served meanwhile, and none of it costs more memory than is allowed.
. "$(dirname "$0")/../lib.sh"
need python3
plan 16
SHORT_TLS_PORT=$((T_BASE + 71))
CROWD_PORT=$((T_BASE + 72))
DEAF_PORT=$((T_BASE + 73))
instance_prepare <<'END'
login_address_limit = 0
END
cat >>"$CONF/master.cf" <<END
$SHORT_TLS_PORT inet n - n - 1 login -o login_protocol=imap -o login_tls_wrappermode=yes -o login_timeout=1s
$CROWD_PORT     inet n - n - 1 login -o login_protocol=imap -o login_client_limit=300
$DEAF_PORT      inet n - n - 1 login -o login_protocol=imap -o login_tls_wrappermode=yes -o login_timeout=6s
END
instance_run
cat >"$T/attack.py" <<'END'
import os, re, resource, socket, ssl, struct, sys, time
imap_port, imaps_port, pop3_port, short_port, crowd_port, deaf_port = map(int, sys.argv[1:7])
password, log, spool, what = sys.argv[7:]

def connect(port=imap_port, source=None):
    s = socket.create_connection(("127.0.0.1", port), source_address=source and (source, 0))
    s.settimeout(60)
    return s, s.makefile("rb")
def tls(port=imaps_port):
    s = ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", port)))
    s.settimeout(60)
    return s, s.makefile("rb")
def serve_honest(port=imap_port, make=connect):
    s, f = make(port)
    assert f.readline().startswith(b"* OK"), "no greeting"
    s.sendall(b"a LOGIN ana@example.test " + password.encode() + b"\r\nb LOGOUT\r\n")
    assert b"b OK" in f.read()
def ends(s, f):
    """What the server says until it hangs up."""
    try:
        return f.read()
    except ConnectionResetError:
        return b""

def names():
    """A name of any length is wrong, no trouble: once it cut login off from auth, in the middle of others' logins."""
    waiting, answers = connect()
    answers.readline()
    waiting.sendall(b"a AUTHENTICATE LOGIN\r\n")
    assert answers.readline() == b"+ VXNlcm5hbWU6\r\n"
    for length in 257, 511, 513, 1025, 9000:
        name = b"u" * length
        s, f = connect()
        f.readline()
        s.sendall(b"a LOGIN " + name + b" x\r\n")
        assert f.readline().startswith(b"a NO [AUTHENTICATIONFAILED]"), length
        s, f = connect(pop3_port)
        f.readline()
        s.sendall(b"USER " + name + b"\r\nPASS x\r\n")
        assert f.readline() == b"+OK\r\n" and f.readline() == b"-ERR [AUTH] Authentication failed.\r\n", length
    waiting.sendall(b"YW5hQGV4YW1wbGUudGVzdA==\r\n")
    assert answers.readline() == b"+ UGFzc3dvcmQ6\r\n"

def lines():
    for port, command in (imap_port, b"a LOGIN "), (pop3_port, b"USER "), (imap_port, b""), (imap_port, b"a LOGIN {100000000}\r\n"), (imap_port, b"a LOGIN {15000+}\r\n"):
        s, f = connect(port)
        f.readline()
        try:
            for _ in range(100):
                s.sendall(command + b"x" * 4096)
                command = b""
        except OSError:
            pass
        assert b"OK" not in ends(s, f)

def nuls():
    for port, text in ((imap_port, b"a\0 LOGIN x y\r\n"), (imap_port, b"a LOGIN x\0 y\r\n"), (imap_port, b'a LOGIN "x\0" y\r\n'),
                       (imap_port, b"a LOGIN {2+}\r\nx\0 y\r\n"), (imap_port, b"a AUTHENTICATE PLAIN AHgAeQB6AA==\r\n"),
                       (pop3_port, b"USER x\0y\r\nPASS z\0\r\n"), (pop3_port, b"AUTH PLAIN AHgAeQB6AA==\r\n"), (pop3_port, b"\0\r\n")):
        s, f = connect(port)
        f.readline()
        s.sendall(text + (b"q LOGOUT\r\n" if port == imap_port else b"QUIT\r\n"))
        said = ends(s, f)
        assert re.search(rb"(?m)^(a NO|a BAD|\* BAD|-ERR)", said) and not re.search(rb"a OK|Logged in", said), (text, said)

def garbage():
    for text in b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 70000, b"\x80\x2e\x01\0\x02", os.urandom(5000), b"":
        s, f = connect(imaps_port)
        try:
            s.sendall(text)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        assert b"* OK" not in ends(s, f)

def half_open():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl._create_unverified_context().wrap_bio(incoming, outgoing)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    crowd = [connect(short_port) for _ in range(50)]
    for number, (s, f) in enumerate(crowd):
        s.sendall(hello[:number * len(hello) // 50])
    for s, f in crowd:  # login_timeout is a second there
        ends(s, f)

def memory_of(port):
    """Of the login process that has connections there, in KiB."""
    inodes = set()
    for line in list(open("/proc/net/tcp"))[1:]:
        fields = line.split()
        if fields[1].endswith(":%04X" % port) and fields[3] == "01":
            inodes.add("socket:[%s]" % fields[9])
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if "login" in open(f"/proc/{pid}/comm").read() and any(os.readlink(f"/proc/{pid}/fd/{n}") in inodes for n in os.listdir(f"/proc/{pid}/fd")):
                return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])
        except OSError:
            pass
    sys.exit("no login process")

def slow():
    """Hundreds that say almost a line: 16 KiB each is the limit, and nobody waits for them."""
    honest, answers = connect()
    answers.readline()
    before = memory_of(imap_port)
    crowd = []
    size = min(600, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4)  # login has no more places than descriptors
    for number in range(size):
        s, f = connect(source="127.0.0.%d" % (2 + number % 5))
        s.sendall(b"a LOGIN x " + b"y" * 12000)
        crowd.append((s, f))
    serve_honest()
    grown = memory_of(imap_port) - before
    # The sanitizer keeps what was freed, and has its own bounds: twice 16 KiB of input, twice of output.
    assert grown < size * 64, "%d KiB" % grown
    for s, f in crowd:
        s.sendall(b"y")
    serve_honest()
    honest.sendall(b"a LOGIN ana@example.test " + password.encode() + b"\r\n")
    assert answers.readline().startswith(b"a OK")

def deaf():
    """Its session has ended, and it does not read what that said at last: it is not kept for ever."""
    s, f = tls(deaf_port)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    assert f.readline().startswith(b"* OK")
    s.sendall(b"a LOGIN ana@example.test " + password.encode() + b"\r\n")
    assert f.readline().startswith(b"a OK")
    message = b"Subject: x\r\n\r\n" + b"x" * 4000000 + b"\r\n"
    s.sendall(b"b APPEND INBOX {%d+}\r\n" % len(message) + message + b"\r\nc SELECT INBOX\r\n")
    while not f.readline().startswith(b"c OK"):
        pass
    s.sendall(b"d FETCH 1 (%s)\r\n" % b" ".join([b"BODY.PEEK[]"] * 20))
    assert f.readline().startswith(b"* 1 FETCH")
    pid = int(re.findall(r"Login: .*mpid=(\d+)", open(log).read())[-1])
    mine = "%08X:%04X" % (struct.unpack("<I", socket.inet_aton("127.0.0.1"))[0], deaf_port)
    other = ":%04X" % s.getsockname()[1]
    def entry():
        for line in open("/proc/net/tcp"):
            fields = line.split()
            if fields[1] == mine and fields[2].endswith(other):
                return fields[3:5] # its state, and what is on the way
    seen = [entry()] * 5
    while any(seen[-1] != one for one in seen) or len(seen) < 20: # until nothing more goes into the socket
        seen = seen[-19:] + [entry()]
        time.sleep(0.05)
    assert seen[-1][0] == "01" # established, not closed by login
    os.kill(pid, 9) # the session
    until = time.monotonic() + 60
    while (entry() or [""])[0] == "01":
        assert time.monotonic() < until, "login still has it"
        time.sleep(0.1)

def talkative():
    """It says more than its session wants to hear, and hears the last words all the same."""
    for junk in b"", b"x" * 1000, b"x" * 300000:
        s, f = tls()
        f.readline()
        s.sendall(b"a LOGIN ana@example.test " + password.encode() + b"\r\n")
        assert f.readline().startswith(b"a OK")
        try:
            s.sendall(b"b LOGOUT\r\n" + junk)
        except OSError:
            pass
        assert f.readline() == b"* BYE Logging out\r\n" and f.readline().startswith(b"b OK"), len(junk)

def crowd():
    """More than there are places, from few addresses: those who have waited longest go, and honest clients do not."""
    idle = [connect(crowd_port, "127.0.0.%d" % (2 + number % 5)) for number in range(400)]
    for _ in range(5):
        serve_honest(crowd_port)
    gone = sum(1 for s, f in idle if f.readline() and not select_open(s, f))
    assert gone >= 100, gone
def select_open(s, f):
    s.setblocking(False)
    try:
        return s.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False

def proxy():
    """A header of the PROXY protocol where none is expected is a bad command, and makes nobody another one."""
    for header in b"PROXY TCP4 198.51.100.7 192.0.2.25 4660 143\r\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\xc0\0\x02\x19\x12\x34\0\x8f":
        for port in imap_port, imaps_port:
            s, f = connect(port)
            s.sendall(header + b"a LOGIN ana@example.test wrong\r\n" + b"x\r\n" * 5)
            ends(s, f)

# --- tickets: what processes say to auth (lib/io/ipc.h) ---------------------------------------------
class Auth:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(spool + "/private/auth")
    def send(self, message, **fields):
        out = bytes([len(message)]) + message.encode() + b"\0\1"
        for name, value in fields.items():
            value = bytes([value]) if isinstance(value, int) else value.encode() if isinstance(value, str) else value
            out += bytes([len(name)]) + name.encode() + struct.pack(">I", len(value)) + value
        self.socket.sendall(struct.pack(">I", len(out)) + out)
    def receive(self):
        """The attributes of a message; None when auth has hung up."""
        octets = self.exactly(4) and self.exactly(struct.unpack(">I", self.head)[0])
        if not octets:
            return None
        at, fields = 1 + octets[0] + 2, {}
        while at < len(octets):
            name = octets[at + 1 : at + 1 + octets[at]].decode()
            at += 1 + octets[at]
            size = struct.unpack(">I", octets[at : at + 4])[0]
            fields[name] = octets[at + 4 : at + 4 + size]
            at += 4 + size
        return fields
    def exactly(self, count):
        self.head = b""
        while len(self.head) < count:
            try:
                more = self.socket.recv(count - len(self.head))
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self.head += more
        return self.head
    def login(self, number, session):
        self.send("sasl_start", id=number, protocol="imap", mechanism="PLAIN", has_initial=1, session=session,
                  initial="\0ana@example.test\0" + password, remote_address="127.0.0.1", local_address="127.0.0.1")
        answer = self.receive()
        assert answer["outcome"] == b"\1", answer
        return answer
def redeem(answer=None, **fields):
    """True: auth gives the account away."""
    auth = Auth()
    auth.send("redeem", **{"protocol": "imap", "session": "one", **({"ticket": answer["ticket"]} if answer else {}), **fields})
    account = auth.receive()
    return account.get("ok") == b"\1", account

def tickets():
    login = Auth()
    ticket = login.login(1, "one")
    good, account = redeem(ticket, wants_pass=1)
    assert good and account["user"] == b"ana@example.test", account
    assert not redeem(ticket)[0], "a ticket twice"
    assert not redeem()[0] and not redeem(ticket=os.urandom(32).hex())[0], "no ticket at all"
    assert not redeem(login.login(2, "two"), protocol="pop3")[0], "a ticket of another protocol"
    other = login.login(3, "three")
    assert not redeem(**{"pass": other["pass"], "session": "three"})[0], "the pass of a ticket, where its ticket counts"
    assert redeem(other)[0]
    # The pass of a parked session is good for that session alone, and not an octet of it may change.
    parked = account["pass"]
    assert redeem(**{"pass": parked})[0]
    assert not redeem(**{"pass": parked, "session": "two"})[0], "a pass of another session"
    assert not redeem(**{"pass": parked, "protocol": "pop3"})[0]
    for at in range(0, len(parked), 7):
        assert not redeem(**{"pass": parked[:at] + bytes([parked[at] ^ 1]) + parked[at + 1 :]})[0], at
    assert not redeem(**{"pass": parked[:-1]})[0] and not redeem(**{"pass": parked + b"x"})[0]
    # With its login a ticket goes, too.
    lost = login.login(4, "four")
    login.socket.close()
    Auth().login(1, "five")  # auth has heard of it by now
    assert not redeem(lost, session="four")[0], "a ticket of a login that is gone"

def roles():
    """Who asks for accounts asks nothing else, and who sends passwords gets no accounts."""
    front = Auth()
    ticket = front.login(1, "one")
    front.send("redeem", ticket=ticket["ticket"], protocol="imap", session="one")
    assert front.receive() is None
    session = Auth()
    session.send("redeem", ticket="x", protocol="imap", session="one")
    assert session.receive() is not None
    session.send("sasl_start", id=1, protocol="imap", mechanism="PLAIN")
    assert session.receive() is None
    for octets in b"\xff\xff\xff\xff", struct.pack(">I", 5) + b"\x20abc", os.urandom(400), struct.pack(">I", 0):
        broken = Auth()
        broken.socket.sendall(octets)
        broken.socket.shutdown(socket.SHUT_WR)
        assert broken.receive() is None
    serve_honest()

globals()[what]()
END
attack() {
    check "$2" python3 "$T/attack.py" "$IMAP_PORT" "$IMAPS_PORT" "$POP3_PORT" $SHORT_TLS_PORT $CROWD_PORT $DEAF_PORT "$PASSWORD" "$LOG" "$SPOOL" "$1"
}
attack names 'names of any length are wrong, and no trouble to others'
attack lines 'so are lines and literals'
attack nuls 'NULs end nothing and begin nothing'
attack garbage 'garbage is no TLS'
attack half_open 'handshakes that stop half way end in time'
attack slow 'a crowd of slow clients has its bounds'
attack deaf 'who does not read the last words of a session is not waited for'
attack talkative 'who says too much hears the last words, too'
attack crowd 'honest clients find a place in a crowd'
attack proxy 'nobody becomes another by the PROXY protocol unasked'
log_has 'what they sent was a bad command' 'imap-login: Disconnected: Too many invalid commands .*rip=127\.0\.0\.1'
is 'and the address of the log is the true one' "$(grep -c '198\.51\.100\.7' "$LOG")" 0
attack tickets 'a ticket is good once, for one protocol, while its login is there; a pass for its session'
attack roles 'processes ask auth what their role allows'
log_has 'what makes no sense is in the log' 'warning: auth: "redeem" from a peer that may not ask it'
no_crash 'no process crashed'
