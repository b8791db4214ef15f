#!/bin/sh
# smtpd with values of parameters that are not the defaults: to the same session it says and logs what Postfix's
# smtpd does. The parameters and codes are those that no other test sets.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf
need_root
cat >"$T/access" <<'END'
defer@a.test    DEFER
defer2@a.test   DEFER 4.2.1 later
reject@a.test   REJECT
reject2@a.test  REJECT 5.2.1 no
ok@a.test       OK
relay@a.test    RELAY
digits@a.test   200
maybe@a.test    DEFER_IF_PERMIT
class@a.test    quick
discard@a.test  DISCARD
both@a.test     permit_mynetworks, reject
END
chmod 644 "$T/access"
certificate_make
KEYS="-o smtpd_tls_cert_file=$CONF/cert.pem -o smtpd_tls_key_file=$CONF/key.pem"
# PORT|options|recipients and other lines, each a command
cat >"$T/services" <<END
11|-o access_map_defer_code=451 -o {smtpd_sender_restrictions=check_sender_access texthash:$T/access}|MAIL FROM:<defer@a.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<defer2@a.test>;RCPT TO:<x@v.test>
12|-o access_map_reject_code=521 -o {smtpd_sender_restrictions=check_sender_access texthash:$T/access}|MAIL FROM:<reject@a.test>;RCPT TO:<x@v.test>
13|-o access_map_reject_code=571 -o {smtpd_sender_restrictions=check_sender_access texthash:$T/access}|MAIL FROM:<reject@a.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<reject2@a.test>;RCPT TO:<x@v.test>
14|-o reject_code=575 -o defer_code=452 -o {smtpd_client_restrictions=reject}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>;VRFY x@v.test
15|-o reject_code=575 -o defer_code=452 -o {smtpd_data_restrictions=defer}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>;DATA
16|-o invalid_hostname_reject_code=551 -o {smtpd_helo_restrictions=reject_invalid_helo_hostname}|HELO -x_;MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>;HELO a..b;MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
17|-o non_fqdn_reject_code=554 -o {smtpd_helo_restrictions=reject_non_fqdn_helo_hostname}|HELO x;MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
18|-o non_fqdn_reject_code=450 -o {smtpd_sender_restrictions=reject_non_fqdn_sender} -o {smtpd_recipient_restrictions=reject_non_fqdn_recipient}|MAIL FROM:<a>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<a@a.test>;RCPT TO:<x>;RCPT TO:<x@v.test>
19|-o multi_recipient_bounce_reject_code=553 -o {smtpd_data_restrictions=reject_multi_recipient_bounce}|MAIL FROM:<>;RCPT TO:<x@v.test>;RCPT TO:<y@v.test>;DATA
20|-o plaintext_reject_code=530 -o {smtpd_recipient_restrictions=reject_plaintext_session}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
21|-o {smtpd_noop_commands=FOO, bar vrfy}|FOO;foo x;BAR;BAZ;VRFY x@v.test;NOOP x
22|-o {smtpd_forbidden_commands=QUUX VRFY}|NOOP;CONNECT x;GET /;VRFY x;QUUX y
23|-o smtpd_peername_lookup=no|MAIL FROM:<a@a.test>;RCPT TO:<nobody@elsewhere.test>
24|-o smtpd_reject_unlisted_sender=yes|MAIL FROM:<gone@v.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<x@v.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<gone@m.test>;RCPT TO:<x@v.test>
25|-o smtpd_relay_before_recipient_restrictions=no -o {smtpd_recipient_restrictions=check_recipient_access inline:{{z@z.test=450 first}}} -o {smtpd_relay_restrictions=reject_unauth_destination}|MAIL FROM:<a@a.test>;RCPT TO:<z@z.test>;RCPT TO:<y@z.test>
26|-o smtpd_relay_before_recipient_restrictions=yes -o {smtpd_recipient_restrictions=check_recipient_access inline:{{z@z.test=450 first}}} -o {smtpd_relay_restrictions=reject_unauth_destination}|MAIL FROM:<a@a.test>;RCPT TO:<z@z.test>
27|-o unknown_virtual_alias_reject_code=551 -o unknown_virtual_mailbox_reject_code=552|MAIL FROM:<a@a.test>;RCPT TO:<gone@v.test>;RCPT TO:<gone@m.test>
28|-o unknown_local_recipient_reject_code=450 -o unknown_relay_recipient_reject_code=451|MAIL FROM:<a@a.test>;RCPT TO:<gone@localhost>;RCPT TO:<gone@relay.test>
29|-o relay_domains_reject_code=553|MAIL FROM:<a@a.test>;RCPT TO:<x@z.test>
30|-o allow_untrusted_routing=yes|MAIL FROM:<a@a.test>;RCPT TO:<x%z.test@v.test>;RCPT TO:<"x@z.test"@v.test>;RCPT TO:<z.test!x@v.test>
31|-o allow_untrusted_routing=no|MAIL FROM:<a@a.test>;RCPT TO:<x%z.test@v.test>;RCPT TO:<"x@z.test"@v.test>;RCPT TO:<z.test!x@v.test>;RCPT TO:<x%z.test@relay.test>
32|-o smtpd_hard_error_limit=3 -o smtpd_soft_error_limit=100|FOO;BAR;BAZ
33|-o smtpd_junk_command_limit=2 -o smtpd_soft_error_limit=1 -o smtpd_error_sleep_time=0|NOOP;NOOP;NOOP;NOOP;VRFY x@v.test
34|-o smtpd_recipient_limit=2 -o smtpd_recipient_overshoot_limit=1|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>;RCPT TO:<y@v.test>;RCPT TO:<x+1@v.test>;RCPT TO:<x+2@v.test>;RCPT TO:<x+3@v.test>
35|-o smtpd_helo_required=yes|MAIL FROM:<a@a.test>;HELO x;MAIL FROM:<a@a.test>
36|-o disable_vrfy_command=yes|VRFY x@v.test;HELP
37|-o strict_rfc821_envelopes=yes|MAIL FROM: <a@a.test>;MAIL FROM:a@a.test;MAIL FROM:<A <a@a.test>>;MAIL FROM:<a@a.test>;RCPT TO:x@v.test
39|-o soft_bounce=yes|MAIL FROM:<a@a.test>;RCPT TO:<gone@v.test>;FOO
40|-o message_size_limit=1000|MAIL FROM:<a@a.test> SIZE=1001;MAIL FROM:<a@a.test> SIZE=1000
41|-o smtpd_delay_reject=no -o {smtpd_client_restrictions=defer}|HELO x;MAIL FROM:<a@a.test>;NOOP
42|-o smtpd_delay_reject=no -o {smtpd_helo_restrictions=reject} -o {smtpd_sender_restrictions=defer}|HELO x;MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
43|-o smtpd_helo_required=no -o {smtpd_helo_restrictions=reject_invalid_helo_hostname}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
44|-o {smtpd_restriction_classes=quick} -o {quick=permit_mynetworks, reject} -o {smtpd_sender_restrictions=check_sender_access texthash:$T/access}|MAIL FROM:<class@a.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<both@a.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<maybe@a.test>;RCPT TO:<x@v.test>
45|-o {smtpd_banner=\$myhostname hello \$mail_name}|NOOP
46|-o smtpd_reject_unlisted_recipient=no|MAIL FROM:<a@a.test>;RCPT TO:<gone@v.test>;RCPT TO:<gone@m.test>
47|-o {smtpd_end_of_data_restrictions=reject} -o reject_code=577|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>;DATA;x\r\n.
48|-o unknown_hostname_reject_code=552 -o {smtpd_helo_restrictions=reject_unknown_helo_hostname}|HELO none.test;MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
49|-o unknown_client_reject_code=553 -o {smtpd_client_restrictions=reject_unknown_client_hostname}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
50|-o unknown_address_reject_code=554 -o {smtpd_sender_restrictions=reject_unknown_sender_domain}|MAIL FROM:<a@none.test>;RCPT TO:<x@v.test>
51|-o unknown_address_tempfail_action=defer -o {smtpd_sender_restrictions=reject_unknown_sender_domain}|MAIL FROM:<a@fail.test>;RCPT TO:<x@v.test>;RCPT TO:<gone@v.test>
52|-o unknown_address_tempfail_action=defer_if_permit -o {smtpd_sender_restrictions=reject_unknown_sender_domain}|MAIL FROM:<a@fail.test>;RCPT TO:<x@v.test>;RCPT TO:<gone@v.test>
53|-o unknown_helo_hostname_tempfail_action=defer -o {smtpd_helo_restrictions=reject_unknown_helo_hostname}|HELO fail.test;MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>;RCPT TO:<gone@v.test>
54|-o reject_tempfail_action=defer -o {smtpd_helo_restrictions=reject_unknown_helo_hostname}|HELO fail.test;MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>;RCPT TO:<gone@v.test>
55|-o show_user_unknown_table_name=no|MAIL FROM:<a@a.test>;RCPT TO:<gone@v.test>;RCPT TO:<gone@m.test>;RCPT TO:<gone@localhost>
56|-o {smtpd_reject_footer=call \$client_address} |MAIL FROM:<a@a.test>;RCPT TO:<gone@v.test>;FOO
57|-o recipient_delimiter=-|MAIL FROM:<a@a.test>;RCPT TO:<x-1@v.test>;RCPT TO:<x+1@v.test>
59||MAIL FROM:<a@a.test>;RCPT TO:<x@127.0.0.1>;RCPT TO:<x@192.0.2.99>;RSET;MAIL FROM:<-a@a.test>;RCPT TO:<-x@v.test>
60||MAIL FROM:<a@a.test>;RCPT TO:<x@>
61|-o {smtpd_client_restrictions=check_reverse_client_hostname_access inline:{{localhost=REJECT no}}}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
62|-o {smtpd_client_restrictions=check_reverse_client_hostname_access inline:{{127.0.0=450 4.7.1 net}}}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
69|-o {smtpd_command_filter=inline:{{FOO=NOOP},{quit=BYE}}}|FOO;foo;FOO x
70|-o {smtpd_restriction_classes=outer,inner} -o {outer=permit_mynetworks inner} -o {inner=reject_unauth_destination} -o smtpd_relay_restrictions= -o {smtpd_recipient_restrictions=outer}|MAIL FROM:<a@a.test>;RCPT TO:<x@z.test>;RCPT TO:<x@v.test>
68|-o {smtpd_client_restrictions=check_reverse_client_hostname_access inline:{{localhost=DISCARD}}}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
63|-o smtpd_log_access_permit_actions=static:all|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
64|-o smtpd_log_access_permit_actions=static:all -o {smtpd_sender_restrictions=check_sender_access texthash:$T/access} -o {smtpd_helo_restrictions=permit} -o {smtpd_client_restrictions=permit_inet_interfaces}|MAIL FROM:<ok@a.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<relay@a.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<digits@a.test>;RCPT TO:<x@v.test>;RSET;MAIL FROM:<both@a.test>;RCPT TO:<x@v.test>
65|-o {smtpd_log_access_permit_actions=!permit_mynetworks static:all} -o {smtpd_relay_restrictions=permit_auth_destination,reject}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
66|-o {smtpd_log_access_permit_actions=permit_auth_destination OK} -o {smtpd_relay_restrictions=permit_auth_destination,reject} -o {smtpd_recipient_restrictions=permit_mynetworks}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>
67|-o smtpd_delay_reject=no -o smtpd_log_access_permit_actions=static:all -o {smtpd_client_restrictions=permit_mynetworks} -o {smtpd_sender_restrictions=permit}|MAIL FROM:<a@a.test>;RCPT TO:<x@v.test>;DATA;x\r\n.
71|$KEYS -o smtpd_tls_security_level=secure|STARTTLS x;MAIL FROM:<a@a.test>
72|$KEYS -o smtpd_tls_security_level=may -o smtpd_enforce_tls=yes|STARTTLS x;MAIL FROM:<a@a.test>
73|$KEYS -o smtpd_tls_security_level=none -o smtpd_enforce_tls=yes -o smtpd_use_tls=yes|STARTTLS x;MAIL FROM:<a@a.test>
74|$KEYS -o smtpd_enforce_tls=yes|STARTTLS x;MAIL FROM:<a@a.test>
75|$KEYS -o smtpd_use_tls=yes|STARTTLS x;MAIL FROM:<a@a.test>
END
{
    while IFS='|' read -r port options lines; do
        case $port in
        24) echo '~ a status that is fit to a sender is not logged' ;;
        5[1-4]) echo '~ what name servers do not answer is logged' ;;
        55) echo '~~ to Postfix, the table of virtual aliases is a matter of trivial-rewrite' ;;
        71 | 72 | 74 | 75) echo '~ a tlsmgr, which this Postfix does not have here' ;;
        60) echo '~~ a path with nothing behind its @ is none' ;;
        esac
        printf '== %s\n-- %s\n<\n' "$port" "${options:-in main.cf}"
        case $lines in *HELO*) ;; *) [ "$port" = 35 ] || [ "$port" = 43 ] || printf '%s\n' '> HELO client.test\r\n' '<' ;; esac
        printf '%s\n' "$lines" | tr ';' '\n' | sed 's/^\(.*\)$/> \1\\r\\n\n</'
        printf '%s\n' '> QUIT\r\n' '<'
    done <"$T/services"
} >"$T/cases"
plan "$(grep -c '^-- ' "$T/cases")"
dns_start <<'END'
a.test A 192.0.2.66
client.test A 192.0.2.66
v.test A 192.0.2.66
fail.test SERVFAIL
END
sides_prepare <<'END'
mydestination = localhost
local_recipient_maps = inline:{postmaster=x}
virtual_alias_domains = v.test
virtual_alias_maps = inline:{ {x@v.test = postmaster@localhost}, {y@v.test = postmaster@localhost}, {-x@v.test = postmaster@localhost} }
virtual_mailbox_domains = m.test
virtual_mailbox_maps = inline:{ {x@m.test = x/} }
relay_domains = relay.test
relay_recipient_maps = inline:{ {x@relay.test = x} }
recipient_delimiter = +
resolve_numeric_domain = yes
resolve_null_domain = yes
allow_min_user = yes
smtpd_relay_restrictions = reject_unauth_destination
smtpd_error_sleep_time = 0
default_transport = discard
local_transport = discard
virtual_transport = discard
relay_transport = discard
END
sides_start "$(while IFS='|' read -r port options lines; do printf '%s inet n - n - - smtpd %s\n' "$port" "$options"; done <"$T/services")"
python3 "$T_SOURCE/tool/octets_both.py" "10000:$T/log/ours.log" "10100:$T/log/theirs.log" "$T/cases" >"$T/compared"
sides_number "$T/compared"
sides_stop
