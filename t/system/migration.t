#!/bin/sh
# Debian's Postfix and Dovecot move to buzon as README says, step by step, and back: the same main.cf, master.cf and tables,
# mail readers beside it, mailboxes in place; and what Postfix still has in its queue is delivered by Postfix, beside buzon.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
need_root
need postfix postmap postqueue
need_dovecot imap
[ -f /etc/postfix/master.cf ] || skip_all 'Postfix is not configured'
plan 20

# --- before: Postfix, at its own places ---------------------------------------------------------------------

mkdir -p "$T/old/etc" "$T/old/lib" "$T/old/sbin" "$MAILDIRS/example.test/ana/Maildir/cur" "$MAILDIRS/example.test/ana/Maildir/new" "$MAILDIRS/example.test/ana/Maildir/tmp"
mount -t tmpfs tmpfs /var/spool && mkdir /var/spool/postfix
cp /etc/postfix/master.cf /etc/postfix/postfix-files "$T/old/etc/" && cp -r /etc/postfix/dynamicmaps.cf* "$T/old/etc/"
mount --bind "$T/old/etc" /etc/postfix
chown postfix "$T/old/lib" && mount --bind "$T/old/lib" /var/lib/postfix
cat >/etc/postfix/main.cf <<END
compatibility_level = 3.6
smtpd_banner = \$myhostname ESMTP \$mail_name (Debian/GNU)
biff = no
append_dot_mydomain = no
readme_directory = no
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
myhostname = mail.buzon.test
mydestination = \$myhostname, buzon.test, localhost
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps = hash:/etc/postfix/aliases
alias_database = hash:/etc/postfix/aliases
home_mailbox = Maildir/
relayhost = [127.0.0.1]:$SINK_PORT
virtual_mailbox_domains = example.test
virtual_mailbox_base = $MAILDIRS
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_alias_maps = lmdb:/etc/postfix/valias
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
maillog_file = $T/log/old.log
maillog_file_prefixes = $T
END
printf 'postmaster: alice\nteam: alice, bob\n' >/etc/postfix/aliases
echo 'ana@example.test example.test/ana/Maildir/' >/etc/postfix/vmailbox
echo 'info@example.test ana@example.test' >/etc/postfix/valias
postmap hash:/etc/postfix/vmailbox lmdb:/etc/postfix/valias && postalias hash:/etc/postfix/aliases
printf '3 V1795000000 N8\n7 :1.M1P1.old\n' >"$MAILDIRS/example.test/ana/Maildir/dovecot-uidlist"
printf 'Subject: old\n\nread long ago\n' >"$MAILDIRS/example.test/ana/Maildir/cur/1.M1P1.old:2,S"
chown -R vmail: "$MAILDIRS"
postfix start >"$T/started" 2>&1
t_smtp() { python3 "$T_SOURCE/tool/send.py" --port 25 "$@"; }
wait_until 'Postfix' t_smtp a@remote.test info@example.test,team@buzon.test,out@elsewhere.test
eventually 'Postfix has mail that waits for its next hop' sh -c "postqueue -p | grep -q 'out@elsewhere.test'"
maildir_has 'and has delivered the rest' "$T/home/bob/Maildir" 1
postfix stop >/dev/null 2>&1
dovecot_conf imap "maildir:$MAILDIRS/example.test/ana/Maildir" >"$T/dovecot.conf"
chmod 711 "$T/log" && chmod 644 "$T/dovecot.conf"
AS="setpriv --reuid=vmail --regid=vmail --clear-groups env HOME=$T USER=vmail"
# What a client sees: mailboxes, subscriptions, UIDVALIDITY, UIDs, flags, sizes and dates.
cat >"$T/look.py" <<'END'
import imaplib, re, sys
server, user, password = (sys.argv[1:] + ["", ""])[:3]
client = imaplib.IMAP4_stream(server) if " " in server else imaplib.IMAP4("127.0.0.1", int(server))
if user:
    client.login(user, password)
def tell(lines):
    for line in lines:
        print(re.sub(r' ?\\Recent|"', "", line.decode()) if line else "")
if not user and len(sys.argv) > 2:  # somebody works
    client.create("Archive.2024")
    client.subscribe("Archive.2024")
    client.select("INBOX")
    client.copy("1", "Archive.2024")
    client.store("1", "+FLAGS", "(\\Answered Work)")
tell(sorted(client.list()[1], key=str) + sorted(client.lsub()[1], key=str))
for mailbox in ("INBOX", "Archive.2024"):
    client.select(mailbox, readonly=True)
    print(mailbox, client.response("UIDVALIDITY")[1])
    tell(client.fetch("1:*", "(UID FLAGS RFC822.SIZE INTERNALDATE)")[1])
client.logout()
END
dovecot_looks() { python3 "$T/look.py" "$(their_session imap)" "$@" | sed 's/ ([^()]*) \. / /'; }
buzon_looks() { python3 "$T/look.py" 143 "$ANA" "$PASSWORD" | sed 's/ ([^()]*) \. / /'; }
dovecot_looks '' work >"$T/before"
like "Dovecot's user has flags, keywords and folders" "$(cat "$T/before")" 'UID 7 FLAGS \([^)]*Answered[^)]* Work\)'

# --- README, "Moving from Postfix and Dovecot" ---------------------------------------------------------------

instance_prepare </dev/null # (accounts and directories, as the package makes them)
# 1. Copy main.cf, master.cf and the tables. (This test's tables stay where they were.)
rm "$CONF/main.cf" "$CONF/master.cf"
cp /etc/postfix/main.cf /etc/postfix/master.cf "$CONF/"
is 'everything that is set is known and obeyed' "$(tool buzonconf -n 2>&1 >/dev/null)" ''
sed -i '/^maillog_file/d' "$CONF/main.cf"
cat >>"$CONF/main.cf" <<END
$(instance_places)
maillog_file = $LOG
maillog_file_prefixes = $T
END
# 2. The directories: who leaves Postfix's queue there is told so, and nothing is touched.
cp "$CONF/main.cf" "$T/main.cf"
echo 'queue_directory = /var/spool/postfix' >>"$CONF/main.cf"
like "Postfix's queue is left alone" "$(buzon start 2>&1)" 'fatal: /var/spool/postfix holds messages of Postfix, which buzon does not read'
{ cat "$T/main.cf" && echo "queue_directory = $SPOOL"; } >"$CONF/main.cf"
# 4. The services of mail readers, and who may read. (5. Mail was not delivered by Dovecot.)
sed -n '/^# Mail readers/,/^pop3s/p; /^auth /p; /^imapd /p; /^pop3d /p' "$T_SOURCE/../conf/master.cf" >>"$CONF/master.cf"
echo "auth_passdb = passwd-file:$CONF/users" >>"$CONF/main.cf"
check 'buzon starts' buzon start
is 'and no service is there twice' "$(grep -c 'duplicate entry' "$LOG")" 0
is 'a client sees at buzon what it saw at Dovecot' "$(buzon_looks)" "$(cat "$T/before")"

# --- after ---------------------------------------------------------------------------------------------------

check 'mail for a table of each kind is taken' t_smtp b@remote.test info@example.test,team@buzon.test
maildir_has 'an alias leads to an account' "$T/home/bob/Maildir" 2
maildir_has 'and a virtual alias to a virtual mailbox' "$MAILDIRS/example.test/ana/Maildir" 3
buzon_looks >"$T/meanwhile"
like 'new messages have the next UIDs' "$(grep UID "$T/meanwhile" | sed 's/ FLAGS.*//' | tr '\n' ' ')" '1 \(UID 7 2 \(UID 8 3 \(UID 9 1 \(UID 1 '

# 6. What Postfix has in its queue: it delivers it, and takes nothing in any more.
sink_start
postconf -e master_service_disable=inet
check 'Postfix runs beside buzon, without services of the network' sh -c 'postfix start 2>&1'
postqueue -f
eventually 'and delivers what it had' grep -q 'out@elsewhere.test' "$T/sink/1.env"
eventually 'until its queue is empty' sh -c "postqueue -p | grep -q 'queue is empty'"
postfix stop >/dev/null 2>&1

# --- the way back --------------------------------------------------------------------------------------------

queue_is_empty "buzon's queue is empty"
buzon stop >/dev/null 2>&1
postconf -X master_service_disable
is 'a client sees at Dovecot what it saw at buzon' "$(dovecot_looks)" "$(cat "$T/meanwhile")"
postfix start >/dev/null 2>&1
wait_until 'Postfix again' t_smtp c@remote.test info@example.test
eventually 'Postfix delivers again' sh -c 'grep -rl c@remote.test "$1" | grep -q /new/' sh "$MAILDIRS/example.test/ana/Maildir"
like 'and Dovecot gives it the next UID' "$(dovecot_looks)" 'UID 10 '
postfix stop >/dev/null 2>&1
no_crash 'no process crashed'
