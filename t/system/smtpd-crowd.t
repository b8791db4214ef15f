#!/bin/sh
# smtpd: one client that opens connection after connection gets as many as smtpd_client_connection_count_limit says, and
# others are served. It got all processes that there were, and whoever came then waited as long as it liked.
. "$(dirname "$0")/../lib.sh"
plan 10
LIMITED_PORT=$((T_BASE + 71))
WRAPPED_PORT=$((T_BASE + 72))
PROXIED_PORT=$((T_BASE + 73))
instance_prepare <<'END'
mynetworks = 127.0.0.9
smtpd_client_connection_count_limit = 3
service_throttle_time = 1s
END
cat >>"$CONF/master.cf" <<END
$LIMITED_PORT inet n - n - 5 smtpd -o syslog_name=crowd
$WRAPPED_PORT inet n - n - 5 smtpd -o smtpd_tls_wrappermode=yes
$PROXIED_PORT inet n - n - 9 smtpd -o smtpd_upstream_proxy_protocol=haproxy -o smtpd_peername_lookup=no
END
instance_run
cat >"$T/crowd.py" <<'END'
import os, signal, socket, ssl, sys
limited, wrapped, proxied, what = *map(int, sys.argv[1:4]), sys.argv[4]

class Client:
    def __init__(self, source, port=limited):
        address = "127.0.0.1" if port == proxied else source
        self.socket = socket.create_connection(("127.0.0.1", port), 60, (address, 0))
        if port == proxied:
            family, here = ("TCP6", "::1") if ":" in source else ("TCP4", "127.0.0.1")
            self.socket.sendall(f"PROXY {family} {source} {here} 1 25\r\n".encode())
        if port == wrapped:
            self.socket = ssl._create_unverified_context().wrap_socket(self.socket)
        self.answers = self.socket.makefile("rb")
        self.said = self.answers.readline().decode().strip()
    def is_served(self):
        return self.said.startswith("220 ")
    def quit(self):
        """Until the server hangs up: then it does not count any more."""
        self.socket.sendall(b"QUIT\r\n")
        self.answers.read()

def crowd(source):
    return [Client(source) for _ in range(3)]

# Each of these has addresses of its own: what is left of the one before may count still.
def turned_away():
    served, late = crowd("127.0.0.5"), Client("127.0.0.5")
    print(*[one.is_served() for one in served], late.said, late.answers.read())

def others():
    served = crowd("127.0.0.15")
    print(Client("127.0.0.16").is_served(), Client("127.0.0.15").is_served(), Client("127.0.0.16").is_served())

def again():
    for one in crowd("127.0.0.25"):
        one.quit()
        late = Client("127.0.0.25")
        print(late.is_served())
        late.quit()

def killed():
    served = crowd("127.0.0.35")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            arguments = open("/proc/%s/cmdline" % pid).read()
        except OSError:
            continue
        if arguments.startswith("smtpd\0-n\0%d\0" % limited):
            os.kill(int(pid), signal.SIGKILL)
    for one in served:
        try:
            one.answers.read()
        except ConnectionResetError:
            pass
    while not Client("127.0.0.35").is_served():  # as soon as master has seen their end
        pass
    print("served")

def exceptions():
    print(*[one.is_served() for one in crowd("127.0.0.9") + [Client("127.0.0.9")]])

def tls():
    print(*[one.said[:9] for one in [Client("127.0.0.45", wrapped) for _ in range(4)]])

def served(*sources):
    clients = [Client(source, proxied) for source in sources]
    print(*[one.is_served() for one in clients])
    for one in clients:
        one.is_served() and one.quit()

def networks():
    served("2001:db8::1", "2001:db8::2", "2001:db8::fff:ffff:ffff", "2001:db8::3", "2001:db8:0:0:0:1000::1")
    served("::1", "::2", "::3", "::4")

def addresses():
    served("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "::ffff:192.0.2.5")

globals()[what]()
END
crowd() { python3 "$T/crowd.py" $LIMITED_PORT $WRAPPED_PORT $PROXIED_PORT "$1" 2>&1; }
is 'so many are served, and the next one is told' "$(crowd turned_away)" \
    "True True True 421 4.7.0 mail.buzon.test Error: too many connections from 127.0.0.5 b''"
log_has 'and it is logged' "crowd/smtpd\[[0-9]+\]: warning: Connection concurrency limit exceeded: 4 from .*\[127\.0\.0\.5\] for service $LIMITED_PORT\$"
is 'another client has his own' "$(crowd others)" 'True False True'
is 'when one has hung up there is room' "$(crowd again | sort -u)" True
is 'who is in smtpd_client_event_limit_exceptions has no limit' "$(crowd exceptions)" 'True True True True'
is 'under TLS at once it is said under TLS' "$(crowd tls)" '220 mail. 220 mail. 220 mail. 421 4.7.0'
is 'one IPv6 client is a network of smtpd_client_ipv6_prefix_length, however many addresses it has' "$(crowd networks)" \
    "True True True False True
True True True False"
is 'of IPv4 each address is another client' "$(crowd addresses)" 'True True True True True'
no_crash 'no process crashed'
is 'a process that is killed takes its client out of the count' "$(crowd killed)" served
