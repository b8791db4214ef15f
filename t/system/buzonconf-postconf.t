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
cp -R "$T_SOURCE/system/configs" "$T/configs"
cp -R "$T_SOURCE/system/postconf" "$T/postconf.d"
mkdir "$T/postconf.d/huge"
awk 'BEGIN {
    printf "long ="
    for (i = 0; i < 20000; i++) print " word" i
    for (i = 0; i < 2000; i++) print "p" i " = $p" (i + 1)
    print "p2000 = last\nlast = 1"
}' >"$T/postconf.d/huge/main.cf"
awk 'BEGIN {
    print "smtp inet n - y - - smtpd\nwide unix - n n - - local"
    for (i = 0; i < 1000; i++) print "  -o p" i "=" i
}' >"$T/postconf.d/huge/master.cf"
python3 "$T_SOURCE/tool/alike.py" --preload "$T/preload.so" --reference "$POSTCONF" --ours "$T/postconf" --name postconf \
    --configs "$T/postconf.d" --work "$T/work" "$T_SOURCE/system/postconf/cases" >"$T/tap"
cat "$T/tap"
! grep -q '^not ok' "$T/tap"
