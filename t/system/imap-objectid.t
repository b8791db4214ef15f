#!/bin/sh
# imapd: OBJECTID (RFC 8474) and SAVEDATE (RFC 8514): a mailbox keeps its identity over a rename, a message
# over copies and moves; each place has its own time of arrival.
. "$(dirname "$0")/../lib.sh"
plan 2
instance_start </dev/null
cat >"$T/identities.py" <<'END'
import imaplib, re, sys
c = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
c.login("ana@example.test", sys.argv[2])
imaplib.Commands["MOVE"] = ("SELECTED",)

def ask(pattern, *command):
    kind, lines = c._simple_command(*command)
    assert kind == "OK", (command, lines)
    text = b" ".join(lines) + b" " + b" ".join(b" ".join(p if isinstance(p, bytes) else b" ".join(p) for p in v)
                                              for v in c.untagged_responses.values())
    c.untagged_responses = {}
    found = re.search(pattern, text)
    assert found, (command, text)
    return found.group(1)

made = ask(rb"\[MAILBOXID \(([A-Za-z0-9_-]+)\)\]", "CREATE", "Here")
assert ask(rb"MAILBOXID \(([^)]+)\)", "STATUS", "Here", "(MAILBOXID)") == made
ask(rb"(completed)", "RENAME", "Here", "There")
assert ask(rb"MAILBOXID \(([^)]+)\)", "STATUS", "There", "(MAILBOXID)") == made
c.create("Here")
assert ask(rb"MAILBOXID \(([^)]+)\)", "STATUS", "Here", "(MAILBOXID)") != made
c.append("INBOX", None, '"01-Jan-2020 10:00:00 +0000"', b"Subject: x\r\n\r\nbody\r\n")
c.append("INBOX", None, None, b"Subject: x\r\n\r\nbody\r\n")
inbox = ask(rb"MAILBOXID \(([^)]+)\)", "STATUS", "INBOX", "(MAILBOXID)")
c.select("INBOX")
assert c.response("MAILBOXID")[1][0].strip(b"()") in (inbox,), "SELECT tells it too"
lines = c.fetch("1:2", "(EMAILID THREADID SAVEDATE INTERNALDATE)")[1]
ids = [re.search(rb"EMAILID \(([A-Za-z0-9_-]{1,255})\)", line).group(1) for line in lines]
assert ids[0] != ids[1], "messages of the same content, appended apart"
assert all(b"THREADID NIL" in line for line in lines), lines
assert b"01-Jan-2020" in lines[0] and b'SAVEDATE "01-Jan-2020' not in lines[0], lines
assert re.search(rb'SAVEDATE "[ \d]\d-\w{3}-20\d\d ', lines[0]), lines
c.copy("1", "There")
c._simple_command("MOVE", "2", "There")
c.select("There")
lines = c.fetch("1:2", "(EMAILID)")[1]
assert [re.search(rb"EMAILID \(([^)]+)\)", line).group(1) for line in lines] == ids, (lines, ids)
END
check 'identities and times of arrival' python3 "$T/identities.py" "$IMAP_PORT" "$PASSWORD"
no_crash 'no process crashed'
