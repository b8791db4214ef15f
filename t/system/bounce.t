#!/bin/sh
# What senders and postmasters are told: failures, double bounces, delays, expiry, success.
. "$(dirname "$0")/../lib.sh"
plan 40

printf 'late.test retry:4.2.1 the road is closed\ngone.test error:5.1.2 nobody lives here\n' >"$CONF/transport"
cat >"$CONF/templates" <<'END'
success_template = <<EOF
From: The mail service <MAILER-DAEMON>
Subject: It has arrived

At $myhostname within $maximal_queue_lifetime_seconds seconds:

EOF
END
instance_start <<END
mydestination =
virtual_mailbox_maps = texthash:$CONF/vmailbox
transport_maps = texthash:$CONF/transport
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
delay_warning_time = 2s
maximal_queue_lifetime = 1d
bounce_queue_lifetime = 1s
bounce_size_limit = 5000
notify_classes = 2bounce
2bounce_notice_recipient = eva@example.test
bounce_template_file = $CONF/templates
END
sendmail() { tool sendmail "$@"; }
buzonconf_set() { tool buzonconf -e "$@" && buzon reload 2>/dev/null; }
ANA=$(virtual_maildir ana)
EVA=$(virtual_maildir eva)
newest() { ls -t "$1"/new/* | head -n 1; }
parts() { # of a report: its content types, then the fields of its second part, by Python's parser
    python3 - "$(newest "$ANA")" <<'END'
import email, sys
report = email.message_from_file(open(sys.argv[1]))
print(report.get_content_type(), report.get_param('report-type'), [p.get_content_type() for p in report.get_payload()])
for block in report.get_payload(1).get_payload():
    print({k: v for k, v in block.items() if k not in ('Arrival-Date', 'X-buzon-Queue-ID', 'Will-Retry-Until')})
returned = report.get_payload(2)
print(returned.get_payload(0).as_string().strip().replace('\n', '|') if returned.get_content_type() == 'message/rfc822' else returned.get_payload().strip().replace('\n', '|'))
END
}

# --- failure ----------------------------------------------------------------------------------------------

printf 'Subject: one\nDate: today\nFrom: a@b\nMessage-Id: <1@b>\n\nfirst\n' |
    sendmail -f ana@example.test -V env-1 x@gone.test nosuch@example.test luis@example.test
maildir_has 'the sender of undeliverable mail is told' "$ANA" 1
log_has 'which is logged' ': sender non-delivery notification: '
log_has 'the report comes from nobody' 'from=<>, size=.*queue active'
parts >"$T/parts"
is 'it is a delivery report' "$(sed -n 1p "$T/parts")" \
    "multipart/report delivery-status ['text/plain', 'message/delivery-status', 'message/rfc822']"
is 'by this host, with the envelope id' "$(sed -n 2p "$T/parts")" \
    "{'Reporting-MTA': 'dns; mail.buzon.test', 'Original-Envelope-Id': 'env-1', 'X-buzon-Sender': 'rfc822; ana@example.test'}"
like 'with a block for one recipient' "$(cat "$T/parts")" \
    "'Final-Recipient': 'rfc822; x@gone.test', .*'Action': 'failed', 'Status': '5.1.2', 'Diagnostic-Code': 'X-buzon; nobody lives here'"
like 'and one for the other' "$(cat "$T/parts")" "'Final-Recipient': 'rfc822; nosuch@example.test', .*'Status': '5.1.1'"
is 'none for who got it' "$(grep -c luis@example.test "$T/parts")" 0
like 'the message is returned' "$(tail -n 1 "$T/parts")" '^Return-Path: <ana@example.test>\|Received: .*\|Subject: one\|.*\|\|first$'
queue_is_empty 'nothing stays in the queue'

{ printf 'Subject: large\n\n' && yes 'a line that is not returned' | head -n 300; } | sendmail -f ana@example.test x@gone.test
maildir_has 'a large message fails' "$ANA" 2
parts >"$T/parts"
like 'only its header is returned' "$(tail -n 1 "$T/parts")" 'Subject: large\|Message-Id: [^|]*\|Date: [^|]*\|From: [^|]*$'

printf 'Subject: silent\n\ntext\n' | sendmail -f ana@example.test -N never x@gone.test
log_has 'who wants no reports gets none' 'to=<x@gone.test>.*status=bounced.*' && queue_is_empty 'and the message is done with'

# --- double bounces -----------------------------------------------------------------------------------------

printf 'Subject: from a ghost\n\ntext\n' | sendmail -f nosuch@example.test x@gone.test
maildir_has 'a bounce that bounces goes to the postmaster' "$EVA" 1
log_has 'which is logged' ': postmaster non-delivery notification: '
like 'with the reason' "$(cat "$(newest "$EVA")")" '<nosuch@example.test>: unknown user: "nosuch@example.test"'
printf 'late.test retry:4.2.1 the road is closed\ngone.test error:5.1.2 nobody lives here\neva@example.test error:5.1.1 gone, too\n' >"$CONF/transport"
printf 'Subject: from a ghost\n\ntext\n' | sendmail -f nosuch@example.test x@gone.test
log_has 'and there it ends' 'warning: .*: undeliverable postmaster notification discarded'

# --- delay ----------------------------------------------------------------------------------------------------

printf 'Subject: slow\n\ntext\n' | sendmail -f ana@example.test b@late.test c@late.test
maildir_has 'the sender of late mail is warned' "$ANA" 3
log_has 'which is logged' ': sender delay notification: '
like 'in time' "$(parts)" "'Final-Recipient': 'rfc822; b@late.test', .*'Action': 'delayed', 'Status': '4.2.1'"
buzonconf_set 'maximal_queue_lifetime = 1s'
log_has 'later it is returned' 'from=<ana@example.test>, status=expired, returned to sender'
maildir_has 'with another report' "$ANA" 4
is 'the warning came once' "$(grep -c 'sender delay notification' "$LOG")" 1

# --- success ---------------------------------------------------------------------------------------------------

printf 'Subject: registered\n\ntext\n' | sendmail -f ana@example.test -N success,failure luis@example.test
maildir_has 'who asks is told of success' "$ANA" 5
like 'in the words of bounce_template_file' "$(cat "$(newest "$ANA")")" '^At [^ ]* within 1 seconds:$'
like 'under its name' "$(tr '\n' ' ' <"$(newest "$ANA")")" 'From: The mail service <MAILER-DAEMON@[^>]*> Subject: It has arrived '

# --- what belongs together -----------------------------------------------------------------------------------------

check 'reports refer to nothing' sh -c "! grep -l '^References:' '$ANA'/new/*"
buzonconf_set 'enable_threaded_bounces = yes' 'confirm_delay_cleared = yes' 'maximal_queue_lifetime = 1d'
printf 'Subject: again\nReferences: <0@b>\nMessage-Id:\n <2@b>\n\ntext\n' | sendmail -f ana@example.test x@gone.test
maildir_has 'a message fails' "$ANA" 6
is 'its report refers to it, when asked to' "$(sed -n 's/^\(References\|In-Reply-To\): /&/p; /^$/q' "$(newest "$ANA")" | paste -sd'|')" \
    'References: <2@b>|In-Reply-To: <2@b>'
printf 'Subject: bad\nMessage-Id: <2@b> (x) <3@b>\n\ntext\n' | sendmail -f ana@example.test x@gone.test
maildir_has 'another one fails' "$ANA" 7
is 'not by an id that is none' "$(sed '/^$/q' "$(newest "$ANA")" | grep -c '^References:')" 0

# --- the end of a delay ----------------------------------------------------------------------------------------------

printf 'Subject: slow\n\ntext\n' | sendmail -f ana@example.test d@late.test
maildir_has 'the sender is warned' "$ANA" 8
echo 'late.test discard:' >"$CONF/transport"
maildir_has 'and told when it got through' "$ANA" 9
like 'as of a success' "$(parts)" "'Final-Recipient': 'rfc822; d@late.test', .*'Action': 'delivered', 'Status': '2.0.0'"

# --- sendmail -bs ------------------------------------------------------------------------------------------------------

echo 'gone.test error:5.1.2 nobody lives here' >"$CONF/transport"
printf '%s\r\n' 'EHLO x' 'MAIL FROM:<ana@example.test> RET=HDRS ENVID=e+2B2' 'RCPT TO:<x@gone.test> NOTIFY=FAILURE ORCPT=rfc822;first+40x.test' \
    'RCPT TO:<y@gone.test> NOTIFY=NEVER' DATA 'Subject: s' '' body . QUIT | sendmail -bs >"$T/bs"
is 'sendmail -bs knows DSN' "$(grep -c -e '^250 DSN' -e '^250 2.0.0 Ok: queued' "$T/bs")" 2
maildir_has 'its messages are reported on' "$ANA" 10
like 'by their envelope id' "$(parts)" "'Original-Envelope-Id': 'e\+2'"
like 'and with the recipient of old, for those who want it' "$(parts | paste -sd' ')" \
    "^[^{]*[{][^}]*[}] .'Final-Recipient': 'rfc822; x@gone.test', 'Original-Recipient': 'rfc822;first@x.test'[^{]*Subject: s"
no_crash 'no process crashed'
