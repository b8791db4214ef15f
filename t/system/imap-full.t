#!/bin/sh
# A full disk under the mailboxes: what is there can be read and removed, also without an index; who cannot be served is
# told so; nothing crashes, and with room again everything is as it was. (The lock file of an index is written through memory, where no room is a signal.)
. "$(dirname "$0")/../lib.sh"
need_root
plan 14
mkdir -p "$MAILDIRS"
mount -t tmpfs -o size=600k,mode=755 tmpfs "$MAILDIRS"
instance_start </dev/null
fill() { cat /dev/zero >"$MAILDIRS/filler" 2>/dev/null; }
send_mail a@remote.test ana@example.test >/dev/null
maildir_has 'a message arrives' "$(virtual_maildir ana)" 1

# Before there is an index, or UIDs: this session has its own.
fill
converse imap 'who never had an index can read and flag' <<END
$LOGIN
C: s SELECT INBOX
S~ s OK *
C: f FETCH 1 (UID)
S: * 1 FETCH (UID 1)
S: f OK *
C: t STORE 1 +FLAGS.SILENT (\Flagged)
S~ t OK *
C: x LOGOUT
S~ x OK *
END
rm "$MAILDIRS/filler"

for free in 0 4 8 12 16 20 24 28 32 48 64 96; do # kilobytes: the first session fails at another place each time
    fill
    truncate -s "-${free}K" "$MAILDIRS/filler"
    printf 'l LOGIN %s %s\r\ns SELECT INBOX\r\nf FETCH 1 (UID FLAGS ENVELOPE)\r\nt STORE 1 +FLAGS (\\Seen $some)\r\nc CREATE x%s\r\nq LOGOUT\r\n' "$ANA" "$PASSWORD" "$free" |
        python3 -c '
import socket, sys
server = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
server.sendall(sys.stdin.buffer.read())
sys.stdout.buffer.write(b"".join(iter(lambda: server.recv(4096), b"")))' "$IMAP_PORT" >"$T/said.$free"
    rm -f "$MAILDIRS/filler"
done
is 'whoever cannot be served hears of a reason that passes' \
    "$(cat "$T"/said.* | grep -E '^[a-z]+ (NO|BAD)' | grep -v '^[a-z] NO \[\(UNAVAILABLE\|OVERQUOTA\|SERVERBUG\|INUSE\)\]\|No mailbox selected' | sort | uniq -c)" ''
check 'a full disk had its consequences' grep -q '^[a-z] NO ' "$T/said.0"
is 'sessions ended as they should' "$(grep -l '^\* BYE' "$T"/said.* | wc -l)" 12
converse imap 'with room, everything is there' <<END
$LOGIN
C: s SELECT INBOX
S~ s OK *
C: f FETCH 1 (UID)
S: * 1 FETCH (UID 1)
S: f OK *
C: x LOGOUT
S~ x OK *
END
is 'and the message was not touched' "$(t_files_in "$(virtual_maildir ana)" 1 && echo yes)" yes
fill # now that there is an index
converse imap 'what was seen before can be read, and removed' <<END
$LOGIN
C: s SELECT INBOX
S~ s OK *
C: f FETCH 1 (BODY[TEXT])
S~ f OK *
C: t STORE 1 +FLAGS.SILENT (\Deleted)
S~ t OK *
C: e EXPUNGE
S~ e OK *
C: x LOGOUT
S~ x OK *
END
rm -f "$MAILDIRS/filler"

# The list of UIDs is there, the index is lost, and a message came that has no line in the list.
box=$(virtual_maildir ana)
send_mail b@remote.test ana@example.test >/dev/null
maildir_has 'another message arrives' "$box" 1
converse imap 'and has its UID' <<END
$LOGIN
C: s SELECT INBOX
S~ s OK *
C: f FETCH 1 (UID)
S: * 1 FETCH (UID 2)
S: f OK *
C: x LOGOUT
S~ x OK *
END
rm -r "$box/buzon.index"
: >"$box/new/1999999999.M1P1.late"
chown --reference="$box" "$box/new/1999999999.M1P1.late"
fill
converse imap 'without index and room UIDs are what they were, what has none waits, and the other one can be removed' <<END
$LOGIN
C: s SELECT INBOX
S~ s OK *
C: f FETCH 1:* (UID)
S: * 1 FETCH (UID 2)
S: f OK *
C: t STORE 1 +FLAGS.SILENT (\Deleted)
S~ t OK *
C: e EXPUNGE
S~ e OK *
C: x LOGOUT
S~ x OK *
END
is 'which is gone' "$(maildir_files "$box" | sed 's/.*late.*/late/')" late
rm -f "$MAILDIRS/filler"
converse imap 'with room, the other one has a UID of its own' <<END
$LOGIN
C: s SELECT INBOX
S~ s OK *
C: f FETCH 1:* (UID)
S: * 1 FETCH (UID 3)
S: f OK *
C: x LOGOUT
S~ x OK *
END
no_crash 'nothing has crashed'
