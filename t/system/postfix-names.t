#!/bin/sh
# make install-postfix-names: the tools by Postfix's names, which is how they then call themselves.
. "$(dirname "$0")/../lib.sh"
[ -n "${BUZON_BUILD:-}" ] && [ -w "$BUZON_BUILD" ] || skip_all 'needs the build directory'
plan 5
printf 'compatibility_level = 3.6\nmyhostname = mail.example.test\n' >"$CONF/main.cf"
prefix=$T/root
mkdir -p "$prefix${BUZON_STAGE#"$BUZON_BUILD/stage"}"
cp -r "$BUZON_STAGE/sbin" "$prefix${BUZON_STAGE#"$BUZON_BUILD/stage"}/"
env -u MAKEFLAGS -u MAKELEVEL make -s -C "$BUZON_BUILD" install-postfix-names DESTDIR="$prefix" >"$T/said" 2>&1
is 'they are made' "$?" 0
sbin=$prefix${BUZON_STAGE#"$BUZON_BUILD/stage"}/sbin
is 'all of them' "$(cd "$sbin" && find . -name 'post*' -type l | sort | tr '\n' ' ')" \
    './postalias ./postcat ./postconf ./postdrop ./postfix ./postkick ./postlock ./postlog ./postmap ./postmulti ./postqueue ./postsuper '
is 'and lead to ours' "$(cd "$sbin" && for name in post*; do readlink -e "$name" >/dev/null || echo "$name"; done)" ''
is 'messages have the name' "$("$sbin/postmap" -c "$CONF" -q x hash:/nonexistent 2>&1)" \
    'postmap: fatal: open database /nonexistent.db: No such file or directory'
env -u MAKEFLAGS -u MAKELEVEL make -s -C "$BUZON_BUILD" uninstall-postfix-names DESTDIR="$prefix" >"$T/said" 2>&1
is 'and they can go' "$(find "$sbin" -name 'post*')" ''
