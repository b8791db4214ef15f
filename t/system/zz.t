#!/bin/sh
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need_root
sides_prepare <<'E'
E
{
for v in 1W 1s 1.5h 999999999999 24855d 24856d 3551w 3550w 596523h 596524h 1H 1D +1 0x10 's' 1ss 1y 1e2 01 00 1w1d 2147483647 2147483648 '' '1 s'; do echo "smtpd_timeout = $v"; done
for v in YES yess true 1 No '' 'yes no' y; do echo "smtpd_helo_required = $v"; done
for v in +5 0x5 2147483648 2147483647 -5 05 '5 5' 5k '' 1e1; do echo "smtpd_recipient_limit = $v"; done
for v in +5 0x5 9223372036854775808 9223372036854775807 -1 05 '5 5' 50M  '' ; do echo "message_size_limit = $v"; done
for v in -1 -5  ; do echo "smtpd_client_message_rate_limit = $v";  done
for v in host HOST 'host subnet' '' foo; do echo "mynetworks_style = $v"; done
for v in all IPV4 '' foo 'all ipv4' ipv4,ipv6; do echo "inet_protocols = $v"; done
for v in '' foo 9999 3.6.1.2 3.; do echo "compatibility_level = $v"; done
for v in MAY foo '' secure; do echo "smtpd_tls_security_level = $v"; done
for v in  5 x none; do echo "smtpd_tls_loglevel = $v"; done
for v in '{A}' '{=b}' '=b'  '{A=b},C' '{A=b}x'; do echo "import_environment = MAIL_CONFIG $v"; done
} >"$T/values"
n=9
sides_start "$(while read -r s; do n=$((n+1)); echo "$n inet n - n - - smtpd -o {$s} -o syslog_name=p$n"; done <"$T/values")"
cat >"$T/touch.py" <<'E2'
import socket, sys
from concurrent.futures import ThreadPoolExecutor
def one(t):
    base, n = t
    try:
        c = socket.create_connection(("127.0.0.1", base+n), timeout=20); c.settimeout(12)
        try: d = c.recv(100)
        except Exception as e: d = repr(e).encode()
        return (base, n, d[:12])
    except Exception as e: return (base, n, repr(e))
with ThreadPoolExecutor(12) as p:
    for r in p.map(one, [(b, n) for n in range(10, 10+int(sys.argv[1])) for b in (10000, 10100)]): print(*r)
E2
python3 "$T/touch.py" "$(wc -l <"$T/values")" >"$T/touched" 2>&1
n=9
while read -r s; do n=$((n+1)); 
o=$(grep -h "p$n/.*\(fatal\|error\|warning\)" "$T/log/ours.log" | sed 's/.*p[0-9]*\/smtpd[^:]*: //' | sort -u | tr '\n' '|'); t=$(grep -h "p$n/.*\(fatal\|error\|warning\)" "$T/log/theirs.log" | sed 's/.*p[0-9]*\/smtpd[^:]*: //' | sort -u| tr '\n' '|')
ot=$(grep "^10000 $n " "$T/touched"| cut -d' ' -f3-); tt=$(grep "^10100 $n " "$T/touched"| cut -d' ' -f3-)
[ "$o $ot" = "$t $tt" ] && echo "same $s: $o $ot" || { echo "DIFF $s"; echo "   O $o $ot"; echo "   T $t $tt"; } ; done <"$T/values"
sides_stop
