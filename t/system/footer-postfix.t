#!/bin/sh
# smtpd: what follows replies that refuse, and when a message begins, beside Postfix: every line of replies and log.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap
need_root
cat >"$T/cases" <<'END'
== 60
-- a footer of one line
NOSUCH
MAIL FROM:<a@b.test>
RCPT TO:<x@refused.test>
RCPT TO:<x@later.test>
EHLO x
MAIL FROM:<>
RCPT TO:<nobody@local.test>
RSET
DATA
== 61
-- a footer that is joined, in lines, with all names
NOSUCH
MAIL FROM:<a@b.test>
RCPT TO:<x@refused.test>
EHLO x
== 62
-- by tables, and else for all
NOSUCH
MAIL FROM:<a@b.test>
RCPT TO:<x@refused.test>
RCPT TO:<x@later.test>
== 63
-- octets that values may not have
MAIL FROM:<a@b.test>
RCPT TO:<x@refused.test>
== 64
-- dollar signs
MAIL FROM:<a@b.test>
RCPT TO:<x@refused.test>
== 65
-- a message begins at MAIL
EHLO x
MAIL FROM:<a@b.test>
RCPT TO:<x@refused.test>
RSET
MAIL FROM:<refused@b.test>
MAIL FROM:<a@b.test> SIZE=999999999
MAIL FROM:<a@b.test>
== 66
-- a message begins at RCPT
EHLO x
MAIL FROM:<a@b.test>
RCPT TO:<x@refused.test>
RCPT TO:<known@local.test>
-- more than one @
MAIL FROM:<a@b@c.test>
RCPT TO:<x@refused.test@local.test>
RCPT TO:<x@local.test@refused.test>
RCPT TO:<known@local.test@local.test>
RCPT TO:<x@@local.test>
RCPT TO:known@local.test@local.test
~ ours takes no path without localpart or domain
-- nothing around an @
MAIL FROM:<>
RCPT TO:<@x@y>
RCPT TO:<x@local.test@>
END
plan "$(grep -c '^-- ' "$T/cases")"
mkdir "$T/tables"
chmod 755 "$T/tables"
cat >"$T/tables/footers" <<'END'
/^550 .*refused/ Ask $$server_name why\nor do not
/^450/ \c, by tables
END
printf 'refused.test 550 5.7.1 refused\nlater.test 450 4.7.1 later\nrefused@b.test 550 refused\n' >"$T/tables/access"
sides_prepare <<END
mydestination = local.test
mynetworks = 127.0.0.0/8
local_recipient_maps = inline:{ {known = x} }
notify_classes =
smtpd_banner = \$myhostname ESMTP
smtpd_discard_ehlo_keywords = silent-discard, smtputf8
smtpd_recipient_restrictions = check_recipient_access texthash:$T/tables/access, permit_mynetworks, reject
smtpd_sender_restrictions = check_sender_access texthash:$T/tables/access
END
sides_start "60 inet n - n - - smtpd -o smtpd_reject_footer=For_help_call_us
61 inet n - n - - smtpd -o { smtpd_reject_footer = \\c. Help: time (\$localtime), client (\$client_address) port (\${client_port})\\nand server (\$(server_name))\\nthree }
62 inet n - n - - smtpd -o smtpd_reject_footer_maps=regexp:$T/tables/footers -o { smtpd_reject_footer = for all others }
63 inet n - n - - smtpd -o { smtpd_reject_footer = host \$server_name } -o smtpd_expansion_filter=mai\\154.
64 inet n - n - - smtpd -o { smtpd_reject_footer = one \$\$ two \${server_name?yes} \${nothing?no} }
65 inet n - n - - smtpd -o smtpd_delay_open_until_valid_rcpt=no
66 inet n - n - - smtpd"
python3 "$T_SOURCE/tool/talk_both.py" "10000:$T/log/ours.log" "10100:$T/log/theirs.log" "$T/cases" >"$T/compared"
sides_number "$T/compared"
sides_stop
