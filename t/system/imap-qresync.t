#!/bin/sh
# imapd: QRESYNC (RFC 7162): a client that was away hears what changed and what vanished, and no more.
. "$(dirname "$0")/../lib.sh"
plan 5
instance_start </dev/null

converse imap 'VANISHED instead of EXPUNGE, UIDs in every FETCH' <<END
$LOGIN
C: a ENABLE QRESYNC
S: * ENABLED QRESYNC
S: a OK *
C- b APPEND INBOX {8+}\r\nA: 1\r\n\r\n {8+}\r\nA: 2\r\n\r\n {8+}\r\nA: 3\r\n\r\n {8+}\r\nA: 4\r\n\r\n {8+}\r\nA: 5\r\n\r\n\r\n
S: b OK *
C: c SELECT INBOX
S~ c OK *
C: d STORE 2 +FLAGS (\\Deleted)
S: * 2 FETCH (UID 2 FLAGS (\\Deleted \\Recent) MODSEQ (*))
S: d OK *
C: e EXPUNGE
S: * VANISHED 2
S: e OK [HIGHESTMODSEQ *] *
C: f EXPUNGE
S: f OK Expunge completed.
C: g CREATE Other
S: g OK *
C: h UID MOVE 3:4 Other
S: * OK [COPYUID * 3:4 1:2] *
S: * VANISHED 3:4
S: h OK [HIGHESTMODSEQ *] *
C: z LOGOUT
S~ z OK *
END
cat >"$T/resync.py" <<'END'
import re
from imap_session import Session, number
def news(lines): return [l for l in lines if "VANISHED" in l or "FETCH" in l]
one = Session()
def append(count):
    one.f.write(b"a APPEND Box" + b" {8+}\r\nA: x\r\n\r\n" * count + b"\r\n"); one.f.flush()
    assert one.f.readline().startswith(b"a OK")
one("c CREATE Box"); append(10)
one("e ENABLE QRESYNC")
lines = one("s SELECT Box"); validity, modseq = number("UIDVALIDITY", lines), number("HIGHESTMODSEQ", lines)
assert not news(one("n UNSELECT") + one("s SELECT Box (QRESYNC (%d %d))" % (validity, modseq))), "nothing happened"
two = Session(); two("s SELECT Box")
two("a STORE 2,5,9 +FLAGS (\\Deleted)"); two("b EXPUNGE"); two("c STORE 1 +FLAGS (\\Flagged)")
# A session that is open hears it in NOOP; by a command with numbers only flags.
lines = news(one("a FETCH 7 UID")); assert not any("VANISHED" in l for l in lines), lines
lines = news(one("b NOOP")); assert "* VANISHED 2,5,9" in lines, lines
# One that was away.
def resync(extra="", base=modseq): one("u UNSELECT"); return news(one("s SELECT Box (QRESYNC (%d %d%s))" % (validity, base, extra)))
lines = resync(); assert lines[0] == "* VANISHED (EARLIER) 2,5,9" and re.match(r"\* 1 FETCH \(UID 1 FLAGS \(.*Flagged\) MODSEQ \(\d+\)\)", lines[1]) and len(lines) == 2, lines
lines = resync(" 4:6"); assert lines == ["* VANISHED (EARLIER) 5"], lines
lines = resync(" 1:3,9:20"); assert lines[0] == "* VANISHED (EARLIER) 2,9" and len(lines) == 2, lines
one("u UNSELECT"); assert not news(one("s SELECT Box (QRESYNC (%d %d))" % (validity + 1, modseq))), "another mailbox"
# UID FETCH with VANISHED: only of what was named.
lines = news(one("f UID FETCH 1:7 (FLAGS) (CHANGEDSINCE %d VANISHED)" % modseq))
assert lines[0] == "* VANISHED (EARLIER) 2,5" and lines[1].startswith("* 1 FETCH (UID 1 FLAGS"), lines
assert one("g FETCH 1:7 (FLAGS) (CHANGEDSINCE %d VANISHED)" % modseq)[-1].startswith("g BAD")
assert one("h UID FETCH 1:7 (FLAGS) (VANISHED)")[-1].startswith("h BAD")
# Before all that the index knows, every UID that is missing is told, but for what numbers prove.
lines = resync("", 1); assert lines[0] == "* VANISHED (EARLIER) 2,5,9", lines
lines = resync(" 1:10 (1,3,5 1,4,7)", 1); assert lines[0] == "* VANISHED (EARLIER) 9", lines
lines = resync(" (1,3,5 1,3,7)", 1); assert lines[0] == "* VANISHED (EARLIER) 2,5,9", lines
assert one("u UNSELECT") and one("v SELECT Box (QRESYNC (0 0))")[-1].startswith("v OK")
# "*" is the last message that there was: also what was behind the last one that is left is told.
one("c CREATE Tail"); one("a APPEND Tail" + " {1+}\r\nx" * 5)
modseq = number("HIGHESTMODSEQ", one("s SELECT Tail")); two("s SELECT Tail")
def expunge(which): two("d STORE %s +FLAGS (\\Deleted)" % which); two("e EXPUNGE"); one("n NOOP")
def vanished(which): return news(one("f UID FETCH %s (UID) (CHANGEDSINCE %d VANISHED)" % (which, modseq)))
expunge("2,4:5")
assert vanished("1:*") == ["* VANISHED (EARLIER) 2,4:5"] and vanished("*:4") == ["* VANISHED (EARLIER) 4:5"], vanished("1:*")
expunge("1:*")
assert vanished("1:*") == ["* VANISHED (EARLIER) 1:5"] and vanished("3") == ["* VANISHED (EARLIER) 3"], vanished("1:*")
for bad in "(1)", "(1 1 1:*)", "(1 1 $)", "(1 1 1:2 (1))", "(1 1":
    one("u UNSELECT"); assert one("v SELECT Box (QRESYNC %s)" % bad)[-1].startswith("v BAD"), bad
END
check 'what a client that was away hears' python3 "$T/resync.py" "$IMAP_PORT" "$ANA" "$PASSWORD"
find "$MAILDIRS" -name buzon.index -prune -exec rm -r {} +
sed '/^def append/,$d' "$T/resync.py" >"$T/rebuilt.py"
cat >>"$T/rebuilt.py" <<'END'
one("e ENABLE QRESYNC")
lines = one("s EXAMINE Box"); validity = number("UIDVALIDITY", lines)
one("u UNSELECT"); lines = news(one("s SELECT Box (QRESYNC (%d 1000))" % validity))
assert lines[0] == "* VANISHED (EARLIER) 2,5,9" and len(lines) == 8, lines
END
check 'without an index' python3 "$T/rebuilt.py" "$IMAP_PORT" "$ANA" "$PASSWORD"
converse imap 'modseqs go on from there' <<END
$LOGIN
C: a ENABLE QRESYNC
S~ a OK *
C: b SELECT Box
S~ b OK *
C: c UID STORE 1 +FLAGS (\\Deleted)
S~ c OK *
C: d UID EXPUNGE 1:*
S: * VANISHED 1
S: d OK [HIGHESTMODSEQ *] *
C: e CLOSE
S: e OK *
C: z LOGOUT
S~ z OK *
END
no_crash 'no process crashed'
