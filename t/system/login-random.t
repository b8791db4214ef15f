#!/bin/sh
# login: sessions made by chance, over IMAP and POP3, go as with Dovecot until somebody is logged in, and a little further
# (t/tool/login_random.py), also when what is said comes in pieces; what is answered differently has its reason in
# t/tool/login_random_known.py. BUZON_RANDOM_SEED=n or =chance makes it other ones, BUZON_RANDOM_SESSIONS=1000 more of them.
. "$(dirname "$0")/../lib.sh"
need python3
need_root
. "$T_SOURCE/logins.sh"
plan 2
logins_prepare <<'END'
auth_username_format = %Lu
auth_username_chars = abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@
END
mkdir -p "$T/ours/mail" "$T/theirs/mail"
users() { # users HOMES
    awk -v ids="$VMAIL_UID:$VMAIL_GID" -v homes="$1" 'BEGIN {
        for (i = 0; i < 1000; i++) {
            printf "u%03d:{PLAIN}correct:%s::%s/%03d::\n", i, ids, homes, i
            printf "v%03d:{PLAIN}p\"a\\ss {3} w:%s::%s/%03d::\n", i, ids, homes, i
        }
    }'
}
users "$T/ours/mail" >"$CONF/users"
users "$T/theirs/mail" >"$T/theirs/users"
chown "$VMAIL_UID:$VMAIL_GID" "$T/ours/mail" "$T/theirs/mail"
logins_start
check 'the same answers, and the same files' python3 "$T_SOURCE/tool/login_random.py" --one "$T_BASE" "$T/ours/mail" --other "$THEIRS" "$T/theirs/mail" \
    --seed "${BUZON_RANDOM_SEED:-1}" --sessions "${BUZON_RANDOM_SESSIONS:-40}" --before "${BUZON_RANDOM_BEFORE:-3}"
no_crash 'no process crashed'
