#!/bin/sh
# buzonconf prints what postconf prints: every form of output, on configurations that use them.
. "$(dirname "$0")/../lib.sh"
need postconf
plan 53
A=$T/a B=$T/b
mkdir -p "$A" "$B"

# What differs between the two programs by nature is set, so that it does not.
cat >"$A/main.cf" <<'CF'
compatibility_level = 3.6
mail_name = Test
data_directory = /var/lib/test
myhostname = mx.example.org
myorigin = /etc/mailname
mydestination = $myhostname, localhost.$mydomain,
# a comment between
        localhost, lists.example.org,

        example.net
mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
smtpd_banner = $myhostname ESMTP   $mail_name (${stress?busy}${stress:{calm}})
smtpd_milters = inet:127.0.0.1:11332, { unix:private/dmarc.sock, connect_timeout=10s, default_action=accept }
smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache
mua_sender_restrictions = reject_non_fqdn_sender, reject_sender_login_mismatch, permit_sasl_authenticated, reject
mua_helo_restrictions = permit_mynetworks, reject_non_fqdn_helo_hostname, permit
smtpd_restriction_classes = strict
strict = reject_unknown_client_hostname
forward_path = $home/.forward${recipient_delimiter}${extension}
virtual_mailbox_maps = mysql:accounts
accounts_hosts = localhost
slow_destination_rate_delay = 2s
relayhost =
CF
cat >"$A/master.cf" <<'CF'
smtp      inet  n       -       y       -       1       smtpd
submission inet n       -       y       -       -       smtpd
  -o syslog_name=test/submission -v
# -o commented=out
  -o smtpd_sender_restrictions=$mua_sender_restrictions
  -o { smtpd_helo_restrictions = $mua_helo_restrictions , reject }
  -o smtpd_recipient_restrictions=
127.0.0.1:10025 inet n - n - - smtpd -o content_filter= -o mynetworks=127.0.0.0/8
cleanup   unix  n       -       y       -       0       cleanup
tlsmgr    unix  -       -       y       1000?   1       tlsmgr
local     unix  -       n       n       -       -       local
slow      unix  -       -       y       -       2       smtp -o syslog_name=test/$service_name
a-very-long-service-name-here unix - n n - 1000000 pipe flags=DRhu user=vmail:vmail
  argv=/usr/lib/dovecot/deliver -d ${recipient} -f ${sender} -a ${original_recipient} {a b c}
policy    unix  -       n       n       -       0       spawn user=nobody argv=/usr/bin/policy
CF
cat >"$B/main.cf" <<'CF'
myhostname = b.example.org
local_destination_concurrency_limit = 4
CF
printf 'smtp inet n - y - - smtpd\nlocal unix - n n - - local\n' >"$B/master.cf"

# alike DIRECTORY argument...: the same output and exit status of both
alike() {
    t_directory=$1
    shift
    { postconf -c "$t_directory" "$@" 2>/dev/null; echo "status $?"; } >"$T/expected"
    { "$BUZON_STAGE/sbin/buzonconf" -c "$t_directory" "$@" 2>/dev/null; echo "status $?"; } >"$T/got"
    check "$(basename "$t_directory"): $*" diff "$T/expected" "$T/got"
}

for t_form in -n -nf -nh -nH -nx -nfx -M -Mf -Mx -Mfx -P -Pf -Ph -PH -Px -F -Ff -FH -Fx; do
    alike "$A" $t_form
done
alike "$B" -n
alike "$B" -C service
alike "$A" -C service
alike "$A" -C user
alike "$A" -nC builtin
alike "$A" -nC service,user
alike "$A" -C wrong
alike "$A" myhostname mydomain myhostname
alike "$A" -x mydestination relay_domains smtputf8_enable mynetworks_style
alike "$A" -f mua_sender_restrictions mua_helo_restrictions smtpd_milters
alike "$A" -h relayhost
alike "$A" -x -o myhostname=foo.example.com -o stress=yes mydomain smtpd_banner
alike "$A" -n -o relayhost=foo relayhost
alike "$A" -d smtpd_timeout local_destination_concurrency_limit slow_destination_rate_delay
alike "$A" -dx smtpd_timeout relay_domains slow_destination_recipient_limit
alike "$B" -x local_destination_concurrency_limit mydomain
alike "$A" nothere
alike "$A" -n nothere myhostname
alike "$A" -M submission
alike "$A" -M '*/inet' slow/unix
alike "$A" -M nothere
alike "$A" -M a/b/c
alike "$A" -F slow submission/inet/command
alike "$A" -F '*/*/wakeup'
alike "$A" -F smtp/inet/foo
alike "$A" -P submission/inet/syslog_name '*/unix'
alike "$A" -P submission/inet/nothere
alike "$A" -o x
alike "$A" -hH myhostname
alike "$A" -n -d
alike "$A" -Mn
alike "$A" -e
alike "$A" -e myhostname
alike "$A" -X myhostname=x
