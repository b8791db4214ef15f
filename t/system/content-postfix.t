#!/bin/sh
# Content as it comes from clients, and address fields that are changed, beside Postfix: the same replies, log
# lines and messages.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
. "$(dirname "$0")/../content.sh"
plan "$(grep -c '^-- ' "$T_SOURCE/system/content/wire")"
sides_prepare <<'END'
mydestination = local.test
mynetworks = 127.0.0.0/8
enable_long_queue_ids = yes
notify_classes =
END
cat >"$T/services" <<'END'
40 -o local_header_rewrite_clients=static:all
41 -o cleanup_replace_stray_cr_lf=no
42 -o local_header_rewrite_clients=static:all -o {canonical_maps=inline:{b@sub.to.test=a-very-long-name-for-an-address-indeed@new-and-long-domain.test}}
END
content_compare "$T/services" "$T_SOURCE/system/content/wire"
