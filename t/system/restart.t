#!/bin/sh
# Stop, start and reload in the middle of things: mail in the queue waits and is delivered afterwards;
# sessions survive a reload; a stop lets a message in progress finish.
. "$(dirname "$0")/../lib.sh"
plan 9
instance_start <<END
relayhost = [127.0.0.1]:$SINK_PORT
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
END
check 'mail for elsewhere is taken while the next hop is down' send_mail a@example.test x@elsewhere.test
log_has 'it is deferred' 'to=<x@elsewhere\.test>, relay=none, .*dsn=4\.4\.1, status=deferred \(connect to 127\.0\.0\.1\[127\.0\.0\.1\]:[0-9]+: Connection refused\)'
check 'the instance stops' buzon stop
check 'status says so' sh -c "! MAIL_CONFIG=$CONF $T/sbin/buzon status"
is 'the message is still in the queue' "$(find "$SPOOL/deferred" -type f | wc -l)" 1
sink_start
check 'the instance starts again' buzon start
eventually 'and delivers what waited' test -f "$T/sink/1.msg"

# A session that is open while the configuration is read again goes on.
python3 - "$SMTP_PORT" "$T" <<'END' &
import os, smtplib, sys, time
client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=60)
client.ehlo(); client.mail("a@remote.test"); client.rcpt("ana@example.test")
open(sys.argv[2] + "/open", "w").close()
while not os.path.exists(sys.argv[2] + "/reloaded"):
    time.sleep(0.05)
code, text = client.data(b"Subject: across a reload\r\n\r\nstill here\r\n")
open(sys.argv[2] + "/answer", "w").write("%d" % code)
END
wait_until 'the session' test -f "$T/open"
buzon reload >/dev/null 2>&1
wait_until 'the reload' t_log_matches 'reload -- version'
touch "$T/reloaded"
eventually 'a session survives a reload' grep -q 250 "$T/answer"
no_crash 'no process crashed'
