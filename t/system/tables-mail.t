#!/bin/sh
# Mail by tables in a database: smtpd and cleanup, which sit in chroots, ask proxymap; virtual asks itself.
. "$(dirname "$0")/../lib.sh"
need python3
has_module sqlite
plan 6
mkdir -p "$CONF"
cat >"$T/make.py" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE mail (kind text, source text, target text)")
db.executemany("INSERT INTO mail VALUES (?, ?, ?)", [
    ("alias", "info@example.test", "ana@example.test"), ("box", "ana@example.test", "example.test/ana/Maildir/"),
    ("domain", "example.test", "yes")])
db.commit()
END
python3 "$T/make.py" "$CONF/mail.sqlite"
chmod 644 "$CONF/mail.sqlite"
for kind in alias box domain; do
    printf "dbpath = %s\nquery = SELECT target FROM mail WHERE kind = '%s' AND source = '%%s'\n" "$CONF/mail.sqlite" $kind >"$CONF/$kind.cf"
done
instance_start <<END
shlib_directory = $BUZON_STAGE/libexec/buzon
virtual_alias_maps = sqlite:$CONF/alias.cf
virtual_mailbox_maps = proxy:sqlite:$CONF/box.cf
virtual_mailbox_domains = sqlite:$CONF/domain.cf
END
check 'mail to an alias is taken' send_mail x@example.net info@example.test
maildir_has 'and delivered' "$(virtual_maildir ana)" 1
converse smtp 'an address that the database does not have' <<'END'
S: 220 *
C: HELO client.test
S: 250 *
C: MAIL FROM:<x@example.net>
S: 250 2.1.0 Ok
C: RCPT TO:<nobody@example.test>
S: 550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown in virtual mailbox table
END
mv "$CONF/mail.sqlite" "$CONF/away"
: >"$CONF/mail.sqlite"
converse smtp 'a database that was replaced by one without the table is temporary trouble' <<'END'
S: 220 *
C: HELO client.test
S: 250 *
C: MAIL FROM:<x@example.net>
S: 250 2.1.0 Ok
C: RCPT TO:<nobody2@example.test>
S: 451 4.3.0 *
END
log_has 'with a line in the log' 'proxymap.*warning: .*sqlite:.*lookup error for .*no such table'
no_crash 'nothing crashed'
