#!/bin/sh
# The programs that people use, as Debian ships them, do their round trips: swaks, curl, Python's smtplib,
# imaplib and poplib, mutt, mbsync.
. "$(dirname "$0")/../lib.sh"
need swaks curl mutt mbsync python3
plan 12
instance_start </dev/null
CA=$CONF/cert.pem
ANA=ana@example.test

check 'swaks sends with STARTTLS' swaks --silent 2 --server "127.0.0.1:$SMTP_PORT" --tls --from s@remote.test \
    --to "$ANA" --header 'Subject: by swaks' --body 'from swaks'
check 'swaks sends with implicit TLS' swaks --silent 2 --server "127.0.0.1:$SUBMISSIONS_PORT" --tls-on-connect \
    --from s@remote.test --to "$ANA" --header 'Subject: by swaks, TLS' --body 'from swaks'
printf 'From: c@remote.test\r\nTo: %s\r\nSubject: by curl\r\n\r\nfrom curl\r\n' "$ANA" >"$T/mail.txt"
check 'curl sends' curl -sS --url "smtp://localhost:$SMTP_PORT" --ssl-reqd --cacert "$CA" --mail-from c@remote.test \
    --mail-rcpt "$ANA" -T "$T/mail.txt"
maildir_has 'the three messages arrive' "$(virtual_maildir ana)" 3
check 'curl lists the mailbox over IMAP with STARTTLS' sh -c "curl -sS --ssl-reqd --cacert '$CA' -u '$ANA:$PASSWORD' \
    'imap://localhost:$IMAP_PORT/INBOX' -X 'EXAMINE INBOX' | grep -q '3 EXISTS'"
check 'curl fetches a message over IMAPS' sh -c "curl -sS --cacert '$CA' -u '$ANA:$PASSWORD' \
    'imaps://localhost:$IMAPS_PORT/INBOX;UID=3' | grep -q 'from curl'"
check 'curl fetches a message over POP3S' sh -c "curl -sS --cacert '$CA' -u '$ANA:$PASSWORD' \
    'pop3s://localhost:$POP3S_PORT/3' | grep -q 'from curl'"
check 'Python: smtplib in, imaplib and poplib out' env BUZON_PASSWORD="$PASSWORD" python3 \
    "$T_SOURCE/tool/roundtrip.py" --smtp "$SMTP_PORT" --imap "$IMAP_PORT" --imaps "$IMAPS_PORT" \
    --pop3s "$POP3S_PORT" --ca "$CA" --user "$ANA"

mkdir -p "$T/mutt"
cat >"$T/muttrc" <<END
set ssl_force_tls = yes
set certificate_file = $CA
set ssl_verify_host = no
set imap_user = $ANA
set imap_pass = $PASSWORD
set folder = imaps://localhost:$IMAPS_PORT/
set spoolfile = +INBOX
set mail_check = 1
set sleep_time = 0
set quit = yes
set delete = yes
set move = no
set confirmappend = no
set confirmcreate = no
set record = ""
set header_cache = ""
END
# mutt copies the first message to a new folder, flags the second one, deletes the third, and quits.
cat "$T/muttrc" >"$T/muttrc-work"
cat >>"$T/muttrc-work" <<'END'
push "1<enter><copy-message>=Work<enter>2<enter><flag-message>3<enter><delete-message><sync-mailbox><quit>"
END
check 'mutt reads, copies, flags, deletes' sh -c "HOME='$T/mutt' TERM=xterm timeout 180 script -qec \
    \"mutt -n -F '$T/muttrc-work'\" /dev/null >/dev/null </dev/null"
check 'and the mailbox shows it' python3 - "$IMAP_PORT" "$ANA" "$PASSWORD" <<'END'
import imaplib, sys
c = imaplib.IMAP4("127.0.0.1", int(sys.argv[1])); c.login(sys.argv[2], sys.argv[3])
assert c.select("Work")[1] == [b"1"], "Work"
assert c.select("INBOX")[1] == [b"3"], "INBOX"
assert c.search(None, "FLAGGED")[1][0].split() == [b"2"], "flag"
c.logout()
END

mkdir -p "$T/synced"
cat >"$T/mbsyncrc" <<END
IMAPAccount buzon
Host localhost
Port $IMAPS_PORT
User $ANA
Pass $PASSWORD
SSLType IMAPS
CertificateFile $CA

IMAPStore remote
Account buzon

MaildirStore local
Path $T/synced/
Inbox $T/synced/INBOX
SubFolders Verbatim

Channel all
Far :remote:
Near :local:
Patterns *
Create Both
Expunge Both
SyncState *
END
check 'mbsync brings everything here' sh -c "HOME='$T' mbsync -c '$T/mbsyncrc' all && \
    [ \$(ls '$T'/synced/INBOX/new '$T'/synced/INBOX/cur | grep -c U=) = 3 ] && [ -d '$T/synced/Work' ]"
no_crash 'no process crashed'
