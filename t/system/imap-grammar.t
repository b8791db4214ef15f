#!/bin/sh
# imapd: every form of the grammar, right and wrong, gets the answer that Dovecot gives: status, response codes and
# data; what is answered differently has its reason beside it (t/system/imap-grammar/, t/tool/imap_grammar.py).
. "$(dirname "$0")/../lib.sh"
need python3
[ -x /usr/lib/dovecot/imap ] || skip_all 'Dovecot is not installed'
plan 6
instance_prepare </dev/null
mkdir -p "$T/run" "$T/mail"
cat >"$T/dovecot.conf" <<END
base_dir = $T/run
log_path = $T/log/dovecot.log
mail_location = maildir:$T/mail/other
first_valid_uid = 0
protocols = imap
ssl = no
imap_metadata = yes
mail_attribute_dict = file:$T/mail/other/dovecot-attributes
namespace inbox {
  inbox = yes
  mailbox Trash {
    special_use = \\Trash
  }
}
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=20M
}
END
python3 "$T_SOURCE/tool/imap_template.py" "$T/mail/template"
session_user "$T/mail" "$T/run"
for subject in commands select fetch append search mailboxes; do
    check "$subject" python3 "$T_SOURCE/tool/imap_grammar.py" --template "$T/mail/template" \
        --one "$T/mail/one" "exec $AS $BUZON_STAGE/libexec/buzon/imapd -s -c $CONF -m $T/mail/one 2>/dev/null" \
        --other "$T/mail/other" "exec $AS /usr/lib/dovecot/imap -c $T/dovecot.conf 2>/dev/null" \
        "$T_SOURCE/system/imap-grammar/$subject"
done
