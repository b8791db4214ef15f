#!/bin/sh
# smtpd: clients that are slow, wrong or in a hurry.
. "$(dirname "$0")/../lib.sh"
plan 11
SHORT_PORT=$((T_BASE + 71))
instance_prepare <<'END'
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 3
smtpd_junk_command_limit = 2
smtpd_recipient_limit = 2
smtpd_recipient_overshoot_limit = 1
smtpd_helo_required = yes
smtpd_forbid_unauth_pipelining = yes
line_length_limit = 512
END
echo "$SHORT_PORT inet n - n - - smtpd -o smtpd_timeout=4s" >>"$CONF/master.cf"
instance_run
converse smtp 'a silent client is told, and dropped' --port $SHORT_PORT <<'END'
S: 220 *
S: 421 4.4.2 mail.buzon.test Error: timeout exceeded
EOF
END
log_has 'and it is logged' 'timeout after CONNECT from'
converse smtp 'so is one that falls silent in its message' --port $SHORT_PORT <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C: Subject: x
S: 421 4.4.2 mail.buzon.test Error: timeout exceeded
EOF
END
log_has 'and it is logged, with what came' 'timeout after DATA \([0-9]+ bytes\) from'
converse smtp 'too many errors' <<'END'
S: 220 *
C: FOO
S: 500 5.5.2 Error: command not recognized
C: FOO
S: 500 5.5.2 Error: command not recognized
C: FOO
S: 500 5.5.2 Error: command not recognized
S: 421 4.7.0 mail.buzon.test Error: too many errors
EOF
END
log_has 'and it is logged' 'too many errors after UNKNOWN from'
converse smtp 'too much junk counts as errors' <<'END'
S: 220 *
C- NOOP\r\n
S: 250 2.0.0 Ok
C: RSET
S: 250 2.0.0 Ok
C: RSET
S: 250 2.0.0 Ok
C: RSET
S: 250 2.0.0 Ok
C: RSET
S: 250 2.0.0 Ok
C: RSET
S: 250 2.0.0 Ok
S: 421 4.7.0 mail.buzon.test Error: too many errors
EOF
END
converse smtp 'HELO first; and no more recipients than the limit' <<'END'
S: 220 *
C: MAIL FROM:<a@remote.test>
S: 503 5.5.1 Error: send HELO/EHLO first
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: RCPT TO:<luis@example.test>
S: 250 2.1.5 Ok
C: RCPT TO:<eva@example.test>
S: 452 4.5.3 Error: too many recipients
C: RCPT TO:<eva@example.test>
S: 452 4.5.3 Error: too many recipients
C: QUIT
S: 221 2.0.0 Bye
END
converse smtp 'a long line is cut, not obeyed as two' <<END
S: 220 *
C: NOOP $(head -c 700 /dev/zero | tr '\0' x) QUIT
S: 250 2.0.0 Ok
C: QUIT
S: 221 2.0.0 Bye
END
converse smtp 'a client that talks before its turn' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C- DATA\r\nSubject: too early\r\n
S: 554 5.5.0 Error: SMTP protocol synchronization
EOF
END
no_crash 'no process crashed'
