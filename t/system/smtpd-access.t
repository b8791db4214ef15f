#!/bin/sh
# smtpd: restriction lists, in their order, and what access tables order.
. "$(dirname "$0")/../lib.sh"
plan 18
dns_start </dev/null
cat >"$CONF/access" <<'END'
reject@a.test REJECT
text@a.test REJECT go away
status@a.test REJECT 5.7.9 go away
code@a.test 550 5.1.8 no such domain
defer@a.test DEFER
later@a.test DEFER_IF_PERMIT
gentle@a.test DEFER_IF_REJECT
hang-up@a.test 521 5.7.1 bye
bogus@a.test NO_SUCH_THING
class@a.test strict
loop@a.test loop
torn@a.test torn
copy@a.test BCC luis@example.test
prepend@a.test PREPEND X-Seen: yes
away@a.test DISCARD for a test
other@a.test REDIRECT eva@example.test
below.test REJECT domain
user@ REJECT user
END
instance_prepare <<END
smtpd_error_sleep_time = 0
smtpd_restriction_classes = strict, loop, around, torn
torn = \${client_address?reject, reject
loop = warn_if_reject around, warn_if_reject around, warn_if_reject around, warn_if_reject around
around = loop, loop, loop, loop
smtpd_relay_restrictions = permit_mynetworks, around, reject_unauth_destination
strict = reject_unknown_sender_domain, reject
smtpd_sender_restrictions = check_sender_access hash:$CONF/access
smtpd_helo_restrictions = reject_invalid_helo_hostname, check_helo_access inline:{bad.test=REJECT}
smtpd_recipient_restrictions = warn_if_reject reject_non_fqdn_sender,
    check_recipient_access inline:{ {oops@example.test=451 4.2.0 not now} }
smtpd_end_of_data_restrictions = check_sender_access inline:{ {late@a.test=REJECT} }
END
tool buzonmap "hash:$CONF/access"
instance_run

try() { # what sender reply
    converse smtp "$1" <<END
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<$2>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: $3
END
}
try 'REJECT' reject@a.test '554 5.7.1 <reject@a.test>: Sender address rejected: Access denied'
try 'REJECT with a text' text@a.test '554 5.7.1 <text@a.test>: Sender address rejected: go away'
try 'REJECT with a status' status@a.test '554 5.7.9 <status@a.test>: Sender address rejected: go away'
try 'a code, with a status that fits a sender' code@a.test '550 5.1.8 <code@a.test>: Sender address rejected: no such domain'
try 'DEFER' defer@a.test '450 4.7.1 <defer@a.test>: Sender address rejected: Access denied'
try 'DEFER_IF_PERMIT' later@a.test '450 4.7.1 <later@a.test>: Sender address rejected: Service unavailable'
try 'an action that nobody knows refuses for now' bogus@a.test '451 4.3.5 Server configuration error'
try 'a restriction class' class@a.test '450 4.1.8 <class@a.test>: Sender address rejected: Domain not found'
try 'classes that name each other have an end' loop@a.test '451 4.3.5 Server configuration error'
try 'a class whose value is malformed is not left out' torn@a.test '451 4.3.5 Server configuration error'
try 'a parent domain' x@deep.below.test '554 5.7.1 <x@deep.below.test>: Sender address rejected: domain'
try 'a localpart' user@anywhere.test '554 5.7.1 <user@anywhere.test>: Sender address rejected: user'
converse smtp 'HELO names, refused with the recipient' <<'END'
S: 220 *
C: HELO a_b!c
S: 250 *
C: MAIL FROM:<x@remote.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 501 5.5.2 <a_b!c>: Helo command rejected: Invalid name
C: HELO bad.test
S: 250 *
C: MAIL FROM:<x>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 554 5.7.1 <bad.test>: Helo command rejected: Access denied
C: HELO good.test
S: 250 *
C: MAIL FROM:<x>
S: 250 2.1.0 Ok
C: RCPT TO:<oops@example.test>
S: 451 4.2.0 <oops@example.test>: Recipient address rejected: not now
C: RCPT TO:<postmaster>
S: 250 2.1.5 Ok
C: QUIT
S: 221 2.0.0 Bye
END
log_has 'warn_if_reject only logs' 'reject_warning: RCPT from .*: 504 5\.5\.2 <x>: Sender address rejected: need fully-qualified address'
converse smtp '521 ends the session' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<hang-up@a.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 521 5.7.1 <hang-up@a.test>: Sender address rejected: bye
EOF
END
converse smtp 'a message that is refused when it has come' <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: MAIL FROM:<late@a.test>
S: 250 2.1.0 Ok
C: RCPT TO:<ana@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C- Subject: x\r\n\r\n.\r\n
S: 554 5.7.1 <late@a.test>: Sender address rejected: Access denied
C: QUIT
S: 221 2.0.0 Bye
END
for sender in copy prepend away other; do send_mail "$sender@a.test" ana@example.test >/dev/null; done
t_orders() {
    t_files_in "$(virtual_maildir ana)" 2 && t_files_in "$(virtual_maildir luis)" 1 &&
        t_files_in "$(virtual_maildir eva)" 1 && grep -q '^X-Seen: yes' "$(virtual_maildir ana)"/new/*
}
eventually 'BCC, PREPEND, DISCARD and REDIRECT' t_orders
no_crash 'no process crashed'
