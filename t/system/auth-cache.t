#!/bin/sh
# auth: what is kept of an answer lets nobody in who would not get in by asking again (auth_cache_size).
. "$(dirname "$0")/../lib.sh"
need python3
plan 14
instance_prepare <<END
auth_cache_size = 100000
auth_passdb = passwd-file:$CONF/near, passwd-file:$CONF/users
auth_master_passdb = passwd-file:$CONF/masters
auth_master_user_separator = *
auth_failure_delay = 0s
auth_mailbox_uid = $VMAIL_UID
auth_mailbox_gid = $VMAIL_GID
auth_mailbox_home = $MAILDIRS/%r/%n
auth_penalty_limit = 0s
END
echo 'admin:{PLAIN}master-secret::::::allow_nets=127.0.0.2' >"$CONF/masters"
echo "near@example.org:{PLAIN}$PASSWORD::::::allow_nets=127.0.0.2" >"$CONF/near"
echo "near@example.org:{PLAIN}other" >>"$CONF/users"
echo "placed@example.org:{PLAIN}$PASSWORD" >>"$CONF/users"
instance_run
MASTER='ana@example.test*admin'
login() { # login ADDRESS USER PASSWORD: what is said to the client who comes from there
    python3 - "$IMAP_PORT" "$@" <<'END'
import socket, sys
port, address, user, password = sys.argv[1:]
client = socket.create_connection(("127.0.0.1", int(port)), 30, (address, 0))
lines = client.makefile("rb")
lines.readline()
client.sendall(b'a LOGIN "%s" "%s"\r\n' % (user.encode(), password.encode()))
print(lines.readline().decode())
END
}
enters() { like "$1" "$(login "$2" "$3" "$4")" '^a OK'; }
refused() { like "$1" "$(login "$2" "$3" "$4")" '^a NO'; }

enters 'who was let in' 127.0.0.1 ana@example.test "$PASSWORD"
enters 'is let in again' 127.0.0.2 ana@example.test "$PASSWORD"
refused 'but not by another password' 127.0.0.1 ana@example.test "$PASSWORD."
enters 'a master user from where he may come' 127.0.0.2 "$MASTER" master-secret
enters 'is let in again' 127.0.0.2 "$MASTER" master-secret
refused 'but from elsewhere he is not, even if he was a moment ago' 127.0.0.1 "$MASTER" master-secret
refused 'who has a password for some places, elsewhere' 127.0.0.1 near@example.org "$PASSWORD"
enters 'is let in there' 127.0.0.2 near@example.org "$PASSWORD"
refused 'and there only' 127.0.0.1 near@example.org "$PASSWORD"
enters 'whose mailbox depends on where he comes from' 127.0.0.1 placed@example.org "$PASSWORD"
enters 'gets the one of each place' 127.0.0.2 placed@example.org "$PASSWORD"
check 'there it is' test -d "$MAILDIRS/127.0.0.2/placed/Maildir/cur"
sed -i '/^ana/d' "$CONF/users"
gone() { login 127.0.0.1 ana@example.test "$PASSWORD" | grep -q '^a NO'; }
eventually 'whose line is gone from the file is not let in any more' gone
no_crash 'no process crashed'
