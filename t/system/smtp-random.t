#!/bin/sh
# smtpd and cleanup beside Postfix: sessions and messages made by chance get the same replies, log lines and form
# (t/tool/smtp_random.py). BUZON_RANDOM_SEED=n makes it other ones, BUZON_RANDOM_SESSIONS=1000 more of them,
# BUZON_RANDOM_CORPUS is a directory with further messages.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
. "$(dirname "$0")/../content.sh"
plan 1
sides_classes | sides_prepare
open='-o mynetworks=127.0.0.0/8 -o local_header_rewrite_clients='
content_start <<END
60 inet n - n - - smtpd
61 inet n - n - - smtpd -o strict_rfc821_envelopes=yes
62 inet n - n - - smtpd -o smtpd_delay_reject=no -o smtpd_helo_required=yes -o { smtpd_helo_restrictions = reject_invalid_helo_hostname } -o { smtpd_sender_restrictions = reject_non_fqdn_sender }
63 inet n - n - - smtpd $open
64 inet n - n - - smtpd $open -o local_header_rewrite_clients=permit_mynetworks -o cleanup_service_name=cleanup64
65 inet n - n - - smtpd $open -o cleanup_service_name=cleanup65
cleanup64 unix n - n - 0 cleanup -o always_add_missing_headers=yes -o masquerade_domains=local.test -o { canonical_maps = inline:{ {a@b.test=canonical@c.test} } }
cleanup65 unix n - n - 0 cleanup -o strict_mime_encoding_domain=yes -o strict_8bitmime=yes -o header_size_limit=2000 -o message_strip_characters=\\0
END
count=${BUZON_RANDOM_SESSIONS:-40}
check 'the same replies, log lines and messages' python3 "$T_SOURCE/tool/smtp_random.py" --talk 60,61,62 --hand 63,64,65 \
    --seed "${BUZON_RANDOM_SEED:-1}" --sessions "$count" --messages "$count" --lines "${BUZON_RANDOM_LINES:-6}" \
    --corpus "${BUZON_RANDOM_CORPUS:-}" $(content_sides)
sides_stop
