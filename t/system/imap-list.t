#!/bin/sh
# imapd: LIST-EXTENDED (RFC 5258), CHILDREN, LIST-STATUS, SPECIAL-USE and CREATE-SPECIAL-USE, LSUB, STATUS
# with SIZE and DELETED. Patterns cost no more than their length.
. "$(dirname "$0")/../lib.sh"
plan 11
instance_start <<'END'
mailbox_special_use = Trash=\Trash, Sent Messages=\Sent
mailbox_autocreate = Sent Messages
mailbox_autosubscribe = Trash
END
ANA=ana@example.test
LOGIN="S: * OK *
C: l LOGIN $ANA $PASSWORD
S~ l OK *LIST-EXTENDED *LIST-STATUS *SPECIAL-USE CREATE-SPECIAL-USE*"
LOGOUT="C: z LOGOUT
S: * BYE *
S: z OK *"

converse imap 'an account begins with the mailboxes that it shall have' <<END
$LOGIN
C: a LIST "" *
S: * LIST (\HasNoChildren) "." "INBOX"
S: * LIST (\HasNoChildren \Sent) "." "Sent Messages"
S: * LIST (\HasNoChildren \Trash) "." "Trash"
S: a OK *
C: b LSUB "" *
S: * LSUB () "." "Trash"
S: b OK *
$LOGOUT
END
converse imap 'selection and return options' <<END
$LOGIN
C: a CREATE Foo.Bar.Baz
S: a OK *
C: b CREATE Foo.Bar
S: b OK *
C: c SUBSCRIBE Foo.Bar.Baz
S: c OK *
C: d LIST "" % RETURN (CHILDREN)
S: * LIST (\HasNoChildren) "." "INBOX"
S: * LIST (\NonExistent \HasChildren) "." "Foo"
S: * LIST (\HasNoChildren) "." "Sent Messages"
S: * LIST (\HasNoChildren) "." "Trash"
S: d OK *
C: e LIST (SUBSCRIBED) "" *
S: * LIST (\Subscribed) "." "Foo.Bar.Baz"
S: * LIST (\Subscribed) "." "Trash"
S: e OK *
C: f LIST (SUBSCRIBED RECURSIVEMATCH) "" %
S: * LIST (\NonExistent) "." "Foo" (CHILDINFO ("SUBSCRIBED"))
S: * LIST (\Subscribed) "." "Trash"
S: f OK *
C: g LIST (RECURSIVEMATCH SUBSCRIBED) "" *.Bar RETURN (CHILDREN)
S: * LIST (\HasChildren) "." "Foo.Bar" (CHILDINFO ("SUBSCRIBED"))
S: g OK *
C: h LIST (SPECIAL-USE) "" * RETURN (SUBSCRIBED)
S: * LIST (\Sent) "." "Sent Messages"
S: * LIST (\Subscribed \Trash) "." "Trash"
S: h OK *
C: i LIST () "" (INBOX foo.% Foo.%) RETURN ()
S: * LIST () "." "INBOX"
S: * LIST () "." "Foo.Bar"
S: i OK *
C: j LIST (REMOTE) "Foo." (%)
S: * LIST () "." "Foo.Bar"
S: j OK *
C: k LIST (SUBSCRIBED) "" "" RETURN (CHILDREN)
S: k OK *
C: m LIST "" ""
S: * LIST (\Noselect) "." ""
S: m OK *
$LOGOUT
END
converse imap 'what is not of the grammar' <<END
$LOGIN
C: a LIST (RECURSIVEMATCH) "" *
S: a BAD *
C: b LIST (RECURSIVEMATCH REMOTE) "" *
S: b BAD *
C: c LIST (FOO) "" *
S: c BAD *
C: d LIST "" * RETURN (FOO)
S: d BAD *
C: e LIST "" * RETURN (STATUS)
S: e BAD *
C: f LIST "" * RETURN (STATUS (FOO))
S: f BAD *
C: g LIST "" (a
S: g BAD *
C: h LSUB "" (a b)
S: h BAD *
$LOGOUT
END
converse imap 'a subscription survives its mailbox' <<END
$LOGIN
C: a CREATE Gone.Child
S: a OK *
C: b SUBSCRIBE Gone.Child
S: b OK *
C: c DELETE Gone.Child
S: c OK *
C: d LIST (SUBSCRIBED) "" Gone* RETURN (CHILDREN)
S: * LIST (\NonExistent \Subscribed) "." "Gone.Child"
S: d OK *
C: e LIST (SUBSCRIBED RECURSIVEMATCH) "" G%
S: * LIST (\NonExistent) "." "Gone" (CHILDINFO ("SUBSCRIBED"))
S: e OK *
C: f LIST "" Gone*
S: f OK *
C: g LSUB "" G%
S: * LSUB (\Noselect) "." "Gone"
S: g OK *
C: h LSUB "" Gone*
S: * LSUB () "." "Gone.Child"
S: h OK *
C: i UNSUBSCRIBE Gone.Child
S: i OK *
$LOGOUT
END
converse imap 'with STATUS' <<END
$LOGIN
C- a APPEND INBOX (\\\\Deleted) {5+}\r\nhello {3+}\r\nbye\r\n
S: a OK *
C: b STATUS INBOX (MESSAGES DELETED SIZE DELETED-STORAGE)
S: * STATUS "INBOX" (MESSAGES 2 SIZE 8 DELETED 1 DELETED-STORAGE 5)
S: b OK *
C: c LIST "" (INBOX Foo) RETURN (STATUS (MESSAGES UNSEEN) CHILDREN)
S: * LIST (\HasNoChildren) "." "INBOX"
S: * STATUS "INBOX" (MESSAGES 2 UNSEEN 2)
S: * LIST (\NonExistent \HasChildren) "." "Foo"
S: c OK *
C: d LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (STATUS (MESSAGES))
S: * LIST (\NonExistent) "." "Foo" (CHILDINFO ("SUBSCRIBED"))
S: * LIST (\Subscribed) "." "Trash"
S: * STATUS "Trash" (MESSAGES 0)
S: d OK *
$LOGOUT
END
converse imap 'a client says what its mailboxes are for, and it stays so' <<END
$LOGIN
C: a CREATE Sent (USE (\Sent))
S: a OK *
C: b CREATE Old (USE (\Archive \Important))
S: b OK *
C: c CREATE Everything (USE (\All))
S: c NO [USEATTR] *
C: d CREATE X (USE (\Foo
S: d BAD *
C: e LIST "" Everything
S: e OK *
C: f LIST (SPECIAL-USE) "" *
S: * LIST (\Archive \Important) "." "Old"
S: * LIST (\Sent) "." "Sent"
S: * LIST (\Sent) "." "Sent Messages"
S: * LIST (\Trash) "." "Trash"
S: f OK *
C: g RENAME Old Older
S: g OK *
C: h SETMETADATA "Sent Messages" (/private/specialuse "")
S: h OK *
C: i SETMETADATA Sent (/private/specialuse "\\\\All")
S: i NO [USEATTR] *
$LOGOUT
END
converse imap 'in the next session too' <<END
$LOGIN
C: a LIST "" * RETURN (SPECIAL-USE)
S: * LIST () "." "INBOX"
S: * LIST (\NonExistent) "." "Foo"
S: * LIST () "." "Foo.Bar"
S: * LIST () "." "Foo.Bar.Baz"
S: * LIST (\Archive \Important) "." "Older"
S: * LIST (\Sent) "." "Sent"
S: * LIST () "." "Sent Messages"
S: * LIST (\Trash) "." "Trash"
S: a OK *
C: b DELETE Older
S: b OK *
C: c CREATE Older
S: c OK *
C: d LIST "" Older
S: * LIST (\HasNoChildren) "." "Older"
S: d OK *
$LOGOUT
END
# Its attribute could not be read, and so LIST told nobody of any mailbox.
mkdir -m 0 "$(virtual_maildir ana)/.Closed"
converse imap 'a folder that cannot be entered takes nobody the sight of the others' <<END
$LOGIN
C: a LIST "" (Closed Sent INBOX) RETURN (SPECIAL-USE)
S: * LIST () "." "INBOX"
S: * LIST () "." "Closed"
S: * LIST (\Sent) "." "Sent"
S: a OK *
C: b LIST (SPECIAL-USE) "" (Closed Sent)
S: * LIST (\Sent) "." "Sent"
S: b OK *
$LOGOUT
END
log_has 'why it has none is in the log' 'error: imap\(ana@example\.test\).*open mailbox Closed: Permission denied'
rmdir "$(virtual_maildir ana)/.Closed"
# 100 patterns of 950 octets that have to be tried everywhere: what costs seconds in a naive matcher.
python3 - >"$T/patterns" <<'END'
print("a LIST \"\" (" + " ".join(["*a%" * 200 + "b"] * 100) + ")\r")
END
converse imap 'patterns that were made to be slow are not' <<END
$LOGIN
C: a CREATE $(printf '%0200d' 0 | tr 0 a)
S: a OK *
C< $T/patterns
S: a OK List completed.
C: b LIST "" ($(yes 'x' | head -n 101 | tr '\n' ' ' | sed 's/ $//'))
S: b NO [LIMIT] *
$LOGOUT
END
no_crash 'no process crashed'
