#!/bin/sh
# The log of both sides as Debian's log readers see it: with the names of Postfix and Dovecot, fail2ban's stock
# filters, pflogsumm and logwatch count what really happened, each event once, and miss nothing.
. "$(dirname "$0")/../lib.sh"
need python3 perl doveconf fail2ban-regex pflogsumm logwatch
plan 28
instance_prepare <<END
syslog_name = postfix
login_syslog_name = dovecot
mail_max_userip_connections = 1
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
transport_maps = inline:{{nowhere.test=smtp:[127.0.0.1]:1}, {remote.test=discard:}}
relay_domains = nowhere.test
END
sed -i '/^mail_max_userip_connections = 0/d' "$CONF/main.cf"
echo 'fails: "|exit 67"' >>"$CONF/aliases"
tool buzonalias "hash:$CONF/aliases"
instance_run

# --- what happens ----------------------------------------------------------------------------------
cat >"$T/events.py" <<'END'
import contextlib, imaplib, poplib, smtplib, sys
smtp_port, imap_port, imaps_port, pop3_port, me, password = sys.argv[1:]
def mail(recipient, sender="sender@remote.test"):
    client = smtplib.SMTP("127.0.0.1", int(smtp_port), "client.test")
    client.ehlo()
    client.mail(sender)
    code = client.rcpt(recipient)[0]
    if code < 400:
        code = client.data("From: %s\r\nTo: %s\r\nSubject: x\r\n\r\nHello.\r\n" % (sender, recipient))[0]
    client.quit()
    return code
assert [mail("ana@example.test") for _ in range(3)] == [250] * 3
assert [mail(me + "@buzon.test") for _ in range(2)] == [250] * 2
assert mail("waits@nowhere.test") == 250
assert mail("fails@buzon.test") == 250
assert [mail("x@elsewhere.test") for _ in range(4)] == [554] * 4
assert [mail("nobody@example.test") for _ in range(2)] == [550] * 2
imap = lambda: imaplib.IMAP4("127.0.0.1", int(imap_port))
imaps = lambda: imaplib.IMAP4_SSL("127.0.0.1", int(imaps_port))
def guess(make, user):
    client = make()
    with contextlib.suppress(imaplib.IMAP4.error):
        client.login(user, "wrong")
    client.logout()
def guess_pop(user):
    client = poplib.POP3("127.0.0.1", int(pop3_port))
    with contextlib.suppress(poplib.error_proto):
        client.user(user)
        client.pass_("wrong")
    client.quit()
guess(imap, "ana@example.test"), guess(imaps, "ana@example.test"), guess(imap, "nobody@example.test")
guess_pop("luis@example.test"), guess_pop("nobody")
client = imap()
client.login("ana@example.test", password)
client.select()
second = imaps()
with contextlib.suppress(imaplib.IMAP4.error):
    second.login("ana@example.test", password)
client.logout()
client = imaps()
client.login("luis@example.test", password)
client.shutdown()
client = poplib.POP3("127.0.0.1", int(pop3_port))
client.user("eva@example.test"), client.pass_(password)
client.stat(), client.quit()
imap().logout()
END
check 'mail comes in, is refused, waits and bounces; users log in and fail to' python3 "$T/events.py" \
    "$SMTP_PORT" "$IMAP_PORT" "$IMAPS_PORT" "$POP3_PORT" "$ME" "$PASSWORD"
count() { [ "$(grep -Ec -- "$1" "$LOG")" -ge "$2" ]; }
eventually 'all of it is in the log' count 'status=(sent|deferred|bounced)' 8 # with the notification
eventually 'all sessions end there' count 'dovecot\[[0-9]+\]: (imap|pop3)\([a-z]+@example.test\)<[0-9]+><[^>]+>: Disconnected: ' 3
eventually 'and all attempts' count 'dovecot\[[0-9]+\]: (imap|pop3)-login: Disconnected: ' 7

# --- fail2ban --------------------------------------------------------------------------------------
# failures FILTER LOG: how many lines it takes for failures, as it says itself
failures() { HOME=$T fail2ban-regex "$2" "$1" 2>&1 | sed -n 's/^Failregex: \([0-9]*\) total$/\1/p'; }
F2B=/etc/fail2ban/filter.d
is 'fail2ban counts each wrong password once' "$(failures $F2B/dovecot.conf "$LOG")" 5
is 'in its aggressive mode also who leaves without a try' "$(failures "$F2B/dovecot.conf[mode=aggressive]" "$LOG")" 6
is 'and those who would relay or guess addresses' "$(failures $F2B/postfix.conf "$LOG")" 6
is 'nothing of SMTP is a failure to log in' "$(failures "$F2B/postfix.conf[mode=auth]" "$LOG")" 0

# --- pflogsumm -------------------------------------------------------------------------------------
pflogsumm --problems-first "$LOG" >"$T/pflogsumm" 2>&1
total() { sed -n "s/^ *\([0-9]*\)[ a-z]*  *$1.*/\1/p" "$T/pflogsumm" | head -n 1; }
is 'pflogsumm counts what was received' "$(total received)" 7
is 'delivered, with the notification' "$(total delivered)" 6
is 'deferred' "$(total deferred)" 1
is 'bounced' "$(total bounced)" 1
is 'rejected' "$(total rejected)" 6
like 'why it was rejected' "$(cat "$T/pflogsumm")" 'Relay access denied \(total: 4\)'
like 'and why a message waits' "$(cat "$T/pflogsumm")" '127\.0\.0\.1\[127\.0\.0\.1\]:1: Connection refused'

# --- logwatch --------------------------------------------------------------------------------------
# report SERVICE: what its reader makes of the lines that its configuration picks
LOGWATCH=/usr/share/logwatch
setting() { sed -n "s/^\\*$2 *= *\"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" $LOGWATCH/default.conf/services/"$1".conf; }
report() {
    perl $LOGWATCH/scripts/shared/onlyservice "$(setting "$1" OnlyService)" <"$LOG" |
        if [ -n "$(setting "$1" RemoveHeaders)" ]; then
            perl $LOGWATCH/scripts/shared/removeheaders "$(setting "$1" RemoveHeaders)"
        else
            cat
        fi | env LOGWATCH_DETAIL_LEVEL=10 LOGWATCH_NUMERIC=1 LOGWATCH_DATE_RANGE=all dovecot_detail=10 \
        perl -I$LOGWATCH/lib $LOGWATCH/scripts/services/"$1" 2>&1
}
report dovecot >"$T/dovecot"
report postfix >"$T/postfix"
like 'logwatch knows who logged in' "$(cat "$T/dovecot")" 'Successful Logins: 3$'
like 'by which protocol, from where' "$(tr -s ' ' <"$T/dovecot")" '^ ?1 2 3 127\.0\.0\.1$'
like 'who had too many sessions' "$(cat "$T/dovecot")" 'max_userip_connections: ana@example.test from 127.0.0.1 to 127.0.0.1: 1 Time'
like 'how sessions ended' "$(tr -s ' ' <"$T/dovecot")" '^Dovecot disconnects: 8 Total$'
is 'how often a password was wrong' \
    "$(awk '/^ *[0-9]+ Aborted login by logging out \(auth failed, 1 attempts in [0-9]+ secs\)$/ {n += $1} END {print n}' "$T/dovecot")" 5
is 'and nothing is left that it does not know' "$(grep -A9 -i unmatched "$T/dovecot")" ''
figure() { sed -n "s/^ *\([0-9]*\)  *$1  .*/\1/p" "$T/postfix" | head -n 1; }
is 'on the SMTP side it knows what was accepted' "$(figure Accepted)" 7
is 'what was rejected' "$(figure Rejected)/$(figure '5xx Reject relay denied')/$(figure '5xx Reject unknown user')" 6/4/2
is 'how many came and went' "$(figure Connections)/$(figure Disconnections)" 13/13
is 'what became of it' "$(figure Delivered)/$(figure Deferred)/$(figure 'Bounced (local)')/$(figure 'Notifications sent')" 6/1/1/1
is 'and does not know one line, which has our name' "$(sed '1,/Unmatched/d' "$T/postfix" | sed 's/.*\]: //')" \
    'starting the buzon mail system'
is "auth is as silent of failures as Dovecot's by default" "$(tool buzonconf -d auth_verbose)" "$(doveconf -d auth_verbose)"
no_crash 'no process crashed'
