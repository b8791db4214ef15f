#!/bin/sh
# What is different for some peers: more of the log (debug_peer_list), other replies (smtp_reply_filter),
# other results (..._delivery_status_filter), and care for firewalls that break SMTP (smtp_pix_workarounds).
. "$(dirname "$0")/../lib.sh"
plan 25
sink_start --ehlo PIPELINING --host 127.0.0.2
PIX_PORT=$((SINK_PORT + 1)) LMTP=$T/lmtp.sock
mkdir "$T/pix" "$T/lmtp" "$T/out"
chmod 1777 "$T/out"
chmod 711 "$T"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/pix" --port "$PIX_PORT" --ehlo PIPELINING --greeting '220 **2***0******'
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/lmtp" --unix "$LMTP" --lmtp
wait_until 'the firewall' test -f "$T/pix/ready"
wait_until 'the LMTP sink' test -f "$T/lmtp/ready"
cat >"$CONF/aliases" <<END
file: $T/out/file
command: "|cat > $T/out/command"
both: $T/out/file, "|exit 67"
END
cat >"$CONF/results" <<'END'
/^(2\S+ delivered to (file|command)).+/ $1
/^5(\.1\.1 unknown user: "soon".*)/     4$1
/^5\.1\.1 unknown user: "lies"/         2.0.0 delivered to nobody
/^5\.1\.1 unknown user: "short"/        4.1.2
/^4(.*) refused by the sink/            5$1 not wanted
/^2\S+ 250 2.0.0 kept/                  2.6.0 it is there
END
instance_start <<END
relayhost = [127.0.0.2]:$SINK_PORT
transport_maps = inline:{ {pix.test = smtp:[127.0.0.1]:$PIX_PORT}, {lmtp.test = lmtp:unix:$LMTP}, {broken.test = broken:[127.0.0.2]:$SINK_PORT} }
lmtp_unix_sockets = unix:$LMTP
local_recipient_maps =
debug_peer_list = 127.0.0.2
END
kept() { grep -Frl --include='*.env' "RCPT TO:<$1>" "$T/sink" "$T/pix" "$T/lmtp"; }
log_lacks() { check "$1" sh -c "! grep -E '$2' '$LOG'"; }

# --- more of the log ------------------------------------------------------------------------------------
send_mail s@remote.test a@far.test >/dev/null
log_has 'what we say to a server in debug_peer_list is logged' "smtp\[[0-9]+\]: > 127\.0\.0\.2\[127\.0\.0\.2\]:$SINK_PORT: RCPT TO:<a@far\.test>"
log_has 'what it says too' "smtp\[[0-9]+\]: < 127\.0\.0\.2\[127\.0\.0\.2\]:$SINK_PORT: 250-sink\.test"
send_mail s@remote.test a@pix.test >/dev/null
wait_until 'the other delivery' kept a@pix.test
log_lacks 'not for other servers, nor clients' '[<>] .*127\.0\.0\.1'
tool buzonconf -e 'debug_peer_list = localhost, 127.0.0.0/31' 'debug_peer_level = 1' && buzon reload 2>/dev/null
converse smtp 'a client in debug_peer_list' <<'END'
S: 220 *
C: EHLO debug.test
S: 250-*
S~ 250 *
C: AUTH PLAIN c2VjcmV0
S: 503 *
C: QUIT
S: 221 *
END
log_has 'what it says is logged' 'smtpd\[[0-9]+\]: < .*\[127\.0\.0\.1\]: EHLO debug\.test$'
log_has 'what we say too' 'smtpd\[[0-9]+\]: > .*\[127\.0\.0\.1\]: 250-PIPELINING$'
log_has 'of AUTH without secrets' 'smtpd\[[0-9]+\]: < .*\[127\.0\.0\.1\]: AUTH PLAIN$'
log_lacks 'nowhere' c2VjcmV0

# --- firewalls --------------------------------------------------------------------------------------------
log_has 'a firewall that hides the server is noticed' "[0-9A-Za-z]+: enabling PIX workarounds: disable_esmtp for 127\.0\.0\.1\[127\.0\.0\.1\]:$PIX_PORT"
tool buzonconf -e 'smtp_pix_workaround_threshold_time = 0s' 'smtp_pix_workaround_delay_time = 1s' && buzon reload 2>/dev/null
send_mail s@remote.test b@pix.test >/dev/null
log_has 'EHLO is not said to it' "> 127\.0\.0\.1\[127\.0\.0\.1\]:$PIX_PORT: HELO mail\.buzon\.test"
log_has 'mail that waited for long ends after a pause' 'enabling PIX workarounds: disable_esmtp delay_dotcrlf for'
eventually 'and arrives' kept b@pix.test
is 'whole' "$(sed -n '/^Subject/,$p' "$(kept b@pix.test | sed 's/env$/msg/')" | tr -d '\r' | head -n 1)" 'Subject: a test'
tool buzonconf -e 'smtp_pix_workaround_maps = inline:{ 127.0.0.1=delay_dotcrlf }' && buzon reload 2>/dev/null
send_mail s@remote.test c@pix.test >/dev/null
log_has 'the table decides by address' 'enabling PIX workarounds: delay_dotcrlf for'
wait_until 'that one' kept c@pix.test

# --- other replies ------------------------------------------------------------------------------------------
tool buzonconf -e 'smtp_reply_filter = regexp:{{/^450 (.*)/ 250 $$1}, {/^250-(PIPELINING)/ 250-X}}' && buzon reload 2>/dev/null
printf 'broken unix - - n - - smtp -o smtp_reply_filter=fail:x -o smtp_delivery_status_filter=fail:x\n' >>"$CONF/master.cf"
buzon reload 2>/dev/null
send_mail s@remote.test reject-450@far.test >/dev/null
log_has 'a reply is replaced' "127\.0\.0\.2\[127\.0\.0\.2\]:$SINK_PORT: replacing server reply \"450 4\.1\.1 refused by the sink\" with \"250 4\.1\.1 refused by the sink\""
send_mail s@remote.test a@broken.test >/dev/null
log_has 'a filter that cannot be asked delays the mail' 'to=<a@broken\.test>, .*dsn=4\.3\.0, status=deferred \(local data error while talking to 127\.0\.0\.2\[127\.0\.0\.2\]\)'

# --- other results ------------------------------------------------------------------------------------------
tool buzonconf -e "default_delivery_status_filter = regexp:$CONF/results" 'smtp_reply_filter =' && buzon reload 2>/dev/null
sed -i 's/-o smtp_reply_filter=fail:x//' "$CONF/master.cf" && buzon reload 2>/dev/null
send_mail s@remote.test file@buzon.test >/dev/null
log_has 'a text is cut' 'to=<file@buzon\.test>, relay=local, .*dsn=2\.0\.0, status=sent \(delivered to file\)'
send_mail s@remote.test soon@buzon.test >/dev/null
log_has 'what failed for good is tried again' 'to=<soon@buzon\.test>, relay=local, .*dsn=4\.1\.1, status=deferred \(unknown user: "soon"\)'
send_mail s@remote.test lies@buzon.test >/dev/null
log_has 'a failure stays one' 'local_delivery_status_filter: bad status code: 2\.0\.0 delivered to nobody'
log_has 'as it was' 'to=<lies@buzon\.test>, relay=local, .*dsn=5\.1\.1, status=bounced \(unknown user: "lies"\)'
send_mail s@remote.test short@buzon.test >/dev/null
log_has 'without another text the old one stays' 'to=<short@buzon\.test>, .*dsn=4\.1\.2, status=deferred \(unknown user: "short"\)'
send_mail s@remote.test reject-450@far.test >/dev/null
log_has 'smtp: what is refused for now, for good' 'to=<reject-450@far\.test>, .*dsn=5\.1\.1, status=bounced \(.* not wanted'
send_mail s@remote.test a@lmtp.test >/dev/null
log_has 'lmtp too' 'to=<a@lmtp\.test>, .*relay=.*, dsn=2\.6\.0, status=sent \(it is there\)'
send_mail s@remote.test b@broken.test >/dev/null
log_has 'a filter that cannot be asked changes nothing' 'to=<b@broken\.test>, .*dsn=2\.0\.0, status=sent \(250 2\.0\.0 kept\)'
instance_stop
no_crash 'nothing crashed'
