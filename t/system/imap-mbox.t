#!/bin/sh
# lib/store: without home_mailbox, mail of system users is in the spool; IMAP and POP3 serve it there, and
# other programs find nothing of ours in it.
. "$(dirname "$0")/../lib.sh"
need_own_home
plan 8
instance_start <<'END'
home_mailbox =
END
SPOOLFILE=$T/mail/$ME
check 'a message comes' send_mail a@remote.test "$ME@buzon.test"
eventually 'into the spool' test -s "$SPOOLFILE"
cp "$SPOOLFILE" "$T/before"
converse imap 'IMAP shows it, flags it, and has folders' <<END
S: * OK *
C: l LOGIN $ME $PASSWORD
S~ l OK *
C: a SELECT INBOX
S~ * 1 EXISTS
S~ a OK [READ-WRITE] *
C: b FETCH 1 (UID BODY.PEEK[HEADER.FIELDS (Delivered-To)])
S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (Delivered-To)] {*}
S: Delivered-To: $ME@buzon.test
S: 
S: )
S: b OK *
C: c STORE 1 +FLAGS (\Flagged kw)
S~ c OK *
C: d CREATE Saved
S: d OK *
C: e COPY 1 Saved
S: e OK [COPYUID *
C: z LOGOUT
S~ z OK *
END
check 'and the spool is as it was' cmp "$T/before" "$SPOOLFILE"
check 'another message comes' send_mail a@remote.test "$ME@buzon.test"
eventually 'behind it' sh -c "test \$(grep -c '^From ' '$SPOOLFILE') = 2"
converse pop3 'POP3 removes the first one' <<END
S: +OK *
C: USER $ME
S: +OK*
C: PASS $PASSWORD
S: +OK*
C: STAT
S: +OK 2 *
C: DELE 1
S: +OK*
C: QUIT
S: +OK*
EOF
END
check 'and leaves the second as it was' python3 - "$T/before" "$SPOOLFILE" "$IMAP_PORT" "$ME" "$PASSWORD" <<'END'
import imaplib, mailbox, sys
assert len(mailbox.mbox(sys.argv[2])) == 1
assert open(sys.argv[2], "rb").read().count(b"\nFrom ") == 0
c = imaplib.IMAP4("127.0.0.1", int(sys.argv[3])); c.login(sys.argv[4], sys.argv[5])
assert c.select()[1] == [b"1"]
assert c.uid("search", None, "ALL")[1] == [b"2"]
c.logout()
END
