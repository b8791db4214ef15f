#!/bin/sh
# smtpd: one client that opens connection after connection gets as many as smtpd_client_connection_count_limit says, and
# others are served. It got all processes that there were, and whoever came then waited as long as it liked.
. "$(dirname "$0")/../lib.sh"
plan 8
LIMITED_PORT=$((T_BASE + 71))
WRAPPED_PORT=$((T_BASE + 72))
instance_prepare <<'END'
mynetworks = 127.0.0.9
smtpd_client_connection_count_limit = 3
service_throttle_time = 1s
END
cat >>"$CONF/master.cf" <<END
$LIMITED_PORT inet n - n - 5 smtpd -o syslog_name=crowd
$WRAPPED_PORT inet n - n - 5 smtpd -o smtpd_tls_wrappermode=yes
END
instance_run
cat >"$T/crowd.py" <<'END'
import os, signal, socket, ssl, sys
limited, wrapped, what = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

class Client:
    def __init__(self, source, port=limited):
        self.socket = socket.create_connection(("127.0.0.1", port), 60, (source, 0))
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

globals()[what]()
END
crowd() { python3 "$T/crowd.py" $LIMITED_PORT $WRAPPED_PORT "$1" 2>&1; }
is 'so many are served, and the next one is told' "$(crowd turned_away)" \
    "True True True 421 4.7.0 mail.buzon.test Error: too many connections from 127.0.0.5 b''"
log_has 'and it is logged' "crowd/smtpd\[[0-9]+\]: warning: Connection concurrency limit exceeded: 4 from .*\[127\.0\.0\.5\] for service $LIMITED_PORT\$"
is 'another client has his own' "$(crowd others)" 'True False True'
is 'when one has hung up there is room' "$(crowd again | sort -u)" True
is 'who is in smtpd_client_event_limit_exceptions has no limit' "$(crowd exceptions)" 'True True True True'
is 'under TLS at once it is said under TLS' "$(crowd tls)" '220 mail. 220 mail. 220 mail. 421 4.7.0'
no_crash 'no process crashed'
is 'a process that is killed takes its client out of the count' "$(crowd killed)" served
