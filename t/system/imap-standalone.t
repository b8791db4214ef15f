#!/bin/sh
# imapd -s: a session that a user starts himself, through two pipes, as mutt's and mbsync's tunnels do.
. "$(dirname "$0")/../lib.sh"
plan 4
instance_prepare </dev/null
chmod 755 "$CONF" && chmod 644 "$CONF/main.cf"
[ $PRIVILEGED = no ] || AS="setpriv --reuid=alice --regid=alice --clear-groups env HOME=$T/home/alice"
IMAPD="${AS:-} $BUZON_STAGE/libexec/buzon/imapd -s -c $CONF"
printf 'a SELECT INBOX\r\nb LOGOUT\r\n' | $IMAPD >"$T/out" 2>"$T/err"
like 'greets who is known already' "$(head -n 1 "$T/out")" "^\\* PREAUTH \\[CAPABILITY IMAP4rev1 .*\\] Logged in as $ME"
like 'and serves his mailbox' "$(cat "$T/out")" 'b OK Logout completed'
check 'which is where mail is delivered' test -f "$ME_MAILDIR/dovecot-uidlist"
check 'it can be used as a tunnel' python3 - "$IMAPD 2>/dev/null" <<'END'
import imaplib, sys
c = imaplib.IMAP4_stream("exec " + sys.argv[1])
assert c.state == "AUTH"
big = b"Subject: big\r\n\r\n" + b"0123456789abcdef\r\n" * 200000
answer = c.append("INBOX", None, None, big)
assert answer[0] == "OK"
c.select()
assert c.fetch("1", "(BODY[])")[1][0][1] == big
c.logout()
END
