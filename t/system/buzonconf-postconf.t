#!/bin/sh
# buzonconf, called postconf, answers as postconf does: the same output, messages, exit status and files
# for good and bad input. What differs is listed with its reason in postconf/cases.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf
mkdir "$T/work"
sides_impatient "$T/preload.so"
POSTCONF=$(command -v postconf)
ln -s "$BUZON_STAGE/sbin/buzonconf" "$T/postconf"
python3 "$T_SOURCE/tool/alike.py" --preload "$T/preload.so" --reference "$POSTCONF" --ours "$T/postconf" --name postconf \
    --configs "$T_SOURCE/system/postconf" --work "$T/work" "$T_SOURCE/system/postconf/cases" >"$T/tap"
cat "$T/tap"
! grep -q '^not ok' "$T/tap"
