#!/bin/sh
# imapd: SEARCH with its keys, charsets and RETURN options; "$"; what takes long tells of its progress.
. "$(dirname "$0")/../lib.sh"
plan 9
instance_start </dev/null
SELECTED="$LOGIN
C: s SELECT INBOX
S~ s OK *"

# message NUMBER DATE HEADER...: a message on standard input is the body
box=$(virtual_maildir ana)
mkdir -p "$box/cur" "$box/new" "$box/tmp"
message() {
    name=$1; shift
    { printf '%b\n' "$@"; echo; cat; } >"$box/cur/$name.M1.test:2,"
}
message 1000000001 'From: "Eva M." <eva@example.test>' 'To: team: bob@b.test, "Carl, Jr." <carl@c.test>;' \
    'Subject: Re: [list] Hello World' 'Date: Sun, 5 Mar 2000 23:30:00 -0800' 'X-Spam: Yes, =?utf-8?q?Stra=C3=9Fe?=' <<'END'
The quick brown fox
END
message 1000000002 'From: =?iso-8859-1?q?J=F6rg?= <joerg@example.test>' 'Cc: dan@d.test' 'Subject: =?utf-8?b?w4RwZmVs?= =?utf-8?q?_und?=\n Birnen' \
    'Date: 6 Mar 2000 08:00:00 +0000' 'MIME-Version: 1.0' 'Content-Type: text/plain; charset=koi8-r' 'Content-Transfer-Encoding: quoted-printable' <<'END'
=F0=D2=C9=
=D7=C5=D4
END
message 1000000003 'From: eva@example.test' 'Bcc: hidden@h.test' 'Subject: parts' 'MIME-Version: 1.0' 'Content-Type: multipart/mixed; boundary=b' <<'END'
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

R3LDvMOfZSBhdXMgS8O2bG4=
--b
Content-Type: application/octet-stream; name=needle.bin

needle in a haystack
--b
Content-Type: message/rfc822

Subject: inner envelope

inner text
--b--
END
chown -R --reference="$MAILDIRS" "$MAILDIRS/example.test"

converse imap 'headers, decoded and compared by i;unicode-casemap' <<END
$SELECTED
C: a SEARCH SUBJECT "hello world"
S: * SEARCH 1
S: a OK *
C- b SEARCH CHARSET ISO-8859-1 SUBJECT {16+}\r\n\xc4PFEL UND BIRNEN\r\n
S: * SEARCH 2
S: b OK *
C- c SEARCH CHARSET UTF-8 FROM {5+}\r\nJ\xc3\x96RG\r\n
S: * SEARCH 2
S: c OK *
C: d SEARCH TO "carl, jr. <carl@c.test>"
S: * SEARCH 1
S: d OK *
C: e SEARCH OR CC dan@d BCC HIDDEN
S: * SEARCH 2 3
S: e OK *
C: f SEARCH HEADER X-Spam ""
S: * SEARCH 1
S: f OK *
C- g SEARCH CHARSET utf-8 HEADER x-spam {9+}\r\nYES, STRA\r\n
S: * SEARCH 1
S: g OK *
C: h SEARCH NOT FROM eva
S: * SEARCH 2
S: h OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'texts, with transfer encodings and charsets undone' <<END
$SELECTED
C: a SEARCH BODY "QUICK BROWN"
S: * SEARCH 1
S: a OK *
C- b SEARCH CHARSET UTF-8 BODY {12+}\r\n\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\r\n
S: * SEARCH 2
S: b OK *
C- c SEARCH CHARSET KOI8-R TEXT {6+}\r\n\xf0\xd2\xc9\xd7\xc5\xd4\r\n
S: * SEARCH 2
S: c OK *
C- d SEARCH CHARSET UTF-8 BODY {8+}\r\nAUS K\xc3\x96L\r\n
S: * SEARCH 3
S: d OK *
C: e SEARCH BODY "needle in"
S: * SEARCH
S: e OK *
C: f SEARCH BODY "inner text"
S: * SEARCH 3
S: f OK *
C: j SEARCH OR BODY needle.bin BODY "inner envelope"
S: * SEARCH
S: j OK *
C: k SEARCH TEXT needle.bin TEXT "inner envelope"
S: * SEARCH 3
S: k OK *
C: g SEARCH BODY "Subject: parts"
S: * SEARCH
S: g OK *
C: h SEARCH TEXT "Subject: parts"
S: * SEARCH 3
S: h OK *
C: i SEARCH OR TEXT nowhere OR TEXT "fox" BODY "inner text"
S: * SEARCH 1 3
S: i OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'dates, sizes, flags and sets' <<END
$SELECTED
C: a SEARCH SENTON 5-Mar-2000
S: * SEARCH 1
S: a OK *
C: b SEARCH SENTSINCE 6-Mar-2000
S: * SEARCH 2
S: b OK *
C: c SEARCH SAVEDON 9-Sep-2001 SAVEDATESUPPORTED
S: * SEARCH 1 2 3
S: c OK *
C: d SEARCH SAVEDSINCE 10-Sep-2001
S: * SEARCH
S: d OK *
C: e SEARCH YOUNGER 86400 NOT OLDER 86400
S: * SEARCH 1 2 3
S: e OK *
C: f STORE 2 +FLAGS.SILENT (\\Flagged work)
S~ f OK *
C: g SEARCH KEYWORD WORK FLAGGED UNSEEN
S: * SEARCH 2
S: g OK *
C: h UID SEARCH 2:* UNKEYWORD work
S: * SEARCH 3
S: h OK *
C: i SEARCH 1:4
S: * SEARCH 1 2 3
S: i OK *
C: j SEARCH YOUNGER 0
S: j BAD *
C: k SEARCH CHARSET nowhere TEXT a
S: k NO [BADCHARSET (*)] *
C- l SEARCH SUBJECT "Gr\\xfc\\xdfe"\\r\\n
S: l NO [BADCHARSET (*)] *
C: z LOGOUT
S~ z OK *
END
converse imap 'ESEARCH: RFC 4731' <<END
$SELECTED
C: a SEARCH RETURN (MIN MAX COUNT) ALL
S: * ESEARCH (TAG "a") MIN 1 MAX 3 COUNT 3
S: a OK *
C: b UID SEARCH RETURN () 2:3
S: * ESEARCH (TAG "b") UID ALL 2:3
S: b OK *
C: c SEARCH RETURN (ALL COUNT) FROM nobody
S: * ESEARCH (TAG "c") COUNT 0
S: c OK *
C: d SEARCH RETURN (MIN) FROM nobody
S: * ESEARCH (TAG "d")
S: d OK *
C: e SEARCH RETURN (FIRST) ALL
S: e BAD *
C: z LOGOUT
S~ z OK *
END
converse imap 'SEARCHRES: RFC 5182' <<END
$SELECTED
C: a SEARCH RETURN (SAVE) 1:2
S: a OK *
C: b FETCH \$ UID
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 2)
S: b OK *
C: c UID SEARCH RETURN (COUNT) NOT \$
S: * ESEARCH (TAG "c") UID COUNT 1
S: c OK *
C: d SEARCH UID \$ FROM eva
S: * SEARCH 1
S: d OK *
C: e SEARCH RETURN (SAVE MAX) ALL
S: * ESEARCH (TAG "e") MAX 3
S: e OK *
C: f STORE \$ +FLAGS (\\Answered)
S: * 3 FETCH (FLAGS (*\Answered*))
S: f OK *
C: g SEARCH RETURN (SAVE) CHARSET nowhere TEXT a
S: g NO [BADCHARSET *
C: h UID FETCH \$ FLAGS
S: h OK *
C: i SEARCH RETURN (SAVE) 2
S: i OK *
C: j COPY \$ INBOX
S~ j OK [COPYUID * 2 4] *
C: k SELECT INBOX
S~ k OK *
C: l FETCH \$ UID
S: l OK *
C: z LOGOUT
S~ z OK *
END
converse imap 'PARTIAL: RFC 9394' <<END
$SELECTED
C: a SEARCH RETURN (PARTIAL 1:2) ALL
S: * ESEARCH (TAG "a") PARTIAL (1:2 1:2)
S: a OK *
C: b UID SEARCH RETURN (PARTIAL -1:-2 COUNT) ALL
S: * ESEARCH (TAG "b") UID PARTIAL (-1:-2 3:4) COUNT 4
S: b OK *
C: c SEARCH RETURN (PARTIAL 100:200) ALL
S: * ESEARCH (TAG "c") PARTIAL (100:200 NIL)
S: c OK *
C: d SEARCH RETURN (PARTIAL 1:2 ALL) ALL
S: d BAD *
C: e SEARCH RETURN (PARTIAL -1:-1 SAVE) ALL
S: * ESEARCH (TAG "e") PARTIAL (-1:-1 4)
S: e OK *
C: f FETCH \$ UID
S: * 4 FETCH (UID 4)
S: f OK *
C: z LOGOUT
S~ z OK *
END
cat >"$T/progress.py" <<'END'
# A search over many messages says how far it is, without a reader of the index left behind.
import socket, sys
port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
s = socket.create_connection(("127.0.0.1", port)); f = s.makefile("rwb")
def command(text):
    f.write(text + b"\r\n"); f.flush()
    lines = []
    while not lines or not lines[-1].startswith(text.split()[0] + b" "):
        lines.append(f.readline())
        assert lines[-1]
    return lines
f.readline()
command(b"l LOGIN " + user.encode() + b" " + password.encode())
command(b"s SELECT INBOX")
lines = command(b"a SEARCH TEXT fox")
assert lines[0].startswith(b'* OK [INPROGRESS ("a" 1 4)]'), lines
assert lines[-2] == b"* SEARCH 1\r\n" and lines[-1].startswith(b"a OK"), lines
END
tool buzonconf -e imap_progress_interval=0
buzon reload >/dev/null 2>&1
check 'INPROGRESS: RFC 9585' python3 "$T/progress.py" "$IMAP_PORT" "$ANA" "$PASSWORD"
tool buzonconf -X imap_progress_interval
buzon reload >/dev/null 2>&1
printf '%s\n' 'Subject: broken' >"$box/cur/1000000009.M9.test:2,"
rm "$box"/cur/1000000001.*
converse imap 'a message that vanished matches nothing' <<END
$SELECTED
C: a SEARCH TEXT fox
S: * SEARCH
S: a OK *
C: z LOGOUT
S~ z OK *
END
no_crash 'no process crashed'
