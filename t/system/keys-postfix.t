#!/bin/sh
# Which keys are looked up, compared with Postfix: one delimiter, and parents that match their subdomains.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
. "$(dirname "$0")/../keys.sh"
keys_compare 'recipient_delimiter = +' "transport_maps = texthash:$D/transport, regexp:$D/transport.regexp"
