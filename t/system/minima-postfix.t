#!/bin/sh
# Numbers and times below the least that they may be: a daemon does not start with them, and says so as Postfix's does.
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
16 smtpd_forbid_bare_newline_reject_code 450 smtpd_forbid_bare_newline_reject_code parameter value 450 < 500
END
plan "$((2 * $(wc -l <"$T/values") + 2))"
sides_prepare </dev/null
echo '127.0.0.1 REJECT seen' >"$T/clients"
sides_start "$(while read -r port name value rest; do echo "$port inet n - n - - smtpd -o $name=$value"; done <"$T/values")
20 inet n - n - - smtpd -o {smtpd_client_restrictions=check_client_access texthash:$T/clients} -o smtpd_peername_lookup=no"
touch_port() { # for as long as it is looked at
    python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(1)' "$1" 2>"$T/cut_off" &
}
while read -r port name value text; do
    for side in ours:100 theirs:101; do
        touch_port "${side#*:}$port"
        eventually "${side%:*}: $name = $value" grep -q "fatal: .*invalid $text" "$T/log/${side%:*}.log"
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
sides_stop
