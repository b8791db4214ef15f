#!/bin/sh
# pop3d: sessions made by chance, with maildrops and settings made by chance, get the answers that Dovecot gives, and leave
# the same files (t/tool/pop3_random.py); what is answered differently has its reason in t/tool/pop3_random_known.py.
# BUZON_RANDOM_SEED=n or =chance makes it other ones, BUZON_RANDOM_SESSIONS=1000 more of them.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
dovecot_prepare pop3 </dev/null
plan 1
session_user "$T/mail" "$T/run"
check 'the same answers, and the same files' python3 "$T_SOURCE/tool/pop3_random.py" --work "$T/mail" \
    --one "$(our_session pop3 @MAIL@ @CONF@)" "$CONF/main.cf" \
    --other "$(their_session pop3 @CONF@/dovecot.conf)" "$T/dovecot.conf" \
    --seed "${BUZON_RANDOM_SEED:-1}" --sessions "${BUZON_RANDOM_SESSIONS:-16}" --before "${BUZON_RANDOM_BEFORE:-3}"
