#!/bin/sh
# smtpd: content arrives as it was sent; a message ends with CRLF . CRLF and nothing else; what is too
# big or has no place leaves nothing behind.
. "$(dirname "$0")/../lib.sh"
plan 15
instance_start <<'END'
message_size_limit = 5000
smtpd_error_sleep_time = 0
END
newest() { ls -t "$(virtual_maildir ana)"/new/* 2>/dev/null | head -n 1; }

converse smtp 'dots are unstuffed, lone LF ends a line, lone CR is a space' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 End data with <CR><LF>.<CR><LF>
C- Subject: dots\r\n\r\n..one\r\n..\r\nlone\nlf\rcr\r\n.\r\n
S: 250 2.0.0 Ok: queued as *
C: QUIT
S: 221 2.0.0 Bye
END
maildir_has 'and it arrives' "$(virtual_maildir ana)" 1
is 'as it was meant' "$(sed '1,/^$/d' "$(newest)")" "$(printf '.one\n.\nlone\nlf cr\n')"
like 'under a Received line in Postfix'"'"'s form' "$(tr '\n\t' '~ ' <"$(newest)")" \
    'Received: from client\.test \([a-z]+ \[127\.0\.0\.1\]\)~ by mail\.buzon\.test \(buzon\) with ESMTP id [0-9A-Za-z]+~ for <ana@example\.test>; [A-Z][a-z][a-z], [0-9]+ '

converse smtp 'smuggling: other ends of data are content' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C- Subject: one\r\n\r\na\n.\nMAIL FROM:<evil@remote.test>\nRCPT TO:<luis@example.test>\nDATA\nb\n.\r\nc\r\n.\nd\r\n.\r\r\ne\r.\rf\r\n.\r\n
S: 250 2.0.0 Ok: queued as *
C: QUIT
S: 221 2.0.0 Bye
END
maildir_has 'one message arrives' "$(virtual_maildir ana)" 2
check 'with the smuggled commands in it' grep -q '^RCPT TO:<luis@example.test>$' "$(newest)"
check 'and nobody else has got any' test ! -e "$(virtual_maildir luis)/new"

converse smtp 'a message that is too big is refused in the end, and forgotten' <<END
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C- $(head -c 6000 /dev/zero | tr '\0' x)\r\n.\r\n
S: 552 5.3.4 Error: message file too big
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: BDAT 6000
C- $(head -c 6000 /dev/zero | tr '\0' x)
S: 552 5.3.4 Chunk exceeds message size limit
C: BDAT 1 LAST
C- x
S: 551 5.0.0 Discarded 1 bytes after earlier error
C: QUIT
S: 221 2.0.0 Bye
END

converse smtp 'chunks, of which nothing is taken off or ends anything' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: BDAT 17
C- Subject: c\r\n\r\n.\r\n
S: 250 2.0.0 Ok: 17 bytes
C: RCPT TO:<luis@example.test>
S: 503 5.5.1 Error: RCPT after BDAT
C: DATA
S: 503 5.5.1 Error: DATA after BDAT
C: BDAT 6 LAST
C- ..two\n
S: 250 2.0.0 Ok: 24 bytes queued as *
C: QUIT
S: 221 2.0.0 Bye
END
maildir_has 'and they arrive' "$(virtual_maildir ana)" 3
is 'dots and all' "$(sed '1,/^$/d' "$(newest)")" "$(printf '.\n..two\n')"

converse smtp 'a client that goes away in the middle' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<a@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C- Subject: half\r\n
END
log_has 'is logged' 'lost connection after DATA \([0-9]+ bytes\) from'
queue_is_empty 'and nothing of its message stays'
