#!/bin/sh
# smtp: which servers are tried for a domain, and what becomes of mail that none takes.
. "$(dirname "$0")/../lib.sh"
plan 21
dns_start <<'END'
two.test MX 10 dead.two.test
two.test MX 20 alive.two.test
dead.two.test A 127.0.0.6
alive.two.test A 127.0.0.5
plain.test A 127.0.0.5
null.test MX 0 .
loop.test MX 10 here.loop.test
loop.test MX 20 alive.two.test
here.loop.test A 127.0.0.1
better.test MX 10 alive.two.test
better.test MX 20 here.loop.test
fail.test SERVFAIL
lost.test MX 10 nowhere.lost.test
backup.test MX 10 nowhere.lost.test
backup.test MX 20 here.loop.test
backup.test MX 30 alive.two.test
equal.test MX 10 here.loop.test
equal.test MX 10 alive.two.test
self.test A 127.0.0.1
digits.test MX 10 127.0.0.5
odd.test MX 10 no/name
END
sink_start --host 127.0.0.5 --ehlo PIPELINING
instance_start <<END
inet_interfaces = 127.0.0.1
smtp_tcp_port = $SINK_PORT
fallback_transport =
transport_maps = inline:{
    {list.test = smtp:[127.0.0.6]:$SINK_PORT, [127.0.0.5]},
    {dead.test = smtp:[127.0.0.6]}, {literal.test = smtp:[127.0.0.1]} }
END
kept() { grep -Fl "RCPT TO:<$1>" "$T"/sink/*.env; }
delivered() { # what recipient
    send_mail '' "$2" >/dev/null
    eventually "$1" kept "$2"
}
delivered 'the second server, when the first is down' bob@two.test
log_has 'and the log says why' "connect to dead\\.two\\.test\\[127\\.0\\.0\\.6\\]:$SINK_PORT: Connection refused"
delivered 'a domain without MX records is its own server' bob@plain.test
delivered 'a better server than ourselves' bob@better.test
delivered 'the second next hop of several' bob@list.test
delivered 'a domain with an address for a name in its MX record, as it occurs' bob@digits.test
delivered 'an address literal' 'bob@[127.0.0.5]'

refused() { # what recipient pattern
    send_mail '' "$2" >/dev/null
    log_has "$1" "to=<$2>, relay=none, .*, $3"
}
refused 'a domain that takes no mail' bob@null.test \
    'dsn=5\.1\.10, status=bounced \(Domain null\.test does not accept mail \(nullMX\)\)'
refused 'a domain that does not exist' bob@nxdomain.test \
    'dsn=5\.4\.4, status=bounced \(Host or domain name not found\. Name service error for name=nxdomain\.test type=A: Host not found\)'
refused 'a domain whose servers do not exist' bob@lost.test \
    'dsn=5\.4\.4, status=bounced \(Host or domain name not found\. Name service error for name=nowhere\.lost\.test'
refused 'a domain that we are the best server of' bob@loop.test \
    'dsn=5\.4\.6, status=bounced \(mail for loop\.test loops back to myself\)'
refused 'or one of the best' bob@equal.test \
    'dsn=5\.4\.6, status=bounced \(mail for equal\.test loops back to myself\)'
refused 'or the only one, without MX records' bob@self.test \
    'dsn=5\.4\.6, status=bounced \(mail for self\.test loops back to myself\)'
refused 'nor do we send mail to our own address' bob@literal.test \
    'dsn=5\.4\.6, status=bounced \(mail for 127\.0\.0\.1 loops back to myself\)'
refused 'that the best server has no address does not make us the best' bob@backup.test \
    'dsn=4\.4\.4, status=deferred \(unable to find primary relay for backup\.test\)'
refused 'no answer from the DNS is no answer, and the mail waits' bob@fail.test \
    'dsn=4\.4\.3, status=deferred \(Host or domain name not found\. Name service error for name=fail\.test'
refused 'an MX record that makes no sense is not the absence of any' bob@odd.test \
    'dsn=4\.4\.3, status=deferred \(Name service error for name=odd\.test type=MX: Malformed or unexpected name server reply\)'
refused 'a server that is down, and the mail waits' bob@dead.test \
    "dsn=4\\.4\\.1, status=deferred \\(connect to 127\\.0\\.0\\.6\\[127\\.0\\.0\\.6\\]:$SINK_PORT: Connection refused\\)"
tool buzonconf -e 'best_mx_transport = discard' && buzon reload 2>/dev/null
wait_until 'the reload' t_log_matches 'reload -- version'
send_mail '' bob@loop.test,ann@loop.test,bob@better.test >/dev/null
log_has 'what would loop goes to best_mx_transport' 'discard\[.*: to=<ann@loop\.test>, relay=none, .*status=sent \(loop\.test\)'
tool buzonconf -e 'best_mx_transport = smtp:loop.test' && buzon reload 2>/dev/null
wait_until 'the reload' sh -c "[ \$(grep -c 'reload -- version' '$LOG') = 2 ]"
send_mail '' once@loop.test >/dev/null
log_has 'but not twice' 'qmgr\[.*: to=<once@loop\.test>, relay=none, .*, dsn=5\.4\.6, status=bounced \(mail for loop\.test loops back'
no_crash 'no process crashed'
