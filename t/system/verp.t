#!/bin/sh
# Variable envelope return paths: each recipient's copy has a sender that names him, and what comes back
# says so.
. "$(dirname "$0")/../lib.sh"
mkdir -p "$T/conf"
printf 'postmaster: %s\nteam: luis@example.test\n' "$ME" >"$T/conf/aliases"
plan 26
echo 127.0.0.2/31 >"$CONF/verp-clients"
sink_start
instance_start <<END
transport_maps = inline:{{far.test = smtp:[127.0.0.1]:$SINK_PORT}}
smtpd_authorized_verp_clients = !127.0.0.3, $CONF/verp-clients
END
ANA=$(virtual_maildir ana) LUIS=$(virtual_maildir luis) EVA=$(virtual_maildir eva)
sendmail() { tool sendmail "$@"; }
from_of() { sed -n 's/^Return-Path: //p' "$1"/new/* | sort | tr '\n' ' '; }
to_of() { sed -n 's/^X-Original-To: //p' "$1"/new/* | sort | tr '\n' ' '; }
empty() { rm -f "$ANA"/new/* "$LUIS"/new/* "$EVA"/new/*; }

printf 'Subject: one\n\n' | sendmail -XV -f eva@example.test ana@example.test team@buzon.test \
    bob@far.test '"a@b"@far.test' gone@example.test away@example.test
maildir_has 'a virtual mailbox has it' "$ANA" 1
is 'its sender names the recipient' "$(from_of "$ANA")" '<eva+ana=example.test@example.test> '
maildir_has 'an alias has it' "$LUIS" 1
is 'and names whom it was sent to, once' "$(from_of "$LUIS")" '<eva+team=buzon.test@example.test> '
eventually 'others have it by SMTP' test -f "$T/sink/2.msg"
is 'each with his own sender' "$(sed -n 's/^MAIL //p' "$T"/sink/*.env | sed 's/>.*/>/' | sort | tr '\n' ' ')" \
    'FROM:<"eva+a@b=far.test"@example.test> FROM:<eva+bob=far.test@example.test> '
maildir_has 'what could not be delivered comes back, one by one' "$EVA" 2
is 'to the sender of that copy' "$(to_of "$EVA")" \
    'eva+away=example.test@example.test eva+gone=example.test@example.test '
log_has 'the log has the sender as he was named' ' from=<eva@example\.test>, size=[0-9]+, nrcpt=6 \(queue active\)'

empty
printf 'Subject: two\n\n' | sendmail -XV-= -f eva@example.test ana@example.test
maildir_has 'other delimiters' "$ANA" 1
is 'are obeyed' "$(from_of "$ANA")" '<eva-ana=example.test@example.test> '

empty
printf 'Subject: three\n\n' | sendmail -V=+ -f eva@example.test ana@example.test >"$T/said" 2>&1
like 'the old option is still understood' "$(cat "$T/said")" 'option -V=\+ is deprecated'
maildir_has 'and obeyed' "$ANA" 1
is 'as it stands' "$(from_of "$ANA")" '<eva=ana+example.test@example.test> '

empty
instance_stop
tool buzonconf -e 'disable_verp_bounces = yes' 'default_verp_delimiters = ab'
instance_run
printf 'Subject: four\n\n' | sendmail -XV+= -f eva@example.test gone@example.test away@example.test ana@example.test
maildir_has 'with disable_verp_bounces one notification' "$EVA" 1
is 'goes to the one sender' "$(maildir_files "$EVA" | wc -l) $(to_of "$EVA")" '1 eva@example.test '

empty
printf 'Subject: four\n\n' | sendmail -XV -f eva@example.test ana@example.test
log_has 'delimiters that must not be are named' 'warning: [0-9A-Za-z]+: ignoring bad VERP request: "ab"'
maildir_has 'the message comes nevertheless' "$ANA" 1
is 'with its own sender' "$(from_of "$ANA")" '<eva@example.test> '

instance_stop
tool buzonconf -X default_verp_delimiters
instance_run
empty
converse smtp 'a client that may asks for it in MAIL' --from 127.0.0.2 <<'END'
S: 220 *
C: EHLO client.test
S~ 250-STARTTLS
S: 250-XVERP
S: 250-ENHANCEDSTATUSCODES
S~ 250 CHUNKING
C: MAIL FROM:<> XVERP
S: 503 5.5.4 Error: XVERP requires non-null sender
C: MAIL FROM:<eva@example.test> XVERP=ab
S: 501 5.5.4 Error: XVERP needs two characters from -=+
C: MAIL FROM:<eva@example.test> XVERP=
S: 501 5.5.4 Error: XVERP needs two characters from -=+
C: MAIL FROM:<eva@example.test> XVERPX
S: 555 5.5.4 Unsupported option: XVERPX
C: MAIL FROM:<eva@example.test> XVERP SIZE=100
S: 250 2.1.0 Ok
C: RCPT TO:<Ana+x@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C: Subject: five
C:
C: .
S: 250 2.0.0 Ok*
C: MAIL FROM:<eva@example.test> xverp=--
S: 250 2.1.0 Ok
C: RCPT TO:<luis@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C: Subject: six
C:
C: .
S: 250 2.0.0 Ok*
C: MAIL FROM:<double-bounce@mail.buzon.test> XVERP
S: 250 2.1.0 Ok
C: RCPT TO:<eva@example.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 *
C: Subject: seven
C:
C: .
S: 250 2.0.0 Ok*
C: QUIT
S: 221 *
END
maildir_has 'a first message' "$ANA" 1
maildir_has 'and a second' "$LUIS" 1
maildir_has 'and a third' "$EVA" 1
is 'have it, but for what notices of notices are told by' "$(from_of "$ANA")$(from_of "$LUIS")$(from_of "$EVA")" \
    '<eva+Ana+x=example.test@example.test> <eva-luis-example.test@example.test> <double-bounce@mail.buzon.test> '
converse smtp 'another client may not' --from 127.0.0.3 <<'END'
S: 220 *
C: EHLO client.test
S~ 250-STARTTLS
S: 250-ENHANCEDSTATUSCODES
S~ 250 CHUNKING
C: MAIL FROM:<eva@example.test> XVERP
S: 555 5.5.4 Unsupported option: XVERP
C: MAIL FROM:<eva@example.test> xverp=-=
S: 555 5.5.4 Unsupported option: xverp=-=
C: QUIT
S: 221 *
END
no_crash 'nothing has crashed'
