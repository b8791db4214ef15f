#!/bin/sh
# proxymap: answers what the configuration names, as mail_owner, and notices changed tables.
. "$(dirname "$0")/../lib.sh"
plan 13
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
sender_bcc_maps = proxy:tcp:127.0.0.1:1
local_header_rewrite_clients = proxy:texthash:$CONF/unlisted
END
printf 'a@b.test c@d.test\n' >"$CONF/indexed"
tool buzonmap "hash:$CONF/indexed"

ask() { tool buzonmap -q "$1" "proxy:$2" 2>&1; }
is 'a table that the configuration names' "$(ask known "texthash:$CONF/table")" yes
is 'without the key' "$(ask unknown "texthash:$CONF/table")" ""
is 'a database of the system' "$(ask root unix:passwd.byname | cut -d: -f1,3)" root:0
like 'a table that nobody names with proxy:' "$(ask other "texthash:$CONF/unnamed")" 'request for unapproved table'
log_has 'is refused in the log' "proxymap.*warning: request for unapproved table: \"proxy:texthash:$CONF/unnamed\""
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

# Where a table waits for a server (sender_bcc_maps), a process has few clients; there are more processes then.
cat >"$T/crowd.py" <<'END'
import os, subprocess, sys
os.environ["MAIL_CONFIG"] = sys.argv[1]
crowd = [subprocess.Popen([sys.argv[2], "-q", "-", sys.argv[3]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
         for _ in range(10)]
for one in crowd:
    one.stdin.write("known\n")
    one.stdin.flush()
answers = [one.stdout.readline() for one in crowd]
processes = subprocess.run(["pgrep", "-c", "-x", "proxymap"], capture_output=True, text=True).stdout.strip()
for one in crowd:
    one.stdin.close()
    one.wait()
print(len([a for a in answers if a.startswith("known\t")]), processes)
END
crowd=$(python3 "$T/crowd.py" "$CONF" "$T/sbin/buzonmap" "proxy:texthash:$CONF/table")
like 'ten clients at once are all answered' "$crowd" '^10 '
like 'by more than one process' "$crowd" ' ([2-9]|[1-9][0-9]+)$'
