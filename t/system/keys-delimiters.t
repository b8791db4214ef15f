#!/bin/sh
# Which keys are looked up, compared with Postfix: several delimiters, dots for subdomains, and a pattern for *.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
. "$(dirname "$0")/../keys.sh"
keys_compare 'recipient_delimiter = -+=' 'parent_domain_matches_subdomains =' \
    "transport_maps = texthash:$D/transport, regexp:$D/transport.regexp, regexp:$D/star"
