#!/bin/sh
# Each parameter that nothing obeys yet is named, once, with what it was set to and why it has no effect: by buzonconf, by
# buzon check and at start; whether main.cf sets it, a service with -o, or both.
. "$(dirname "$0")/../lib.sh"
plan 16
sed -n 's/^P([A-Z]*, \([a-z0-9_]*\), .*, LATER, .*/\1/p' "$T_SOURCE/../lib/config/parameters.def" | sort >"$T/all"
check 'there are some' test -s "$T/all"
sed 's/.*/&=of-&/' "$T/all" >"$T/expected"
# named COMMAND...: the settings that it warns of, with those that have no reason marked
named() {
    "$@" 2>&1 | sed -n 's/.*\(m[a-z]*\.cf\): not supported, has no effect: \([^ ]*\) (..*)$/\2/p
        s/.*not supported, has no effect: \([^ ]*\)$/no reason: \1/p' | sort
}
checked() { tool buzon check; }
shown() { tool buzonconf -n; }
of_services() { tool buzonconf -P; }
started() { # what the log says of it
    : >"$LOG"
    instance_run
    instance_stop
    cat "$LOG"
}
main_cf() { sed 's/.*/& = of-&/' "$T/all" >>"$CONF/main.cf"; }
service() {
    echo 'quiet unix - - n - - error'
    sed 's/.*/  -o &=of-&/' "$T/all"
}
same() { is "$1" "$(named "$2" | diff - "$T/expected")" ''; }

instance_prepare </dev/null
cp "$CONF/main.cf" "$T/main.cf" && cp "$CONF/master.cf" "$T/master.cf"
is 'a configuration without them: none is named' "$(named checked)$(named shown)" ''
main_cf
same 'set in main.cf: buzonconf names each once' shown
same 'so does buzon check' checked
same 'and buzon start' started
service >>"$CONF/master.cf"
same 'set in main.cf and by -o: buzon check names each once' checked
same 'and buzon start' started
same 'buzonconf on main.cf' shown
same 'buzonconf on master.cf' of_services
cp "$T/main.cf" "$CONF/main.cf"
same 'set by -o: buzon check names each once' checked
same 'and buzon start' started
same 'buzonconf on master.cf names them, too' of_services

# What is not there to be set.
cp "$T/master.cf" "$CONF/master.cf"
cat >>"$CONF/main.cf" <<'END_OF_MAIN'
smtpd_recipient_restrictions = permit_mynetworks, strict, reject_rbl_client rbl.example
smtpd_restriction_classes = strict
strict = reject_rbl_client other.example, reject
END_OF_MAIN
for what in checked shown started; do
    is "$what: a restriction, wherever it stands, is named once" "$($what 2>&1 | grep -c 'not supported.*reject_rbl_client')" 1
done
no_crash 'no process crashed'
