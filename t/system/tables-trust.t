#!/bin/sh
# Tables that anybody could answer who gets hold of a port (tcp, socketmap) say neither whose a mailbox is nor which
# command is run, as with Postfix; nor does proxymap, which has fewer rights: "proxy:" is passed over. A transport they may
# name: what was found was forgotten once, and the mail with it ("discarded: empty expansion").
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf python3
need_root
plan 21
cat >"$T/answer.py" <<'END'
# "200 discard:" to whatever tcp tables are asked, "discard:" to socketmap
import socketserver, sys, threading

class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        for _ in self.rfile:
            self.wfile.write(b"200 discard:\n")

class Socketmap(socketserver.StreamRequestHandler):
    def handle(self):
        while (digits := b"".join(iter(lambda: self.rfile.read(1).strip(b":"), b""))) != b"":
            self.rfile.read(int(digits) + 1)
            self.wfile.write(b"11:OK discard:,")

socketserver.ThreadingTCPServer.allow_reuse_address = True
servers = [socketserver.ThreadingTCPServer(("127.0.0.1", 15071 + i), kind) for i, kind in enumerate((Tcp, Socketmap))]
for server in servers:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever).start()
open(sys.argv[1], "w").close()
END
background python3 "$T/answer.py" "$T/answers"
wait_until 'the servers of tables' test -f "$T/answers"
sides_prepare <<END
mydestination =
virtual_mailbox_domains = box.test
virtual_mailbox_base = @SIDE@/data/box
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_mailbox_maps = static:u/
virtual_minimum_uid = 1
transport_maps = inline:{a.test=va:, b.test=vb:, c.test=vc:, d.test=vd:, e.test=le:, f.test=lf:, g.test=lg:, h.test=vh:, i.test=li:, j.test=vj:}
END
for side in ours theirs; do
    mkdir -p "$T/$side/data/box"
    chown 5000:5000 "$T/$side/data/box"
done
SIDES_LOCAL="va unix - n n - - virtual -o virtual_mailbox_maps=tcp:127.0.0.1:15071
vb unix - n n - - virtual -o virtual_mailbox_maps=unionmap:{socketmap:inet:127.0.0.1:15072:m}
vc unix - n n - - virtual -o virtual_uid_maps=socketmap:inet:127.0.0.1:15072:m
vd unix - n n - - virtual -o virtual_mailbox_maps=inline:{u@d.test=d/},tcp:127.0.0.1:15071
vh unix - n n - - virtual -o virtual_mailbox_maps=proxy:static:h/
vj unix - n n - - virtual -o virtual_mailbox_maps=tcp:127.0.0.1:15071 -o daemon_table_open_error_is_fatal=yes
le unix - n n - - local -o mailbox_command_maps=tcp:127.0.0.1:15071
li unix - n n - - local -o alias_maps=inline:{alice=root@g.test},tcp:127.0.0.1:15071 -o local_recipient_maps=
lf unix - n n - - local -o mailbox_transport_maps=tcp:127.0.0.1:15071
lg unix - n n - - local -o fallback_transport_maps=socketmap:inet:127.0.0.1:15072:m"
sides_start
delivered() { # LOG ADDRESS AGENT DSN WORDS
    grep -Eq "$3\[[0-9]+\]: .*to=<$2>.*dsn=$4, status=$5" "$1"
}
for side in ours theirs; do
    echo 'Subject: trust' | MAIL_CONFIG=$T/$side/conf "$T/$side/bin/sendmail" -f a@d.test u@a.test u@b.test u@c.test u@d.test \
        alice@e.test alice@f.test nobodyhere@g.test u@h.test bob@i.test u@j.test
    while read -r address agent dsn words; do
        eventually "$side: $address: $words" delivered "$T/log/$side.log" "$address" "$agent" "$dsn" "$words"
    done <<'END'
u@a.test virtual 4.3.5 deferred .mail system configuration error
u@b.test virtual 4.3.5 deferred .mail system configuration error
u@c.test virtual 4.3.5 deferred .mail system configuration error
u@d.test virtual 2.0.0 sent .delivered to maildir
u@h.test virtual 2.0.0 sent .delivered to maildir
alice@e.test local 4.3.0 deferred .table lookup failure
bob@i.test local 4.3.0 deferred .alias database unavailable
alice@f.test discard 2.0.0 sent
nobodyhere@g.test discard 2.0.0 sent
END
    eventually "$side: with daemon_table_open_error_is_fatal virtual ends for it" \
        grep -Eq 'virtual\[[0-9]+\]: fatal: .*map is not allowed for security.sensitive data' "$T/log/$side.log"
done
like 'the reason is told' "$(cat "$T/log/ours.log")" 'warning: tcp:127.0.0.1:15071 is unavailable: .* map is not allowed for security-sensitive data'
sides_stop
