#!/bin/sh
# A spool where everybody may make files (mode 1777): what somebody else has put in the place of a user's mbox is not shown to
# the user, nor changed, unless strict_mailbox_ownership says so; the log tells.
. "$(dirname "$0")/../lib.sh"
need_root
plan 9
instance_start <<'END'
home_mailbox =
END
BOX=$T/mail/alice
printf 'From eve@remote.test Fri Nov 27 08:00:00 2026\nSubject: forged\n\nx\n\n' >"$BOX"
cp "$BOX" "$T/before"
chown bob: "$BOX"
chmod 666 "$BOX"
imap() { # 'what holds' REPLY: to SELECT
    converse imap "$1" <<END
S: * OK *
C: l LOGIN alice $PASSWORD
S~ l OK *
C: s SELECT INBOX
S~ s $2
C: t STATUS INBOX (MESSAGES)
S~ t $2
C: z LOGOUT
S~ z OK *
END
}
imap 'imapd does not show it' 'NO [UNAVAILABLE] *'
log_has 'and says why' "imap\\(alice\\)<.*mailbox $BOX is not owned by its user"
converse pop3 'pop3d neither' <<END
S: +OK *
C: USER alice
S: +OK*
C: PASS $PASSWORD
S: -ERR [SYS/TEMP] *
EOF
END
log_has 'and says so' "pop3\\(alice\\)<.*mailbox $BOX is not owned by its user"
check 'it is as it was' cmp "$BOX" "$T/before"
chown alice: "$BOX"
imap 'what is hers she sees' 'OK *'
chown bob: "$BOX"
touch -d '1 hour ago' "$BOX"
imap 'somebody took it' 'NO [UNAVAILABLE] *'
echo 'strict_mailbox_ownership = no' >>"$CONF/main.cf"
buzon reload >/dev/null 2>&1
imap 'the administrator may say that it does not matter' 'OK *'
no_crash 'no process crashed'
