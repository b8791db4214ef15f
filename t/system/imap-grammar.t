#!/bin/sh
# imapd: every form of the grammar, right and wrong, gets the answer that Dovecot gives: status, response codes and
# data; what is answered differently has its reason beside it (t/system/imap-grammar/, t/tool/imap_grammar.py).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
dovecot_prepare imap <<END
imap_metadata = yes
mail_attribute_dict = file:$T/mail/other/dovecot-attributes
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=20M
}
END
plan 6
python3 "$T_SOURCE/tool/imap_template.py" "$T/mail/template"
session_user "$T/mail" "$T/run"
for subject in commands select fetch append search mailboxes; do
    check "$subject" python3 "$T_SOURCE/tool/imap_grammar.py" --template "$T/mail/template" \
        --one "$T/mail/one" "$(our_session imap "$T/mail/one")" \
        --other "$T/mail/other" "$(their_session imap)" \
        "$T_SOURCE/system/imap-grammar/$subject"
done
