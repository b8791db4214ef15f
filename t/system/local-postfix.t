#!/bin/sh
# local: where mail ends, beside Postfix: the same status, text and decision for each file, command, .forward, list and
# mailbox that something is wrong with. What may be otherwise next time is never a bounce.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
CASES=$T_SOURCE/system/deliveries/local
. "$T_SOURCE/deliveries.sh"
