#!/bin/sh
# smtpd behind a proxy (smtpd_upstream_proxy_protocol): the client is who the PROXY protocol says, in reply and log, as
# with Postfix's smtpd; who says no such thing gets no word.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf
need_root
V2='\r\n\r\n\x00\r\nQUIT\n'
cat >"$T/cases" <<END
== 25
-- version 1 names the client
> PROXY TCP4 198.51.100.7 192.0.2.25 4660 25\r\n
<
> HELO client.test\r\n
<
> MAIL FROM:<a@b.test>\r\n
<
> RCPT TO:<c@d.test>\r\n
<
> QUIT\r\n
<
~~ Postfix wants it in one segment
-- its header may come in pieces
> PROXY TC
> P4 192.0.2.66 192.0.2.25 4660
>  25\r\n
<
> QUIT\r\n
<
-- IPv6
> PROXY TCP6 2001:db8::7 2001:db8::25 4660 25\r\n
<
> QUIT\r\n
<
-- of a client of ours
> PROXY TCP4 127.0.0.1 192.0.2.25 4660 25\r\n
<
> HELO x\r\n
<
> MAIL FROM:<a@b.test>\r\n
<
> RCPT TO:<c@d.test>\r\n
<
> QUIT\r\n
<
-- version 2
> $V2\x21\x11\x00\x0c\xc6\x33\x64\x07\xc0\x00\x02\x19\x12\x34\x00\x19
<
> HELO x\r\n
<
> QUIT\r\n
<
-- version 2 for IPv6
> $V2\x21\x21\x00\x24\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\x12\x34\x00\x19
<
> QUIT\r\n
<
-- version 2, with more behind the addresses
> $V2\x21\x11\x00\x11\xc6\x33\x64\x07\xc0\x00\x02\x19\x12\x34\x00\x19\x04\x00\x02ab
<
> QUIT\r\n
<
-- version 2: the proxy itself
> $V2\x20\x00\x00\x00
<
> QUIT\r\n
<
-- no header
> EHLO client.test\r\n
.
-- a header that is none
> PROXY TCP5 198.51.100.7 192.0.2.25 4660 25\r\n
.
-- an address that is none
> PROXY TCP4 198.51.100.777 192.0.2.25 4660 25\r\n
.
-- a port that is none
> PROXY TCP4 198.51.100.7 192.0.2.25 466000 25\r\n
.
~~ longer than the protocol allows
-- too long
> PROXY TCP4 198.51.100.7 192.0.2.25 4660 25 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n
~~ the refusal is sent anyway
-- the proxy hangs up
> PROXY TCP4
~~ the protocol has it, and then there is no address but that of the socket
-- UNKNOWN
> PROXY UNKNOWN\r\n
<
> QUIT\r\n
<
-- a version of tomorrow
> $V2\x31\x11\x00\x0c\xc6\x33\x64\x07\xc0\x00\x02\x19\x12\x34\x00\x19
.
~~ likewise, says the protocol
-- UDP
> $V2\x21\x12\x00\x0c\xc6\x33\x64\x07\xc0\x00\x02\x19\x12\x34\x00\x19
-- nothing within smtpd_upstream_proxy_timeout
.
END
plan "$(($(grep -c '^-- ' "$T/cases") + 2))"
sides_prepare <<'END'
smtpd_upstream_proxy_protocol = haproxy
smtpd_upstream_proxy_timeout = 4s
smtpd_peername_lookup = no
inet_protocols = all
END
sides_start '25 inet n - n - - smtpd
26 inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=proxy'
python3 "$T_SOURCE/tool/octets_both.py" "10000:$T/log/ours.log" "10100:$T/log/theirs.log" "$T/cases" >"$T/compared"
sides_number "$T/compared"
for side in ours theirs; do
    python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(1)' \
        "$([ $side = ours ] && echo 10026 || echo 10126)" 2>"$T/cut_off" &
    eventually "$side: there is no other protocol" \
        grep -q 'fatal: unsupported smtpd_upstream_proxy_protocol value: proxy' "$T/log/$side.log"
    kill $! 2>"$T/gone"
done
sides_stop
