#!/bin/sh
# imapd: annotations (METADATA, RFC 5464) are kept, found by depth and size, bounded, and go with their
# mailbox; ID (RFC 2971) and APPENDLIMIT (RFC 7889).
. "$(dirname "$0")/../lib.sh"
plan 9
instance_start <<'END'
imap_metadata_max_size = 100
imap_metadata_max_entries = 5
message_size_limit = 5000
imap_id_log = name version
imap_id_send = name * support-url https://example.test/
END
ANA=ana@example.test
LOGIN="S: * OK *
C: l LOGIN $ANA $PASSWORD
S~ l OK *METADATA *APPENDLIMIT=5000*"
LOGOUT="C: z LOGOUT
S: * BYE *
S: z OK *"

converse imap 'set and told' <<END
$LOGIN
C- a SETMETADATA INBOX (/private/comment "My own comment" /SHARED/Comment {4+}\r\na\r\nb)\r\n
S: a OK *
C: b GETMETADATA inbox /private/comment
S: * METADATA "INBOX" (/private/comment "My own comment")
S: b OK Getmetadata completed.
C: c GETMETADATA INBOX (/shared/comment /private/none)
S: * METADATA "INBOX" (/shared/comment {4}
S: a
S: b /private/none NIL)
S: c OK *
C- d SETMETADATA "" (/private/vendor/x ~{3+}\r\na\0b)\r\n
S: d OK *
C: e GETMETADATA "" /private/vendor/x
S: * METADATA "" (/private/vendor/x ~{3}
S: a*b)
S: e OK *
C: f SETMETADATA INBOX (/private/comment NIL)
S: f OK *
C: g GETMETADATA INBOX /private/comment
S: * METADATA "INBOX" (/private/comment NIL)
S: g OK *
C: h SETMETADATA INBOX (/private/comment "")
S: h OK *
C: i GETMETADATA INBOX /private/comment
S: * METADATA "INBOX" (/private/comment "")
S: i OK *
$LOGOUT
END
converse imap 'by depth and size' <<END
$LOGIN
C: a SETMETADATA INBOX (/private/comment NIL /shared/comment NIL)
S: a OK *
C: b SETMETADATA INBOX (/private/f/a "1" /private/f/a/x "22" /private/f/a/x/y "333" /private/fab "4")
S: b OK *
C: c GETMETADATA (DEPTH 1) INBOX (/private/f)
S: * METADATA "INBOX" (/private/f/a "1")
S: c OK *
C: d GETMETADATA (DEPTH infinity MAXSIZE 2) INBOX (/private/f)
S: * METADATA "INBOX" (/private/f/a "1" /private/f/a/x "22")
S: d OK [METADATA LONGENTRIES 3] *
C: e GETMETADATA INBOX (DEPTH 1) /private/f/a
S: * METADATA "INBOX" (/private/f/a "1" /private/f/a/x "22")
S: e OK *
C: f GETMETADATA (MAXSIZE 0) INBOX /private/f/a
S: f OK [METADATA LONGENTRIES 1] *
$LOGOUT
END
converse imap 'names that are no atoms, and all names' <<END
$LOGIN
C: a CREATE Names
S: a OK *
C: b SETMETADATA Names ("/private/a b" "1" "/private/a(\\"\\\\" "2")
S: b OK *
C: c GETMETADATA Names ("/private/a b" "/private/a(\\"\\\\" "/private/{5}")
S: * METADATA "Names" ("/private/a b" "1" "/private/a(\\"\\\\" "2" "/private/{5}" NIL)
S: c OK *
C: d GETMETADATA (DEPTH infinity) Names (/private /shared)
S: * METADATA "Names" ("/private/a b" "1" "/private/a(\\"\\\\" "2")
S: d OK *
C: e SETMETADATA Names (/private "1")
S: e BAD *
C: f DELETE Names
S: f OK *
$LOGOUT
END
converse imap 'within its limits' <<END
$LOGIN
C: a SETMETADATA INBOX (/private/e "5" /private/g "6")
S: a NO [METADATA TOOMANY] *
C: b GETMETADATA INBOX (/private/e)
S: * METADATA "INBOX" (/private/e NIL)
S: b OK *
C: c SETMETADATA INBOX (/private/e "$(printf '%0101d' 0)")
S: c NO [METADATA MAXSIZE 100] *
C: d SETMETADATA INBOX (/private/e "$(printf '%0100d' 0)")
S: d OK *
C: e SETMETADATA INBOX (/private/g "7" /private/e NIL)
S: e OK *
C: f SETMETADATA Nowhere (/private/comment "x")
S: f NO [NONEXISTENT] *
C: g SETMETADATA "" (/shared/comment "x")
S: g NO [NOPERM] *
C: h SETMETADATA INBOX (/comment "x")
S: h BAD *
C: i SETMETADATA INBOX (/private/a*b "x")
S: i BAD *
C: j SETMETADATA INBOX (/private/a//b "x")
S: j BAD *
C: k SETMETADATA INBOX (/private/../b/ "x")
S: k BAD *
C- m SETMETADATA INBOX ("/private/a\tb" "x")\r\n
S: m BAD *
C: n SETMETADATA INBOX (/private/a "x" /private/b)
S: n BAD *
C: o GETMETADATA (DEPTH 2) INBOX /private/a
S: o BAD *
C: p GETMETADATA INBOX
S: p BAD *
$LOGOUT
END
converse imap 'they go with their mailbox' <<END
$LOGIN
C: a CREATE Here
S: a OK *
C: b SETMETADATA Here (/private/comment "of Here")
S: b OK *
C: c RENAME Here There
S: c OK *
C: d GETMETADATA There /private/comment
S: * METADATA "There" (/private/comment "of Here")
S: d OK *
C: e DELETE There
S: e OK *
C: f CREATE There
S: f OK *
C: g GETMETADATA There /private/comment
S: * METADATA "There" (/private/comment NIL)
S: g OK *
$LOGOUT
END
printf '1\n/private/comment 99\nshort' >"$(virtual_maildir ana)/.There/buzon-annotations"
converse imap 'a damaged file is not lost by a change' <<END
$LOGIN
C: a GETMETADATA There /private/comment
S: a NO [UNAVAILABLE] *
C: b SETMETADATA There (/private/comment "x")
S: b NO [UNAVAILABLE] *
C: c GETMETADATA INBOX /private/g
S: * METADATA "INBOX" (/private/g "7")
S: c OK *
$LOGOUT
END
converse imap 'ID: each tells the other' <<END
$LOGIN
C: a ID ("name" "Mutt" "os" "Plan 9" "version" "1" "vendor" NIL)
S: * ID ("name" "buzon" "support-url" "https://example.test/")
S: a OK *
C: b ID NIL
S: * ID *
S: b OK *
C: c ID ("name")
S: c BAD *
C: d ID ("a" "b" "c" "$(printf '%01025d' 0)")
S: d BAD *
$LOGOUT
END
log_has 'and the log has what it shall have of it' "imap\\($ANA\\)<[^>]+>: ID sent: name=Mutt, version=1\$"
no_crash 'no process crashed'
