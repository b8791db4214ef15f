#!/bin/sh
# smtpd: STARTTLS, TLS from the first octet, and TLS on demand.
. "$(dirname "$0")/../lib.sh"
plan 8
instance_prepare <<'END'
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
END
ENCRYPT_PORT=$((T_BASE + 27))
echo "$ENCRYPT_PORT inet n - n - - smtpd -o smtpd_tls_security_level=encrypt" >>"$CONF/master.cf"
instance_run
converse smtp 'STARTTLS, and a session that starts anew' <<'END'
S: 220 *
C: EHLO client.test
S~ 250-STARTTLS
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
TLS
C: RCPT TO:<ana@example.test>
S: 503 5.5.1 Error: need MAIL command
C: EHLO client.test
S: 250-mail.buzon.test
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-ENHANCEDSTATUSCODES
S~ 250 CHUNKING
C: STARTTLS
S: 554 5.5.1 Error: TLS already active
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C- Subject: sealed\r\n\r\n.\r\n
S: 250 2.0.0 Ok: queued as *
C: QUIT
S: 221 2.0.0 Bye
END
maildir_has 'the message arrives' "$(virtual_maildir ana)" 1
like 'and its Received line tells of TLS' "$(cat "$(virtual_maildir ana)"/new/* | tr '\n\t' '~ ')" \
    '\(using TLSv1\.[23] with cipher [A-Z0-9_-]+ \([0-9/]+ bits\).*\)~ \(No client certificate requested\)~ by .* with ESMTPS id'
log_has 'so does the log' 'Anonymous TLS connection established from .*\[127\.0\.0\.1\]: TLSv1\.'
converse smtp 'what is said before the handshake is forgotten (CVE-2011-0411)' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C- STARTTLS\r\nMAIL FROM:<evil@remote.test>\r\n
S: 220 2.0.0 Ready to start TLS
TLS
C: NOOP
S: 250 2.0.0 Ok
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: QUIT
S: 221 2.0.0 Bye
END
converse smtp 'TLS from the first octet' --port "$SUBMISSIONS_PORT" --tls <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: QUIT
S: 221 2.0.0 Bye
END
converse smtp 'TLS on demand' --port "$ENCRYPT_PORT" <<'END'
S: 220 *
C: EHLO client.test
S~ 250-STARTTLS
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 530 5.7.0 Must issue a STARTTLS command first
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
TLS
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: QUIT
S: 221 2.0.0 Bye
END
no_crash 'no process crashed'
