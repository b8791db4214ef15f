#!/bin/sh
# smtpd, smtp: what the postmaster is told of sessions in which something went wrong (notify_classes,
# error_notice_recipient), and what he is not.
. "$(dirname "$0")/../lib.sh"
plan 19
FUSSY_PORT=$((SINK_PORT + 1))
instance_start <<END
error_notice_recipient = eva@example.test
notify_classes = protocol
smtpd_history_flush_threshold = 12
transport_maps = inline:{ {fussy.test = smtp:[127.0.0.1]:$FUSSY_PORT} }
END
EVA=$(virtual_maildir eva)
newest() { ls -t "$EVA"/new/* | head -n 1; }
letter() { sed '1,/^$/d' "$(newest)"; }
set_config() { tool buzonconf -e "$@" && buzon reload 2>/dev/null; }

# --- a client's errors ------------------------------------------------------------------------------------
converse smtp 'a client that does not know its SMTP' <<'END'
S: 220 *
C: EHLO bad.test
S~ 250 *
C: FOO bar
S: 500 *
C: AUTH PLAIN c2VjcmV0
S: 503 *
C: MAIL FROM:<s@remote.test>
S: 250 *
C: RCPT TO:<ana@example.test>
S: 250 *
C: QUIT
S: 221 *
END
maildir_has 'is told of' "$EVA" 1
like 'by the name of the client' "$(cat "$(newest)")" '^Subject: buzon SMTP server: errors from [^ ]*\[127\.0\.0\.1\]$'
like 'by nobody who could be answered' "$(cat "$(newest)")" '^Return-Path: <double-bounce@mail\.buzon\.test>$'
like 'with all that was said' "$(letter | paste -sd'|')" '^Transcript of session follows\.\|\| Out: 220 .*\| In:  EHLO bad\.test\| Out: 250-.*\| Out: 500 5\.5\.2 .*\| In:  AUTH PLAIN\| Out: 503 .*\| In:  QUIT\| Out: 221 .*\|\|For other details, see the local mail logfile$'
is 'but no secret' "$(grep -c c2VjcmV0 "$(newest)")" 0
converse smtp 'a client that only wants too much' <<'END'
S: 220 *
C: HELO stranger.test
S: 250 *
C: MAIL FROM:<s@remote.test>
S: 250 *
C: RCPT TO:<nosuch@example.test>
S: 550 *
C: QUIT
S: 221 *
END
converse smtp 'one that goes without a word' <<'END'
S: 220 *
C: HELO gone.test
S: 250 *
C: BAR
S: 50*
END
maildir_has 'is told of, too' "$EVA" 2
like 'with the reason' "$(letter)" '^Session aborted, reason: lost connection$'
is 'the one before is not' "$(cat "$EVA"/new/* | grep -c stranger.test)" 0
set_config 'notify_classes = bounce, policy' 
converse smtp 'unknown recipients can be told of' <<'END'
S: 220 *
C: HELO other.test
S: 250 *
C: MAIL FROM:<s@remote.test>
S: 250 *
C: RCPT TO:<nosuch@example.test>
S: 550 *
C: QUIT
S: 221 *
END
maildir_has 'by their class' "$EVA" 3

# --- long sessions ------------------------------------------------------------------------------------------
set_config 'notify_classes = protocol'
converse smtp 'a long session' <<'END'
S: 220 *
C: HELO long.test
S: 250 *
C: FOO 1
S: 500 *
C: FOO 2
S: 500 *
C: FOO 3
S: 500 *
C: FOO 4
S: 500 *
C: FOO 5
S: 500 *
C: RSET
S: 250 *
C: NOOP
S: 250 *
C: QUIT
S: 221 *
END
maildir_has 'is told of in parts' "$EVA" 4

# --- a server's ------------------------------------------------------------------------------------------------
background python3 -c '
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)
while True:
    client, _ = server.accept()
    client.sendall(b"220 fussy.test ESMTP\r\n")
    try:
        for line in client.makefile("rb"):
            verb = line[:4].upper()
            reply = {b"RCPT": "503 5.5.1 who is that", b"QUIT": "221 bye"}.get(verb, "250 ok")
            client.sendall(reply.encode() + b"\r\n")
    except OSError:
        pass
    client.close()
' "$FUSSY_PORT"
wait_until 'the server' python3 -c "import socket; socket.create_connection(('127.0.0.1', $FUSSY_PORT))"
send_mail ana@example.test x@fussy.test >/dev/null
maildir_has 'a server that finds fault with us is told of' "$EVA" 5
like 'by its name' "$(cat "$(newest)")" "^Subject: buzon SMTP client: errors from 127\.0\.0\.1\[127\.0\.0\.1\]:$FUSSY_PORT\$"
like 'with all that was said' "$(letter | paste -sd'|')" "^Unexpected response from 127\.0\.0\.1\[127\.0\.0\.1\]:$FUSSY_PORT\.\|\|Transcript .*\| In:  220 fussy\.test ESMTP\| Out: EHLO .*\| In:  503 5\.5\.1 who is that\|.* Out: QUIT"
instance_stop
no_crash 'nothing crashed'
