#!/bin/sh
# buzonconf -E tells what the mail system will do with an address, and the mail system then does it.
. "$(dirname "$0")/../lib.sh"
plan 40
printf 'team@alias.test  ana@example.test, %s\n@alias.test  nobody-here@example.test\n' "$ME" >"$CONF/virtual"
printf '# comment\n/^old\\.(.*)@example\\.test$/  ${1}@example.test\n' >"$CONF/canonical"
printf 'far.test  relay:[127.0.0.1]:%s\ngone.test  error:5.1.2 nobody lives here\n' "$SINK_PORT" >"$CONF/transport"
printf 'postmaster: %s\nsales: %s,\n   x@far.test\n' "$ME" "$ME" >"$CONF/aliases"
cat >>"$CONF/aliases" <<END
chain: chain2
chain2: "|cat >/dev/null", /var/tmp/file, :include:$CONF/members
circle: circle2
circle2: circle, \\$ME
owners: \\$ME, circle, team@alias.test
END
printf '%s\n# nobody\nana@example.test, chain\n' "$ME" >"$CONF/members"
printf '@buzon.test  @outside.test\nluis@example.test  l@outside.test\n' >"$CONF/generic"
printf '# who went\nmoved@buzon.test  new@far.test\n' >"$CONF/relocated"
printf 'boss@buzon.test  copies@example.test\n' >"$CONF/sender_bcc"
instance_prepare <<END
virtual_alias_domains = alias.test
virtual_alias_maps = hash:$CONF/virtual
recipient_canonical_maps = regexp:$CONF/canonical
transport_maps = texthash:$CONF/transport
local_recipient_maps = proxy:unix:passwd.byname \$alias_maps
luser_relay =
smtp_generic_maps = texthash:$CONF/generic
relocated_maps = texthash:$CONF/relocated
sender_bcc_maps = texthash:$CONF/sender_bcc
always_bcc = everything@example.test
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
told 'the mailbox of a member with an account' local mailbox "$ME_MAILDIR"

explain Sales@buzon.test x@gone.test >"$T/explained"
told 'a local alias' local 'alias of' "$ME, x@far.test"
like 'a continued line is named by its first' "$(cat "$T/explained")" "alias_maps, hash:$CONF/aliases: .*, x@far.test \($CONF/aliases, line 2\)"
like 'mail that is returned, and why' "$(sed -n '/^x@gone/,$p' "$T/explained")" 'next hop: 5.1.2 nobody lives here'

explain x@far.test >"$T/explained"
told 'mail for others' smtpd recipient 'taken from clients that may relay, of no others'
told 'its next hop' qmgr 'next hop' "[127.0.0.1]:$SINK_PORT"
told 'which leaves as it is' smtp 'recipient leaves as' ''

# Everything that an alias leads to, and each look-up with file and line.
explain chain@buzon.test >"$T/explained"
is 'an alias of an alias' "$(sed -n 's/^  alias of: //p' "$T/explained" | tr '\n' ';')" "chain2;\"|cat >/dev/null\", /var/tmp/file, :include:$CONF/members;chain2;"
like 'with the line of the second one' "$(cat "$T/explained")" "alias_maps, hash:$CONF/aliases: chain2 -> .* \($CONF/aliases, line 5\)"
told 'a command' local command 'cat >/dev/null'
told 'a file' local file /var/tmp/file
told 'a list' local list "$CONF/members"
like 'its members with an account' "$(tr '\n' ';' <"$T/explained")" ";local;  recipient: $ME@mail.buzon.test;.*  mailbox: $ME_MAILDIR;"
like 'its members elsewhere, all the way' "$(tr '\n' ';' <"$T/explained")" ";cleanup;.*  recipient: ana@example.test;.*virtual;.*  mailbox: $MAILDIRS/example.test/ana/Maildir;"
told 'and where it comes round again' local recipient chain2@mail.buzon.test
like 'that is said' "$(cat "$T/explained")" '^  recipient: told before$'
explain circle@buzon.test >"$T/explained"
is 'a circle has an end' "$(grep -c '^  alias of: ' "$T/explained") $(grep -c 'told before' "$T/explained") $(grep -c "mailbox: $ME_MAILDIR" "$T/explained")" '3 1 1'
explain owners@buzon.test >"$T/explained"
like 'virtual aliases behind an alias' "$(cat "$T/explained")" "virtual_alias_maps, hash:$CONF/virtual: team@alias.test -> .* \($CONF/virtual, line 1\)"

explain -s boss@buzon.test luis@far.test >"$T/explained" 2>&1
like 'a blind copy by the sender, with its line' "$(cat "$T/explained")" "sender_bcc_maps, texthash:$CONF/sender_bcc: boss@buzon.test -> copies@example.test \($CONF/sender_bcc, line 1\)"
is 'copies by sender and always' "$(sed -n 's/^  blind copy: //p' "$T/explained" | tr '\n' ' ')" 'copies@example.test everything@example.test '
told 'what a sender is when mail leaves' smtp 'sender leaves as' boss@outside.test
like 'with the line of smtp_generic_maps' "$(cat "$T/explained")" "smtp_generic_maps, texthash:$CONF/generic: @buzon.test -> @outside.test \($CONF/generic, line 1\)"
explain moved@buzon.test >"$T/explained"
like 'who has moved' "$(cat "$T/explained")" '^  recipient: refused: 5.1.6 User has moved to new@far.test'
like 'with the line of relocated_maps' "$(cat "$T/explained")" "relocated_maps, texthash:$CONF/relocated: moved@buzon.test -> new@far.test \($CONF/relocated, line 2\)"

explain x@far.test >"$T/explained"
check 'for programs, a JSON object a line' sh -c "MAIL_CONFIG='$CONF' '$T/sbin/buzonconf' -jE ana@example.test | python3 -c 'import json, sys; assert {\"address\": \"ana@example.test\", \"program\": \"virtual\", \"format\": \"Maildir\"} in [json.loads(line) for line in sys.stdin]'"

instance_run
send_mail a@b.example ana+news@example.test >/dev/null
maildir_has 'mail ends where it was said to end' "$MAILDIRS/example.test/ana/Maildir" 1
