#!/bin/sh
# smtpd: what Postfix answers, to the letter, whatever a client says.
. "$(dirname "$0")/../lib.sh"
plan 12
instance_start <<'END'
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 100
smtpd_client_restrictions = sleep 0
smtpd_command_filter = regexp:{ {/^EHLO wrong.test$$/ HELO right.test}, {/^BROKEN$$/ NOOP} }
smtpd_discard_ehlo_keyword_address_maps = inline:{ {192.0.2.25 = vrfy, chunking, starttls} }
smtpd_discard_ehlo_keywords = dsn
END
converse smtp 'a command is replaced by what smtpd_command_filter makes of it' <<'END'
S: 220 mail.buzon.test ESMTP *
C: EHLO wrong.test
S: 250 mail.buzon.test
C: BROKEN
S: 250 2.0.0 Ok
C: QUIT
S: 221 2.0.0 Bye
EOF
END
converse smtp 'EHLO leaves out smtpd_discard_ehlo_keywords' <<'END'
S: 220 mail.buzon.test ESMTP *
C: EHLO client.test
S: 250-mail.buzon.test
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-STARTTLS
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250 CHUNKING
C: QUIT
S: 221 2.0.0 Bye
EOF
END
if [ $PRIVILEGED = yes ]; then
    converse smtp 'or instead what the table says of the client' --from 192.0.2.25 <<'END'
S: 220 mail.buzon.test ESMTP *
C: EHLO client.test
S: 250-mail.buzon.test
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-ETRN
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250 DSN
C: QUIT
S: 221 2.0.0 Bye
EOF
END
else
    ok 'or instead what the table says of the client # SKIP needs a second address'
fi
sed -i '/^smtpd_discard_ehlo_keywords/d' "$CONF/main.cf"
buzon reload >/dev/null 2>&1
wait_until 'the reload' t_log_matches 'reload -- version'
converse smtp 'EHLO announces what Postfix does, in its order' <<'END'
S: 220 mail.buzon.test ESMTP *
C: EHLO client.test
S: 250-mail.buzon.test
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-STARTTLS
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
S: 250-DSN
S: 250 CHUNKING
C: QUIT
S: 221 2.0.0 Bye
EOF
END
converse smtp 'commands at the wrong time' <<'END'
S: 220 *
C: RCPT TO:<ana@example.test>
S: 503 5.5.1 Error: need MAIL command
C: DATA
S: 503 5.5.1 Error: need RCPT command
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: MAIL FROM:<a@remote.test>
S: 503 5.5.1 Error: nested MAIL command
C: DATA
S: 554 5.5.1 Error: no valid recipients
C: RSET
S: 250 2.0.0 Ok
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: HELO again.test
S: 250 mail.buzon.test
C: RCPT TO:<ana@example.test>
S: 503 5.5.1 Error: need MAIL command
END
converse smtp 'commands that are wrong' <<'END'
S: 220 *
C: HELO
S: 501 Syntax: HELO hostname
C: EHLO
S: 501 Syntax: EHLO hostname
C: MAIL
S: 501 5.5.4 Syntax: MAIL FROM:<address>
C: MAIL FROM:<a b@remote.test>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@192.0.2.1>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@-remote.test>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<a@[2001:db8::1]>
S: 501 5.1.7 Bad sender address syntax
C: MAIL FROM:<<a@remote.test>> ENVID=
S: 501 5.5.4 Bad ENVID parameter syntax
C: MAIL FROM:<a@remote.test> SIZE=x
S: 501 5.5.4 Bad message size syntax
C: MAIL FROM:<a@remote.test> SIZE=10240001
S: 552 5.3.4 Message size exceeds fixed limit
C: MAIL FROM:<a@remote.test> FOO=BAR
S: 555 5.5.4 Unsupported option: FOO=BAR
C: MAIL FROM:<a@remote.test> RET=HDRS ENVID=x+2By BODY=8BITMIME
S: 250 2.1.0 Ok
C: RCPT
S: 501 5.5.4 Syntax: RCPT TO:<address>
C: RCPT TO:<>
S: 501 5.1.3 Bad recipient address syntax
C: RCPT TO:<ana@example.test> NOTIFY=NEVER,DELAY
S: 501 5.5.4 Error: Bad NOTIFY parameter syntax
C: RCPT TO:<ana@example.test> ORCPT=nobody
S: 501 5.5.4 Error: Bad ORCPT parameter syntax
C: RCPT TO:<ana@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;ana+40x
S: 250 2.1.5 Ok
C: RSET now
S: 501 5.5.4 Syntax: RSET
C: DATA now
S: 501 5.5.4 Syntax: DATA
C: BDAT x
S: 521 5.5.4 Syntax: BDAT count [LAST]
EOF
END
converse smtp 'commands that we do not have, or not for this client' <<'END'
S: 220 *
C: EXPN list
S: 500 5.5.2 Error: command not recognized
C: HELP
S: 500 5.5.2 Error: command not recognized
C: AUTH PLAIN
S: 503 5.5.1 Error: authentication not enabled
C: XCLIENT
S: 501 5.5.4 Syntax: XCLIENT attribute=value...
C: XFORWARD
S: 501 5.5.4 Syntax: XFORWARD attribute=value...
C: XCLIENT NAME=x
S: 550 5.7.0 Error: insufficient authorization
C: ETRN example.test
S: 459 <example.test>: service unavailable
C: ETRN @example.test
S: 459 <example.test>: service unavailable
C: BDAT 0
S: 551 5.7.1 Null BDAT request
C: VRFY <ana@example.test>
S: 252 2.0.0 <ana@example.test>
C- \r\n
S: 500 5.5.2 Error: bad syntax
C- NO\0OP\r\n
S: 500 5.5.2 Error: command not recognized
C- NOOP\0 x\r\n
S: 250 2.0.0 Ok
C: NOOP
S: 250 2.0.0 Ok
C: VRFY ana@example.test
S: 252 2.0.0 ana@example.test
C: VRFY nobody@example.test
S: 550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown in virtual mailbox table
C: GET / HTTP/1.0
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
EOF
END
converse smtp 'a header line ends the session' <<'END'
S: 220 *
C: Subject: hello
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
EOF
END
log_has 'and is logged' 'warning: non-SMTP command from .*: Subject: hello'
log_has 'each session is counted up in its last line' \
    'disconnect from .* helo=1 mail=2/3 rcpt=0/2 data=0/2 rset=1 commands=4/9'
converse smtp 'everything in one packet is answered in order' <<'END'
S: 220 *
C- EHLO client.test\r\n
S~ 250 CHUNKING
C- MAIL FROM:<a@remote.test>\r\nRCPT TO:<ana@example.test>\r\nRCPT TO:<nobody@example.test>\r\nRSET\r\nQUIT\r\n
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 550 5.1.1 <nobody@example.test>: *
S: 250 2.0.0 Ok
S: 221 2.0.0 Bye
EOF
END
no_crash 'no process crashed'
