#!/bin/sh
# cleanup: header_checks, body_checks and what else looks at content, beside Postfix: the same replies, log lines
# and messages.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
. "$(dirname "$0")/../content.sh"
D=$T/tables
mkdir -p "$D" && chmod 755 "$D"
plan "$(grep -c '^-- ' "$T_SOURCE/system/content/checks")"
sides_prepare <<'END'
mydestination = local.test
mynetworks = 127.0.0.0/8
local_header_rewrite_clients =
notify_classes =
END
cp "$T_SOURCE/system/content/header" "$D/header"
cp "$T_SOURCE/system/content/body" "$D/body"
printf '/^Content-Type:.*name="?.*\\.exe/ REJECT 5.7.9 no programs\n/^X-Mime: (.*)/ INFO mime $1\n/^Content-Id:/ REPLACE Content-Id: <hidden>\n/^X-All/ WARN in mime\n' >"$D/mime"
printf '/^Subject: inner reject/ REJECT\n/^X-Nested: (.*)/ WARN nested $1\n/^X-Drop-In/ IGNORE\n/^X-All/ WARN in nested\n' >"$D/nested"
printf '/./ WARN any\n' >"$D/any"
for what in header mime nested; do
    printf '/^Received/ DUNNO\n/./ WARN is %s\n' $what >"$D/is-$what"
done
cat >"$D/octets" <<'END'
/^Subject: [^[:print:]]{2}$/ WARN two octets
/^X-Six: .{6}$/ WARN six octets
/^X-Hex: \xc3/ WARN the first octet
/^X-Hex: \xe4/ WARN a character
/^X-Class: [\x80-\xff]{6}/ WARN a class of octets
/^X-Caps: ä/ WARN no case
/^X-Caps: [äÄ]{2}/ WARN octets of both
/^X-Found: (.)/ WARN $1
/^text (.)/ WARN $1
/^[\x80-\xff]{6}/ WARN six octets
END
cat >"$T/services" <<END
40 -o header_checks=regexp:$D/header -o mime_header_checks=regexp:$D/mime -o nested_header_checks=regexp:$D/nested -o body_checks=regexp:$D/body
41 -o header_checks=regexp:$D/any -o body_checks=regexp:$D/any -o body_checks_size_limit=100
42 -o strict_7bit_headers=yes
43 -o strict_8bitmime_body=yes
44 -o strict_8bitmime=yes
45 -o strict_mime_encoding_domain=yes
46 -o header_checks=regexp:$D/any -o mime_nesting_limit=2
47 -o header_checks=regexp:$D/missing
48 -o body_checks=regexp:$D/missing
49 -o message_reject_characters=\\000\\001 -o message_strip_characters=\\002x
50 -o header_checks=regexp:$D/any -o disable_mime_input_processing=yes -o body_checks=regexp:$D/body -o body_checks_size_limit=60
51 -o header_checks=regexp:$D/header -o header_size_limit=100
52 -o detect_8bit_encoding_header=no
53 -o header_checks=regexp:$D/any -o mime_boundary_length_limit=5
54
55 -o header_checks=regexp:$D/is-header -o mime_header_checks=regexp:$D/is-mime -o nested_header_checks=regexp:$D/is-nested
56 -o header_checks=pcre:$D/octets -o body_checks=pcre:$D/octets
END
content_compare "$T/services" "$T_SOURCE/system/content/checks"
