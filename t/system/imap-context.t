#!/bin/sh
# imapd: searches that go on (CONTEXT=SEARCH, RFC 5267), and searches of many mailboxes (MULTISEARCH, RFC 7377).
. "$(dirname "$0")/../lib.sh"
need python3
plan 4
instance_start </dev/null
cat >"$T/context.py" <<'END'
from imap_session import Session
def append(session, subject): session.send(b"a APPEND INBOX {%d+}\r\nSubject: %s\r\n\r\nx\r\n\r\n" % (len(subject) + 16, subject)); session.until("a ")
def only(lines): return [l for l in lines if "ESEARCH" in l or "EXISTS" in l or "EXPUNGE" in l]
one, two = Session(), Session()
for subject in b"plum", b"pear", b"plum jam": append(one, subject)
one("s SELECT INBOX"); two("s SELECT INBOX")
lines = one('A1 UID SEARCH RETURN (UPDATE ALL COUNT) SUBJECT plum UNSEEN'); assert lines[0] == '* ESEARCH (TAG "A1") UID ALL 1,3 COUNT 2', lines
lines = one('A2 SEARCH RETURN (UPDATE) 1:2 FLAGGED'); assert lines[0] == '* ESEARCH (TAG "A2")' and len(lines) == 2, lines
assert one('A1 SEARCH RETURN (UPDATE) ALL')[-1].startswith("A1 BAD"), "a tag that is in use"
# What others do comes and goes, after EXISTS and flags.
append(two, b"plum cake"); two("b STORE 1 +FLAGS (\\Seen)")
lines = only(one("n NOOP")); assert lines == ["* 4 EXISTS", '* ESEARCH (TAG "A1") UID REMOVEFROM (0 1) ADDTO (0 4)'], lines
two("c STORE 1,4 +FLAGS (\\Flagged)")
lines = only(one("n NOOP")); assert lines == ['* ESEARCH (TAG "A2") ADDTO (0 1)'], ("message numbers stay what they were", lines)
two("d UID STORE 3:4 +FLAGS (\\Deleted)"); two("e EXPUNGE")
assert not only(one("n FETCH 1 FLAGS")), "no numbers change in a FETCH"
lines = only(one("n NOOP")); assert lines == ['* ESEARCH (TAG "A1") UID REMOVEFROM (0 3:4)', "* 3 EXPUNGE", "* 3 EXPUNGE"], lines
# In IDLE too; and no more when it is cancelled.
one.send(b"i IDLE\r\n"); one.until("+ ")
append(two, b"more plums"); lines = only(one.until('* ESEARCH')); assert lines[-1] == '* ESEARCH (TAG "A1") UID ADDTO (0 5)', lines
one.send(b"DONE\r\n"); one.until("i OK")
assert one('c CANCELUPDATE "A9"')[-1].startswith("c BAD") and one('c CANCELUPDATE "A1" "A2"')[-1].startswith("c OK")
append(two, b"plum wine"); lines = only(one("n NOOP")); assert lines == ["* 4 EXISTS"], lines
# No more than ten, and none outlives its mailbox.
for i in range(10): one("B%d SEARCH RETURN (UPDATE) UNSEEN" % i)
lines = one("B10 SEARCH RETURN (UPDATE COUNT) UNSEEN"); assert any(l.startswith('* NO [NOUPDATE "B10"]') for l in lines) and any("COUNT" in l for l in lines) and lines[-1].startswith("B10 OK"), lines
one("s SELECT INBOX"); two("f STORE 1:* +FLAGS (\\Seen)"); assert not only(one("n NOOP"))
lines = one("p UID SEARCH RETURN (PARTIAL 1:2 CONTEXT) ALL"); assert lines[0] == '* ESEARCH (TAG "p") UID PARTIAL (1:2 1:2)', lines
END
check 'the client hears what comes to match, and what matches no longer' python3 "$T/context.py" "$IMAP_PORT" "$ANA" "$PASSWORD"
converse imap 'many mailboxes are searched at once' <<END
$LOGIN
C: a CREATE Work
S: a OK *
C: b CREATE Work.Old
S: b OK *
C: c CREATE Work.Old.Older
S: c OK *
C- d APPEND Work {17+}\r\nSubject: plum\r\n\r\n\r\n
S: d OK *
C- e APPEND Work.Old {17+}\r\nSubject: plum\r\n\r\n {17+}\r\nSubject: pear\r\n\r\n {17+}\r\nSubject: plum\r\n\r\n\r\n
S: e OK *
C- f APPEND Work.Old.Older {17+}\r\nSubject: plum\r\n\r\n\r\n
S: f OK *
C: g SUBSCRIBE Work.Old
S: g OK *
C: h ESEARCH IN (mailboxes ("Work" Work.Old Nowhere)) SUBJECT plum
S: * ESEARCH (TAG "h" MAILBOX "Work" UIDVALIDITY *) UID ALL 1
S: * ESEARCH (TAG "h" MAILBOX "Work.Old" UIDVALIDITY *) UID ALL 1,3
S: h OK *
C: i ESEARCH IN (subtree-one Work) RETURN (COUNT) SUBJECT pear
S: * ESEARCH (TAG "i" MAILBOX "Work.Old" UIDVALIDITY *) UID COUNT 1
S: i OK *
C: j ESEARCH IN (subtree "Work" inboxes) RETURN (MIN COUNT) SUBJECT plum
S: * ESEARCH (TAG "j" MAILBOX "INBOX" UIDVALIDITY *) UID MIN 1 COUNT 3
S: * ESEARCH (TAG "j" MAILBOX "Work" UIDVALIDITY *) UID MIN 1 COUNT 1
S: * ESEARCH (TAG "j" MAILBOX "Work.Old" UIDVALIDITY *) UID MIN 1 COUNT 2
S: * ESEARCH (TAG "j" MAILBOX "Work.Old.Older" UIDVALIDITY *) UID MIN 1 COUNT 1
S: j OK *
C: k ESEARCH IN (subscribed) RETURN (ALL) UID 2:*
S: * ESEARCH (TAG "k" MAILBOX "Work.Old" UIDVALIDITY *) UID ALL 2:3
S: k OK *
C: l ESEARCH IN (personal) SUBJECT nothing
S: l OK *
C: m ESEARCH IN (personal) CHARSET nowhere SUBJECT a
S: m NO [BADCHARSET *
C: z LOGOUT
S~ z OK *
END
converse imap 'also the one that is selected; numbers and "$" only there' <<END
$LOGIN
C: a ESEARCH SUBJECT plum
S: a BAD *
C: b SELECT Work.Old
S~ b OK *
C: c ESEARCH RETURN (SAVE ALL) 3
S: * ESEARCH (TAG "c" MAILBOX "Work.Old" UIDVALIDITY *) UID ALL 3
S: c OK *
C: d ESEARCH IN (selected) RETURN (COUNT) \$
S: * ESEARCH (TAG "d" MAILBOX "Work.Old" UIDVALIDITY *) UID COUNT 1
S: d OK *
C: e ESEARCH IN (personal) 1:2
S: e BAD *
C: f ESEARCH IN (mailboxes Work) \$
S: f BAD *
C: g ESEARCH IN (mailboxes Work) RETURN (SAVE) ALL
S: g BAD *
C: h ESEARCH IN (selected) RETURN (UPDATE) ALL
S: h BAD *
C: i ESEARCH IN (everything) ALL
S: i BAD *
C: j ESEARCH IN () ALL
S: j BAD *
C: k NOOP
S: k OK *
C: z LOGOUT
S~ z OK *
END
no_crash 'no process crashed'
