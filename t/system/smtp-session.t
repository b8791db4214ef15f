#!/bin/sh
# smtp: a conversation with a server: what is said, what is made of the replies, and how long it lasts.
. "$(dirname "$0")/../lib.sh"
plan 15
sink_start --ehlo PIPELINING --ehlo 8BITMIME --ehlo DSN --ehlo 'SIZE 20000'
OLD_PORT=$((SINK_PORT + 1))
mkdir "$T/old"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/old" --port "$OLD_PORT"
wait_until 'the other sink' test -f "$T/old/ready"
mkdir "$T/less"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/less" --host 127.0.0.2 --port "$OLD_PORT" --ehlo DSN --ehlo 'SIZE 20000'
wait_until 'one more sink' test -f "$T/less/ready"
instance_start <<END
relayhost = [127.0.0.1]:$SINK_PORT
transport_maps = inline:{ {old.test = smtp:[127.0.0.1]:$OLD_PORT}, {less.test = smtp:[127.0.0.2]:$OLD_PORT} }
smtp_connection_cache_time_limit = 1h
smtp_discard_ehlo_keyword_address_maps = inline:{ {127.0.0.2 = dsn} }
END
kept() { # prints the envelope's file
    t_kept=$(grep -Fls "RCPT TO:<$1>" "$T"/sink/*.env "$T"/old/*.env "$T"/less/*.env)
    [ -n "$t_kept" ] && echo "$t_kept"
}
content_of() { wait_until "$1" kept "$1" && cat "$(kept "$1" | sed 's/env$/msg/')"; }
say() { # parameters of MAIL, recipient with its parameters; content from standard input
    python3 - "$SMTP_PORT" "$1" "$2" <<'PY'
import smtplib, sys
port, mail, rcpt = sys.argv[1:]
s = smtplib.SMTP("127.0.0.1", int(port))
s.ehlo("client.test")
assert s.docmd("MAIL", "FROM:<a@remote.test> " + mail)[0] == 250
assert s.docmd("RCPT", "TO:" + rcpt)[0] == 250
s.data(open("/dev/fd/3", "rb").read().replace(b"\n", b"\r\n"))
s.quit()
PY
}

printf 'Subject: dots\n\n.one\n..two\nthree.\n.\nlast\n' >"$T/dots"
say '' '<dots@far.test>' 3<"$T/dots"
is 'dots arrive as they left' "$(content_of dots@far.test | tr -d '\r' | sed '1,/^$/d')" \
    "$(printf '.one\n..two\nthree.\n.\nlast\n')"

say 'RET=HDRS ENVID=a+2Bb BODY=8BITMIME' '<dsn@far.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+3Dy@z' 3<"$T/dots"
wait_until 'the message' kept dsn@far.test
like 'DSN parameters and BODY travel on' "$(tr '\n' ' ' <"$(kept dsn@far.test)")" \
    'MAIL FROM:<a@remote\.test> SIZE=[0-9]+ BODY=8BITMIME RET=HDRS ENVID=a\+2Bb RCPT TO:<dsn@far\.test> ORCPT=rfc822;x\+3Dy@z NOTIFY=SUCCESS,DELAY'

say 'RET=HDRS' '<dsn@less.test> NOTIFY=SUCCESS' 3<"$T/dots"
wait_until 'the message' kept dsn@less.test
like 'but not to a server whose keywords are left out by its address' "$(tr '\n' ' ' <"$(kept dsn@less.test)")" \
    'MAIL FROM:<a@remote\.test> SIZE=[0-9]+ RCPT TO:<dsn@less\.test> TLS no'

send_mail a@remote.test good@far.test,reject-550@far.test,reject-450@far.test >/dev/null
log_has 'one recipient is taken' 'to=<good@far\.test>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:[0-9]+,.* dsn=2\.0\.0, status=sent \(250 2\.0\.0 kept\)'
log_has 'one is refused' 'to=<reject-550@far\.test>,.* dsn=5\.1\.1, status=bounced \(host 127\.0\.0\.1\[127\.0\.0\.1\] said: 550 5\.1\.1 refused by the sink \(in reply to RCPT TO command\)\)'
log_has 'one waits' 'to=<reject-450@far\.test>,.* dsn=4\.1\.1, status=deferred \(host .* said: 450 4\.1\.1 refused by the sink \(in reply to RCPT TO command\)\)'
send_mail a@remote.test data-554@far.test >/dev/null
log_has 'a message that is refused when it has come' 'to=<data-554@far\.test>,.* dsn=5\.3\.0, status=bounced \(host .* said: 554 5\.3\.0 refused by the sink \(in reply to end of DATA command\)\)'

again() { send_mail a@remote.test again@far.test >/dev/null && t_log_matches 'to=<again@far\.test>,.* conn_use=[2-9]'; }
eventually 'a session serves several messages' again

{ printf 'Subject: big\n\n'; head -c 30000 /dev/zero | tr '\0' x | fold -w 70; } >"$T/big"
say '' '<big@far.test>' 3<"$T/big"
log_has 'a message over the SIZE of the server is not sent there' \
    'to=<big@far\.test>,.* dsn=5\.3\.4, status=bounced \(message size [0-9]+ exceeds size limit 20000 of server 127\.0\.0\.1'

printf 'Subject: long\n\n%s\n' "$(head -c 990 /dev/zero | tr '\0' x)" >"$T/long"
say '' '<long@old.test>' 3<"$T/long"
is 'lines up to 998 octets are sent as they are' "$(content_of long@old.test | tr -d '\r' | sed '1,/^$/d' | wc -l)" 1
printf 'Subject: long\n\n%s\n' "$(head -c 1250 /dev/zero | tr '\0' x)" >"$T/long"
say '' '<longer@old.test>' 3<"$T/long"
is 'longer ones are folded' "$(content_of longer@old.test | tr -d '\r' | sed '1,/^$/d' | awk 'length > 998' | wc -l)" 0

printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nf\303\274r\n' >"$T/eight"
say 'BODY=8BITMIME' '<eight@old.test>' 3<"$T/eight"
like '8-bit content is made fit for a server of 7 bits' "$(content_of eight@old.test | tr -d '\r')" 'f=C3=BCr'
say 'BODY=8BITMIME' '<eight@far.test>' 3<"$T/eight"
like 'and left alone for others' "$(content_of eight@far.test | tr -d '\r')" "$(printf 'f\303\274r')"
queue_holds_one() { [ "$(find "$SPOOL/deferred" -type f | wc -l)" = 1 ]; }
eventually 'only what waits is left' queue_holds_one
no_crash 'no process crashed'
