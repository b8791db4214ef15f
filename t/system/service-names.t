#!/bin/sh
# Services under other names in master.cf: whoever calls them asks main.cf how they are called. Nobody is
# woken up by the clock, so that mail moves only when the right one was told. And sockets of the size that
# tcp_windowsize says.
. "$(dirname "$0")/../lib.sh"
plan 5
instance_prepare <<END
pickup_service_name = collector
queue_service_name = planner
tcp_windowsize = 40000
END
sed -i 's/^pickup .*/collector unix n - n - 1 pickup/; s/^qmgr .*/planner unix n - n - 1 qmgr/' "$CONF/master.cf"
instance_run
ANA=$(virtual_maildir ana)
printf 'Subject: one\n\ntext\n' | tool sendmail -f s@remote.test ana@example.test
maildir_has 'what sendmail drops is collected' "$ANA" 1
send_mail s@remote.test ana@example.test >/dev/null
maildir_has 'and what comes in is planned' "$ANA" 2
if command -v ss >/dev/null; then
    like 'tcp_windowsize is the size of buffers' "$(ss -tlmn "sport = :$SMTP_PORT")" 'rb80000,'
else
    ok 'the size of buffers cannot be seen # SKIP'
fi
instance_stop
check 'nobody looked for other names' sh -c "! grep -E 'unable to notify|is not told|not supported' '$LOG'"
no_crash 'nothing crashed'
