#!/bin/sh
# buzonconf -E and the mail system agree about addresses, with settings and tables made by chance (BUZON_RANDOM_ROUNDS=100 and
# another BUZON_RANDOM_SEED before a release).
. "$(dirname "$0")/../lib.sh"
need_root
SEED=${BUZON_RANDOM_SEED:-1}
ROUNDS=${BUZON_RANDOM_ROUNDS:-5}
plan "$((ROUNDS + 1))"
instance_prepare <<'END_OF_MAIN'
mydestination = local.test, localhost
virtual_alias_domains = alias.test
virtual_mailbox_domains = box.test
relay_domains = relay.test
relay_transport = discard
default_transport = discard
soft_bounce = no
END_OF_MAIN
diag "seed $SEED"
python3 "$T_SOURCE/tool/explain_random.py" "$T/sbin" "$CONF" "$LOG" "$MAILDIRS" "$T/home" "$ACCOUNTS" "$SEED" "$ROUNDS" >"$T/compared"
while IFS= read -r line; do
    case $line in
    'ok - '*) ok "${line#ok - }" ;;
    'not ok - '*) not_ok "${line#not ok - }" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <"$T/compared"
no_crash 'no process crashed'
