#!/bin/sh
# imapd: SEARCH, SORT and THREAD answer as Dovecot does, about messages that were made by chance.
# BUZON_COMPARE_SEED=n and BUZON_COMPARE_MESSAGES=n make it other ones.
. "$(dirname "$0")/../lib.sh"
need python3
[ -x /usr/lib/dovecot/imap ] || skip_all 'Dovecot is not installed'
plan 1
instance_prepare </dev/null
compare="$T_SOURCE/tool/imap_compare.py"
mkdir -p "$T/run" "$T/mail"
cat >"$T/dovecot.conf" <<END
base_dir = $T/run
log_path = $T/log/dovecot.log
mail_location = maildir:$T/mail/other
protocols = imap
ssl = no
namespace inbox {
  inbox = yes
}
END
python3 "$compare" --fill --maildir "$T/mail/one" --messages "${BUZON_COMPARE_MESSAGES:-200}" \
    --seed "${BUZON_COMPARE_SEED:-1}" --one : --other :
cp -a "$T/mail/one" "$T/mail/other"
session_user "$T/mail/one" "$T/mail/other" "$T/run"
check 'the same answers' python3 "$compare" --maildir "$T/mail/one" \
    --one "exec $AS $BUZON_STAGE/libexec/buzon/imapd -s -c $CONF -m $T/mail/one 2>/dev/null" \
    --other "exec $AS /usr/lib/dovecot/imap -c $T/dovecot.conf 2>/dev/null"
