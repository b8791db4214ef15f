#!/bin/sh
# What cannot be a value of its parameter: it stops those programs that read the parameter, with the words of Postfix's,
# and no other.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf
need_root
cat >"$T/values" <<'END'
11 smtpd_timeout 0s smtpd_timeout: 0 (min 1)
12 smtpd_soft_error_limit 0 smtpd_soft_error_limit parameter value 0 < 1
13 line_length_limit 511 line_length_limit parameter value 511 < 512
14 ipc_timeout 0 ipc_timeout: 0 (min 1)
15 max_use 0 max_use parameter value 0 < 1
16 smtpd_forbid_bare_newline_reject_code 600 smtpd_forbid_bare_newline_reject_code parameter value 600 > 599
17 smtpd_forbid_bare_newline_reject_code 450 smtpd_forbid_bare_newline_reject_code parameter value 450 < 500
END
# Of single daemons, and of all programs.
cat >"$T/mistakes" <<'END'
smtpd_timeout = 0
smtp_helo_timeout = 1x
qmgr_message_active_limit = 0
mailbox_size_limit = 50M
biff = maybe
message_size_limit = 50M
soft_bounce = maybe
ipc_timeout = 0
mydomain =
myhostname = mail example.com
mydomain = -x
END
cat >"$T/calls" <<'END'
postconf -h myhostname smtpd_timeout biff 2>/dev/null
postmap -q key texthash:table
postalias -q key texthash:table
postqueue -p
postqueue -f
postsuper -s
postcat nosuch
postlock table true
sendmail -bs </dev/null
sendmail -f someone@example.test
mailq
END
while read -r mistake; do
    sed "s/^/with '$mistake' /" "$T/calls"
done <"$T/mistakes" | sed -E "/smtpd_timeout.* -bs/i\\
~ours is no smtpd, which tells the log alone / ^sendmail: fatal: invalid smtpd_timeout: 0 .min 1.$
/hostname = mail|mydomain = -x/{/postconf/!i\\
~ours does not say which octet it is / fatal: file .*main.cf: parameter my(hostname|domain): bad parameter value: 
}" >"$T/cases"
cat >>"$T/cases" <<'END'
with 'import_environment = MAIL_CONFIG {A=b}x' postqueue -p
with 'import_environment = MAIL_CONFIG, {A}, TZ' env A=1 postmap -q key texthash:table
END
# Of one transport: that is found out when it has mail.
cat >"$T/limits" <<'END'
slow_recipient_refill_limit 0 invalid slow_recipient_refill_limit parameter value 0 < 1
slow_delivery_slot_discount 101 invalid slow_delivery_slot_discount parameter value 101 > 100
slow_destination_rate_delay 1x parameter slow_destination_rate_delay: bad time value or unit: 1x
END
plan "$((2 * $(wc -l <"$T/values") + $(grep -c ^with "$T/cases") + 5 * $(wc -l <"$T/limits") + 14))"
sides_prepare <<'END'
smtp_helo_timeout = 1x
mailbox_size_limit = 50M
transport_maps = inline:{fine.test=discard:, slow.test=slow:}
END
for side in ours theirs; do
    cat >"$T/$side/bin/with" <<END
#!/bin/sh
# with SETTING COMMAND...: in a configuration that has it
mkdir c && cp "$T/$side/conf/"*.cf c && sed -i "/^\${1%% *} =/d" c/main.cf && printf '%s\n' "\$1" >>c/main.cf
shift
MAIL_CONFIG=\$PWD/c exec "\$@"
END
    chmod 755 "$T/$side/bin/with"
    echo key value >"$T/$side/work/table"
done
printf 'ESMTP buzon\tESMTP Postfix\n' >"$T/ours/names"
echo '127.0.0.1 REJECT seen' >"$T/clients"
SIDES_LOCAL='smtp unix - - n - - smtp'
sides_start "$(while read -r port name value rest; do echo "$port inet n - n - - smtpd -o $name=$value"; done <"$T/values")
20 inet n - n - - smtpd -o {smtpd_client_restrictions=check_client_access texthash:$T/clients} -o smtpd_peername_lookup=no"
touch_port() { # for as long as it is looked at
    python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(1)' "$1" 2>"$T/cut_off" &
}
while read -r port name value text; do
    for side in ours:100 theirs:101; do
        touch_port "${side#*:}$port"
        eventually "${side%:*}: $name = $value" grep -q "fatal: invalid $text" "$T/log/${side%:*}.log"
        kill $! 2>"$T/gone"
    done
done <"$T/values"
cat >"$T/ask.py" <<'END'
import smtplib, sys
client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.test", 30)
client.ehlo()
client.mail("a@b.test")
print(client.rcpt("c@d.test")[1].decode())
END
for port in 10020 10120; do
    is 'other services work, with their tables' "$(python3 "$T/ask.py" $port 2>&1)" \
        '5.7.1 <unknown[127.0.0.1]>: Client host rejected: seen'
done
sides_compare "$T/cases"

# smtp reads a parameter that is wrong, discard does not.
for side in ours theirs; do
    echo "Subject: both" | MAIL_CONFIG=$T/$side/conf "$T/$side/bin/sendmail" -f a@b.test one@far.test two@fine.test
    eventually "$side: other agents deliver" grep -q 'discard.*to=<two@fine.test>.*status=sent' "$T/log/$side.log"
    eventually "$side: its agent says why it does not" \
        grep -q 'smtp\[[0-9]*\]: fatal: parameter smtp_helo_timeout: bad time value or unit: 1x$' "$T/log/$side.log"
    eventually "$side: master waits before it starts another" \
        grep -q 'master.*warning: .*/smtp: bad command startup -- throttling' "$T/log/$side.log"
    like "$side: the mail waits" "$(MAIL_CONFIG=$T/$side/conf "$T/$side/bin/postqueue" -p)" one@far.test
done
said=$(MAIL_CONFIG=$T/ours/conf "$T/ours/bin/buzon" check 2>&1)
like 'buzon check names it, with the line' "$said" \
    'main.cf, line [0-9]*: parameter smtp_helo_timeout: bad time value or unit: 1x \(read by smtp\)$'
like 'and what stands in master.cf' "$said" 'master.cf, line [0-9]*: service 10011: invalid smtpd_timeout: 0 \(min 1\)$'
said=$(MAIL_CONFIG=$T/ours/conf "$T/ours/bin/buzonconf" -n 2>&1 >"$T/shown")
like 'so does buzonconf' "$said" 'main.cf, line [0-9]*: bad numerical configuration: mailbox_size_limit = 50M \(read by local\)$'
is 'which shows it to be mended' "$(grep smtp_helo "$T/shown")" 'smtp_helo_timeout = 1x'
sides_stop

SIDES_LOCAL='slow unix - - n - - error'
wait_until 'both have ended' sides_are_down
while read -r name value text; do
    for side in ours theirs; do
        echo "$name = $value" >>"$T/$side/conf/main.cf" && : >"$T/log/$side.log"
    done
    sides_start
    for side in ours theirs; do
        echo "Subject: slow" | MAIL_CONFIG=$T/$side/conf "$T/$side/bin/sendmail" -f a@b.test "$name@slow.test"
        eventually "$side: $name = $value" grep -q "qmgr.*fatal: $text\$" "$T/log/$side.log"
        like "$side: its mail waits" "$(MAIL_CONFIG=$T/$side/conf "$T/$side/bin/postqueue" -p)" "$name@slow.test"
    done
    like "buzon check names $name" "$(MAIL_CONFIG=$T/ours/conf "$T/ours/bin/buzon" check 2>&1)" \
        "main.cf, line [0-9]*: $text \\(read by qmgr\\)\$"
    sides_stop
    wait_until 'both have ended' sides_are_down
    sed -i "/^$name = /d" "$T/ours/conf/main.cf" "$T/theirs/conf/main.cf"
done <"$T/limits"
