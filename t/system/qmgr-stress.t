#!/bin/sh
# qmgr: many lists at once, with little room for recipients in memory, over transports that work, are slow, defer and
# bounce some, fail and do not exist; while it is killed, reloaded and flushed, and messages are put on hold and released.
# In the end everybody has his copy of his list, and the sender knows of everybody who does not exist.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../qmgr.sh"
plan 5
LISTS=10

qmgr_prepare quick:10 slow:5 mixed:3 bad:3 <<END
transport_maps = inline:{ {quick.test = quick:ok}, {slow.test = slow:slow 2}, {mixed.test = mixed:mixed 0}, {down.test = bad:unreachable}, {half.test = bad:die-after 3}, {gone.test = nosuch:} }
virtual_mailbox_maps = hash:$CONF/vmailbox
qmgr_message_recipient_limit = 200
default_recipient_limit = 150
default_extra_recipient_limit = 40
default_recipient_refill_limit = 10
default_recipient_refill_delay = 1s
default_destination_recipient_limit = 4
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
transport_retry_time = 1s
service_throttle_time = 1s
END
instance_run
members() { seq -f "$2of$1x%g@$3.test" "$4"; } # LIST NAME DOMAIN COUNT
wanted() { members "$1" a quick 200; members "$1" b slow 150; members "$1" c mixed 100; members "$1" defer mixed 80; }
for t_list in $(seq 1 $LISTS); do
    printf 'Subject: list\n\ntext\n' | tool sendmail -f ana@example.test $(wanted "$t_list") \
        $(members "$t_list" bounce mixed 80) $(members "$t_list" d down 20) $(members "$t_list" e half 20) $(members "$t_list" f gone 5)
    wanted "$t_list" >>"$T/wanted"
done
sort -o "$T/wanted" "$T/wanted"

# --- trouble: the next when some more have got their copies ----------------------------------------------------

hold_one() {
    t_held=$(find "$SPOOL/active" -type f | head -n 1)
    [ -z "$t_held" ] || tool buzonsuper -h "${t_held##*/}" 2>/dev/null
    tool buzonsuper -H ALL 2>/dev/null
}
round=0
for t_trouble in reload kill hold flush reload hold kill flush reload kill hold flush; do
    round=$((round + 1))
    wait_until 'some deliveries' agent_count_over . $((round * 200))
    case $t_trouble in
    reload) buzon reload 2>/dev/null ;;
    kill) kill_qmgr ;;
    hold) hold_one ;;
    flush) tool buzonqueue -f ;;
    esac
done

# --- the end -----------------------------------------------------------------------------------------------------

touch "$SPOOL/trace/agent-mended" && chown "$MAIL_OWNER" "$SPOOL/trace/agent-mended"
missing() { sed 's/^[^ ]* //' "$SPOOL/trace/agent-delivered" | sort -u | comm -23 "$T/wanted" - | wc -l; }
none_missing() { tool buzonsuper -H ALL 2>/dev/null; tool buzonqueue -f; [ "$(missing)" = 0 ]; }
eventually 'everybody has his copy' none_missing
diag "missing: $(missing), twice: $(agent_twice .) of $(agent_count .)"
check 'hardly anybody has two' test "$(agent_twice .)" -le 300
is 'each message went to its own list' \
    "$(agent_delivered . | sed 's/ [a-z]*of/ /; s/x.*//' | sort -u | wc -l) $(agent_delivered . | cut -d' ' -f1 | sort -u | wc -l)" "$LISTS $LISTS"
reported() { cat $(maildir_files "$(virtual_maildir ana)") 2>/dev/null | grep '^Final-Recipient: rfc822; bounceof' | sort -u | wc -l; }
all_reported() { [ "$(reported)" = $((LISTS * 80)) ]; }
eventually 'the sender knows of everybody who does not exist' all_reported
instance_stop
no_crash 'nothing crashed'
