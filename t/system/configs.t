#!/bin/sh
# Ten configurations that administrators of Postfix bring along: each is read, what it asks for in vain is
# named, and four of them are started and pass mail.
. "$(dirname "$0")/../lib.sh"
plan 41
CONFIGS=$T_SOURCE/system/configs
conf() { "$BUZON_STAGE/sbin/buzonconf" "$@"; }

# --- reading -------------------------------------------------------------------------------------------

# What is not supported stands by name in configs/NAME/unsupported. A name that works by now is
# missing from the report; the table of parameters says that it works.
works() { grep -Eq "^P\([A-Z]+, $1, .* WORKS, " "$T_SOURCE/../lib/config/parameters.def"; }

is_explained() {
    cmp -s "$T/reported" "$1/unsupported" && return
    comm -23 "$T/reported" "$1/unsupported" | sed 's/^/reported, and not in the list: /'
    comm -13 "$T/reported" "$1/unsupported" >"$T/missing"
    while read -r t_missing; do
        works "$t_missing" || echo "in the list, and not reported: $t_missing"
    done <"$T/missing"
}

for t_config in "$CONFIGS"/*/; do
    t_config=${t_config%/}
    t_label=$(basename "$t_config")
    conf -c "$t_config" -n >"$T/shown" 2>"$T/said"
    is "$t_label is read whole" "$? $(grep -c . "$T/shown")" \
        "0 $(($(sed -n 's/^\([^#[:space:]=]*\)[[:space:]]*=.*/\1/p' "$t_config/main.cf" | sort -u | wc -l) + 1))"
    sed -n 's/.*not supported, has no effect: \([^=]*\)=.*/\1/p; s/.*not supported, puts mail off: \([^ ]*\).*/\1/p' \
        "$T/said" | sort >"$T/reported"
    is "$t_label: what is not supported" "$(is_explained "$t_config")" ''
    is "$t_label: and nothing else is wrong" "$(grep -v 'not supported' "$T/said")" ''
done

# --- passing mail ---------------------------------------------------------------------------------------

# Programs, accounts and ports of this test; people of the configuration are the accounts it has.
adapt() {
    cp -f "$CONFIGS/$1"/* "$CONF/"
    sed -i -e "s|/etc/ssl/certs/ssl-cert-snakeoil.pem|$CONF/cert.pem|" \
        -e "s|/etc/ssl/private/ssl-cert-snakeoil.key|$CONF/key.pem|" "$CONF/main.cf"
    cat >>"$CONF/main.cf" <<END
queue_directory = $SPOOL
$(instance_places)
maillog_file = $LOG
maillog_file_prefixes = $T
mail_spool_directory = $T/mail
dns_nameservers = 127.0.0.1:$DNS_PORT
END
    sed -i -e "s/^smtp  *inet/$SMTP_PORT inet/; s/^submission  *inet/$((T_BASE + 87)) inet/" \
        -e "s/^smtps  *inet/$SUBMISSIONS_PORT inet/" "$CONF/master.cf"
    sed -i -e "s/\b\(ana\|luis\|jaime\)\b/$ME/g" "$CONF/aliases"
    tool buzonalias "hash:$CONF/aliases"
}
build() { for t_table; do tool buzonmap "hash:$CONF/$t_table" || diag "$t_table is not built"; done; }
SPOOLED=$T/mail/$ME
export SPOOLED

instance_prepare </dev/null
adapt 02-internet-site
instance_run
send_mail a@b.example webmaster@example.org >/dev/null
log_has '02: an alias of an alias ends in the mailbox of the spool' "to=<$ME@example.org>, orig_to=<webmaster@example.org>, relay=local, .*status=sent \(delivered to mailbox\)"
check '02: and lies there' grep -q '^Delivered-To: .*@example.org' "$SPOOLED"
buzon check >"$T/checked" 2>&1
is '02: what is not there is named by the check' "$(sed -n 's/.*service \([a-z]*\) is not offered.*program \(.*\)/\1 \2/p' "$T/checked" | grep -c 'maildrop pipe\|uucp pipe\|bsmtp pipe\|mailman pipe')" 4
instance_stop

adapt 03-hosting-hash
build vdomains vmailbox virtual
mkdir "$T/lmtp"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/lmtp" --unix "$SPOOL/private/dovecot-lmtp" --lmtp
wait_until 'the LMTP server' test -f "$T/lmtp/ready"
chmod 777 "$SPOOL/private/dovecot-lmtp"
instance_run
send_mail a@b.example ventas@example.com >/dev/null
log_has '03: an alias goes to two mailboxes by LMTP' 'to=<ana@example.com>, orig_to=<ventas@example.com>, relay=.*dovecot-lmtp.*status=sent'
log_has '03: to the second one too' 'to=<luis@example.com>, orig_to=<ventas@example.com>, .*status=sent'
send_mail a@b.example nobody@example.com >"$T/sent" 2>&1
like '03: an unknown user is refused' "$(cat "$T/sent")" '550 5.1.1 .*User unknown in virtual mailbox table'
instance_stop

adapt 05-backup-mx
sed -i "s/relay:\[192.0.2.10\]/relay:[127.0.0.1]:$SINK_PORT/" "$CONF/transport"
build relay_domains relay_recipients transport verify_recipient
sink_start
instance_run
send_mail a@b.example ana@example.com >/dev/null
log_has '05: mail for a relay domain goes to its server' "to=<ana@example.com>, relay=127.0.0.1\[127.0.0.1\]:$SINK_PORT, .*status=sent"
send_mail a@b.example nobody@example.com >"$T/sent" 2>&1
like '05: unknown recipients of it are refused' "$(cat "$T/sent")" '550 5.1.1 .*User unknown in relay recipient table'
instance_stop

adapt 10-catch-all
sed -i "s/jaime/$ME/" "$CONF/recipient_bcc"
build virtual recipient_bcc
if own_home; then
    instance_run
    send_mail a@b.example nadie@empresa.example.com >/dev/null
    maildir_has '10: mail for unknown users goes to one person' "$ME_MAILDIR" 1
    log_has '10: by way of luser_relay' "to=<nadie@empresa.example.com>, relay=local, .*status=sent"
else
    ok '10: mail for unknown users # SKIP the home directory is not of the test alone'
    ok '10: by way of luser_relay # SKIP the same'
fi
no_crash 'no process crashed'
