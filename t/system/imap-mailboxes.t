#!/bin/sh
# imapd: mailboxes are made, listed, renamed, removed and subscribed to; no name leads out of the tree.
. "$(dirname "$0")/../lib.sh"
plan 10
instance_start </dev/null

converse imap 'made, listed, subscribed' <<END
$LOGIN
C: a CREATE Work.2024
S: a OK *
C: b CREATE work.2024
S: b OK *
C: c CREATE Work.2024
S: c NO [ALREADYEXISTS] *
C: d LIST "" "*"
S: * LIST (\HasNoChildren) "." "INBOX"
S: * LIST (\Noselect \HasChildren) "." "Work"
S: * LIST (\HasNoChildren) "." "Work.2024"
S: * LIST (\Noselect \HasChildren) "." "work"
S: * LIST (\HasNoChildren) "." "work.2024"
S: d OK *
C: e LIST "" %
S: * LIST (\HasNoChildren) "." "INBOX"
S: * LIST (\Noselect \HasChildren) "." "Work"
S: * LIST (\Noselect \HasChildren) "." "work"
S: e OK *
C: f LIST "" ""
S: * LIST (\Noselect) "." ""
S: f OK *
C: g SUBSCRIBE Work.2024
S: g OK *
C: h SUBSCRIBE Nowhere
S: h NO [NONEXISTENT] *
C: i LSUB "" %
S: * LSUB (\Noselect) "." "Work"
S: i OK *
C: j LSUB "" *
S: * LSUB () "." "Work.2024"
S: j OK *
C: k NAMESPACE
S: * NAMESPACE (("" ".")) NIL NIL
S: k OK *
C: z LOGOUT
S: * BYE *
S: z OK *
EOF
END
check 'as Maildir++ folders and in Dovecot'\''s file' sh -c "
    test -d '$(virtual_maildir ana)/.Work.2024/cur' -a -f '$(virtual_maildir ana)/.Work.2024/maildirfolder' &&
    printf 'V\t2\n\nWork\t2024\n' | cmp - '$(virtual_maildir ana)/subscriptions'"
converse imap 'renamed with what is below, and removed' <<END
$LOGIN
C: a CREATE Work.2024.May
S: a OK *
C: b RENAME Work Play
S: b OK *
C: c STATUS Play.2024.May (MESSAGES UIDNEXT UNSEEN SIZE)
S: * STATUS "Play.2024.May" (MESSAGES 0 UIDNEXT 1 UNSEEN 0 SIZE 0)
S: c OK *
C: d STATUS Work.2024 (MESSAGES)
S: d NO [NONEXISTENT] *
C: e RENAME Play.2024 Play.2024.x
S: e NO *
C: f DELETE Play.2024
S: f OK *
C: g LIST "" Play*
S: * LIST (\Noselect \HasChildren) "." "Play"
S: * LIST (\Noselect \HasChildren) "." "Play.2024"
S: * LIST (\HasNoChildren) "." "Play.2024.May"
S: g OK *
C: h DELETE Play
S: h NO [NONEXISTENT] *
C: i DELETE inbox
S: i NO *
C: j CREATE INBOX
S: j NO [ALREADYEXISTS] *
C: z LOGOUT
S~ z OK *
END
converse imap 'names of other alphabets are kept as they came' <<END
$LOGIN
C: a CREATE "Entw&APw-rfe"
S: a OK *
C: b CREATE "&AOk-&AOk-"
S: b NO [CANNOT] *
C: c LIST "" Entw*
S: * LIST (\HasNoChildren) "." "Entw&APw-rfe"
S: c OK *
C- d SELECT {12}\r\n
S: + *
C- Entw&APw-rfe\r\n
S~ d OK [READ-WRITE] *
C: z LOGOUT
S~ z OK *
END

mkdir -p "$MAILDIRS/example.test/luis/Maildir"
converse imap 'nothing outside of the account can be named' <<END
$LOGIN
C: a SELECT ../../luis/Maildir
S: a NO [CANNOT] *
C: b SELECT "/etc"
S: b NO [CANNOT] *
C: c CREATE "x/../../y"
S: c NO [CANNOT] *
C: d CREATE ".."
S: d NO [CANNOT] *
C: e CREATE "..buzon-x"
S: e NO [CANNOT] *
C: f SELECT "a&AC8-b"
S: f NO [CANNOT] *
C- g SELECT {3}\r\n
S: + *
C- a\0b\r\n
S: g BAD *
C: h LIST "/" "*"
S: h OK *
C: i LIST "../" "%"
S: i OK *
C: z LOGOUT
S~ z OK *
END
check 'and nothing was made there' sh -c "test -z \"\$(ls -A '$MAILDIRS/example.test/luis/Maildir')\" -a ! -e '$MAILDIRS/y' -a ! -e '$MAILDIRS/example.test/y'"

long=$(printf 'x%.0s' $(seq 150))
converse imap 'renamed with all that is below, or not at all' <<END
$LOGIN
C: a CREATE All
S: a OK *
C: b CREATE All.$long
S: b OK *
C: c RENAME All $long
S: c NO [CANNOT] *
C: d CREATE Other.$long
S: d OK *
C: e RENAME All Other
S: e NO [ALREADYEXISTS] *
C: f LIST "" (All* Other* x*) RETURN (CHILDREN)
S: * LIST (\HasChildren) "." "All"
S: * LIST (\HasNoChildren) "." "All.$long"
S: * LIST (\NonExistent \HasChildren) "." "Other"
S: * LIST (\HasNoChildren) "." "Other.$long"
S: f OK *
C: g DELETE Other.$long
S: g OK *
C: h RENAME All Other
S: h OK *
C: i DELETE Other.$long
S: i OK *
C: j DELETE Other
S: j OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'INBOX renamed stays, and its messages move' <<END
$LOGIN
C- a APPEND INBOX {5+}\r\nhello\r\n
S: a OK [APPENDUID *
C: b RENAME INBOX Old
S: b OK *
C: c STATUS INBOX (MESSAGES UIDNEXT)
S: * STATUS "INBOX" (MESSAGES 0 UIDNEXT 2)
S: c OK *
C: d STATUS Old (MESSAGES)
S: * STATUS "Old" (MESSAGES 1)
S: d OK *
C: z LOGOUT
S~ z OK *
END
log_has 'the session'\''s end is logged as Dovecot does' "imap\\($ANA\\)<[0-9]+><[^>]+>: Disconnected: Logged out in=[0-9]+ out=[0-9]+ deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0"
no_crash 'no process crashed'
