#!/bin/sh
# imapd: sessions made by chance, over messages made by chance, get the answers that Dovecot gives (t/tool/imap_random.py);
# what is answered differently has its reason in t/tool/imap_random_known.py. BUZON_RANDOM_SEED=n makes it other ones,
# BUZON_RANDOM_SESSIONS=1000 more of them, BUZON_RANDOM_CORPUS is a directory with further messages.
. "$(dirname "$0")/../lib.sh"
need python3
[ -x /usr/lib/dovecot/imap ] || skip_all 'Dovecot is not installed'
plan 1
instance_prepare </dev/null
mkdir -p "$T/run" "$T/mail"
cat >"$T/dovecot.conf" <<END
base_dir = $T/run
log_path = $T/log/dovecot.log
mail_location = maildir:$T/mail/other
first_valid_uid = 0
protocols = imap
ssl = no
namespace inbox {
  inbox = yes
  mailbox Trash {
    special_use = \\Trash
  }
}
END
session_user "$T/mail" "$T/run"
check 'the same answers' python3 "$T_SOURCE/tool/imap_random.py" --work "$T/mail" \
    --one "exec $AS $BUZON_STAGE/libexec/buzon/imapd -s -c $CONF -m @MAIL@ 2>/dev/null" \
    --other "exec $AS /usr/lib/dovecot/imap -c $T/dovecot.conf 2>/dev/null" \
    --seed "${BUZON_RANDOM_SEED:-1}" --sessions "${BUZON_RANDOM_SESSIONS:-12}" \
    ${BUZON_RANDOM_CORPUS:+--corpus "$BUZON_RANDOM_CORPUS"} --before "${BUZON_RANDOM_BEFORE:-3}"
