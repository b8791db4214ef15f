#!/bin/sh
# -j of the tools: the form that Postfix 3.11 gave it (Debian's Postfix is older, so the answers stand here).
. "$(dirname "$0")/../lib.sh"
plan 28
D=$T/conf
conf() { "$BUZON_STAGE/sbin/buzonconf" -c "$D" "$@" 2>"$T/stderr"; }
map() { "$BUZON_STAGE/sbin/buzonmap" -c "$D" "$@" 2>&1; }
alias_table() { "$BUZON_STAGE/sbin/buzonalias" -c "$D" "$@" 2>&1; }
refused() { conf "$@" >"$T/stdout" && return 1; [ ! -s "$T/stdout" ] && sed 's/^buzonconf: //' "$T/stderr"; }

cat >"$D/main.cf" <<'CF'
mydestination = $own
own = example.com
relayhost = [one.example.net],
  [two.example.net]
smtpd_banner = say "yes"	\ to all
CF
cat >"$D/master.cf" <<'CF'
away      unix  -       n       n       -       0       other
  -o mydestination=$own -o own=example.net
12345     inet  n       n       n       -       -       spawn
  -o { command_time_limit = 2 3 }
  user=nobody argv=/bin/sh -c { sleep 1 } {one}
CF

is 'parameters: name and value, one object a line' "$(conf -nj)" "{\"config_directory\": \"$D\"}
{\"mydestination\": \"\$own\"}
{\"own\": \"example.com\"}
{\"relayhost\": \"[one.example.net],  [two.example.net]\"}
{\"smtpd_banner\": \"say \\\"yes\\\"\\t\\\\ to all\"}"
is '-x: what the names in it stand for' "$(conf -njx mydestination)" '{"mydestination": "example.com"}'
is '-d: the default' "$(conf -jd relayhost)" '{"relayhost": ""}'
is '-o: as it would be' "$(conf -jx -o own=example.org mydestination)" '{"mydestination": "example.org"}'
is '-C: a class of names' "$(conf -jC user)" '{"own": "example.com"}'
is 'every parameter is an object' "$(conf -j | grep -vc '^{"[^"]*": ".*"}$')" 0

is '-M: entries under name/type, one blank between the words' "$(conf -Mj)" \
    '{"away/unix": "away unix - n n - 0 other -o mydestination=$own -o own=example.net"}
{"12345/inet": "12345 inet n n n - - spawn -o {command_time_limit=2 3} user=nobody argv=/bin/sh -c {sleep 1} one"}'
is '-M of one, expanded within it' "$(conf -Mjx away)" \
    '{"away/unix": "away unix - n n - 0 other -o mydestination=example.net -o own=example.net"}'
is '-F: fields' "$(conf -Fj 12345/inet)" '{"12345/inet/service": "12345"}
{"12345/inet/type": "inet"}
{"12345/inet/private": "n"}
{"12345/inet/unprivileged": "n"}
{"12345/inet/chroot": "n"}
{"12345/inet/wakeup": "-"}
{"12345/inet/process_limit": "-"}
{"12345/inet/command": "spawn -o {command_time_limit=2 3} user=nobody argv=/bin/sh -c {sleep 1} one"}'
is '-F, expanded' "$(conf -Fjx away/unix/command)" \
    '{"away/unix/command": "other -o mydestination=example.net -o own=example.net"}'
is '-P: settings of services' "$(conf -Pj)" '{"away/unix/mydestination": "$own"}
{"away/unix/own": "example.net"}
{"12345/inet/command_time_limit": "2 3"}'
is '-P, expanded' "$(conf -Pjx away)" '{"away/unix/mydestination": "example.net"}
{"away/unix/own": "example.net"}'

while IFS='|' read -r options words; do
    is "buzonconf $options is refused" "$(refused $options)" "fatal: $words"
done <<'CASES'
-jf|with option -j, do not specify -f
-hjf|with option -j, do not specify -f -h
-jH|with option -j, do not specify -H
-je own=x|with option -j, do not specify -e
-jX own|with option -j, do not specify -X
-j own=x|with option -j, do not specify -e
-Mdhj|with option -M, do not specify -d -h
-jm|with option -m, do not specify -j
CASES

printf 'one two "three"\n' >"$T/table"
printf 'ana: bo, "c d"@example.com\n' >"$T/aliases"
map "hash:$T/table"
alias_table "hash:$T/aliases"
is 'buzonmap -q: the key is there too' "$(map -jq one "hash:$T/table")" '{"one": "two \"three\""}'
is 'of many keys, those that are there' "$(printf 'no\none\n' | map -jq - "hash:$T/table")" \
    '{"one": "two \"three\""}'
is 'buzonmap -s: every entry' "$(map -js "hash:$T/table")" '{"one": "two \"three\""}'
is 'buzonalias -q' "$(alias_table -jq ana "hash:$T/aliases")" '{"ana": "bo, \"c d\"@example.com"}'
is 'buzonalias -s, with the mark of a whole table' "$(alias_table -js "hash:$T/aliases" | sort)" \
    '{"@": "@"}
{"ana": "bo, \"c d\"@example.com"}'
is 'without -q or -s there is nothing to print' "$(map -j "hash:$T/table")" \
    'buzonmap: fatal: option -j requires -q or -s'
is 'nor for aliases' "$(alias_table -jd ana "hash:$T/aliases")" \
    'buzonalias: fatal: option -j requires -q or -s'

multi() { MAIL_CONFIG= "$BUZON_STAGE/sbin/buzonmulti" "$@" 2>&1; }
is 'buzonmulti: only a list can be JSON' "$(multi -jp status)" \
    "buzonmulti: fatal: JSON output available only with '-l'"
