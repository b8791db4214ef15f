#!/bin/sh
# smtp and lmtp: addresses of our own are replaced when a message leaves (smtp_generic_maps), in envelope
# and header and nowhere else; while the table cannot be asked, nothing leaves.
. "$(dirname "$0")/../lib.sh"
plan 17
sink_start --ehlo PIPELINING --ehlo 8BITMIME --ehlo 'SIZE 1000000'
OLD_PORT=$((SINK_PORT + 1))
mkdir "$T/old" "$T/lmtp"
chmod 711 "$T"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/old" --port "$OLD_PORT"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/lmtp" --unix "$T/lmtp.sock" --lmtp
wait_until 'the other sink' test -f "$T/old/ready"
wait_until 'the LMTP sink' test -f "$T/lmtp/ready"
instance_start <<END
relayhost = [127.0.0.1]:$SINK_PORT
transport_maps = inline:{ {old.test = smtp:[127.0.0.1]:$OLD_PORT}, {lmtp.test = lmtp:unix:$T/lmtp.sock} }
lmtp_unix_sockets = unix:$T/lmtp.sock
recipient_delimiter = +
propagate_unmatched_extensions = generic
smtp_generic_maps = texthash:$CONF/generic
lmtp_generic_maps = inline:{ {ana@host.internal = lmtp@outside.test} }
END
kept() { # recipient: prints the envelope's file
    t_kept=$(grep -Fls "RCPT TO:<$1>" "$T"/sink/*.env "$T"/old/*.env "$T"/lmtp/*.env)
    [ -f "${t_kept%env}msg" ] && echo "$t_kept"
}
envelope_of() { wait_until "$1" kept "$1" && sed 's/ SIZE=.*//; /^TLS/d' "$(kept "$1")" | paste -sd' '; }
# Without what was added on the way here.
message_of() { wait_until "$1" kept "$1" && sed -n '/^Subject:/,$p' "$(kept "$1" | sed 's/env$/msg/')" | tr -d '\r'; }
declared_of() { sed -n 's/.* SIZE=\([0-9]*\).*/\1/p' "$(kept "$1")"; }
sent_octets() { tr -d '\r' <"$(kept "$1" | sed 's/env$/msg/')" | wc -c; }

# --- no table yet ------------------------------------------------------------------------------------
send_mail ana@host.internal early@far.test >/dev/null
log_has 'without the table a message waits' \
    'to=<early@far\.test>, relay=none,.* dsn=4\.3\.0, status=deferred \(smtp_generic_maps: temporary lookup failure\)'
log_has 'and the log says why' 'warning: [0-9A-Za-z]+: smtp_generic_maps, asked for ana@host\.internal: '
is 'nothing has left' "$(ls "$T/sink")" ready
cat >"$CONF/generic" <<'END'
ana@host.internal   ana.bell@outside.test
@host.internal      @outside.test
bob@far.test        robert@farther.test
END
buzon reload 2>/dev/null
tool buzonqueue -f
is 'with the table it leaves' "$(envelope_of early@far.test)" \
    'MAIL FROM:<ana.bell@outside.test> RCPT TO:<early@far.test>'

# --- envelope and header ------------------------------------------------------------------------------
cat >"$T/message" <<'END'
Subject: from ana@host.internal
Date: Mon, 23 Nov 2026 13:18:15 +0000
Message-Id: <1@host.internal>
From: "Bell, Ana" <ana+news@HOST.internal> (at ana@host.internal)
To:   team: bob@far.test,
	=?utf-8?q?C=C3=A9line?= <celine@far.test>,
  dan@host.internal;
Cc: eve@host.internal
Reply-To: <ana@host.internal>
X-Original-To: ana@host.internal
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
From: ana@host.internal

.ana@host.internal
..
--b
Content-Type: message/rfc822

From: ana@host.internal
To: bob@far.test

ana@host.internal
--b--
END
sed -e '4s/<[^>]*> /<ana.bell+news@outside.test>/' -e '5s/:   team: bob@far/: team: robert@farther/' \
    -e '6{N;s/,\n  dan@host.internal/, dan@outside.test/;}' -e '8s/host.internal/outside.test/' -e '9s/<[^>]*>/<ana.bell@outside.test>/' "$T/message" >"$T/expected"
send_mail ana+news@host.internal bob@far.test,celine@far.test "$T/message" >/dev/null
is 'sender and recipients' "$(envelope_of celine@far.test)" \
    'MAIL FROM:<ana.bell+news@outside.test> RCPT TO:<robert@farther.test> RCPT TO:<celine@far.test>'
is 'header fields with new addresses and lines, below the header nothing' "$(message_of celine@far.test)" "$(cat "$T/expected")"
is 'SIZE is that of what is sent' "$(declared_of celine@far.test)" "$(sent_octets celine@far.test)"
log_has 'the log names the recipient as we know it' 'to=<bob@far\.test>, relay=127\.0\.0\.1.* status=sent'

# --- what need not change ------------------------------------------------------------------------------
sed 's/host\.internal/other.test/I; s/bob@far/x@far/' "$T/message" >"$T/plain"
send_mail x@other.test plain@far.test "$T/plain" >/dev/null
is 'nothing to replace, nothing changed' "$(message_of plain@far.test)" "$(cat "$T/plain")"
is 'nor the envelope' "$(envelope_of plain@far.test)" 'MAIL FROM:<x@other.test> RCPT TO:<plain@far.test>'
send_mail '' null@far.test >/dev/null
is 'the null sender stays' "$(envelope_of null@far.test)" 'MAIL FROM:<> RCPT TO:<null@far.test>'

# --- large messages, long headers ------------------------------------------------------------------------
python3 - "$T/large" "$T/large.expected" <<'PY'
import sys
for name, domain in zip(sys.argv[1:], ("host.internal", "outside.test")):
    with open(name, "w") as f:
        f.write("Subject: large\nDate: Mon, 23 Nov 2026 13:18:15 +0000\nMessage-Id: <2@host.internal>\nFrom: f@%s\n" % domain)
        for field in range(3):
            f.write("Cc: " + ",\n\t".join("user%d.%d.with.a.long.enough.name@%s" % (field, n, domain) for n in range(2000)) + "\n")
        f.write("\n" + "".join("line %d of the body, by ana@host.internal\n.\n" % n for n in range(4000)))
PY
send_mail f@host.internal large@far.test "$T/large" >/dev/null
wait_until 'the message' kept large@far.test
message_of large@far.test >"$T/large.sent"
check 'a header and a body of many blocks' cmp "$T/large.sent" "$T/large.expected"

# --- other ways --------------------------------------------------------------------------------------------
printf 'Subject: 8\nFrom: ana@host.internal\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nana@host.internal caf\303\251\n' >"$T/eight"
send_mail ana@host.internal eight@old.test "$T/eight" >/dev/null
wait_until 'the message' kept eight@old.test
is 'converted to 7 bits too' "$(message_of eight@old.test | sed '/^Date:/d; /^Message-Id:/d')" \
    "$(sed -e '2s/ana@.*/ana.bell@outside.test/' -e 's/: 8bit/: quoted-printable/' -e 's/caf.*/caf=C3=A9/' "$T/eight")"
send_mail ana@host.internal one@lmtp.test,two@lmtp.test >/dev/null
is 'LMTP has tables of its own' "$(envelope_of two@lmtp.test)" \
    'MAIL FROM:<lmtp@outside.test> RCPT TO:<one@lmtp.test> RCPT TO:<two@lmtp.test>'
like 'and uses them in the header' "$(grep '^From:' "$(kept two@lmtp.test | sed 's/env$/msg/')")" '^From: lmtp@outside\.test'
queue_is_empty 'nothing is left'
no_crash 'no process crashed'
