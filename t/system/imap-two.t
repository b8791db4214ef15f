#!/bin/sh
# imapd: two sessions of one account see of each other what they see with Dovecot, in the same order of commands: mailboxes that
# are deleted or renamed under somebody, messages that come, change and go (t/system/imap-scenes, t/tool/imap_two.py).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
dovecot_prepare imap <<'END_OF_CONFIGURATION'
namespace inbox {
  separator = .
}
END_OF_CONFIGURATION
plan 1
python3 "$T_SOURCE/tool/imap_template.py" "$T/mail/template"
session_user "$T/mail" "$T/run"
check 'all scenes' python3 "$T_SOURCE/tool/imap_two.py" --template "$T/mail/template" \
    --one "$T/mail/one" "$(our_session imap "$T/mail/one")" \
    --other "$T/mail/other" "$(their_session imap)" \
    "$T_SOURCE/system/imap-scenes"
