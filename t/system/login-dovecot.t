#!/bin/sh
# login: until somebody is logged in, and when that fails, IMAP and POP3 go as with Dovecot, line by line: right and
# wrong commands, literals, quoting, SASL given up or garbled, STARTTLS (t/system/login-dialogue, t/tool/login_compare.py).
. "$(dirname "$0")/../lib.sh"
need python3
need_root
. "$T_SOURCE/logins.sh"
logins_prepare </dev/null
mkdir -p "$T/theirs/mail"
chown "$VMAIL_UID:$VMAIL_GID" "$T/theirs/mail"
printf 'ana:{PLAIN}correct:%s:%s::%s/theirs/mail/ana::\n' "$VMAIL_UID" "$VMAIL_GID" "$T" >"$CONF/users"
cp "$CONF/users" "$T/theirs/users"
logins_start
cases=$(python3 "$T_SOURCE/tool/login_compare.py" "$T_BASE" "$THEIRS" "$T_SOURCE/system/login-dialogue")
plan $(($(printf '%s\n' "$cases" | grep -c '^\(not \)\?ok') + 1))
printf '%s\n' "$cases"
T_COUNT=$(printf '%s\n' "$cases" | grep -c '^\(not \)\?ok')
T_FAILED=$(printf '%s\n' "$cases" | grep -c '^not ok')
no_crash 'no process crashed'
