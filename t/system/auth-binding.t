#!/bin/sh
# auth: a client that could bind SCRAM to its TLS session says that it sees no offer to (RFC 5802 section 6). That is right where
# there is none, and an attack where there is one.
. "$(dirname "$0")/../lib.sh"
need python3 openssl
plan 3
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
no_crash 'no process crashed'
