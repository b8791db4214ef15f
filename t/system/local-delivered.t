#!/bin/sh
# local: whom Delivered-To: names (frozen_delivered_to), which names have no extension
# (owner_request_special), and users who are told of their mail (biff).
. "$(dirname "$0")/../lib.sh"
plan 12
mkdir "$T/out"
chmod 1777 "$T/out"
cat >"$CONF/aliases" <<END
outer: inner
inner: $T/out/file
away: far
far: ana@example.test
list: $T/out/list
END
instance_start <<END
recipient_delimiter = -
home_mailbox =
local_recipient_maps =
END
named() { sed -n 's/^Delivered-To: //p' "$1" 2>/dev/null | sort | uniq -c | awk '{print $1, $2}' | paste -sd' '; }
named_is() { [ "$(named "$1")" = "$2" ]; }
forwarded() { cat "$(virtual_maildir ana)"/new/* 2>/dev/null | sed -n '/^Received: by/,/^Subject/s/^Delivered-To: //p' | sort | paste -sd' '; }
forwarded_is() { [ "$(forwarded)" = "$1" ]; }

# --- Delivered-To: --------------------------------------------------------------------------------------
send_mail s@remote.test outer@buzon.test >/dev/null
eventually 'it names the recipient, whatever it expands to' named_is "$T/out/file" '1 outer@buzon.test'
send_mail s@remote.test away@buzon.test >/dev/null
eventually 'in what is sent on too' forwarded_is away@buzon.test
tool buzonconf -e 'frozen_delivered_to = no' && buzon reload 2>/dev/null
send_mail s@remote.test outer@buzon.test >/dev/null
eventually 'or the last name on the way' named_is "$T/out/file" '1 inner@mail.buzon.test 1 outer@buzon.test'
send_mail s@remote.test away@buzon.test >/dev/null
eventually 'also there' forwarded_is 'away@buzon.test far@mail.buzon.test'

# --- extensions -----------------------------------------------------------------------------------------
send_mail s@remote.test list-x@buzon.test >/dev/null
eventually 'an extension' named_is "$T/out/list" '1 list-x@buzon.test'
send_mail s@remote.test list-request@buzon.test >/dev/null
log_has 'list-request is a name of its own' 'to=<list-request@buzon\.test>, .*status=bounced \(unknown user: "list-request"\)'
tool buzonconf -e 'owner_request_special = no' && buzon reload 2>/dev/null
send_mail s@remote.test list-request@buzon.test >/dev/null
eventually 'unless owner_request_special says otherwise' grep -q '^Delivered-To: list-request@buzon.test' "$T/out/list"

# --- comsat -----------------------------------------------------------------------------------------------
if [ $PRIVILEGED = yes ]; then
    background python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 512))
open(sys.argv[1] + ".ready", "w").close()
while True:
    data = s.recv(1000)
    with open(sys.argv[1], "a") as f:
        f.write(repr(data) + "\n")
' "$T/comsat"
    wait_until 'comsat' test -f "$T/comsat.ready"
    told_is() { [ "$(cat "$T/comsat" 2>/dev/null)" = "$1" ]; }
    send_mail s@remote.test "$ME@buzon.test" >/dev/null
    eventually 'a user is told of mail' told_is "b'$ME@0\\x00'"
    size=$(stat -c %s "$T/mail/$ME")
    send_mail s@remote.test "$ME@buzon.test" >/dev/null
    eventually 'and where it begins' told_is "b'$ME@0\\x00'
b'$ME@$size\\x00'"
    tool buzonconf -e 'biff = no' && buzon reload 2>/dev/null
    send_mail s@remote.test "$ME@buzon.test" >/dev/null
    wait_until 'the third' sh -c "[ \$(grep -c '^From ' '$T/mail/$ME') = 3 ]"
    tool buzonconf -e 'biff = yes' 'home_mailbox = Maildir/' && buzon reload 2>/dev/null
    send_mail s@remote.test "$ME@buzon.test" >/dev/null
    wait_until 'the fourth' sh -c "ls '$(home_of "$ME")'/Maildir/new/*"
    is 'not with biff = no, and not of a Maildir' "$(wc -l <"$T/comsat")" 2
else
    for t_what in 1 2 3; do ok 'comsat has a port of the privileged # SKIP'; done
fi
instance_stop
no_crash 'nothing crashed'
check 'nothing was reported as without effect' sh -c "! grep 'not supported' '$LOG'"
