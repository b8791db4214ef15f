#!/bin/sh
# imapd: what clients are used to from the server before: Courier's INBOX. before every name; a tree of
# directories with slashes.
. "$(dirname "$0")/../lib.sh"
plan 4
instance_start <<'END'
mailbox_namespace_prefix = INBOX.
mailbox_special_use = Trash=\Trash
mailbox_autosubscribe = Trash
END
ANA=ana@example.test LUIS=luis@example.test
login() {
    echo "S: * OK *
C: l LOGIN $1 $PASSWORD
S: l OK *"
}
LOGOUT="C: z LOGOUT
S: * BYE *
S: z OK *"

converse imap 'every name but INBOX has the prefix' <<END
$(login $ANA)
C: a NAMESPACE
S: * NAMESPACE (("INBOX." ".")) NIL NIL
S: a OK *
C: b CREATE INBOX.Foo
S: b OK *
C: c CREATE Foo
S: c NO *INBOX.*
C: d LIST "" *
S: * LIST (\HasChildren) "." "INBOX"
S: * LIST (\HasNoChildren) "." "INBOX.Foo"
S: * LIST (\HasNoChildren \Trash) "." "INBOX.Trash"
S: d OK *
C: e LSUB "" *
S: * LSUB () "." "INBOX.Trash"
S: e OK *
C: f SELECT Foo
S: f NO *
C: g STATUS INBOX.Foo (MESSAGES)
S: * STATUS "INBOX.Foo" (MESSAGES 0)
S: g OK *
$LOGOUT
END
check 'on disk it is an ordinary Maildir++' test -d "$(virtual_maildir ana)/.Foo/cur"

cat >>"$CONF/main.cf" <<'END'
mailbox_layout = fs
mailbox_namespace_prefix =
END
buzon reload
converse imap 'a tree of directories' <<END
$(login $LUIS)
C: a NAMESPACE
S: * NAMESPACE (("" "/")) NIL NIL
S: a OK *
C: b CREATE Foo/Bar
S: b OK *
C: c LIST "" *
S: * LIST (\HasNoChildren) "/" "INBOX"
S~ * LIST (\No* \HasChildren) "/" "Foo"
S: * LIST (\HasNoChildren) "/" "Foo/Bar"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: c OK *
C: d CREATE Foo/cur
S: d NO *
C: e SELECT Foo
S: e NO *
$LOGOUT
END
check 'which lie where they should' test -d "$(virtual_maildir luis)/Foo/Bar/cur"
