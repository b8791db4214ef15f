#!/bin/sh
# imapd: SEARCH, SORT and THREAD answer as Dovecot does, about messages that were made by chance.
# BUZON_COMPARE_SEED=n and BUZON_COMPARE_MESSAGES=n make it other ones.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
dovecot_prepare imap </dev/null
plan 1
compare="$T_SOURCE/tool/imap_compare.py"
python3 "$compare" --fill --maildir "$T/mail/one" --messages "${BUZON_COMPARE_MESSAGES:-200}" \
    --seed "${BUZON_COMPARE_SEED:-1}" --one : --other :
cp -a "$T/mail/one" "$T/mail/other"
session_user "$T/mail/one" "$T/mail/other" "$T/run"
check 'the same answers' python3 "$compare" --maildir "$T/mail/one" \
    --one "$(our_session imap "$T/mail/one")" \
    --other "$(their_session imap)"
