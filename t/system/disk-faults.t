#!/bin/sh
# A disk that fails costs nobody a message: one call after the other, on the whole way of a message, writes, syncs,
# renames, links, truncations, removals and closes of files fail with EIO, ENOSPC and EDQUOT (t/tool/faults.c). What
# was accepted arrives, whole; what is wrong for a time is no reason to tell a sender that it failed.
# BUZON_TEST_ERRORS='EIO ENOSPC EDQUOT' adds these everywhere, which takes minutes.
. "$(dirname "$0")/../lib.sh"
command -v cc >/dev/null || skip_all 'no compiler'
plan 16

FAULTS=$T/faults.so
cc -shared -fPIC -o "$FAULTS" "$T_SOURCE/tool/faults.c" -ldl || skip_all 'the compiler makes no library'
head -c 4096 /dev/zero >"$T/plan" && chmod 666 "$T/plan"
export BUZON_TEST_FAULTS="$T/plan" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
MBOX=$T/boxes/box
mkdir "$T/boxes" && chmod 1777 "$T/boxes"
cat >"$CONF/aliases" <<END
postmaster: $ME
box: $MBOX
END
instance_prepare <<END
import_environment = MAIL_CONFIG TZ LANG=C ASAN_OPTIONS UBSAN_OPTIONS LD_PRELOAD BUZON_TEST_FAULTS
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_retry_time = 1s
service_throttle_time = 1s
stale_lock_time = 1s
transport_maps = inline:{ {gone.test = smtp:[127.0.0.1]:$SINK_PORT} }
END
(export LD_PRELOAD="$FAULTS" && instance_run)
sink_start

# holds 'what' PROGRAM RECIPIENT PLACE [OPTION...] ERRNO...
holds() {
    t_what=$1 t_program=$2 t_to=$3 t_place=$4
    shift 4
    check "$t_what" python3 "$T_SOURCE/tool/faults.py" "$BUZON_TEST_FAULTS" --port "$SMTP_PORT" --log "$LOG" \
        --spool "$SPOOL" --flush "export MAIL_CONFIG=$CONF; $T/sbin/buzonqueue -f; $T/sbin/buzonkick public pickup W" --notices "$(virtual_maildir ana)" \
        --program "$t_program" --to "$t_to" --place "$t_place" "$@" ${BUZON_TEST_ERRORS:-}
    diag "$(printf '%s\n' "$t_output" | tail -n 1)"
}
LUIS=$(virtual_maildir luis)
holds 'intake of a small message' cleanup luis@example.test "$LUIS" EIO
holds 'intake of a large message' cleanup luis@example.test "$LUIS" --large ENOSPC
holds 'intake on a disk that stays full' cleanup luis@example.test "$LUIS" --large --for-ever EDQUOT
holds 'the queue manager' qmgr luis@example.test "$LUIS" ENOSPC
holds 'the queue manager on a disk that stays so' qmgr luis@example.test "$LUIS" --for-ever EIO
holds 'the queue manager, of a message that fails' qmgr reject-550@gone.test "$LUIS" --bounces EIO
holds 'the queue manager, of a message that waits' qmgr once-450-@W@gone.test "$T/sink" ENOSPC
holds 'the queue manager, of one that waits, on a disk that stays so' qmgr once-450-@W@gone.test "$T/sink" --for-ever EDQUOT
holds 'pickup' pickup luis@example.test "$LUIS" --sendmail "$T/sbin/sendmail -C $CONF" EIO
holds 'intake of what is picked up' cleanup luis@example.test "$LUIS" --sendmail "$T/sbin/sendmail -C $CONF" ENOSPC
holds 'notices' cleanup reject-550@gone.test "$LUIS" --bounces EDQUOT
holds 'delivery to a Maildir' virtual luis@example.test "$LUIS" EIO EDQUOT
holds 'delivery of a large message to a Maildir' virtual luis@example.test "$LUIS" --large --for-ever ENOSPC
holds 'delivery to an mbox' local box@buzon.test "$MBOX" EIO EDQUOT
holds 'delivery of a large message to an mbox' local box@buzon.test "$MBOX" --large --for-ever ENOSPC
instance_stop
no_crash 'nothing crashed'
