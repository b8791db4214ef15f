#!/bin/sh
# proxymap: answers what the configuration names, as mail_owner, and notices changed tables.
. "$(dirname "$0")/../lib.sh"
plan 17
SLOW=$((T_BASE + 71))
mkdir -p "$CONF"
printf 'known yes\n' >"$CONF/table"
printf 'secret yes\n' >"$CONF/secret"
chmod 600 "$CONF/secret"
printf 'other yes\n' >"$CONF/unnamed"
instance_start <<END
relocated_maps = proxy:texthash:$CONF/table, proxy:texthash:$CONF/secret
relay_recipient_maps = proxy:unix:passwd.byname
virtual_alias_maps = proxy:hash:$CONF/indexed
canonical_maps = texthash:$CONF/unnamed
sender_bcc_maps = proxy:tcp:127.0.0.1:$SLOW
local_header_rewrite_clients = proxy:texthash:$CONF/unlisted
END
printf 'a@b.test c@d.test\n' >"$CONF/indexed"
tool buzonmap "hash:$CONF/indexed"

ask() { tool buzonmap -q "$1" "proxy:$2" 2>&1; }
is 'a table that the configuration names' "$(ask known "texthash:$CONF/table")" yes
is 'without the key' "$(ask unknown "texthash:$CONF/table")" ""
is 'a database of the system' "$(ask root unix:passwd.byname | cut -d: -f1,3)" root:0
like 'a table that nobody names with proxy:' "$(ask other "texthash:$CONF/unnamed")" 'request for unapproved table'
log_has 'is refused in the log' "proxymap.*warning: request for unapproved table: \"texthash:$CONF/unnamed\""
like 'nor one that proxy_read_maps lacks' "$(ask other "texthash:$CONF/unlisted")" 'request for unapproved table'
log_has 'the log says how to approve it' "warning: to approve this table .*list proxy:texthash:$CONF/unlisted in main.cf:proxy_read_maps"
is 'a table that was made after the start' "$(ask a@b.test "hash:$CONF/indexed")" c@d.test

# Asked until it knows: it looks at a file once a second.
changed_to() {
    t_tries=0
    while [ "$(ask "$1" "$3")" != "$2" ]; do
        t_tries=$((t_tries + 1))
        [ $t_tries -lt 100 ] || return 1
        sleep 0.1
    done
}
printf 'known changed\n' >"$CONF/table"
check 'a table that changed' changed_to known changed "texthash:$CONF/table"

if [ "$PRIVILEGED" = yes ]; then
    is 'a table that only root may read' "$(ask secret "texthash:$CONF/secret")" yes
    printf 'secret changed\n' >"$CONF/secret"
    check 'which changed: a new process reads it' changed_to secret changed "texthash:$CONF/secret"
else
    ok 'a table that only root may read # SKIP one user'
    ok 'which changed # SKIP one user'
fi

# Where a table waits for a server (sender_bcc_maps), only those wait who ask it: the server here answers nothing
# before four look-ups have come to it, over four connections, and meanwhile others are answered.
cat >"$T/slow.py" <<'END'
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
open(sys.argv[2], "w").close()
while True:
    clients = []
    for _ in range(4):
        client = server.accept()[0]
        clients.append((client, client.recv(1000)))
        open("%s.%d" % (sys.argv[2], len(clients)), "w").close()
    for client, line in clients:
        client.sendall(b"200 " + line.split()[1] + b"\n")
        client.close()
END
background python3 "$T/slow.py" "$SLOW" "$T/slow"
wait_until 'the slow server' test -f "$T/slow"
ask_three() {
    rm -f "$T/slow.3"
    askers=
    for key in one two three; do
        ask "$key" "tcp:127.0.0.1:$SLOW" >"$T/answer.$key" &
        askers="$askers $!"
    done
    wait_until 'three look-ups at the server' test -f "$T/slow.3"
}
ask_three
check 'several look-ups are with a server at once' test -f "$T/slow.3"
is 'meanwhile another table is asked' "$(ask known "texthash:$CONF/table")" changed
is 'and the one that makes the server answer' "$(ask four "tcp:127.0.0.1:$SLOW")" four
wait $askers
is 'then all have their own answers' "$(cat "$T/answer.one" "$T/answer.two" "$T/answer.three" | tr '\n' ' ')" 'one two three '
ask_three
workers=$(for parent in $(pgrep -x proxymap -P "$(instance_pid)"); do pgrep -P "$parent"; done)
kill -KILL $workers
wait $askers
like 'a worker that dies is no answer' "$(cat "$T/answer.one")" 'proxy:tcp:.* query error: the worker died'
is 'and the end of nobody else' "$(ask known "texthash:$CONF/table")" changed
