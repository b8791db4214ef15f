#!/bin/sh
# imapd: NOTIFY (RFC 5465): what happens in the selected mailbox and in others is told at once, between
# commands and in IDLE, as the groups say; too much to watch is said and not tried.
. "$(dirname "$0")/../lib.sh"
plan 7
instance_start </dev/null
ANA=ana@example.test
cat >"$T/two.py" <<'END'
import re, socket, sys
port, password = int(sys.argv[1]), sys.argv[2]

class Client:
    def __init__(self):
        self.file = socket.create_connection(("127.0.0.1", port), 60).makefile("rwb")
        self.expect(b"* OK")
        self.run(b"LOGIN ana@example.test " + password.encode())

    def line(self):
        line = self.file.readline()
        assert line, "closed"
        return line.rstrip(b"\r\n")

    def send(self, text):
        self.file.write(text + b"\r\n")
        self.file.flush()

    def expect(self, *patterns):
        """The next lines are these, in any order."""
        wanted = list(patterns)
        while wanted:
            line = self.line()
            for p in wanted:
                if re.fullmatch(b".*".join(map(re.escape, p.split(b"*"))) if not p.startswith(b"*") else
                                b"\\*" + b".*".join(map(re.escape, p[1:].split(b"*"))) + (b".*" if p == b"* OK" else b""), line):
                    wanted.remove(p)
                    break
            else:
                raise AssertionError("got %r, wanted %r" % (line, wanted))

    def run(self, command, status=b"OK"):
        self.send(b"t " + command)
        lines = []
        while True:
            lines.append(self.line())
            if lines[-1].startswith(b"t "):
                assert lines[-1].startswith(b"t " + status), (command, lines)
                return lines

    def append(self, mailbox, flags=b"", text=b"Subject: hi\r\n\r\nyo\r\n"):
        self.send(b"t APPEND %s %s{%d+}" % (mailbox, flags, len(text)))
        self.file.write(text + b"\r\n")
        self.file.flush()
        while not self.line().startswith(b"t OK"):
            pass

a, b = Client(), Client()
for name in (b"One", b"Two", b"Two.Sub"):
    a.run(b"CREATE " + name)
print("ok")
END
cat >"$T/others.py" <<'END'
exec(open(sys.argv[3] + "/two.py").read())
lines = a.run(b"NOTIFY SET STATUS (selected NONE) (inboxes (MessageNew MessageExpunge FlagChange)) "
              b"(subtree Two (MessageNew MessageExpunge)) (personal (MailboxName SubscriptionChange))")
assert [l for l in lines if b"STATUS" in l] == [
    b'* STATUS "INBOX" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY %s UNSEEN 0)' % re.search(rb"UIDVALIDITY (\d+)", lines[0]).group(1),
    b'* STATUS "Two" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY %s)' % re.search(rb"UIDVALIDITY (\d+)", lines[1]).group(1),
    b'* STATUS "Two.Sub" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY %s)' % re.search(rb"UIDVALIDITY (\d+)", lines[2]).group(1)], lines
b.append(b"One")                # nobody wants to hear of it
b.append(b"INBOX")
a.expect(b'* STATUS "INBOX" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY * UNSEEN 1)')
b.append(b"Two.Sub")
a.expect(b'* STATUS "Two.Sub" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY *)')
b.run(b"SELECT INBOX")
b.run(b"STORE 1 +FLAGS (\\Seen)")
a.expect(b'* STATUS "INBOX" (UIDVALIDITY * UNSEEN 0)')
b.run(b"STORE 1 +FLAGS (\\Deleted)")
a.expect(b'* STATUS "INBOX" (UIDVALIDITY * UNSEEN 0)')
b.run(b"EXPUNGE")
a.expect(b'* STATUS "INBOX" (MESSAGES 0 UIDNEXT 2 UIDVALIDITY * UNSEEN 0)')
b.run(b"CREATE Three")
a.expect(b'* LIST () "." "Three"')
b.run(b"SUBSCRIBE Three")
a.expect(b'* LIST (\\Subscribed) "." "Three"')
b.run(b"RENAME Three Four")
a.expect(b'* LIST () "." "Four" ("OLDNAME" ("Three"))')
b.run(b"UNSUBSCRIBE Three")
a.expect(b'* LIST (\\NonExistent) "." "Three"')
b.run(b"DELETE Four")
a.expect(b'* LIST (\\NonExistent) "." "Four"')
b.run(b"CREATE Two.New")        # of the first group that names it
b.append(b"Two.New")
a.expect(b'* STATUS "Two.New" (MESSAGES *')
a.run(b"NOTIFY SET (mailboxes INBOX (MailboxMetadataChange)) (personal (MailboxName ServerMetadataChange))")
b.run(b"SETMETADATA One (/private/comment \"unheard\")")
b.run(b"SETMETADATA INBOX (/private/comment \"1\" /shared/comment \"2\")")
a.expect(b'* METADATA "INBOX" /private/comment /shared/comment')
b.run(b"SETMETADATA INBOX (/private/comment \"1\" /shared/comment \"3\")")
a.expect(b'* METADATA "INBOX" /shared/comment')
b.run(b"SETMETADATA INBOX (/private/comment NIL)")
a.expect(b'* METADATA "INBOX" /private/comment')
b.run(b"SETMETADATA \"\" (/private/comment \"of the account\")")
a.expect(b'* METADATA "" /private/comment')
b.run(b"CREATE Six")
a.expect(b'* LIST () "." "Six"')
b.run(b"SETMETADATA INBOX (/shared/comment NIL)")
a.expect(b'* METADATA "INBOX" /shared/comment')
a.run(b"NOTIFY NONE")
b.append(b"INBOX")
b.run(b"CREATE Five")
assert a.run(b"NOOP") == [b"t OK NOOP completed."]
END
cat >"$T/selected.py" <<'END'
exec(open(sys.argv[3] + "/two.py").read())
a.append(b"One", b"(\\Seen) ")
a.append(b"One")
a.run(b"SELECT One")
a.run(b"NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (Subject)]) MessageExpunge FlagChange))")
b.append(b"One")
a.expect(b"* 3 EXISTS")
a.expect(b"* 3 RECENT")
a.expect(b"* 3 FETCH (UID 3 BODY[HEADER.FIELDS (Subject)] {15}")
a.expect(b"Subject: hi")
a.expect(b"")
a.expect(b")")
b.run(b"SELECT One")
b.run(b"STORE 2 +FLAGS (\\Flagged)")
a.expect(b"* 2 FETCH (FLAGS (\\Flagged \\Recent))")
b.run(b"STORE 1 +FLAGS (\\Deleted)")
a.expect(b"* 1 FETCH (FLAGS (\\Deleted \\Seen \\Recent))")
b.run(b"EXPUNGE")
a.expect(b"* 1 EXPUNGE")                    # though no command runs
a.run(b"NOTIFY SET (selected-delayed (MessageNew MessageExpunge))")
b.run(b"STORE 1 +FLAGS (\\Deleted)")
b.run(b"EXPUNGE")
b.append(b"One")
line = a.line()
while b"EXISTS" not in line:
    assert b"EXPUNGE" not in line, line
    line = a.line()
a.line()
assert any(b"EXPUNGE" in l for l in a.run(b"NOOP")), "delayed to the next command"
a.run(b"NOTIFY SET (mailboxes (Two INBOX) (MessageNew MessageExpunge))")
b.append(b"One")                            # the selected mailbox is not among them
b.append(b"INBOX")
a.expect(b'* STATUS "INBOX" (MESSAGES *')
assert a.run(b"FETCH 1 UID")[0].startswith(b"* 1 FETCH"), "and it stays as it was"
assert any(b"EXISTS" in l for l in a.run(b"NOOP")), "till it is asked for"
a.send(b"i IDLE")
a.expect(b"+ idling")
b.append(b"Two")
a.expect(b'* STATUS "Two" (MESSAGES *')
a.send(b"DONE")
a.expect(b"i OK*")
END
cat >"$T/grammar.py" <<'END'
exec(open(sys.argv[3] + "/two.py").read())
for bad in (b"NOTIFY", b"NOTIFY SET", b"NOTIFY SET STATUS", b"NOTIFY SET (personal)", b"NOTIFY SET (personal ())",
            b"NOTIFY SET (personal (MessageNew))", b"NOTIFY SET (personal (MessageExpunge))",
            b"NOTIFY SET (personal (FlagChange))", b"NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
            b"NOTIFY SET (selected (MailboxName))", b"NOTIFY SET (selected NONE) (selected-delayed NONE)",
            b"NOTIFY SET (mailboxes NONE)", b"NOTIFY SET (subtree (a b NONE)", b"NOTIFY NONE NONE",
            b"NOTIFY SET (personal (Nonsense))", b"NOTIFY SET (selected (MessageNew (NONSENSE) MessageExpunge))"):
    a.run(bad, b"BAD")
    if bad == b"NOTIFY SET (subtree (a b NONE)":
        a.run(b"NOOP")
assert b"BADEVENT" in a.run(b"NOTIFY SET (personal (AnnotationChange))", b"NO")[-1]
assert b"CANNOT" in a.run(b"NOTIFY SET (mailboxes ../x NONE)", b"NO")[-1]
END
cat >"$T/renames.py" <<'END'
exec(open(sys.argv[3] + "/two.py").read())
a.run(b"NOTIFY SET (personal (MailboxName))")
b.run(b"CREATE z0")
a.expect(b'* LIST () "." "z0"')
for n in range(20):  # while a looks at all of them because there is a new one, the last one is renamed
    b.send(b"x CREATE a%d" % n)
    b.send(b"y RENAME z%d z%d" % (n, n + 1))
    a.expect(b'* LIST () "." "a%d"' % n, b'* LIST () "." "z%d" ("OLDNAME" ("z%d"))' % (n + 1, n))
    b.expect(b"x OK*", b"y OK*")
END
sed -i '1i import sys' "$T/others.py" "$T/selected.py" "$T/grammar.py" "$T/renames.py"
run() { python3 "$T/$1.py" "$IMAP_PORT" "$PASSWORD" "$T"; }
check 'others: messages, flags, names, subscriptions' run others
BOX=$(virtual_maildir ana)
rm -rf "$BOX"
check 'the selected one, at once or delayed, with items' run selected
rm -rf "$BOX"
check 'what is not of the grammar' run grammar
rm -rf "$BOX"
converse imap 'delivery from outside, in IDLE' <<END
S: * OK *
C: l LOGIN $ANA $PASSWORD
S: l OK *NOTIFY*
C: a CREATE Lists
S: a OK *
C: b NOTIFY SET (personal (MessageNew MessageExpunge))
S: b OK *
C: c IDLE
S: + idling
C: DONE
S: c OK *
C: z LOGOUT
S: * BYE *
S: z OK *
END
as_owner() { if [ $PRIVILEGED = yes ]; then setpriv --reuid=$VMAIL_UID --regid=$VMAIL_GID --clear-groups "$@"; else "$@"; fi; }
mailboxes() { as_owner sh -c "for i in \$(seq $1); do mkdir -p '$BOX'/.m\$i/cur '$BOX'/.m\$i/new '$BOX'/.m\$i/tmp; done"; }
mailboxes 100
check 'a mailbox that is renamed while the names are looked at is told of as renamed' run renames
mailboxes 1001 # more than one session may watch
converse imap 'too much to watch is said' <<END
S: * OK *
C: l LOGIN $ANA $PASSWORD
S: l OK *
C: a NOTIFY SET (personal (MessageNew MessageExpunge))
S: * OK [NOTIFICATIONOVERFLOW] *
S: a OK *
C: b NOTIFY SET (mailboxes (m1 m2) (MessageNew MessageExpunge))
S: b OK *
C- c APPEND m2 {1+}\r\nx\r\n
S: c OK *
S: * STATUS "m2" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY *)
C: z LOGOUT
S: * BYE *
S: z OK *
END
no_crash 'no process crashed'
