#!/bin/sh
# smtpd: a stranger may not relay, and the attempt leaves nothing behind but a log line; a client in
# mynetworks may.
. "$(dirname "$0")/../lib.sh"
need_root
plan 6
instance_start <<'END'
relayhost = [127.0.0.1]:9
END
converse smtp "a stranger's recipient is refused for now, Postfix's default" --host 192.0.2.25 --from 192.0.2.66 <<'END'
S: 220 mail.buzon.test ESMTP*
C: HELO client.test
S: 250 mail.buzon.test
C: MAIL FROM:<alice@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<bob@elsewhere.test>
S: 454 4.7.1 <bob@elsewhere.test>: Relay access denied
C: DATA
S: 554 5.5.1 Error: no valid recipients
C: QUIT
S: 221 2.0.0 Bye
EOF
END
log_has 'the refusal is logged' 'NOQUEUE: reject: RCPT from .*\[192\.0\.2\.66\]: 454 4\.7\.1 <bob@elsewhere\.test>: Relay access denied; from=<alice@remote\.test> to=<bob@elsewhere\.test> proto=SMTP helo=<client\.test>'
queue_is_empty 'nothing was queued'
converse smtp 'a stranger reaches our own users' --host 192.0.2.25 --from 192.0.2.66 <<'END'
S: 220 *
C: EHLO client.test
S~ 250 *
C: MAIL FROM:<alice@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: RCPT TO:<nobody-here@example.test>
S: 550 5.1.1 <nobody-here@example.test>: Recipient address rejected: User unknown in virtual mailbox table
C: QUIT
S: 221 2.0.0 Bye
END
converse smtp 'a client in mynetworks may relay' <<'END'
S: 220 *
C: HELO client.test
S: 250 *
C: MAIL FROM:<alice@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<bob@elsewhere.test>
S: 250 2.1.5 Ok
C: RSET
S: 250 2.0.0 Ok
END
no_crash 'no process crashed'
