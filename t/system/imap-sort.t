#!/bin/sh
# imapd: SORT and THREAD (RFC 5256, RFC 5957), with ESORT (RFC 5267).
. "$(dirname "$0")/../lib.sh"
plan 9
instance_start </dev/null
SELECTED="$LOGIN
C: s SELECT INBOX
S~ s OK *"
box=$(virtual_maildir ana)
mkdir -p "$box/cur" "$box/new" "$box/tmp"
# message NUMBER HEADER...
message() {
    name=$1; shift
    printf '%b\n' "$@" '' "text $name" >"$box/cur/100000000$name.M1.test:2,"
    touch -d "2001-01-0$name" "$box/cur/100000000$name.M1.test:2,"
}
message 1 'Message-ID: <1@x>' 'Date: Mon, 1 Jan 2001 12:00:00 +0000' 'From: zoe@b.test' 'To: Bob <x@y.test>' 'Subject: banana'
message 2 'Message-ID: <2@x>' 'Date: Mon, 1 Jan 2001 13:00:00 +0200' 'From: "Anna" <yan@a.test>' 'To: carl@y.test' 'Subject: Re: Apple' 'References: <0@x>' 'Cc: u@v.test'
message 3 'Message-ID: <3@x>' 'Date: Sun, 31 Dec 2000 12:00:00 +0000' 'From: =?utf-8?q?=C3=84nne?= <xu@a.test>' 'Subject: apple (fwd)' 'In-Reply-To: <2@x>' 'Cc: T@v.test'
message 4 'Message-ID: <4@x>' 'From: bea@c.test' 'To: team: dan@y.test, e@y.test;' 'Subject: [list] cherry' 'X-Much: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
message 5 'Message-ID: <5@x>' 'Date: Mon, 1 Jan 2001 14:00:00 +0000' 'From: yan@a.test' 'Subject: RE: banana' 'References: <1@x> <4@x>'
chown -R --reference="$MAILDIRS" "$MAILDIRS/example.test"

converse imap 'SORT by each key, equal ones in their order' <<END
$SELECTED
C: a SORT (ARRIVAL) us-ascii ALL
S: * SORT 1 2 3 4 5
S: a OK *
C: b SORT (DATE) utf-8 ALL
S: * SORT 3 2 1 5 4
S: b OK *
C: c SORT (REVERSE DATE) utf-8 2:*
S: * SORT 4 5 2 3
S: c OK *
C: d SORT (SUBJECT) utf-8 ALL
S: * SORT 2 3 1 5 4
S: d OK *
C: e SORT (REVERSE SUBJECT) utf-8 ALL
S: * SORT 4 1 5 2 3
S: e OK *
C: f SORT (FROM) utf-8 ALL
S: * SORT 4 3 2 5 1
S: f OK *
C: g SORT (TO REVERSE ARRIVAL) utf-8 ALL
S: * SORT 5 3 2 4 1
S: g OK *
C: h SORT (CC) utf-8 2:3
S: * SORT 3 2
S: h OK *
C: i UID SORT (REVERSE SIZE) utf-8 4
S: * SORT 4
S: i OK *
C: j SORT (DISPLAYFROM) utf-8 ALL
S: * SORT 2 3 4 5 1
S: j OK *
C: k SORT (DISPLAYTO) utf-8 1,2,4
S: * SORT 1 2 4
S: k OK *
C: l SORT (FROM) utf-8 FROM nobody
S: * SORT
S: l OK *
C: m SORT (NOTHING) utf-8 ALL
S: m BAD *
C: n SORT () utf-8 ALL
S: n BAD *
C: o SORT (DATE) nowhere ALL
S: o NO [BADCHARSET *
C: z LOGOUT
S~ z OK *
END
converse imap 'ESORT: the response has the order, MIN and MAX are its ends' <<END
$SELECTED
C: a SORT RETURN (ALL COUNT MIN MAX) (DATE) utf-8 ALL
S: * ESEARCH (TAG "a") MIN 3 MAX 4 ALL 3,2,1,5,4 COUNT 5
S: a OK *
C: b UID SORT RETURN () (SUBJECT) utf-8 ALL
S: * ESEARCH (TAG "b") UID ALL 2:3,1,5,4
S: b OK *
C: c UID SORT RETURN (PARTIAL 2:3) (DATE) utf-8 ALL
S: * ESEARCH (TAG "c") UID PARTIAL (2:3 2,1)
S: c OK *
C: d SORT RETURN (COUNT) (DATE) utf-8 MODSEQ 1
S: * OK [HIGHESTMODSEQ *] *
S: * ESEARCH (TAG "d") COUNT 5 MODSEQ *
S: d OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'THREAD by references and by subject' <<END
$SELECTED
C: a THREAD REFERENCES utf-8 ALL
S: * THREAD (2 3)(1 4 5)
S: a OK *
C: b THREAD REFERENCES utf-8 NOT 4
S: * THREAD (2 3)(1 5)
S: b OK *
C: c UID THREAD REFS utf-8 ALL
S: * THREAD (2 3)(1 4 5)
S: c OK *
C: d THREAD REFERENCES utf-8 SUBJECT nothing
S: * THREAD
S: d OK *
C: z LOGOUT
S~ z OK *
END
find "$box/cur" -type f | sort | head -n 1 | xargs rm
converse imap 'from the index, but for what is gone' <<END
$SELECTED
C: a UID SORT (DATE) utf-8 ALL
S: * SORT 3 2 5 4
S: a OK *
C: b UID THREAD ORDEREDSUBJECT utf-8 1:*
S: * THREAD (3 2)(5)(4)
S: b OK *
C: c THREAD JWZ utf-8 ALL
S: c BAD *
C: z LOGOUT
S~ z OK *
END
converse imap 'the next SORT of a session knows what is new, what is gone, and the next mailbox' <<END
$SELECTED
C: a UID SORT (SUBJECT) utf-8 UID 3,5
S: * SORT 3 5
S: a OK *
C: b UID SORT (SUBJECT DATE) utf-8 ALL
S: * SORT 3 2 5 4
S: b OK *
C- c APPEND INBOX {20+}\r\nSubject: avocado\r\n\r\n\r\n
S~ c OK *
C: d UID SORT (SUBJECT) utf-8 ALL
S: * SORT 2 3 6 5 4
S: d OK *
C: e UID STORE 3 +FLAGS.SILENT (\\Deleted)
S~ e OK *
C: f EXPUNGE
S~ f OK *
C: g UID SORT (REVERSE SUBJECT) utf-8 ALL
S: * SORT 4 5 6 2
S: g OK *
C: h UID SORT (FROM SUBJECT) utf-8 ALL
S: * SORT 6 4 2 5
S: h OK *
C: i CREATE Other
S~ i OK *
C: j UID COPY 2,4 Other
S~ j OK *
C: k SELECT Other
S~ k OK *
C: l UID SORT (REVERSE SUBJECT) utf-8 ALL
S: * SORT 2 1
S: l OK *
C: z LOGOUT
S~ z OK *
END
# same_order NAME
same_order() {
    converse imap "$1" <<END
$SELECTED
C: a UID SORT (SUBJECT) utf-8 ALL
S: * SORT 2 6 5 4
S: a OK *
C: b UID SORT (REVERSE SUBJECT REVERSE DATE) utf-8 ALL
S: * SORT 4 5 6 2
S: b OK *
C: c UID SORT (CC DISPLAYFROM) utf-8 ALL
S: * SORT 6 4 5 2
S: c OK *
C: d UID SORT (TO DISPLAYTO FROM) utf-8 ALL
S: * SORT 6 5 2 4
S: d OK *
C: e UID THREAD REFERENCES utf-8 ALL
S: * THREAD (2)(4 5)(6)
S: e OK *
C: f UID THREAD ORDEREDSUBJECT utf-8 ALL
S: * THREAD (2)(5)(4)(6)
S: f OK *
C: z LOGOUT
S~ z OK *
END
}
same_order 'a later session finds the same order'
same_order 'and one that needs to make nothing any more'
rm -r "$box/buzon.index"
same_order 'and so it is without the index'
no_crash 'no process crashed'
