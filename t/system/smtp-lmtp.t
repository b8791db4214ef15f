#!/bin/sh
# lmtp: to a socket of another program, which the client in its empty directory reaches through master;
# a reply for each recipient.
. "$(dirname "$0")/../lib.sh"
plan 6
SOCKET=$T/lmtp.sock
mkdir -p "$T/sink"
chmod 711 "$T"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/sink" --unix "$SOCKET" --lmtp --ehlo PIPELINING
wait_until 'the sink' test -f "$T/sink/ready"
instance_start <<END
virtual_transport = lmtp:unix:$SOCKET
virtual_mailbox_maps = static:all
transport_maps = inline:{ {other.test = lmtp:unix:$T/other.sock} }
END
send_mail a@remote.test one@example.test,reject-550@example.test,data-450@example.test,two@example.test >/dev/null
log_has 'a recipient is taken' 'lmtp\[.*to=<one@example\.test>, relay=mail\.buzon\.test\[.*lmtp\.sock\],.* status=sent \(250 2\.0\.0 kept\)'
log_has 'another too' 'to=<two@example\.test>,.* status=sent \(250 2\.0\.0 kept\)'
log_has 'one is refused by name' 'to=<reject-550@example\.test>,.* dsn=5\.1\.1, status=bounced'
log_has 'one waits, although the message was taken for others' \
    'to=<data-450@example\.test>,.* dsn=4\.3\.0, status=deferred \(host .* said: 450 4\.3\.0 refused by the sink \(in reply to end of DATA command\)\)'
send_mail a@remote.test bob@other.test >/dev/null
log_has 'a socket that is not there, or that no parameter names' 'to=<bob@other\.test>, relay=none,.* dsn=4\.4\.1, status=deferred \(connect to mail\.buzon\.test\[.*other\.sock\]: (No such file or directory|Permission denied)\)'
no_crash 'no process crashed'
