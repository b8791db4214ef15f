#!/bin/sh
# imapd: sessions of right and wrong commands get the same answers however their octets arrive, deflated or not; and what was
# damaged on its way ends nothing but itself. BUZON_TORTURE_SEED=n makes it other sessions, BUZON_TORTURE_ROUNDS=n more.
. "$(dirname "$0")/../lib.sh"
need python3
plan 4
instance_prepare </dev/null
mkdir -p "$T/mail"
python3 "$T_SOURCE/tool/imap_template.py" "$T/mail/template"
session_user "$T/mail"
# torture KIND ROUNDS
torture() {
    python3 "$T_SOURCE/tool/imap_torture.py" --template "$T/mail/template" --maildir "$T/mail/box" \
        --command "$AS $BUZON_STAGE/libexec/buzon/imapd -s -c $CONF -m $T/mail/box" \
        --seed "${BUZON_TORTURE_SEED:-1}" --rounds "${BUZON_TORTURE_ROUNDS:-$2}" "$1" "$T_SOURCE"/system/imap-grammar/*
}
check 'the same answers however octets arrive' torture splits 6
check 'the same answers when they are compressed' torture compress 5
check 'damaged sessions end in good order' torture damage 40
is 'no sanitizer has anything to say' "$(cat "$T"/asan/report* 2>/dev/null | head -n 20)" ''
