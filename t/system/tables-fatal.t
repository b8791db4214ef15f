#!/bin/sh
# daemon_table_open_error_is_fatal: a daemon ends when it cannot open a table, instead of
# deferring what needs it, as Postfix's do; proxymap, which serves others, stays.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf
need_root
plan 7
sides_prepare <<END
virtual_alias_domains = alias.test
END
sides_start "25 inet n - n - - smtpd -o {smtpd_client_restrictions=check_client_access cdb:$T/nowhere}
26 inet n - n - - smtpd -o {smtpd_client_restrictions=check_client_access cdb:$T/nowhere} -o daemon_table_open_error_is_fatal=yes
27 inet n - n - - smtpd -o {smtpd_helo_restrictions=check_helo_access proxy:cdb:$T/nowhere} -o daemon_table_open_error_is_fatal=yes
28 inet n - n - - smtpd -o daemon_table_open_error_is_fatal=yes"
cat >"$T/ask.py" <<'END'
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60) as client:
    file = client.makefile("rb")
    for line in b"", b"HELO x", b"MAIL FROM:<a@b.test>", b"RCPT TO:<x@alias.test>", b"QUIT":
        if line:
            client.sendall(line + b"\r\n")
        heard = file.readline().decode().strip()
        print(heard if heard else "hung up")
        if not heard:
            break
END
ask() { python3 "$T/ask.py" "$1" 2>&1; }
said() { grep -o "postfix/smtpd\[[0-9]*\]: fatal: .*" "$1" | sed 's/.*fatal: //' | sort -u; }
is 'mail is put off where a table cannot be opened' "$(ask 10025 | sed -n 4p | cut -d' ' -f1,2)" '451 4.3.5'
is 'likewise with Postfix' "$(ask 10125 | sed -n 4p | cut -d' ' -f1,2)" '451 4.3.5'
poke() { python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$1"; }
is_fatal() { # LOG: whose smtpd has ended for the table
    grep -Eq "smtpd\[[0-9]+\]: fatal: .*open database $T/nowhere\.cdb: No such file or directory" "$1"
}
poke 10026
eventually 'smtpd ends where that is fatal' is_fatal "$T/log/ours.log"
poke 10126
eventually 'likewise with Postfix' is_fatal "$T/log/theirs.log"
poke 10027
elsewhere_is_fatal() { [ "$(grep -c 'smtpd\[[0-9]*\]: fatal: .*nowhere' "$T/log/ours.log")" = 2 ]; }
eventually 'a table behind proxymap counts, too' elsewhere_is_fatal
check 'proxymap has not ended' sh -c '! grep "proxymap\[.*fatal" "$1"' sh "$T/log/ours.log"
is 'who needs no such table lives' "$(ask 10028 | sed -n 5p)" '221 2.0.0 Bye'
sides_stop
