#!/bin/sh
# smtpd: hundreds of dialogues beside Postfix: every line of replies and log. What differs stands in
# t/system/smtp-dialogue/cases with its reason.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap
need_root
cases=$T_SOURCE/system/smtp-dialogue/cases
plan "$(grep -c '^-- ' "$cases")"
{ sides_classes && echo 'message_size_limit = 20480000'; } | sides_prepare
limits='-o smtpd_hard_error_limit=10 -o smtpd_junk_command_limit=5'
sides_start "60 inet n - n - - smtpd
61 inet n - n - - smtpd -o strict_rfc821_envelopes=yes
62 inet n - n - - smtpd -o smtpd_helo_required=yes
63 inet n - n - - smtpd -o disable_vrfy_command=yes -o { smtpd_discard_ehlo_keywords = chunking, dsn, size, pipelining, 8bitmime, smtputf8, silent-discard }
64 inet n - n - - smtpd -o message_size_limit=1000
65 inet n - n - - smtpd -o smtpd_recipient_limit=2 -o smtpd_recipient_overshoot_limit=1 $limits
66 inet n - n - - smtpd -o smtpd_forbid_unauth_pipelining=yes
67 inet n - n - - smtpd -o smtpd_forbid_bare_newline=reject
68 inet n - n - - smtpd -o smtpd_delay_reject=no -o smtpd_client_restrictions=reject
69 inet n - n - - smtpd -o smtpd_delay_reject=no -o { smtpd_helo_restrictions = check_helo_access inline:{{bad.test=REJECT}}, reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname } -o { smtpd_sender_restrictions = check_sender_access inline:{{bad@b.test=REJECT}} }
70 inet n - n - - smtpd -o { smtpd_data_restrictions = check_sender_access inline:{{bad@b.test=REJECT}}, reject_multi_recipient_bounce } -o { smtpd_end_of_data_restrictions = check_sender_access inline:{{end@b.test=REJECT}, {later@b.test=DEFER 4.7.9 not yet}} }
71 inet n - n - - smtpd -o soft_bounce=yes
72 inet n - n - - smtpd $limits
73 inet n - n - - smtpd -o smtpd_forbid_bare_newline=normalize"
python3 "$T_SOURCE/tool/talk_both.py" "10000:$T/log/ours.log" "10100:$T/log/theirs.log" "$cases" >"$T/compared"
sides_number "$T/compared"
sides_stop
