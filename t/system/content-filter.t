#!/bin/sh
# content_filter: all mail goes to the filter first; what comes back by a port of its own, with
# receive_override_options, is not looked at again.
. "$(dirname "$0")/../lib.sh"
plan 11
sink_start
printf '/^X-Warn/ WARN seen\n/^X-Bad/ REJECT\n/^X-Elsewhere/ FILTER ../public/pickup:x\n' >"$T/header"
chmod 644 "$T/header"
instance_prepare <<END
content_filter = smtp:[127.0.0.1]:$SINK_PORT
header_checks = regexp:$T/header
virtual_alias_maps = inline:{ { both@example.test = ana@example.test, luis@example.test } }
END
BACK_PORT=$((T_BASE + 27))
echo "$BACK_PORT inet n - n - - smtpd -o content_filter= -o receive_override_options=no_header_body_checks,no_unknown_recipient_checks,no_address_mappings" >>"$CONF/master.cf"
instance_run
printf 'Subject: one\nX-Warn: 1\n\nx\n' >"$T/message"
to_filter() { grep -l "RCPT TO:<$1>" "$T"/sink/*.env; }
back() { python3 "$T_SOURCE/tool/send.py" --port "$BACK_PORT" a@remote.test "$@"; }

send_mail a@remote.test both@example.test "$T/message" >/dev/null
eventually 'mail goes to the filter, with its aliases replaced' to_filter ana@example.test
eventually 'for all recipients' to_filter luis@example.test
log_has 'what comes in is checked' ': warning: header X-Warn: 1 from '
echo x | tool sendmail -f ana@example.test eva@example.test
eventually 'mail from here goes there too' to_filter eva@example.test
is 'nothing was delivered' "$(maildir_files "$(virtual_maildir ana)" | wc -l)" 0

printf 'Subject: two\nX-Bad: 1\n\nx\n' >"$T/message"
like 'what comes back is not checked' "$(back ana@example.test "$T/message")" '^250'
maildir_has 'and delivered' "$(virtual_maildir ana)" 1
like 'nor is it asked who is known' "$(back nobody@example.test "$T/message")" '^250'
back both@example.test "$T/message" >/dev/null
log_has 'nor are aliases replaced again' 'to=<both@example\.test>, .*status=bounced'

printf 'Subject: three\nX-Elsewhere: 1\n\nx\n' >"$T/message"
send_mail a@remote.test eva@example.test "$T/message" >/dev/null
log_has 'a filter is the name of a transport, not a path' 'connect to transport private/\.\./public/pickup: .*no such name'
log_has 'and mail to another waits' 'to=<eva@example\.test>, .*status=deferred'
