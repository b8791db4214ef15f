#!/bin/sh
# imapd: messages are appended, fetched, flagged, searched, copied, moved and expunged, as RFC 3501 says.
. "$(dirname "$0")/../lib.sh"
plan 11
instance_start <<'END'
message_size_limit = 100000
END

converse imap 'several messages are appended at once' <<END
$LOGIN
C: a SELECT INBOX
S~ a OK [READ-WRITE] *
C- b APPEND INBOX (\\\\Seen work) " 1-Feb-2020 10:00:00 +0000" {50}\r\n
S: + *
C- From: Eva <eva@example.test>\r\nSubject: one\r\n\r\nhi\r\n
C-  (\\\\Flagged) {48+}\r\nSubject: =?utf-8?q?zw=C3=B6lf?=\r\n\r\nsecond line\r\n\r\n
S: * FLAGS (* work)
S: * OK [PERMANENTFLAGS (* work \*)] *
S: * 2 EXISTS
S: * 2 RECENT
S: b OK [APPENDUID * 1:2] *
C: c APPEND Nowhere {5}
S: c NO [TRYCREATE] *
C- d APPEND Nowhere {5+}\r\nhello\r\n
S: d NO [TRYCREATE] *
C: e NOOP
S: e OK *
C: f CREATE Many
S: f OK *
C- g APPEND Many$(printf ' {1+}\\r\\nx%.0s' $(seq 150))\r\n
S: g OK [APPENDUID * 1:150] *
C: h DELETE Many
S: h OK *
C: z LOGOUT
S~ z OK *
END
check 'stored with LF, sizes in the name' sh -c "ls '$(virtual_maildir ana)/cur' | grep -q ',S=46,W=50:2,Sa$'"
converse imap 'fetched whole and in parts' <<END
$LOGIN
C: a SELECT INBOX
S~ a OK *
C: b FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
S: * 1 FETCH (UID 1 FLAGS (\Seen work) INTERNALDATE "*-Feb-2020 *" RFC822.SIZE 50 ENVELOPE (NIL "one" (("Eva" NIL "eva" "example.test")) (("Eva" NIL "eva" "example.test")) (("Eva" NIL "eva" "example.test")) NIL NIL NIL NIL NIL))
S: b OK *
C: c UID FETCH 2 (BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (Subject)])
S: * 2 FETCH (UID 2 BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 13 1 NIL NIL NIL NIL) BODY[HEADER.FIELDS (Subject)] {35}
S: Subject: =?utf-8?q?zw=C3=B6lf?=
S: 
S: )
S: c OK *
C: d FETCH 2 BODY.PEEK[TEXT]<7.100>
S: * 2 FETCH (BODY[TEXT]<7> {6}
S: line
S: )
S: d OK *
C: e FETCH 2 BODY[1]
S: * 2 FETCH (FLAGS (\Flagged \Seen) BODY[1] {13}
S: second line
S: )
S: e OK *
C: f FETCH 3 FLAGS
S: f BAD *
C: g UID FETCH 77 FLAGS
S: g OK *
C: h FETCH 1 (FLAGS BODY[MIME])
S: h BAD *
C: z LOGOUT
S~ z OK *
END
converse imap 'searched' <<END
$LOGIN
C: a SELECT INBOX
S~ a OK *
C: b SEARCH SUBJECT "ZW"
S: * SEARCH 2
S: b OK *
C- c UID SEARCH CHARSET UTF-8 SUBJECT {6+}\r\nZW\xc3\x96LF\r\n
S: * SEARCH 2
S: c OK *
C: d SEARCH FROM eva BEFORE 2-Feb-2020 KEYWORD Work
S: * SEARCH 1
S: d OK *
C: e SEARCH NOT (OR SEEN FLAGGED)
S: * SEARCH
S: e OK *
C: f SEARCH BODY second LARGER 10 1:*
S: * SEARCH 2
S: f OK *
C: g SEARCH TEXT "Subject: one"
S: * SEARCH 1
S: g OK *
C: h SEARCH CHARSET X-NOBODY TEXT a
S: h NO [BADCHARSET *
C: i SEARCH YOUNGER 3600
S: * SEARCH 2
S: i OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'copied and moved, with their UIDs' <<END
$LOGIN
C: a CREATE Box
S: a OK *
C: b SELECT INBOX
S~ b OK *
C: c COPY 1:2 Box
S: c OK [COPYUID * 1:2 1:2] *
C: d COPY 1 Nowhere
S: d NO [TRYCREATE] *
C: e UID MOVE 1 Box
S: * OK [COPYUID * 1 3] *
S: * 1 EXPUNGE
S: e OK *
C: f SELECT Box
S~ f OK *
C: g UID FETCH 1:* FLAGS
S: * 1 FETCH (UID 1 FLAGS (\Seen \Recent work))
S: * 2 FETCH (UID 2 FLAGS (\Flagged \Seen \Recent))
S: * 3 FETCH (UID 3 FLAGS (\Seen \Recent work))
S: g OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'flagged and expunged' <<END
$LOGIN
C: a SELECT Box
S~ a OK *
C: b STORE 1:2 +FLAGS (\Deleted new)
S: * FLAGS (* work new)
S: * OK [PERMANENTFLAGS *
S: * 1 FETCH (FLAGS (\Deleted \Seen work new))
S: * 2 FETCH (FLAGS (\Flagged \Deleted \Seen new))
S: b OK *
C: c UID STORE 2 -FLAGS.SILENT (\Deleted)
S: c OK *
C: d STORE 3 FLAGS ()
S: * 3 FETCH (FLAGS ())
S: d OK *
C: e STORE 1 +FLAGS (\Recent)
S: e BAD *
C: f UID EXPUNGE 2:3
S: f OK *
C: g EXPUNGE
S: * 1 EXPUNGE
S: g OK *
C: h UID SEARCH ALL
S: * SEARCH 2 3
S: h OK *
C: i EXAMINE Box
S~ i OK [READ-ONLY] *
C: j STORE 1 +FLAGS (\Deleted)
S: j NO [READ-ONLY] *
C: k UNSELECT
S: k OK *
C: m FETCH 1 FLAGS
S: m BAD *
C: z LOGOUT
S~ z OK *
END
converse imap 'CLOSE expunges without a word' <<END
$LOGIN
C: a SELECT Box
S~ a OK *
C: b STORE 1 +FLAGS.SILENT \Deleted
S: b OK *
C: c CLOSE
S: c OK *
C: d STATUS Box (MESSAGES)
S: * STATUS "Box" (MESSAGES 1)
S: d OK *
C: z LOGOUT
S~ z OK *
END

# Two sessions: what one removes keeps its number for the other until it may be told.
cat >"$T/two.py" <<'END'
import imaplib, sys
def session():
    c = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
    c.login(sys.argv[2], sys.argv[3])
    return c
one, two = session(), session()
for i in range(5):
    one.append("INBOX", None, None, b"Subject: %d\r\n\r\nx\r\n" % i)
one.select(); two.select()
count = int(one.response("EXISTS")[1][0] or 6) if False else int(two.select()[1][0])
one.store("2", "+FLAGS", "(\\Deleted)"); one.expunge()
assert two.fetch("1:%d" % count, "(UID)")[0] == "OK"           # FETCH must not renumber
assert two.response("EXPUNGE")[1] in (None, [None]), "an EXPUNGE during FETCH"
assert two.store("1", "+FLAGS", "(\\Answered)")[0] == "OK"
assert two.response("EXPUNGE")[1] in (None, [None]), "an EXPUNGE during STORE"
two.noop()
assert two.response("EXPUNGE")[1] == [b"2"], "no EXPUNGE at NOOP"
one.noop()
flags = b" ".join(x for x in one.response("FETCH")[1] if x)
assert b"1 (FLAGS (\\Answered" in flags, flags
one.logout(); two.logout()
END
check 'EXPUNGE is told when numbers may change, flags at once' python3 "$T/two.py" "$IMAP_PORT" "$ANA" "$PASSWORD"

cat >"$T/limits.py" <<'END'
import socket, sys
def session():
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
    f = s.makefile("rwb", buffering=0)
    f.readline()
    f.write(b"l LOGIN %s %s\r\n" % (sys.argv[2].encode(), sys.argv[3].encode()))
    while not f.readline().startswith(b"l OK"): pass
    return f
def expect(f, prefix):
    line = f.readline()
    assert line.startswith(prefix), (prefix, line)
f = session()
f.write(b"a NOOP " + b"x" * 200000 + b"\r\n"); expect(f, b"a BAD")
f.write(b"b SELECT {70000}\r\n"); expect(f, b"b BAD")
f.write(b"c SELECT {70000+}\r\n" + b"x" * 70000 + b"\r\n"); expect(f, b"c BAD")
f.write(b"d APPEND INBOX {100001}\r\n"); expect(f, b"d NO [TOOBIG]")
f.write(b"e APPEND INBOX {100001+}\r\n" + b"x" * 100001 + b"\r\n"); expect(f, b"e NO [TOOBIG]")
f.write(b"f SEARCH " + b"(" * 1000 + b"\r\n"); expect(f, b"f BAD")
f.write(b"g NOOP\r\n"); expect(f, b"g OK")
f.write(b"h APPEND INBOX {99999999999999999999}\r\n"); expect(f, b"h BAD")
for i in range(19):
    f.write(b"bad\r\n"); f.readline()
rest = f.read()
assert b"BYE" in rest, rest
f = session()
f.write(b"a SELECT INBOX\r\n")
while not f.readline().startswith(b"a OK"): pass
f.write(b"b SEARCH " + b"OR SEEN " * 3000 + b"SEEN\r\n"); expect(f, b"b NO [LIMIT]")
f.write(b"c FETCH 1 BODY[" + b"1." * 5000 + b"1]\r\n"); expect(f, b"c BAD")
f.write(b"d FETCH " + b"1:*," * 10000 + b"1 UID\r\n")
while not f.readline().startswith(b"d OK"): pass
END
check 'what is too long, too big or too deep is refused' python3 "$T/limits.py" "$IMAP_PORT" "$ANA" "$PASSWORD"
maildir_has 'and leaves nothing in tmp/' "$(virtual_maildir ana)" 1
no_crash 'no process crashed'
