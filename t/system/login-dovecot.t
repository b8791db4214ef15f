#!/bin/sh
# login: until somebody is logged in, and when that fails, IMAP and POP3 go as with Dovecot, line by line: right and
# wrong commands, literals, quoting, SASL given up or garbled, STARTTLS (t/system/login-dialogue, t/tool/login_compare.py).
. "$(dirname "$0")/../lib.sh"
need python3
need_root
[ -x /usr/sbin/dovecot ] || skip_all 'Dovecot is not installed'
THEIRS=$((T_BASE + 2000))
printf 'dovecot:x:3010:3010::/nonexistent:/usr/sbin/nologin\ndovenull:x:3011:3011::/nonexistent:/usr/sbin/nologin\n' >>"$T/etc/passwd"
printf 'dovecot:x:3010:\ndovenull:x:3011:\n' >>"$T/etc/group"
instance_prepare <<'END_OF_CONFIGURATION'
login_greeting = Dovecot (Debian) ready.
END_OF_CONFIGURATION
sed -i "s/^$IMAP_PORT /$((T_BASE + 143)) /; s/^$POP3_PORT /$((T_BASE + 110)) /" "$CONF/master.cf"
mkdir -p "$T/theirs/mail" "$T/theirs/run"
chmod 755 "$T/theirs"
chown "$VMAIL_UID:$VMAIL_GID" "$T/theirs/mail"
printf 'ana:{PLAIN}correct:%s:%s::%s/theirs/mail/ana::\n' "$VMAIL_UID" "$VMAIL_GID" "$T" >"$CONF/users"
cat >"$T/theirs/dovecot.conf" <<END_OF_CONFIGURATION
base_dir = $T/theirs/run
log_path = $T/log/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <$CONF/cert.pem
ssl_key = <$CONF/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
first_valid_uid = 0
mail_location = maildir:~/Maildir
passdb {
  driver = passwd-file
  args = $T/theirs/users
}
userdb {
  driver = passwd-file
  args = $T/theirs/users
}
service imap-login {
  inet_listener imap {
    port = $((THEIRS + 143))
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $((THEIRS + 110))
  }
  inet_listener pop3s {
    port = 0
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
END_OF_CONFIGURATION
cp "$CONF/users" "$T/theirs/users"
chmod 644 "$T/theirs/users"
background /usr/sbin/dovecot -F -c "$T/theirs/dovecot.conf"
instance_run
answers() { python3 -c "import socket; socket.create_connection(('127.0.0.1', $1), 5).recv(1)"; }
wait_until 'Dovecot' answers $((THEIRS + 110)) && wait_until 'Dovecot' answers $((THEIRS + 143))
cases=$(python3 "$T_SOURCE/tool/login_compare.py" "$T_BASE" "$THEIRS" "$T_SOURCE/system/login-dialogue")
plan $(($(printf '%s\n' "$cases" | grep -c '^\(not \)\?ok') + 1))
printf '%s\n' "$cases"
T_COUNT=$(printf '%s\n' "$cases" | grep -c '^\(not \)\?ok')
T_FAILED=$(printf '%s\n' "$cases" | grep -c '^not ok')
no_crash 'no process crashed'
