#!/bin/sh
# daemon_timeout: a process that is stuck in one request is ended, with Postfix's words, and what it had to do is tried
# again later; a process that waits for its peer is not stuck.
. "$(dirname "$0")/../lib.sh"
plan 7
cat >"$T/silent.py" <<'END'
import os, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
open(sys.argv[2], "w").close()
kept = []
while True:
    kept.append(listener.accept()) # and says nothing
END
SILENT_PORT=$((T_BASE + 27))
background python3 "$T/silent.py" "$SILENT_PORT" "$T/silent.ready"
wait_until 'a server that says nothing' test -f "$T/silent.ready"
# Those that may be stuck are the ones of this test: anything takes longer than it should on a machine with other work.
PATIENT_PORT=$((T_BASE + 28))
instance_prepare <<END
transport_maps = inline:{ {stuck.test = smtp:[127.0.0.1]:$SILENT_PORT} }
relay_domains = stuck.test
END
sed -i -e 's/^smtp .*/& -o daemon_timeout=5s/' -e 's/^imapd .*/& -o daemon_timeout=4s/' "$CONF/master.cf"
echo "$PATIENT_PORT inet n - n - - smtpd -o daemon_timeout=4s" >>"$CONF/master.cf"
instance_run
cat >"$T/patient.py" <<'END'
import imaplib, os, smtplib, sys, time
smtp = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
imap = imaplib.IMAP4("127.0.0.1", int(sys.argv[2]))
smtp.ehlo("client.test")
imap.login(sys.argv[3], sys.argv[4])
imap.select("INBOX")
open(sys.argv[5], "w").close()
while not os.path.exists(sys.argv[6]):
    time.sleep(0.05)
print(smtp.noop()[0], imap.noop()[0])
END
sed -i 's/^login_disable_plaintext_auth.*//' "$CONF/main.cf"
python3 "$T/patient.py" "$PATIENT_PORT" "$IMAP_PORT" "$ANA" "$PASSWORD" "$T/patient.ready" "$T/enough" >"$T/patient.said" 2>&1 &
patient=$!
wait_until 'clients that wait' test -f "$T/patient.ready"
send_mail a@remote.test x@stuck.test >/dev/null
log_has 'an agent that is stuck is ended' 'buzon/smtp\[[0-9]+\]: fatal: watchdog timeout'
log_has 'master says so' 'warning: process .*/smtp pid [0-9]+ exit status 1'
log_has 'the mail is deferred' 'to=<x@stuck\.test>, .*status=deferred'
check 'nothing else was stuck' sh -c '! grep "watchdog timeout" "$1" | grep -v "buzon/smtp\["' sh "$LOG"
: >"$T/enough"
wait "$patient"
is 'clients may be quiet for longer' "$(cat "$T/patient.said")" '250 OK'
send_mail a@remote.test "$ANA" >/dev/null
maildir_has 'mail arrives as ever' "$(virtual_maildir ana)" 1
instance_stop
no_crash 'nothing crashed'
