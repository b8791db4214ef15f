#!/bin/sh
# Tables that are made by chance, next to postmap: the same answers and the same exit status to the same keys
# (BUZON_RANDOM_TABLES=1000 and another BUZON_RANDOM_SEED before a release).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap postconf python3
SEED=${BUZON_RANDOM_SEED:-1}
TABLES=${BUZON_RANDOM_TABLES:-12}
TYPES="hash btree texthash"
for type in lmdb cdb regexp pcre cidr; do
    postconf -m | grep -qx $type && TYPES="$TYPES $type"
done
TYPES="$TYPES nameless"
plan "$(echo "$TYPES" | wc -w)"
tables_prepare
touch -d '1 minute ago' "$T/theirs/main.cf"
sides_impatient "$T/impatient.so"
[ ! -f "$T/impatient.so" ] || IMPATIENT="env LD_PRELOAD=$T/impatient.so"
diag "seed $SEED, $TABLES tables of each type"
# shellcheck disable=SC2086 # several words
python3 "$T_SOURCE/tool/tables_random.py" "$BUZON_STAGE/sbin/buzonmap -c $CONF" "${IMPATIENT:-} postmap -c $T/theirs" \
    "$T/tables" "$SEED" "$TABLES" $TYPES >"$T/compared"
sides_number "$T/compared"
