#!/bin/sh
# imapd: many clients do random things at one account at once, and every untagged response is held against
# a model; also while another program delivers, flags and removes files, and while sessions are killed.
# Nobody sees what cannot be, no message is lost or doubled, all agree at the end, also with a new index.
# BUZON_STRESS_SECONDS=300 makes it a matter of minutes, BUZON_STRESS_SEED=n repeats a run.
. "$(dirname "$0")/../lib.sh"
need python3
plan 5
seconds=${BUZON_STRESS_SECONDS:-3}
seed=${BUZON_STRESS_SEED:-1}
instance_start <<END
service_throttle_time = 1s
END
# stress USER [option...]
stress() {
    user=$1
    shift
    python3 "$T_SOURCE/tool/imap_stress/stress.py" --port "$IMAP_PORT" --user "$user@example.test" \
        --password "$PASSWORD" --seconds "$seconds" --seed "$seed" --index "$(virtual_maildir "$user")/buzon.index" "$@"
}
check "clients among themselves (seed $seed)" stress ana
send_mail x@remote.test luis@example.test # makes the Maildir
maildir_has 'another program can work at the Maildir' "$(virtual_maildir luis)" 1
check "clients and another program (seed $seed)" stress luis --maildir "$(virtual_maildir luis)"
check "the same, and sessions are killed (seed $seed)" stress luis --maildir "$(virtual_maildir luis)" \
    --kill imapd --kill-parent "$(instance_pid)" --kill-every 0.3
check "and the index is thrown away under running sessions (seed $seed)" stress luis --maildir "$(virtual_maildir luis)" --wipe
