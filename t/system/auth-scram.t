#!/bin/sh
# auth: SCRAM. A client that could bind it to its TLS session says that it sees no offer to (RFC 5802 section 6): that is right
# where there is none, and an attack where there is one. And what nobody has looks like what somebody has.
. "$(dirname "$0")/../lib.sh"
need python3 openssl
plan 5
instance_start <<END
auth_mechanisms = plain scram-sha-256 scram-sha-1 scram-sha-1-plus
END
first() { printf 'y,,n=plain@example.test,r=nonce' | base64 -w0; }
echo "plain@example.test:{PLAIN}$PASSWORD:$VMAIL_UID:$VMAIL_GID::$MAILDIRS/example.test/plain::" >>"$CONF/users"
converse imap 'binding is not offered for SHA-256, and for SHA-1 it is' --port "$IMAPS_PORT" --tls <<END
S: * OK [CAPABILITY * AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-1-PLUS*] *
C: a AUTHENTICATE SCRAM-SHA-256 $(first)
S: + *
C: *
S: a BAD *
C: b AUTHENTICATE SCRAM-SHA-1 $(first)
S: b NO [AUTHENTICATIONFAILED] *
C: c LOGOUT
S~ c OK *
END
converse imap 'without TLS nothing can be bound to' <<END
S: * OK [CAPABILITY * AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1] *
C: a AUTHENTICATE SCRAM-SHA-1 $(first)
S: + *
C: *
S: a BAD *
C: b LOGOUT
S~ b OK *
END
salt_of() { # salt_of USER
    python3 - "$IMAP_PORT" "$1" <<'END'
import base64, socket, sys
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
lines = client.makefile("rb")
lines.readline()
client.sendall(b"a AUTHENTICATE SCRAM-SHA-256 " + base64.b64encode(b"n,,n=%s,r=x" % sys.argv[2].encode()) + b"\r\n")
print(base64.b64decode(lines.readline()[2:]).decode().split(",", 1)[1])
END
}
nobody=$(salt_of nobody@example.test) somebody=$(salt_of plain@example.test)
buzon stop && buzon start
is 'a name that nobody has keeps its salt when auth begins anew' "$(salt_of nobody@example.test)" "$nobody"
is 'and so does one that somebody has' "$(salt_of plain@example.test)" "$somebody"
no_crash 'no process crashed'
