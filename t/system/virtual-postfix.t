#!/bin/sh
# virtual: mailboxes that something is wrong with, beside Postfix: the same status, text and decision.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
CASES=$T_SOURCE/system/deliveries/virtual
. "$T_SOURCE/deliveries.sh"
