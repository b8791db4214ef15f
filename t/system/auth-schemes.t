#!/bin/sh
# auth: every scheme that Dovecot's `doveadm pw` makes lets its user in by the right password, and by no
# other.
. "$(dirname "$0")/../lib.sh"
need doveadm python3
plan 4
instance_prepare </dev/null
for scheme in $(doveadm -c /dev/null pw -l); do
    [ "$scheme" = PLAIN-TRUNC ] && continue # a scheme of tests, not of users
    for encoding in '' .b64 .hex; do
        user=$scheme$encoding@example.test
        hash=$(doveadm -c /dev/null pw -s "$scheme$encoding" -u "$user" -p "$PASSWORD" 2>/dev/null) || continue
        echo "$user:$hash:$VMAIL_UID:$VMAIL_GID::$MAILDIRS/example.test/scheme::"
    done
done >>"$CONF/users"
grep -c '{' "$CONF/users" >"$T/count"
check 'most schemes are there' test "$(cat "$T/count")" -gt 80
cat >"$T/logins.py" <<'END'
import imaplib, sys
port, password, users, wrong = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "wrong"
failed = []
for line in open(users):
    user = line.split(":")[0]
    if "@" not in user or "." not in user:
        continue
    client = imaplib.IMAP4("127.0.0.1", port)
    try:
        client.login(user, password)
        entered = True
        client.logout()
    except imaplib.IMAP4.error:
        entered = False
        client.shutdown()
    if entered == wrong:
        failed.append(line.strip())
print("\n".join(failed))
sys.exit(bool(failed))
END
instance_run
check 'the right password is right' python3 "$T/logins.py" "$IMAP_PORT" "$PASSWORD" "$CONF/users" right
check 'another one is wrong' python3 "$T/logins.py" "$IMAP_PORT" "x$PASSWORD" "$CONF/users" wrong
no_crash 'no process crashed'
