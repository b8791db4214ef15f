#!/bin/sh
# A full disk, and an index that is there but has no room for what changes: who has mail there logs in, reads, flags and
# removes it, over IMAP and POP3; nothing is told of modseqs then (RFC 7162 section 3.1.2.2); with room again the index is
# what it was before, and knows what was done. Dovecot is asked the same.
. "$(dirname "$0")/../lib.sh"
need python3
need_root
plan 13
mkdir -p "$MAILDIRS"
mount -t tmpfs -o size=12m,mode=755 tmpfs "$MAILDIRS"
instance_start </dev/null
fill() { cat /dev/zero >"$MAILDIRS/filler" 2>/dev/null; }
# An index has room of its own at first; one that is old has used it up.
grow_old() { cp -p "$1/data.mdb" "$1/copy" && mv "$1/copy" "$1/data.mdb"; }
inode() { stat -c %i "$box/buzon.index/data.mdb"; }
# messages DIRECTORY COUNT
messages() {
    for n in $(seq "$2"); do
        printf 'Subject: %s\nFrom: a@remote.test\n\n%s\n' "$n" "$n" >"$1/cur/$((1500000000 + n)).M1P1.many:2,"
    done
}
ODD=$(seq -s, 1 2 600)

send_mail a@remote.test ana@example.test >/dev/null
box=$(virtual_maildir ana)
maildir_has 'a message arrives' "$box" 1
messages "$box" 600
chown --reference="$box" "$box"/cur/*
converse imap 'a mailbox is seen for the first time' <<END
$LOGIN
C: s SELECT INBOX
S~ * OK [HIGHESTMODSEQ *
S~ s OK *
C: f FETCH 1:601 (UID FLAGS)
S~ f OK *
C: x LOGOUT
S~ x OK *
END
grow_old "$box/buzon.index"
before=$(inode)
fill
converse imap 'on a full disk flags are set; from then on no modseqs are told' <<END
$LOGIN
C: e ENABLE CONDSTORE
S~ e OK *
C: s SELECT INBOX
S~ * OK [HIGHESTMODSEQ *
S~ s OK *
C: t STORE $ODD +FLAGS.SILENT (\\Seen)
S~ * OK [NOMODSEQ] *
S~ t OK *
C: u STORE 3 +FLAGS (\\Flagged)
S: * 3 FETCH (FLAGS (\\Flagged \\Seen))
S: u OK *
C: f FETCH 1:4 (UID FLAGS)
S: * 1 FETCH (UID 1 FLAGS (\\Seen))
S: * 2 FETCH (UID 2 FLAGS ())
S: * 3 FETCH (UID 3 FLAGS (\\Flagged \\Seen))
S: * 4 FETCH (UID 4 FLAGS ())
S: f OK *
C: g FETCH 1 (MODSEQ)
S: g BAD Error in IMAP command FETCH: FETCH MODSEQ can't be used with non-permanent modseqs*
C: h UID FETCH 1 (FLAGS) (CHANGEDSINCE 1)
S: h BAD Error in IMAP command UID FETCH: FETCH CHANGEDSINCE can't be used with non-permanent modseqs*
C: i STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Flagged)
S: i BAD Error in IMAP command STORE: STORE UNCHANGEDSINCE can't be used with non-permanent modseqs*
C: j SEARCH MODSEQ 1
S: j BAD *
C: k STATUS INBOX (HIGHESTMODSEQ)
S: * STATUS "INBOX" (HIGHESTMODSEQ 0)
S: k OK *
C: x LOGOUT
S~ x OK *
END
converse imap 'messages are read and removed; a client with QRESYNC has nothing to go by' <<END
$LOGIN
C: e ENABLE QRESYNC
S~ e OK *
C: s SELECT INBOX
S~ s OK *
C: f FETCH 5 (BODY.PEEK[TEXT])
S~ f OK *
C: t STORE $ODD +FLAGS.SILENT (\\Deleted)
S~ t OK *
C: v UID EXPUNGE 1,3
S: * VANISHED 1,3
S: v OK Expunge completed.
C: w SELECT INBOX (QRESYNC (1 1))
S: * OK [CLOSED] *
S~ * OK [NOMODSEQ] No permanent modsequences
S: * OK [MAILBOXID *
S: w OK *
C: x LOGOUT
S~ x OK *
END
converse pop3 'POP3 removes a message' <<END
S: +OK *
C: USER $ANA
S: +OK*
C: PASS $PASSWORD
S: +OK*
C: STAT
S: +OK 599 *
C: RETR 2
S: +OK *
S~ .
C: DELE 1
S: +OK*
C: QUIT
S: +OK*
EOF
END
is 'which is gone' "$(maildir_files "$box" | wc -l)" 598
fill
converse imap 'what needs room is refused' <<END
$LOGIN
C- a APPEND INBOX {8+}\r\nA: b\r\n\r\n\r\n
S: a NO [OVERQUOTA] *
C: x LOGOUT
S~ x OK *
END
rm "$MAILDIRS/filler"
converse imap 'with room, modseqs are kept again, UIDs are what they were, and nothing is lost' <<END
$LOGIN
C: e ENABLE QRESYNC
S~ e OK *
C: s SELECT INBOX
S~ * 598 EXISTS
S~ * OK [HIGHESTMODSEQ *
S~ s OK *
C: f UID FETCH 1:7 (FLAGS)
S: * 1 FETCH (UID 4 FLAGS (\\Seen))
S: * 2 FETCH (UID 5 FLAGS (\\Deleted \\Seen))
S: * 3 FETCH (UID 6 FLAGS ())
S: * 4 FETCH (UID 7 FLAGS (\\Deleted \\Seen))
S: f OK *
C- a APPEND INBOX {8+}\r\nA: b\r\n\r\n\r\n
S~ a OK [APPENDUID * 602] *
C: x LOGOUT
S~ x OK *
END
is 'and the index is the one that was there' "$(inode)" "$before"
no_crash 'nothing has crashed'

# --- the same, beside Dovecot --------------------------------------------------------------------

if ! [ -x /usr/lib/dovecot/imap ]; then
    for n in 1 2 3; do ok 'beside Dovecot # SKIP it is not installed'; done
    exit
fi
mkdir -p "$T/run"
cat >"$T/dovecot.conf" <<END
base_dir = $T/run
log_path = $T/log/dovecot.log
mail_location = maildir:$MAILDIRS/dovecot
first_valid_uid = 0
protocols = imap
ssl = no
namespace inbox {
  inbox = yes
}
END
for server in buzon dovecot; do
    mkdir -p "$MAILDIRS/$server/cur" "$MAILDIRS/$server/new" "$MAILDIRS/$server/tmp"
    messages "$MAILDIRS/$server" 600
done
session_user "$MAILDIRS/buzon" "$MAILDIRS/dovecot" "$T/run"
cat >"$T/say.py" <<'END'
"""What a server answers to the lines of standard input, as far as it must be the same."""
import re, subprocess, sys
lines = "".join(line + "\r\n" for line in sys.stdin.read().splitlines())
said = subprocess.run(sys.argv[1], shell=True, input=lines.encode(), stdout=subprocess.PIPE, timeout=100).stdout
for line in said.decode().split("\r\n"):
    if re.match(r"\* (\d+ EXISTS|OK \[(NOMODSEQ|UIDNEXT))|\w+ (OK|NO|BAD)", line):
        print(re.sub(r"(\w+ (OK|NO)( \[\w+)?).*|(.*?)\.? \(\d[^)]*secs\)\.$", r"\1\4", line))
END
# both 'what holds': lines on standard input
both() {
    cat >"$T/lines"
    python3 "$T/say.py" "exec $AS $BUZON_STAGE/libexec/buzon/imapd -s -c $CONF -m $MAILDIRS/buzon" <"$T/lines" >"$T/buzon.said" 2>"$T/buzon.log"
    [ ! -e "$MAILDIRS/filler" ] || fill # what was removed made room
    python3 "$T/say.py" "exec $AS /usr/lib/dovecot/imap -c $T/dovecot.conf" <"$T/lines" >"$T/dovecot.said" 2>"$T/dovecot.log"
    is "$1" "$(cat "$T/buzon.said")" "$(cat "$T/dovecot.said")"
}
both 'Dovecot sees its mailbox for the first time' <<'END'
a SELECT INBOX
b LOGOUT
END
grow_old "$MAILDIRS/buzon/buzon.index"
fill
both 'both have none but those modseqs, and go on' <<END
a SELECT INBOX
b STORE $ODD +FLAGS.SILENT (\\Seen)
c STORE $(seq -s, 1 3 600) +FLAGS.SILENT (\\Flagged)
d STORE $(seq -s, 2 2 600) +FLAGS.SILENT (\\Answered)
e STORE $(seq -s, 1 4 600) +FLAGS.SILENT (\\Draft)
f STORE $ODD -FLAGS.SILENT (\\Seen)
g UNSELECT
h SELECT INBOX
i FETCH 1 (MODSEQ)
j FETCH 1 (FLAGS) (CHANGEDSINCE 1)
k STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)
m STORE $(seq -s, 2 5 600) +FLAGS.SILENT (\\Deleted)
n EXPUNGE
o LOGOUT
END
is 'of the same messages with the same flags' "$(ls "$MAILDIRS/buzon/cur")" "$(ls "$MAILDIRS/dovecot/cur")"
