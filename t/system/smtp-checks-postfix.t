#!/bin/sh
# smtp: smtp_header_checks and its kin, beside Postfix: the same log lines, and the same messages at the next server.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
. "$(dirname "$0")/../content.sh"
D=$T/tables
mkdir -p "$D" && chmod 755 "$D"
plan "$(grep -c '^-- ' "$T_SOURCE/system/content/sent")"
sides_prepare <<'END'
mydestination = local.test
mynetworks = 127.0.0.0/8
local_header_rewrite_clients =
notify_classes =
smtp_generic_maps = inline:{ { me@inside.test = me@outside.test }, { new@inside.test = new@outside.test } }
END
cat >"$D/header" <<'X'
/^X-Warn: (.*)/ WARN it says $1
/^X-Warn$/ WARN
/^X-Info/ INFO
/^X-Ignore/ IGNORE
/^X-Strip/ STRIP gone
/^X-Dunno/ DUNNO
/^X-Ok/ OK
/^X-Prepend: (.*)/ PREPEND X-Before: $1
/^X-Bad-Prepend/ PREPEND no field
/^X-No-Prepend/ PREPEND
/^X-Replace: (.*)/ REPLACE X-Replaced: $1
/^X-Bad-Replace/ REPLACE no field
/^X-No-Replace/ REPLACE
/^X-From: (.*)/ REPLACE From: $1
/^From: .*me@inside/ WARN before generic
/^From: .*me@outside/ WARN after generic
/^X-Unknown/ FROBNICATE it
/^X-Reject/ REJECT
/^X-All/ WARN in header
X
printf '/^Content-Id:/ REPLACE Content-Id: <hidden>\n/^X-All/ WARN in mime\n' >"$D/mime"
printf '/^X-All/ WARN in nested\n/^X-Ignore/ IGNORE\n' >"$D/nested"
printf '/^warn (.*)/ WARN it says $1\n/^ignore/ IGNORE\n/^prepend (.*)/ PREPEND before: $1\n/^replace (.*)/ REPLACE replaced $1\n/^dot/ REPLACE .a dot\n/^XY/ INFO\n' >"$D/body"
# shellcheck disable=SC2034
CONTENT_OUT="-o smtp_header_checks=regexp:$D/header -o smtp_mime_header_checks=regexp:$D/mime -o smtp_nested_header_checks=regexp:$D/nested -o smtp_body_checks=regexp:$D/body -o body_checks_size_limit=200"
echo 40 >"$T/services"
content_compare "$T/services" "$T_SOURCE/system/content/sent"
