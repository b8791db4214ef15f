#!/bin/sh
# imapd: sessions made by chance, over messages made by chance, get the answers that Dovecot gives (t/tool/imap_random.py);
# what is answered differently has its reason in t/tool/imap_random_known.py. BUZON_RANDOM_SEED=n makes it other ones,
# BUZON_RANDOM_SESSIONS=1000 more of them, BUZON_RANDOM_CORPUS is a directory with further messages.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
dovecot_prepare imap </dev/null
plan 1
session_user "$T/mail" "$T/run"
check 'the same answers' python3 "$T_SOURCE/tool/imap_random.py" --work "$T/mail" \
    --one "$(our_session imap "$T/mail/one")" \
    --other "$(their_session imap)" \
    --seed "${BUZON_RANDOM_SEED:-1}" --sessions "${BUZON_RANDOM_SESSIONS:-12}" \
    ${BUZON_RANDOM_CORPUS:+--corpus "$BUZON_RANDOM_CORPUS"} --before "${BUZON_RANDOM_BEFORE:-3}"
