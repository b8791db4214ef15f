# We and Dovecot beside each other, for tests of what is said before the login: the same services on ports that are $THEIRS -
# $T_BASE apart (143: IMAP, 110: POP3). Source it after lib.sh.

[ -x /usr/sbin/dovecot ] || skip_all 'Dovecot is not installed'
THEIRS=$((T_BASE + 2000))

# logins_prepare: instance_prepare with main.cf lines from standard input; users are the test's, in $CONF/users and $T/theirs/users
logins_prepare() {
    printf 'dovecot:x:3010:3010::/nonexistent:/usr/sbin/nologin\ndovenull:x:3011:3011::/nonexistent:/usr/sbin/nologin\n' >>"$T/etc/passwd"
    printf 'dovecot:x:3010:\ndovenull:x:3011:\n' >>"$T/etc/group"
    { echo 'login_greeting = Dovecot (Debian) ready.' && cat; } >"$T/login.cf"
    instance_prepare <"$T/login.cf"
    sed -i "s/^$IMAP_PORT /$((T_BASE + 143)) /; s/^$POP3_PORT /$((T_BASE + 110)) /" "$CONF/master.cf"
    mkdir -p "$T/theirs/run"
    chmod 755 "$T/theirs"
}

# logins_start: both run, and answer
logins_start() {
    cat >"$T/theirs/dovecot.conf" <<END
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
END
    chmod 644 "$T/theirs/users"
    background /usr/sbin/dovecot -F -c "$T/theirs/dovecot.conf"
    instance_run
    for t_port in 110 143; do
        wait_until 'Dovecot' logins_answer $((THEIRS + t_port))
    done
}

logins_answer() { python3 -c "import socket; socket.create_connection(('127.0.0.1', $1), 5).recv(1)"; }
