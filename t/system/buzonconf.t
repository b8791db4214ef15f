#!/bin/sh
# buzonconf: what it shows, and that an edit changes what was asked for and nothing else.
. "$(dirname "$0")/../lib.sh"
plan 47
D=$T/conf
conf() { "$BUZON_STAGE/sbin/buzonconf" -c "$D" "$@" 2>"$T/stderr"; }

reset() {
    cat >"$D/main.cf" <<'CF'
# The host.
myhostname = mx.example.org
relayhost = [one.example.net],
  # between
  [two.example.net]

own = x
login_greeting = $own ready
CF
    cat >"$D/master.cf" <<'CF'
# Mail comes in here.
smtp      inet  n       -       n       -       -       smtpd
#submission inet n      -       n       -       -       smtpd
# Mail goes out here.
relay     unix  -       -       n       -       -       smtp
  -o syslog_name=buzon/$service_name
# quiet
  -o { login_greeting = a b }
error     unix  -       -       n       -       -       error
CF
}

# changes 'what holds' FILE EXPECTED-DIFF: of the file against what reset made of it,
# first what is gone, then what is new
changes() {
    cp "$D/$2" "$T/after"
    reset
    is "$1" "$(diff "$D/$2" "$T/after" | grep '^[<>]' | sort -s -k1,1)" "$3"
}

reset
is 'a parameter' "$(conf myhostname)" 'myhostname = mx.example.org'
is 'its value alone' "$(conf -h myhostname)" 'mx.example.org'
is 'its name alone' "$(conf -H myhostname)" 'myhostname'
is 'a value over several lines' "$(conf -h relayhost)" '[one.example.net], [two.example.net]'
is 'a value with its references replaced' "$(conf -xh login_greeting)" 'x ready'
is 'a default' "$(conf -d maximal_queue_lifetime)" 'maximal_queue_lifetime = 5d'
is 'all that is set' "$(conf -n)" "config_directory = $D
login_greeting = \$own ready
myhostname = mx.example.org
own = x
relayhost = [one.example.net], [two.example.net]"
check 'all there is' sh -c "'$BUZON_STAGE/sbin/buzonconf' -c '$D' 2>/dev/null | grep -q '^virtual_transport = virtual$'"
conf nothere
is 'an unknown name is a warning' "$(grep nothere "$T/stderr")" 'buzonconf: warning: nothere: unknown parameter'
printf 'relayhots = x\n' >>"$D/main.cf"
conf -n >/dev/null
is 'a name that is set and unknown' "$(grep unused "$T/stderr")" \
    "buzonconf: warning: $D/main.cf: unused parameter: relayhots=x (is relayhost meant?)"
reset
printf 'tlsproxy_enforce_tls = yes\n' >>"$D/main.cf"
conf -n >/dev/null
is 'a parameter that nothing obeys' "$(grep supported "$T/stderr")" \
    "buzonconf: warning: $D/main.cf: not supported, has no effect: tlsproxy_enforce_tls=yes (no process does TLS for others)"
reset
is 'a service' "$(conf -M smtp/inet)" 'smtp       inet  n       -       n       -       -       smtpd'
is 'a service, folded' "$(conf -Mf relay)" 'relay      unix  -       -       n       -       -       smtp
    -o syslog_name=buzon/$service_name
    -o {login_greeting=a b}'
is 'a field' "$(conf -F error/unix/command)" 'error/unix/command = error'
is 'the parameter of a service' "$(conf -Px relay/unix/syslog_name)" 'relay/unix/syslog_name = buzon/relay'
is 'with -P twice, what main.cf says to each service, and what services say' "$(conf -PP '*/*/myhostname' error/unix/login_greeting '*/*/syslog_name')" \
    'smtp/inet/myhostname = mx.example.org
smtp/inet/syslog_name = ${multi_instance_name?{$multi_instance_name}:{buzon}}
relay/unix/myhostname = mx.example.org
relay/unix/syslog_name = buzon/$service_name
error/unix/myhostname = mx.example.org
error/unix/login_greeting = $own ready
error/unix/syslog_name = ${multi_instance_name?{$multi_instance_name}:{buzon}}'
is 'with its references replaced as there' "$(conf -xhPP 'relay/unix/syslog_name' relay/unix/login_greeting)" 'buzon/relay
a b'
printf 'last unix - - - - - error -o mine=$own -o own=y\n' >>"$D/master.cf"
is 'and as the service sets them' "$(conf -xPP last/unix/mine last/unix/login_greeting)" 'last/unix/mine = y
last/unix/login_greeting = y ready'
conf >"$T/all"
is 'all of one service are all parameters, by the order of their names' \
    "$(conf -PP last | sed 's/^last.unix.//' | diff - "$T/all" | grep '^[<>]' | grep -v process_id)" '< mine = $own
< own = y
> own = x
< service_name = last
> service_name ='
is 'those of a class, and what the service sets' "$(conf -PP -C user | grep ^last)" 'last/unix/mine = $own
last/unix/own = y'
conf -qPP last/unix/nothere
is 'a parameter that the service does not have' "$(cat "$T/stderr")" "buzonconf: warning: unmatched request: \"last/unix/nothere\""
is 'a JSON object a line' "$(conf -jPP last/unix/own)" '{"last/unix/own": "y"}'
reset
like 'types of tables' "$(conf -m)" '^hash$'

chmod 640 "$D/main.cf"
conf -e 'relayhost = [new.example.net]'
is 'an edit keeps the permissions' "$(stat -c %a "$D/main.cf")" 640
changes 'a value is replaced, comments stay' main.cf '< relayhost = [one.example.net],
<   [two.example.net]
> relayhost = [new.example.net]'
conf mydestination='a, b' myhostname=host.example.org
changes 'a new name goes to the end' main.cf '< myhostname = mx.example.org
> myhostname = host.example.org
> mydestination = a, b'
conf -X relayhost
changes 'a setting is removed' main.cf '< relayhost = [one.example.net],
<   [two.example.net]'
conf -# relayhost
changes 'a setting becomes a comment' main.cf '< relayhost = [one.example.net],
<   [two.example.net]
> #relayhost = [one.example.net],
> #  [two.example.net]'
conf -M# relay/unix
changes 'an entry becomes a comment' master.cf '< relay     unix  -       -       n       -       -       smtp
<   -o syslog_name=buzon/$service_name
<   -o { login_greeting = a b }
> #relay     unix  -       -       n       -       -       smtp
> #  -o syslog_name=buzon/$service_name
> #  -o { login_greeting = a b }'
conf -Me new/inet='new inet n - n - 3 smtpd -o own=y'
changes 'an entry is added' master.cf '> new        inet  n       -       n       -       3       smtpd
>     -o own=y'
conf -MX error/unix
changes 'an entry is removed' master.cf '< error     unix  -       -       n       -       -       error'
conf -F error/unix/process_limit=7
changes 'a field is changed' master.cf '< error     unix  -       -       n       -       -       error
> error      unix  -       -       n       -       7       error'
conf -P error/unix/own='p q'
changes 'a parameter of a service is added' master.cf '< error     unix  -       -       n       -       -       error
> error      unix  -       -       n       -       -       error
>     -o {own=p q}'

mkdir "$T/real" && mv "$D/main.cf" "$T/real/main.cf" && ln -s ../real/main.cf "$D/main.cf"
conf -e own=z
check 'a symbolic link stays one' test -L "$D/main.cf"
is 'and its file is changed' "$(grep '^own' "$T/real/main.cf")" 'own = z'
rm "$D/main.cf"
reset

conf -e 'own=a
b'
is 'a value over lines is refused' "$? $(cat "$T/stderr")" '1 buzonconf: fatal: -e, -X, or -# accepts no multi-line input'
printf 'broken\n' >>"$D/main.cf"
conf own
is 'a malformed main.cf is refused with its line' "$? $(cat "$T/stderr")" \
    "1 buzonconf: fatal: $D/main.cf, line 9: missing '=' after attribute name: \"broken\""
reset
for i in 1 2 3 4 5 6 7 8; do conf -e "own$i=$i" & done
wait
is 'edits at the same time do not undo each other' "$(grep -c '^own[1-8] = [1-8]$' "$D/main.cf")" 8
is 'and leave nothing behind' "$(ls "$D")" 'main.cf
master.cf'
# what everybody may open, everybody may lock
for t_file in "$D" "$D/main.cf"; do
    check "whoever may read ${t_file#"$T/"} keeps nobody from editing" \
        flock -x "$t_file" timeout 180 "$BUZON_STAGE/sbin/buzonconf" -c "$D" -e own=free
done
reset
if [ $PRIVILEGED = yes ]; then
    chown 65533:65532 "$D/main.cf" && chmod 640 "$D/main.cf"
    conf -e own=theirs
    is 'the file stays whose it was' "$(stat -c '%u %g %a' "$D/main.cf")" '65533 65532 640'
    reset
else
    ok 'the file stays whose it was # SKIP needs root'
fi

# --- the file is there, whole, whatever happens ------------------------------------------------------
reset
cp "$D/main.cf" "$T/whole"
(
    ulimit -f 0
    conf -e own=other
) 2>/dev/null
is 'an edit that cannot be written changes nothing' "$? $(cmp "$D/main.cf" "$T/whole" 2>&1)" '1 '
is 'and leaves nothing behind' "$(ls "$D")" 'main.cf
master.cf'
# killed anywhere: each time the old file or the new one, and all before it counts
t_whole=yes
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    "$BUZON_STAGE/sbin/buzonconf" -c "$D" -e "kill$i=x" "own=$i" >/dev/null 2>&1 &
    sleep 0.00$i
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    case "$(conf -qh own) $(conf -qh "kill$i")" in
    "$i x" | [!0-9]*' ' | [0-9]' ' | [0-9][0-9]' ') ;;
    *) t_whole="no: $(conf -qh own) $(conf -qh "kill$i") at $i" ;;
    esac
    [ "$(grep -c '^# The host.$' "$D/main.cf")" = 1 ] || t_whole="no: torn at $i"
done
is 'an edit that is killed is done or not begun' "$t_whole" yes
conf -e own=last
is 'and keeps nobody else from editing' "$? $(conf -qh own)" '0 last'
if [ $PRIVILEGED = yes ]; then
    mkdir "$T/full" && mount -t tmpfs -o size=12k,mode=755 none "$T/full"
    cp "$T/whole" "$T/full/main.cf" && dd if=/dev/zero of="$T/full/fill" bs=4k 2>/dev/null
    "$BUZON_STAGE/sbin/buzonconf" -c "$T/full" -e own=other 2>"$T/stderr"
    like 'a full disk changes nothing' "$? $(cmp "$T/full/main.cf" "$T/whole" 2>&1) $(cat "$T/stderr")" '^1  .*No space left on device$'
    umount "$T/full"
else
    ok 'a full disk changes nothing # SKIP needs root'
fi
