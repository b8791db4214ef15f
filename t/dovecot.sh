# Dovecot beside us, without a server of its own: its imap or pop3 serves a mailbox to one client on standard input and output,
# as our imapd -s and pop3d -s do. Source it after lib.sh.

# need_dovecot PROTOCOL: skip the whole test where its program is not installed
need_dovecot() {
    need python3
    [ -x "/usr/lib/dovecot/$1" ] || skip_all "Dovecot's $1 is not installed"
}

# dovecot_conf PROTOCOL LOCATION: what one user's mail needs; further lines may stand behind it
dovecot_conf() {
    mkdir -p "$T/run"
    cat <<END
base_dir = $T/run
log_path = $T/log/dovecot.log
mail_location = $2
first_valid_uid = 0
protocols = $1
ssl = no
namespace inbox {
  inbox = yes
  mailbox Trash {
    special_use = \\Trash
  }
}
END
}

# dovecot_prepare PROTOCOL: configurations for both, with further lines of Dovecot's on standard input. $T/mail is for their
# mail: other/ will be Dovecot's Maildir.
dovecot_prepare() {
    need_dovecot "$1"
    cat >"$T/further.conf"
    instance_prepare </dev/null
    mkdir -p "$T/mail"
    { dovecot_conf "$1" "maildir:$T/mail/other" && cat "$T/further.conf"; } >"$T/dovecot.conf"
}

# our_session PROTOCOL MAILDIR [CONF], their_session PROTOCOL [CONFIGURATION]: the shell command that serves a client, as
# the user of session_user
our_session() { echo "exec $AS $BUZON_STAGE/libexec/buzon/$1d -s -c ${3:-$CONF} -m $2 2>/dev/null"; }
their_session() { echo "exec $AS /usr/lib/dovecot/$1 -c ${2:-$T/dovecot.conf} 2>/dev/null"; }
