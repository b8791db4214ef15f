#!/bin/sh
# POP3 and UTF-8 (RFC 6856): who says UTF8 gets internationalized messages (with addresses that are not ASCII) as they
# are, everybody else gets their headers in ASCII (RFC 6858); names and passwords may be UTF-8; replies are in English, which LANG tells.
. "$(dirname "$0")/../lib.sh"
need python3
plan 7
instance_start </dev/null
export PASSWORD
PLAIN=$(printf '\0ana@example.test\0%s' "$PASSWORD" | base64 -w 0)
export PLAIN
BOX=$MAILDIRS/example.test/ana/Maildir
printf 'Jürgen@example.test:{PLAIN}schlüssel:%s:%s::%s::\n' "$VMAIL_UID" "$VMAIL_GID" "$MAILDIRS/example.test/ana" >>"$CONF/users"

mkdir -p "$BOX/new" "$BOX/cur" "$BOX/tmp"
printf 'From: x@remote.test\nSubject: plain\n\nüber\n' >"$BOX/new/1700000001.M1P1.mail"
cat >"$BOX/new/1700000002.M1P1.mail" <<'END'
From: Fred Foo <fréd@remote.test>
To: =?utf-8?q?B=C3=A9?= <b@remote.test>,
 ana@example.test, Jürgen <j@remote.test>
Subject: Grüße from
 here
X-Place: Zürich
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

.Straße
--b
Content-Disposition: attachment; filename="é.txt"
Content-Description: é

é
--b--
END
# Headers that are more than is turned round in memory.
{ printf 'From: é@remote.test\nX-Long: '; head -c 1100000 /dev/zero | tr '\0' x; printf '\n\nbody\n'; } >"$BOX/new/1700000003.M1P1.mail"
# Text that is not ASCII in an address's name, in fields and in parts, as programs send it without asking.
cat >"$BOX/new/1700000004.M1P1.mail" <<'END'
From: Jürgen <x@remote.test>
Subject: Grüße
X-Place: Zürich
Content-Type: multipart/mixed; boundary=b

--b
Content-Disposition: attachment; filename="é.txt"
Content-Description: é

é
--b
Content-Type: message/rfc822

From: Jürgen <j@remote.test>
Subject: Grüße

ü
--b--
END
[ $PRIVILEGED = no ] || chown -R "$VMAIL_UID:$VMAIL_GID" "$MAILDIRS/example.test"
size() { echo $(($(cat "$@" | wc -c) + $(cat "$@" | wc -l))); }
SIZE1=$(size "$BOX/new/1700000001"*) SIZE2=$(size "$BOX/new/1700000002"*) TOTAL=$(size "$BOX/new/"*)
export SIZE1 SIZE2 TOTAL

converse pop3 'without UTF8 headers are ASCII, and content is what it was' <<'END'
S: +OK*
C: CAPA
S~ LANG
S: UTF8 USER
S~ .
C: USER ana@example.test
S: +OK
C: PASS $PASSWORD
S: +OK Logged in.
C: CAPA
S~ LANG
S: UTF8 USER
S: .
C: STAT
S: +OK 4 $TOTAL
C: RETR 1
S: +OK $SIZE1 octets
S: From: x@remote.test
S: Subject: plain
S: 
S: über
S: .
C: LIST 2
S: +OK 2 $SIZE2
C: RETR 2
S: +OK $SIZE2 octets
S: From: Fred Foo <invalid@internationalized-address.invalid>
S: To: =?utf-8?q?B=C3=A9?= <b@remote.test>, <ana@example.test>,
S:  =?utf-8?B?SsO8cmdlbg==?= <j@remote.test>
S: Subject: =?utf-8?B?R3LDvMOfZQ==?= from here
S: MIME-Version: 1.0
S: Content-Type: multipart/mixed; boundary=b
S: 
S: --b
S: Content-Type: text/plain; charset=utf-8
S: 
S: ..Straße
S: --b
S: Content-Disposition: attachment
S: Content-Description: =?utf-8?B?w6k=?=
S: 
S: é
S: --b--
S: .
C: TOP 2 1
S: +OK
S: From: Fred Foo <invalid@internationalized-address.invalid>
S~ 
S: --b
S: .
C: RETR 3
S: -ERR [UTF8] *
C: TOP 3 0
S: -ERR [UTF8] *
C: UTF8
S: -ERR UTF8 comes before the login.
C: QUIT
S: +OK Logging out.
EOF
END

converse pop3 'with UTF8 messages are sent as they are' <<'END'
S: +OK*
C: UTF8
S: +OK*
C: UTF8 now
S: -ERR*
C: UTF8
S: +OK*
C: STLS
S: -ERR STLS has to come before UTF8.
C: USER ana@example.test
S: +OK
C: PASS $PASSWORD
S: +OK Logged in.
C: RETR 2
S: +OK $SIZE2 octets
S: From: Fred Foo <fréd@remote.test>
S: To: =?utf-8?q?B=C3=A9?= <b@remote.test>,
S:  ana@example.test, Jürgen <j@remote.test>
S: Subject: Grüße from
S:  here
S: X-Place: Zürich
S~ Content-Disposition: attachment; filename="é.txt"
S: Content-Description: é
S: 
S: é
S: --b--
S: .
C: TOP 2 0
S: +OK
S: From: Fred Foo <fréd@remote.test>
S~ X-Place: Zürich
S~ .
C: TOP 3 0
S: +OK
S: From: é@remote.test
S~ .
C: QUIT
S: +OK Logging out.
EOF
END

converse pop3 'UTF8 after STLS reaches the session through the relay' <<'END'
S: +OK*
C: STLS
S: +OK*
TLS
C: CAPA
S~ UTF8 USER
S~ .
C: UTF8
S: +OK*
C: AUTH PLAIN $PLAIN
S: +OK Logged in.
C: TOP 2 0
S: +OK
S: From: Fred Foo <fréd@remote.test>
S~ .
C: QUIT
S: +OK Logging out.
EOF
END

converse pop3 'a message without such addresses is sent octet for octet' <<'END'
S: +OK*
C: USER ana@example.test
S: +OK
C: PASS $PASSWORD
S: +OK Logged in.
C: RETR 4
S: +OK * octets
S: From: Jürgen <x@remote.test>
S: Subject: Grüße
S: X-Place: Zürich
S: Content-Type: multipart/mixed; boundary=b
S: 
S: --b
S: Content-Disposition: attachment; filename="é.txt"
S: Content-Description: é
S: 
S: é
S: --b
S: Content-Type: message/rfc822
S: 
S: From: Jürgen <j@remote.test>
S: Subject: Grüße
S: 
S: ü
S: --b--
S: .
C: QUIT
S: +OK Logging out.
EOF
END

converse pop3 'a name and a password in UTF-8; what is none is nobody' <<'END'
S: +OK*
C: UTF8
S: +OK*
C- USER J\xfcrgen@example.test\r\n
S: -ERR [AUTH] This is not UTF-8.
C: USER Jürgen@example.test
S: +OK
C- PASS schl\xfcssel\r\n
S: -ERR [AUTH] This is not UTF-8.
C: PASS schlüssel
S: +OK Logged in.
C: STAT
S: +OK 4 *
C: QUIT
S: +OK Logging out.
EOF
END

converse pop3 'before UTF8 the octets of older clients are not judged, but compared' <<'END'
S: +OK*
C: USER Jürgen@example.test
S: +OK
C- PASS schl\xfcssel\r\n
S: -ERR [AUTH] Authentication failed.
C: USER Jürgen@example.test
S: +OK
C: PASS schlüssel
S: +OK Logged in.
C: QUIT
S: +OK Logging out.
EOF
END

converse pop3 'the language is English, before the login and after it' <<'END'
S: +OK*
C: LANG
S: +OK *
S: en English
S: i-default *
S: .
C: LANG en
S: +OK en *
C: lang EN-gb
S: +OK en *
C: LANG *
S: +OK en *
C: LANG i-default
S: +OK i-default *
C: LANG eno
S: -ERR en *
C: LANG es
S: -ERR en *
C: USER ana@example.test
S: +OK
C: PASS $PASSWORD
S: +OK Logged in.
C: LANG es
S: -ERR en *
C: LANG *
S: +OK en *
C: LANG
S: +OK *
S: en English
S: i-default *
S: .
C: QUIT
S: +OK Logging out.
EOF
END
