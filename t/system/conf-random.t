#!/bin/sh
# Configurations and calls that are made by chance: buzonconf, called postconf, shows, warns and edits as postconf does
# (BUZON_RANDOM_CONFIGS=10000 and another BUZON_RANDOM_SEED before a release).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf python3
SEED=${BUZON_RANDOM_SEED:-1}
mkdir "$T/work" "$T/made"
sides_impatient "$T/preload.so"
POSTCONF=$(command -v postconf)
ln -s "$BUZON_STAGE/sbin/buzonconf" "$T/postconf"
python3 "$T_SOURCE/tool/conf_random.py" "$T/made" "$SEED" "${BUZON_RANDOM_CONFIGS:-400}" >"$T/cases"
diag "seed $SEED"
python3 "$T_SOURCE/tool/alike.py" --preload "$T/preload.so" --reference "$POSTCONF" --ours "$T/postconf" --name postconf \
    --configs "$T/made" --work "$T/work" "$T/cases" >"$T/tap"
cat "$T/tap"
! grep -q '^not ok' "$T/tap"
