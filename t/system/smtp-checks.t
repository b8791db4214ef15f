#!/bin/sh
# smtp and lmtp: what tables change in mail that leaves; while a table cannot be asked, nothing leaves. Word by word it
# is compared with Postfix in smtp-checks-postfix.t.
. "$(dirname "$0")/../lib.sh"
plan 8
sink_start --ehlo 8BITMIME --ehlo 'SIZE 1000000'
mkdir "$T/lmtp"
chmod 711 "$T"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/lmtp" --unix "$T/lmtp.sock" --lmtp
wait_until 'the LMTP sink' test -f "$T/lmtp/ready"
printf '/^X-Inside/ IGNORE\n/^X-Old: (.*)/ REPLACE X-New: $1\n' >"$T/header"
printf '/^inside/ IGNORE\n' >"$T/body"
chmod 644 "$T/header" "$T/body"
instance_start <<END
relayhost = [127.0.0.1]:$SINK_PORT
transport_maps = inline:{ { lmtp.test = lmtp:unix:$T/lmtp.sock } }
lmtp_unix_sockets = unix:$T/lmtp.sock
smtp_header_checks = regexp:$T/header
lmtp_header_checks = regexp:$T/header
lmtp_body_checks = regexp:$T/body
END
printf 'Subject: s\nX-Inside: 1\nX-Old: 2\n\ninside\noutside\n' >"$T/message"
kept() { # recipient: prints the envelope's file
    t_kept=$(grep -Fls "RCPT TO:<$1>" "$T"/sink/*.env "$T"/lmtp/*.env)
    [ -f "${t_kept%env}msg" ] && echo "$t_kept"
}
message_of() { wait_until "$1" kept "$1" && sed -n '/^Subject:/,$p' "$(kept "$1" | sed 's/env$/msg/')" | tr -d '\r' | grep -vE '^(Message-Id|Date|From): ' | paste -sd'|'; }
send_mail a@remote.test bob@far.test "$T/message" >/dev/null
is 'the header is changed, the body is not' "$(message_of bob@far.test)" 'Subject: s|X-New: 2||inside|outside'
is 'the size that was announced is right' "$(sed -n 's/.* SIZE=\([0-9]*\).*/\1/p' "$(kept bob@far.test)")" \
    "$(tr -d '\r' <"$(kept bob@far.test | sed 's/env$/msg/')" | wc -c)"
send_mail a@remote.test bob@lmtp.test "$T/message" >/dev/null
is 'by LMTP the body too' "$(message_of bob@lmtp.test)" 'Subject: s|X-New: 2||outside'
log_has 'and logged' ': replace: header X-Old: 2: X-New: 2'
python3 - "$T/message" <<'END'
import sys
with open(sys.argv[1], "w") as file:
    file.write("Subject: large\nX-Old: 2\n\n" + "a line of a large message\n" * 20000 + "the end\n")
END
send_mail a@remote.test large@far.test "$T/message" >/dev/null
like 'a large one is changed at its head' "$(message_of large@far.test | cut -c 1-60)" '^Subject: large\|X-New: 2\|\|a line'
like 'and is whole' "$(message_of large@far.test)" 'large message\|the end$'
rm "$T/header"
buzon reload 2>/dev/null
send_mail a@remote.test later@far.test "$T/message" >/dev/null
log_has 'while a table is not there a message waits' 'to=<later@far\.test>, relay=none, .*dsn=4\.3\.0, status=deferred'
no_crash 'nothing has crashed'
