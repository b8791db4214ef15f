#!/bin/sh
# smtpd: ETRN beside Postfix: every line of replies and log; and which records of deferred mail there are then.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap
need_root
cat >"$T/cases" <<'END'
== 60
-- announced, and for domains of the list alone
EHLO x
ETRN relay.test
ETRN @relay.test
ETRN #relay.test
etrn RELAY.test
ETRN sub.relay.test
ETRN Relay-X.test
ETRN nothing.test
ETRN [192.0.2.1]
ETRN [192.0.2.2]
ETRN [IPv6:2001:db8::1]
-- without HELO
ETRN relay.test
-- what is no domain
HELO x
ETRN
ETRN relay.test other.test
ETRN bad..test
ETRN .test
ETRN relay.test.
ETRN -x
ETRN 192.0.2.1
ETRN [192.0.2
ETRN [relay.test]
ETRN <relay.test>
ETRN a@relay.test
ETRN @
ETRN #
ETRN ##relay.test
ETRN "relay.test"
ETRN \xc3\xa9.test
ETRN \{300 a}
-- in a mail transaction
EHLO x
MAIL FROM:<>
ETRN relay.test
RCPT TO:<known@local.test>
ETRN relay.test
ETRN
RSET
ETRN relay.test
-- too many
EHLO x
ETRN relay.test
ETRN relay.test
ETRN relay.test
ETRN relay.test
ETRN relay.test
ETRN relay.test
ETRN relay.test
ETRN relay.test
ETRN relay.test
ETRN relay.test
-- errors count
EHLO x
ETRN nothing.test
ETRN nothing.test
ETRN nothing.test
ETRN nothing.test
ETRN nothing.test
-- pipelined
EHLO x
|ETRN relay.test
|ETRN nothing.test
ETRN relay.test
== 61
-- HELO is required
ETRN relay.test
HELO x
ETRN relay.test
== 62
-- not announced
EHLO x
ETRN relay.test
== 63
-- what tables say
HELO x
ETRN relay.test
ETRN x.relay.test
ETRN sub.test
ETRN x.sub.test
ETRN hold.test
ETRN disc.test
ETRN filt.test
ETRN redir.test
ETRN bcc.test
ETRN prep.test
ETRN warn.test
ETRN info.test
ETRN ifpermit.test
ETRN ifreject.test
ETRN number.test
ETRN [192.0.2.1]
ETRN #HELO.test
== 64
-- a table as such
HELO x
ETRN relay.test
ETRN x.sub.test
== 65
-- clients wait for ETRN
HELO x
ETRN relay.test
== 66
-- names in HELO, too
HELO x
ETRN relay.test
== 67
-- but not senders and recipients
HELO x
ETRN relay.test
== 68
-- put off
HELO x
ETRN relay.test
== 69
-- put off if nobody else refuses
HELO x
ETRN relay.test
== 70
-- by client
HELO x
ETRN relay.test
== 71
-- rules of mail have no say
HELO x
ETRN relay.test
== 72
-- only a warning
HELO x
ETRN relay.test
== 73
-- no domains
HELO x
ETRN relay.test
== 74
-- no such service
HELO x
ETRN relay.test
ETRN nothing.test
== 75
-- no such restriction
HELO x
ETRN relay.test
END
plan $(($(grep -c '^-- ' "$T/cases") + 11))
mkdir "$T/tables"
chmod 755 "$T/tables"
cat >"$T/tables/etrn" <<'END'
relay.test 550 5.7.1 not now
.sub.test REJECT
sub.test DEFER
helo.test OK
hold.test HOLD
disc.test DISCARD why
filt.test FILTER smtp:[192.0.2.1]
redir.test REDIRECT a@b.test
bcc.test BCC a@b.test
prep.test PREPEND X: y
warn.test WARN a
info.test INFO b
ifpermit.test DEFER_IF_PERMIT
ifreject.test DEFER_IF_REJECT
number.test 450
[192.0.2.1] REJECT literally
END
sides_prepare <<'END'
mydestination = local.test
mynetworks = 127.0.0.0/8
local_recipient_maps = inline:{ {known = x} }
relay_domains = relay.test, Relay-X.test, other.test, [192.0.2.1]
relay_transport = out:[127.0.0.1]:9
default_transport = out:[127.0.0.1]:9
minimal_backoff_time = 1h
maximal_backoff_time = 1h
smtpd_junk_command_limit = 4
smtpd_hard_error_limit = 4
smtpd_error_sleep_time = 0
notify_classes =
smtpd_discard_ehlo_keywords = silent-discard, smtputf8
smtpd_banner = $myhostname ESMTP
END
table=texthash:$T/tables/etrn
SIDES_LOCAL='out unix - - n - - smtp'
sides_start "60 inet n - n - - smtpd
61 inet n - n - - smtpd -o smtpd_helo_required=yes
62 inet n - n - - smtpd -o smtpd_discard_ehlo_keywords=etrn,silent-discard,smtputf8
63 inet n - n - - smtpd -o smtpd_hard_error_limit=100 -o { smtpd_etrn_restrictions = check_etrn_access $table }
64 inet n - n - - smtpd -o smtpd_etrn_restrictions=$table
65 inet n - n - - smtpd -o smtpd_client_restrictions=reject
66 inet n - n - - smtpd -o smtpd_helo_restrictions=reject
67 inet n - n - - smtpd -o smtpd_sender_restrictions=reject -o smtpd_recipient_restrictions=reject
68 inet n - n - - smtpd -o smtpd_etrn_restrictions=defer
69 inet n - n - - smtpd -o smtpd_etrn_restrictions=defer_if_permit
70 inet n - n - - smtpd -o { smtpd_etrn_restrictions = permit_mynetworks, reject } -o mynetworks=192.0.2.0/24
71 inet n - n - - smtpd -o { smtpd_etrn_restrictions = reject_unauth_destination, reject_unknown_sender_domain, check_sender_access static:REJECT, check_recipient_access static:REJECT }
72 inet n - n - - smtpd -o { smtpd_etrn_restrictions = warn_if_reject reject }
73 inet n - n - - smtpd -o fast_flush_domains=
74 inet n - n - - smtpd -o flush_service_name=nosuch
75 inet n - n - - smtpd -o smtpd_etrn_restrictions=nonsense"
python3 "$T_SOURCE/tool/talk_both.py" "10000:$T/log/ours.log" "10100:$T/log/theirs.log" "$T/cases" >"$T/compared"
sides_number "$T/compared"

# --- records --------------------------------------------------------------------------------------------------

# records SIDE: the records and how many messages are in them; Postfix notes one for each of its recipients
records() { (cd "$T/$1/queue/flush" && for record in *; do echo "$record $(sort -u "$record" | wc -l)"; done); }
records_are() { [ "$(records ours) / $(records theirs)" = "$1 / $1" ] || { records ours; records theirs; return 1; }; }
# both 'what' COUNT PATTERN: so many lines in either log
logged() { [ "$(grep -Ec "$2" "$T/log/ours.log") $(grep -Ec "$2" "$T/log/theirs.log")" = "$1 $1" ]; }
hand_in() {
    for port in 10060 10160; do
        python3 "$T_SOURCE/tool/send.py" --port $port "$@" || diag 'not sent'
    done
}
hand_in a@b.test u@relay.test,u@relay-x.test,v@relay.test,u@Sub.RELAY.test,u@else.test,u@[192.0.2.9]
eventually 'deferred mail has a record for each domain of the list' records_are 'relay_test 1
relay_x_test 1
sub_relay_test 1'
hand_in a@b.test u@relay.test
eventually 'with a line for each message' records_are 'relay_test 2
relay_x_test 1
sub_relay_test 1'
# tool_both TOOL...: the exit status of either
tool_both() {
    for side in ours theirs; do
        MAIL_CONFIG=$T/$side/conf "$T/$side/bin/$1" "$2" "$3" >/dev/null 2>&1
        printf '%s ' $?
    done
}
is 'a site is flushed' "$(tool_both postqueue -s other.test)$(tool_both sendmail -qRrelay-x.test x)" '0 0 75 75 '
is 'by name' "$(tool_both postqueue -s relay-x.test)" '0 0 '
eventually 'and all recipients of its messages are tried again' logged 4 'to=<u@else.test>.*status=deferred|to=<u@relay-x.test>.*status=deferred'
eventually 'of which there are records then' records_are 'relay_test 2
relay_x_test 1
sub_relay_test 1'
printf '== 60\n-- ETRN does the same\nETRN relay.test\n' >"$T/one"
python3 "$T_SOURCE/tool/talk_both.py" "10000:$T/log/ours.log" "10100:$T/log/theirs.log" "$T/one" >"$T/compared"
sides_number "$T/compared"
eventually 'for all recipients of its messages' logged 3 'to=<u@else.test>.*status=deferred'
eventually 'and all messages are there again' records_are 'relay_test 2
relay_x_test 1
sub_relay_test 1'
is 'one message is flushed' "$(for side in ours theirs; do
    MAIL_CONFIG=$T/$side/conf "$T/$side/bin/postqueue" -i "$(head -n 1 "$T/$side/queue/flush/sub_relay_test")"; echo $?; done)" '0
0'
eventually 'and tried again' logged 8 'to=<u@else.test>.*status=deferred|to=<u@relay-x.test>.*status=deferred'
sides_stop
