#!/bin/sh
# login and auth: IMAP and POP3 before the session: capabilities, STARTTLS, wrong passwords, clear-text
# passwords from afar, literals, SASL; the log lines as Dovecot's.
. "$(dirname "$0")/../lib.sh"
plan 13
[ $PRIVILEGED = yes ] && REMOTE=192.0.2.66
instance_start <<'END'
auth_verbose = yes
END
b64() { printf "$1" | base64 -w0; }

converse imap 'greeting, capabilities, LOGIN with literals, LOGOUT' <<END
S: * OK [CAPABILITY IMAP4rev1 * AUTH=PLAIN*] *
C: a CAPABILITY
S: * CAPABILITY IMAP4rev1 *
S: a OK *
C: b LOGIN {16}
S: + *
C: ana@example.test {${#PASSWORD}}
S: + *
C: $PASSWORD
S~ b OK *
C: c LOGOUT
S: * BYE *
S: c OK *
EOF
END
log_has 'the login is logged' "imap-login: Login: user=<ana@example\.test>, method=PLAIN, rip=127\.0\.0\.1, lip=127\.0\.0\.1, mpid=[0-9]+, secured, session=<[A-Za-z0-9+/]+>"
converse imap 'a wrong password' <<'END'
S: * OK *
C: a LOGIN ana@example.test wrong
S: a NO [AUTHENTICATIONFAILED] Authentication failed.
C: b LOGIN nobody@example.test wrong
S: b NO [AUTHENTICATIONFAILED] Authentication failed.
C: c LOGOUT
S~ c OK *
END
log_has 'is logged with the number of attempts' 'imap-login: .*\(auth failed, 2 attempts in [0-9]+ secs\): user=<nobody@example\.test>, method=PLAIN, rip='
log_has 'and auth knows why' 'auth: passwd-file\(ana@example\.test,127\.0\.0\.1,<[^>]+>\): Password mismatch'
converse imap 'AUTHENTICATE PLAIN with and without an initial response, and given up' <<END
S: * OK *
C: a AUTHENTICATE PLAIN
S: + *
C: *
S: a BAD *
C: b AUTHENTICATE PLAIN $(b64 "\\0ana@example.test\\0wrong")
S: b NO [AUTHENTICATIONFAILED] *
C: c AUTHENTICATE PLAIN
S: + *
C: $(b64 "\\0ana@example.test\\0$PASSWORD")
S~ c OK *
END
converse imap 'what follows LOGIN in the same packet reaches the session' <<END
S: * OK *
C- a LOGIN ana@example.test $PASSWORD\r\nb SELECT INBOX\r\nc LOGOUT\r\n
S~ a OK *
S~ b OK *
S~ c OK *
EOF
END
converse imap 'STARTTLS drops what was sent in the clear behind it' <<END
S: * OK *
C- a STARTTLS\r\nb LOGIN ana@example.test $PASSWORD\r\n
S: a OK *
TLS
C: c NOOP
S: c OK *
C: d LOGIN ana@example.test $PASSWORD
S~ d OK *
C: e LOGOUT
S~ e OK *
END
converse imap 'implicit TLS' --port "$IMAPS_PORT" --tls <<END
S: * OK *
C: d LOGIN ana@example.test $PASSWORD
S~ d OK *
C: e SELECT INBOX
S~ e OK *
C: f LOGOUT
S~ f OK *
EOF
END
converse pop3 'POP3: USER and PASS, a wrong one first' <<END
S: +OK *
C: CAPA
S: +OK
S~ .
C: PASS x
S: -ERR *
C: USER ana@example.test
S: +OK
C: PASS wrong
S: -ERR [AUTH] Authentication failed.
C: USER ana@example.test
S: +OK
C: PASS $PASSWORD
S: +OK *
C: QUIT
S: +OK *
EOF
END
converse pop3 'POP3: STLS and AUTH PLAIN' <<END
S: +OK *
C: STLS
S: +OK *
TLS
C: AUTH PLAIN $(b64 "\\0ana@example.test\\0$PASSWORD")
S: +OK *
C: QUIT
S: +OK *
END
if [ -n "${REMOTE:-}" ]; then
    converse imap 'a clear-text password from another host is refused' --host 192.0.2.25 --from $REMOTE <<END
S: * OK [CAPABILITY IMAP4rev1 * LOGINDISABLED*] *
C: a LOGIN ana@example.test $PASSWORD
S: * BAD [ALERT] *
S: a NO [PRIVACYREQUIRED] *
END
else
    ok 'a clear-text password from another host is refused # SKIP needs another address'
fi
no_crash 'no process crashed'
