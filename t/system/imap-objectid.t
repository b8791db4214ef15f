#!/bin/sh
# imapd: OBJECTID (RFC 8474) and SAVEDATE (RFC 8514): a mailbox keeps its identity over a rename, a message
# over copies and moves; each place has its own time of arrival.
. "$(dirname "$0")/../lib.sh"
plan 4
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
threads = [re.search(rb"THREADID \(([A-Za-z0-9_-]{1,255})\)", line).group(1) for line in lines]
assert threads[0] != threads[1], "what has no ids is alone in its thread"
assert b"01-Jan-2020" in lines[0] and b'SAVEDATE "01-Jan-2020' not in lines[0], lines
assert re.search(rb'SAVEDATE "[ \d]\d-\w{3}-20\d\d ', lines[0]), lines
c.copy("1", "There")
c._simple_command("MOVE", "2", "There")
c.select("There")
lines = c.fetch("1:2", "(EMAILID THREADID)")[1]
assert [re.search(rb"THREADID \(([^)]+)\)", line).group(1) for line in lines] == threads, (lines, threads)
assert [re.search(rb"EMAILID \(([^)]+)\)", line).group(1) for line in lines] == ids, (lines, ids)
END
cat >"$T/threads.py" <<'END'
import imaplib, re, sys
c = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
c.login("luis@example.test", sys.argv[2])
fields = ["Message-ID: <a@x>", "Message-ID: <b@x>\r\nIn-Reply-To: <a@x>", "Message-ID: <c@x>\r\nReferences: <a@x>\r\n <b@x>",
          "Message-ID: <other@x>\r\nIn-Reply-To: nonsense", "Message-ID: <d@x>\r\nReferences: <\"a\"@x> <b@x>", "Subject: a"]
if sys.argv[3] == "fill":
    c.create("Sent")
    for i, field in enumerate(fields):
        c.append("Sent" if i == 1 else "INBOX", None, None, ("From: a@b\r\n%s\r\nSubject: s\r\n\r\nx\r\n" % field).encode())
ids = set()
for mailbox in "INBOX", "Sent":
    c.select(mailbox)
    for line in c.fetch("1:*", "(THREADID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]:
        if isinstance(line, tuple):
            assert b"References" not in line[1], line
            ids.add(re.search(rb"THREADID \(([A-Za-z0-9_-]{1,255})\)", line[0]).group(1).decode())
found = {id: [] for id in ids}
for mailbox in "INBOX", "Sent":
    c.select(mailbox)
    for id in ids:
        found[id] += ["%s/%s" % (mailbox, n.decode()) for n in c.search(None, "THREADID", id)[1][0].split()]
print(sorted(found.items()) if sys.argv[3] == "ids" else sorted(sorted(v) for v in found.values()))
END
threads() { python3 "$T/threads.py" "$IMAP_PORT" "$PASSWORD" "$1"; }
is 'a conversation has one THREADID in all mailboxes' "$(threads fill)" \
    "[['INBOX/1', 'INBOX/2', 'INBOX/4', 'Sent/1'], ['INBOX/3'], ['INBOX/5']]"
threads ids >"$T/before"
find "$MAILDIRS" -name buzon.index -exec rm -rf {} +
is 'and keeps it when the index is made anew' "$(threads ids)" "$(cat "$T/before")"
check 'identities and times of arrival' python3 "$T/identities.py" "$IMAP_PORT" "$PASSWORD"
no_crash 'no process crashed'
