#!/bin/sh
# qmgr: a small message passes a mailing list on the same transport, at a price (..._delivery_slot_cost and
# its kin); where that is turned off, it waits for the list.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../qmgr.sh"
plan 8

qmgr_prepare passes:1 waits:1 <<END
transport_maps = inline:{ {passes.test = passes:slow 100}, {waits.test = waits:slow 100} }
passes_destination_recipient_limit = 1
waits_destination_recipient_limit = 1
waits_delivery_slot_cost = 1
END
instance_run
# mails DOMAIN: a list of 30 is being delivered when four small messages come
mails() {
    printf 'Subject: list\n\ntext\n' | tool sendmail -f s@remote.test $(seq -f "list%g@$1" 30)
    wait_until 'the list' agent_count_over "list.*@$1" 0
    for t_i in 1 2 3 4; do printf 'Subject: small\n\ntext\n' | tool sendmail -f s@remote.test "small$t_i@$1"; done
}
order() { sed -n "s/.* \(list\|small\)[0-9]*@$1\$/\1/p" "$SPOOL/trace/agent-delivered" | cut -c1 | paste -sd '\0'; }

mails passes.test
eventually 'all are delivered' agent_count_is '@passes.test$' 34
like 'small messages pass the list' "$(order passes.test)" 's.*l$'
# The first is lent its slot; each costs five deliveries of the list, which come before the next one.
check 'after five of its deliveries each' sh -c "
    echo '$(order passes.test)' | fold -w 1 | awk '
        /l/ { list++ }
        /s/ { if (list < 5 * small++ + 1) exit 1 }'"
is 'in the order in which they came' \
    "$(sed -n 's/.* \(small.\)@passes.test$/\1/p' "$SPOOL/trace/agent-delivered" | paste -sd' ')" 'small1 small2 small3 small4'
mails waits.test
eventually 'the others are delivered' agent_count_is '@waits.test$' 34
like 'behind the list' "$(order waits.test)" '^l{30}ssss$'
check 'nothing was reported as without effect' sh -c "! grep 'not supported' '$LOG'"
instance_stop
no_crash 'nothing crashed'
