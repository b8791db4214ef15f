#!/bin/sh
# imapd: what a client that enables IMAP4rev2 (RFC 9051) or UTF8=ACCEPT (RFC 6855) hears instead, and that
# nobody else does; what is done for clients with faults.
. "$(dirname "$0")/../lib.sh"
plan 6
instance_start <<'END'
imap_client_workarounds = delay-newmail, tb-lsub-flags
END
ANA=ana@example.test
LOGIN="S: * OK *
C: l LOGIN $ANA $PASSWORD
S: l OK [[]CAPABILITY IMAP4rev1 IMAP4rev2 *UTF8=ACCEPT*"
LOGIN=$(printf '%s' "$LOGIN" | sed 's/\[\[\]/[/')
LOGOUT="C: z LOGOUT
S: * BYE *
S: z OK *"

converse imap 'names in modified UTF-7 for who enables nothing' <<END
$LOGIN
C: a CREATE "Entw&APw-rfe"
S: a OK *
C: b CREATE "Bücher"
S: b NO [CANNOT] *
C- c APPEND INBOX {27+}\r\nSubject: one\r\n\r\nhello hello\r\n
S: c OK *
C: d SELECT INBOX
S: * FLAGS *
S: * OK [PERMANENTFLAGS *
S: * 1 EXISTS
S: * 1 RECENT
S: * OK [UNSEEN 1] *
S~ d OK *
C: e SEARCH ALL
S: * SEARCH 1
S: e OK *
C: f FETCH 1 FLAGS
S: * 1 FETCH (FLAGS (\Recent))
S: f OK *
$LOGOUT
END
converse imap 'IMAP4rev2' <<END
$LOGIN
C: a ENABLE IMAP4rev2 X-Unknown CONDSTORE
S: * ENABLED IMAP4rev2 CONDSTORE
S: a OK *
C: b ENABLE IMAP4REV2
S: * ENABLED
S: b OK *
C: c LIST "" E*
S: * LIST (\HasNoChildren) "." "Entwürfe"
S: c OK *
C: d SELECT INBOX
S: * FLAGS *
S: * OK [PERMANENTFLAGS *
S: * 1 EXISTS
S: * LIST () "." "INBOX"
S: * OK [UIDVALIDITY *
S: * OK [UIDNEXT 2] *
S: * OK [HIGHESTMODSEQ *
S: * OK [MAILBOXID *
S: d OK [READ-WRITE] *
C: e SEARCH ALL
S: * ESEARCH (TAG "e") ALL 1
S: e OK *
C: f UID SEARCH DELETED
S: * ESEARCH (TAG "f") UID
S: f OK *
C: g FETCH 1 (FLAGS BINARY.SIZE[1])
S: * 1 FETCH (FLAGS () BINARY.SIZE[1] 11)
S: g OK *
C: h RENAME "Entwürfe" "Entwürfe &c"
S: * LIST () "." "Entwürfe &c" ("OLDNAME" ("Entwürfe"))
S: h OK *
C: i SELECT "Entwürfe &c"
S: * OK [CLOSED] *
S: * FLAGS *
S: * OK [PERMANENTFLAGS *
S: * 0 EXISTS
S: * LIST () "." "Entwürfe &c"
S~ i OK *
C: j STATUS INBOX (MESSAGES DELETED SIZE)
S: * STATUS "INBOX" (MESSAGES 1 SIZE 27 DELETED 0)
S: j OK *
C: k SELECT Nowhere
S: * OK [CLOSED] *
S: k NO [NONEXISTENT] *
C: m DELETE Nowhere
S: m NO [NONEXISTENT] *
C: n CREATE INBOX
S: n NO [ALREADYEXISTS] *
$LOGOUT
END
check 'on disk the name is as it always was' test -d "$(virtual_maildir ana)/.Entw&APw-rfe &-c/cur"
converse imap 'UTF8=ACCEPT' <<END
$LOGIN
C: a ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: a OK *
C: b CREATE "Été.日本"
S: b OK *
C: c LIST "É" "%é.*"
S: * LIST (\HasNoChildren) "." "Été.日本"
S: c OK *
C: d LIST "" "Ét%"
S: * LIST (\Noselect \HasChildren) "." "Été"
S: d OK *
C: e SUBSCRIBE "Été.日本"
S: e OK *
C: f LSUB "" "*本"
S: * LSUB () "." "Été.日本"
S: f OK *
C- g CREATE "bad\xff"\r\n
S: g NO [CANNOT] *
C- h APPEND "Été.日本" UTF8 (~{18+}\r\nSubject: \xc3\xa9t\xc3\xa9\r\n\r\n)\r\n
S: h OK [APPENDUID *
C: i SELECT "Été.日本"
S~ i OK *
C: j SEARCH SUBJECT "ÉTÉ"
S: * SEARCH 1
S: j OK *
C: k SEARCH CHARSET UTF-8 ALL
S: k BAD *
C: m GETMETADATA "Été.日本" /private/comment
S: * METADATA "Été.日本" (/private/comment NIL)
S: m OK *
$LOGOUT
END
cat >"$T/late.py" <<'END'
import imaplib, sys
a, b = (imaplib.IMAP4("127.0.0.1", int(sys.argv[1])) for _ in "ab")
for c in a, b:
    c.login("ana@example.test", sys.argv[2])
a.select("INBOX")
b.append("INBOX", None, None, b"Subject: late\r\n\r\n")
a.untagged_responses.clear()
a.fetch("1", "(UID)")
assert "EXISTS" not in a.untagged_responses, "delay-newmail: not with a FETCH"
a.noop()
assert a.untagged_responses["EXISTS"] == [b"2"], a.untagged_responses
a.create("Gone")
a.subscribe("Gone")
a.delete("Gone")
assert a.lsub('""', "Gone")[1] == [b'(\\Noselect) "." "Gone"'], a.lsub('""', "Gone")
END
check 'what is done for clients with faults' python3 "$T/late.py" "$IMAP_PORT" "$PASSWORD"
no_crash 'no process crashed'
