#!/bin/sh
# imapd: two sessions of one account see of each other what they see with Dovecot, in the same order of commands: mailboxes that
# are deleted or renamed under somebody, messages that come, change and go (t/system/imap-scenes, t/tool/imap_two.py).
. "$(dirname "$0")/../lib.sh"
need python3
[ -x /usr/lib/dovecot/imap ] || skip_all 'Dovecot is not installed'
plan 1
instance_prepare </dev/null
mkdir -p "$T/run" "$T/mail"
cat >"$T/dovecot.conf" <<END_OF_CONFIGURATION
base_dir = $T/run
log_path = $T/log/dovecot.log
mail_location = maildir:$T/mail/other
first_valid_uid = 0
protocols = imap
ssl = no
namespace inbox {
  inbox = yes
  separator = .
  mailbox Trash {
    special_use = \\Trash
  }
}
END_OF_CONFIGURATION
python3 "$T_SOURCE/tool/imap_template.py" "$T/mail/template"
session_user "$T/mail" "$T/run"
check 'all scenes' python3 "$T_SOURCE/tool/imap_two.py" --template "$T/mail/template" \
    --one "$T/mail/one" "exec $AS $BUZON_STAGE/libexec/buzon/imapd -s -c $CONF -m $T/mail/one 2>/dev/null" \
    --other "$T/mail/other" "exec $AS /usr/lib/dovecot/imap -c $T/dovecot.conf 2>/dev/null" \
    "$T_SOURCE/system/imap-scenes"
