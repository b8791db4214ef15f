#!/bin/sh
# Dovecot as our client, by its imapc storage: `doveadm backup` brings an account over, as migrations do, with UIDs, flags and
# dates, and then what is new; doveadm works in the mailboxes of our server as in its own.
. "$(dirname "$0")/../lib.sh"
need python3 doveadm
plan 16
instance_start </dev/null

mkdir -p "$T/dovecot/home"
cat >"$T/dovecot/dovecot.conf" <<END
base_dir = $T/dovecot/run
log_path = $T/dovecot/log
mail_home = $T/dovecot/home
mail_location = maildir:~/Maildir
imapc_host = 127.0.0.1
imapc_port = $IMAP_PORT
imapc_user = $ANA
imapc_password = $PASSWORD
imapc_features = rfc822.size fetch-headers fetch-bodystructure search modseq delay-login
namespace inbox {
  inbox = yes
  separator = .
}
END
session_user "$T/dovecot"
chmod 755 "$T"
doveadm_run() { $AS timeout 180 doveadm -c "$T/dovecot/dovecot.conf" "$@" 2>&1 | grep -v 'Info: imapc(.*): Connected to'; }
remotely() { doveadm_run -o mail_location=imapc: "$@"; }
silent() { t_said=$("$@"); [ -z "$t_said" ] || { echo "$t_said"; return 1; }; }

cat >"$T/work.py" <<'END'
import imaplib, sys
client = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
client.login(sys.argv[2], sys.argv[3])
if sys.argv[4] == "fill":
    for name in ("Work", "Lists", "Lists.deep", "Entw&APw-rfe"):
        assert client.create(f'"{name}"')[0] == "OK"
        assert client.subscribe(f'"{name}"')[0] == "OK"
    for n in range(1, 41):
        text = f"From: =?utf-8?q?J=C3=B6?= <jo@remote.test>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= {n}\r\n" \
            f"Message-ID: <{n}@remote.test>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n.dot {n}\r\n--b\r\n" \
            f"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n{'x' * n * 100}\r\n--b--\r\n"
        flags = ["", r"(\Seen)", r"(\Flagged $Label1)", r"(\Seen \Answered work)"][n % 4]
        assert client.append("INBOX", flags, f'"{n % 28 + 1:2}-Feb-2020 02:44:25 +0100"', text.encode())[0] == "OK"
    client.select("INBOX")
    client.store("3,7", "+FLAGS", r"(\Deleted)")
    client.expunge()
    client.copy("1:5", "Work")
elif sys.argv[4] == "change":
    client.select("INBOX")
    client.store("1", "+FLAGS", r"(\Deleted)")
    client.expunge()
    client.store("1:2", "FLAGS", r"(\Seen $New)")
    client.append("Lists.deep", None, None, b"Subject: new\r\n\r\nnew\r\n")
    client.create("Later")
client.logout()
END
work() { python3 "$T/work.py" "$IMAP_PORT" "$ANA" "$PASSWORD" "$1"; }
# what a mailbox has, there and here: name, UID, flags, date, sizes
listing() {
    "$1" -f tab fetch 'mailbox uid flags date.received size.virtual hdr.subject body' ALL | tr -d '\r' | sed 's/ *\\Recent//' | sort
}

# --- a migration ------------------------------------------------------------------------------------------
check 'an account with folders, flags, dates, gaps' work fill
check 'doveadm backup brings it over without a word' silent doveadm_run backup -R imapc:
listing remotely >"$T/there"
listing doveadm_run >"$T/here"
is 'all of it' "$(grep -c 'utf-8.q.Gr=C3' "$T/here")" 43
check 'the same UIDs, flags, dates and content' diff "$T/there" "$T/here"
states() { "$1" mailbox status 'messages unseen uidnext uidvalidity vsize' '*' | sort; }
is 'the same UIDVALIDITY, UIDNEXT and counts' "$(states doveadm_run)" "$(states remotely)"
is 'and the subscriptions' "$(doveadm_run mailbox list -s | sort)" "$(printf 'Entw\303\274rfe\nLists\nLists.deep\nWork')"
check 'while it goes on' work change
check 'a second run brings what changed' silent doveadm_run backup -R imapc:
is 'and nothing else' "$(listing doveadm_run)" "$(listing remotely)"
is 'a new folder too' "$(doveadm_run mailbox list Later)" Later

# --- our mailboxes as Dovecot's own --------------------------------------------------------------------------
is 'what is looked for is found here' "$(remotely search mailbox INBOX SUBJECT Grüße KEYWORD '$New' | wc -l)" 2
remotely mailbox create Made
remotely flags add '\Flagged $Made' mailbox INBOX UID 5
remotely copy Made mailbox INBOX UID 5:8
remotely move Made mailbox INBOX UID 9
remotely expunge mailbox Made UID 1
is 'copies, moves and removals are made here' "$(remotely mailbox status messages Made)" 'Made messages=3'
check 'and a third run brings them, with flags' silent doveadm_run backup -R imapc:
is 'as they are' "$(listing doveadm_run)" "$(listing remotely)"
like 'here and there' "$(doveadm_run -f tab fetch 'uid flags' mailbox INBOX UID 5)" '^5	.*\\Flagged.*\$Made'
no_crash 'no process crashed'
