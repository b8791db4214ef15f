#!/bin/sh
# buzonconf -E tells what the mail system will do with an address, and the mail system then does it.
. "$(dirname "$0")/../lib.sh"
plan 22
printf 'team@alias.test  ana@example.test, %s\n@alias.test  nobody-here@example.test\n' "$ME" >"$CONF/virtual"
printf '# comment\n/^old\\.(.*)@example\\.test$/  ${1}@example.test\n' >"$CONF/canonical"
printf 'far.test  relay:[127.0.0.1]:%s\ngone.test  error:5.1.2 nobody lives here\n' "$SINK_PORT" >"$CONF/transport"
printf 'postmaster: %s\nsales: %s,\n   x@far.test\n' "$ME" "$ME" >"$CONF/aliases"
instance_prepare <<END
virtual_alias_domains = alias.test
virtual_alias_maps = hash:$CONF/virtual
recipient_canonical_maps = regexp:$CONF/canonical
transport_maps = texthash:$CONF/transport
local_recipient_maps = proxy:unix:passwd.byname \$alias_maps
luser_relay =
recipient_bcc_maps = inline:{ {ana@example.test = archive@example.test} }
END
tool buzonmap "hash:$CONF/virtual"
explain() { tool buzonconf -E "$@" 2>&1; }
# fact TEXT PROGRAM NAME: what that program's first step says of it
fact() { awk -v program="$2" -v name="  $3: " '$0 !~ /^ / { at = $0 } at == program && index($0, name) == 1 { print substr($0, length(name) + 1); exit }' "$T/explained"; }
told() { is "$1" "$(fact . "$2" "$3")" "$4"; }

explain ana+news@example.test >"$T/explained"
told 'the class of an address' smtpd class 'virtual mailbox'
told 'it would be taken' smtpd recipient 'taken, unless a restriction says otherwise'
told 'the transport' qmgr transport virtual
told 'the mailbox' virtual mailbox "$MAILDIRS/example.test/ana/Maildir"
told 'its owner' virtual owner "uid $VMAIL_UID, gid $VMAIL_GID"
like 'the key that has no entry' "$(cat "$T/explained")" "virtual_mailbox_maps, hash:$CONF/vmailbox: ana\+news@example.test: not found"
like 'the one that has, with its line' "$(cat "$T/explained")" "virtual_mailbox_maps, hash:$CONF/vmailbox: ana@example.test -> example.test/ana/Maildir/ \($CONF/vmailbox, line 1\)"

told 'who gets a blind copy' cleanup 'blind copy' archive@example.test

explain old.luis@example.test >"$T/explained"
told 'a rewritten address' cleanup canonical luis@example.test
like 'the line of a rule' "$(cat "$T/explained")" "recipient_canonical_maps, regexp:$CONF/canonical: old.luis@example.test -> luis@example.test \($CONF/canonical, line 2\)"

explain nosuch@example.test >"$T/explained"
told 'an unknown user' smtpd recipient 'refused: User unknown in virtual mailbox table'
told 'who cannot be delivered to either' virtual returned 'unknown user'

explain team@alias.test >"$T/explained"
told 'an alias' smtpd class 'virtual alias'
is 'becomes its members' "$(sed -n '/^cleanup/,/^qmgr/s/^  recipient: //p' "$T/explained" | head -2 | tr '\n' ' ')" "ana@example.test $ME@mail.buzon.test "
told 'the mailbox of a member with an account' local mailbox "$(home_of "$ME")/Maildir"

explain Sales@buzon.test x@gone.test >"$T/explained"
told 'a local alias' local 'alias of' "$ME, x@far.test"
like 'a continued line is named by its first' "$(cat "$T/explained")" "alias_maps, hash:$CONF/aliases: .*, x@far.test \($CONF/aliases, line 2\)"
like 'mail that is returned, and why' "$(sed -n '/^x@gone/,$p' "$T/explained")" 'next hop: 5.1.2 nobody lives here'

explain x@far.test >"$T/explained"
told 'mail for others' smtpd recipient 'taken from clients that may relay, of no others'
told 'its next hop' qmgr 'next hop' "[127.0.0.1]:$SINK_PORT"
check 'for programs, a JSON object a line' sh -c "MAIL_CONFIG='$CONF' '$T/sbin/buzonconf' -jE ana@example.test | python3 -c 'import json, sys; assert {\"address\": \"ana@example.test\", \"program\": \"virtual\", \"format\": \"Maildir\"} in [json.loads(line) for line in sys.stdin]'"

instance_run
send_mail a@b.example ana+news@example.test >/dev/null
maildir_has 'mail ends where it was said to end' "$MAILDIRS/example.test/ana/Maildir" 1
