#!/bin/sh
# imapd: CONDSTORE (RFC 7162): modseqs in SELECT, FETCH, STORE, SEARCH, STATUS; what was changed meanwhile
# is not overwritten. And FETCH with SAVEDATE and PARTIAL.
. "$(dirname "$0")/../lib.sh"
plan 7
instance_start </dev/null

converse imap 'modseqs are told from the first SELECT on, and in FETCH once they were asked for' <<END
$LOGIN
C- a APPEND INBOX {8+}\r\nA: b\r\n\r\n {8+}\r\nA: c\r\n\r\n {8+}\r\nA: d\r\n\r\n\r\n
S: a OK [APPENDUID * 1:3] *
C: b SELECT INBOX
S~ * OK [UIDNEXT 4] *
S: * OK [HIGHESTMODSEQ *] *
S~ b OK *
C: c STORE 1 +FLAGS (\\Seen)
S: * 1 FETCH (FLAGS (\\Seen \\Recent))
S: c OK *
C: d FETCH 1:2 (MODSEQ)
S: * OK [HIGHESTMODSEQ *] *
S: * 1 FETCH (MODSEQ (*))
S: * 2 FETCH (MODSEQ (*))
S: d OK *
C: e STORE 2 +FLAGS (\\Seen)
S: * 2 FETCH (FLAGS (\\Seen \\Recent) MODSEQ (*))
S: e OK *
C: f UID STORE 2 -FLAGS.SILENT (\\Seen)
S: * 2 FETCH (UID 2 MODSEQ (*))
S: f OK *
C: g FETCH 3 BODY[]
S: * 3 FETCH (FLAGS (\\Seen \\Recent) MODSEQ (*) BODY[] {8}
S: A: d
S: 
S: )
S: g OK *
C: h STORE 2 -FLAGS.SILENT (\\Draft)
S: h OK *
C: i FETCH 2 BODY[]
S: * 2 FETCH (FLAGS (\\Seen \\Recent) MODSEQ (*) BODY[] {8}
S: A: c
S: 
S: )
S: i OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'by ENABLE, SELECT and STATUS too' <<END
$LOGIN
C: a ENABLE X-NOTHING condstore CONDSTORE
S: * ENABLED CONDSTORE
S: a OK *
C: b ENABLE CONDSTORE
S: * ENABLED
S: b OK *
C: c STATUS INBOX (MESSAGES HIGHESTMODSEQ)
S: * STATUS "INBOX" (MESSAGES 3 HIGHESTMODSEQ *)
S: c OK *
C: d SELECT INBOX (CONDSTORE)
S~ d OK *
C: e EXAMINE INBOX (NOTHING)
S: e BAD *
C: f SELECT INBOX (QRESYNC (1 1))
S: f BAD *
C: g SELECT INBOX
S: * OK [CLOSED] *
S~ g OK *
C: h UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)
S: h BAD *
C: z LOGOUT
S~ z OK *
END
cat >"$T/modseq.py" <<'END'
# Two sessions: what one changes, the other does not overwrite, and finds by its modseq.
import re
from imap_session import Session, number
def modseqs(lines): return {int(m[1]): int(m[2]) for m in (re.match(r"\* (\d+) FETCH .*MODSEQ \((\d+)\)", l) for l in lines) if m}
one, two = Session(), Session()
highest = number("HIGHESTMODSEQ", one("s SELECT INBOX (CONDSTORE)"))
two("s SELECT INBOX")
at = modseqs(one("a FETCH 1:3 MODSEQ")); assert max(at.values()) == highest, (at, highest)
assert two("a STORE 2 FLAGS (\\Flagged)")[-1].startswith("a OK")
assert two("b STORE 3 +FLAGS.SILENT (work)")[-1].startswith("b OK")
# What was not told yet holds a conditional change back; the rest is done and told.
lines = one("b STORE 1:3 (UNCHANGEDSINCE %d) +FLAGS.SILENT (\\Deleted)" % highest)
assert lines[-1].startswith("b OK [MODIFIED 2:3] "), lines
assert re.match(r"\* 1 FETCH \(MODSEQ \(\d+\)\)", lines[2]), lines
told = [l for l in lines if re.match(r"\* [23] FETCH \(FLAGS \(.*\) MODSEQ", l)]
assert len(told) == 2 and "\\Deleted" not in "".join(told), lines
now = modseqs(lines); assert len(now) == 3 and min(now.values()) > highest, now
# CHANGEDSINCE finds just these, and SEARCH MODSEQ too; both tell modseqs.
lines = one("c UID FETCH 1:* (FLAGS) (CHANGEDSINCE %d)" % now[2])
assert sorted(modseqs(lines)) == sorted(n for n in now if now[n] > now[2]), (lines, now)
lines = one("d SEARCH MODSEQ %d" % now[3])
found = sorted(n for n in now if now[n] >= now[3])
assert lines[0] == "* SEARCH %s (MODSEQ %d)" % (" ".join(map(str, found)), max(now.values())), (lines, now)
lines = one('e UID SEARCH RETURN (MIN COUNT) MODSEQ "/flags/\\\\Seen" all 1')
assert lines[0] == '* ESEARCH (TAG "e") UID MIN 1 COUNT 3 MODSEQ %d' % max(now.values()), lines
lines = one("f SEARCH MODSEQ %d" % (max(now.values()) + 1)); assert lines[0] == "* SEARCH", lines
# UNCHANGEDSINCE 0 changes nothing; with the right modseq it goes on.
assert one("g STORE 1 (UNCHANGEDSINCE 0) +FLAGS (x)")[-1].startswith("g OK [MODIFIED 1]")
lines = one("h UID STORE 1 (UNCHANGEDSINCE %d) +FLAGS (x)" % now[1])
assert lines[-1].startswith("h OK ") and "MODIFIED" not in lines[-1] and any("FETCH (UID 1 FLAGS" in l for l in lines), lines
# Silence is for one's own changes only.
two("c STORE 1 +FLAGS (\\Answered)")
lines = one("i STORE 1 +FLAGS.SILENT (\\Flagged)")
assert any("\\Answered" in l and "\\Flagged" in l for l in lines), lines
# Those may have come between SELECT and the first command.
one("j SELECT INBOX (CONDSTORE)")
two("d STORE 2 +FLAGS (\\Draft)")
lines = one("k STORE 2 +FLAGS.SILENT (\\Answered)")
assert any("\\Answered" in l and "\\Draft" in l for l in lines), lines
END
check 'changes of others are not overwritten, and found' python3 "$T/modseq.py" "$IMAP_PORT" "$ANA" "$PASSWORD"
converse imap 'modseqs are the same in the next session' <<END
$LOGIN
C: a SELECT INBOX (CONDSTORE)
S~ a OK *
C: b SEARCH MODSEQ 1
S: * SEARCH 1 2 3 (MODSEQ *)
S: b OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'save dates: RFC 8514' <<END
$LOGIN
C: a SELECT INBOX
S~ a OK *
C: b FETCH 1 (SAVEDATE)
S: * 1 FETCH (SAVEDATE "*-*-* *")
S: b OK *
C: c SEARCH SAVEDATESUPPORTED
S: * SEARCH 1 2 3
S: c OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'FETCH of a part: RFC 9394' <<END
$LOGIN
C: a EXAMINE INBOX
S~ a OK *
C: b UID FETCH 1:* (UID) (PARTIAL -1:-2)
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 3)
S: b OK *
C: c UID FETCH 1:* UID (PARTIAL 1:1)
S: * 1 FETCH (UID 1)
S: c OK *
C: d UID FETCH 1:* UID (PARTIAL 7:9)
S: d OK *
C: e UID FETCH 1:* UID (PARTIAL 0:9)
S: e BAD *
C: z LOGOUT
S~ z OK *
END
no_crash 'no process crashed'
