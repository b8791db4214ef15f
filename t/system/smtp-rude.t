#!/bin/sh
# smtp: servers that misbehave at each step. Mail waits as long as nobody says for good that it is not taken;
# what was taken in an odd way is taken; and the log names the server once there was a connection.
. "$(dirname "$0")/../lib.sh"

SENT='ok-always greeting-drip greeting-lf greeting-multi ehlo-multi mail-drip rcpt-lf rcpt-multi data-multi eod-drip eod-multi'
DEFERRED='greeting-421 greeting-554 ehlo-421'
for step in greeting ehlo mail rcpt data eod; do
    for act in 450 drop rst junk empty half hang; do
        DEFERRED="$DEFERRED $step-$act"
    done
done
DEFERRED="$DEFERRED greeting-endless eod-endless body-drop body-rst body-452"
DEFERRED=$(echo "$DEFERRED" | sed 's/ ehlo-450//') # then HELO is tried
BOUNCED='mail-550 rcpt-550 data-554 eod-554 body-552'
plan "$(($(echo "$SENT $DEFERRED $BOUNCED" | wc -w) + 3))"

host=1
for mode in $SENT $DEFERRED $BOUNCED; do
    case $mode in *-hang) service=hasty ;; *) service=smtp ;; esac
    echo "$mode.test $service:[127.0.1.$host]:$SINK_PORT"
    host=$((host + 1))
done >"$T/servers"
# shellcheck disable=SC2086
background python3 "$T_SOURCE/tool/rude.py" --ready "$T/rude.ready" --port "$SINK_PORT" $SENT $DEFERRED $BOUNCED
wait_until 'the servers' test -f "$T/rude.ready"
instance_prepare <<END
transport_maps = texthash:$T/servers
END
cat >>"$CONF/master.cf" <<'END'
hasty unix - - n - - smtp -o smtp_helo_timeout=2s -o smtp_mail_timeout=2s -o smtp_rcpt_timeout=2s
    -o smtp_data_init_timeout=2s -o smtp_data_done_timeout=2s
END
instance_run
head -c 3000 /dev/urandom | base64 | { echo 'Subject: to all'; echo; cat; } >"$T/message"
# shellcheck disable=SC2046
send_mail '' "$(for mode in $SENT $DEFERRED $BOUNCED; do printf 'r@%s.test,' "$mode"; done | sed 's/,$//')" "$T/message" >/dev/null
for mode in $SENT; do
    log_has "$mode: sent" "to=<r@$mode\\.test>, .*, status=sent "
done
for mode in $DEFERRED; do
    log_has "$mode: deferred" "to=<r@$mode\\.test>, .*, dsn=4\\.[0-9.]+, status=deferred "
done
for mode in $BOUNCED; do
    log_has "$mode: returned" "to=<r@$mode\\.test>, .*, dsn=5\\.[0-9.]+, status=bounced "
done
is 'each recipient has one result' "$(grep -c ': to=<r@.*status=' "$LOG")" "$(echo "$SENT $DEFERRED $BOUNCED" | wc -w)"
log_has 'the server that refused to talk is named' \
    'to=<r@greeting-554\.test>, relay=127\.0\.1\.[0-9]+\[127\.0\.1\.[0-9]+\]:[0-9]+, .*dsn=4\.0\.0, status=deferred \(host 127\.0\.1\.[0-9]+\[127\.0\.1\.[0-9]+\] refused to talk to me: 554 5\.0\.0 so there\)'
no_crash 'no process crashed'
