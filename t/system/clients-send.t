#!/bin/sh
# The programs that send: those of servers and scripts that call sendmail(1), and those that speak SMTP to a smarthost.
. "$(dirname "$0")/../lib.sh"
need python3
plan 17
instance_start </dev/null
export MAIL_CONFIG="$CONF" HOME="$T/home"
mkdir -p "$HOME"
SENDMAIL=$T/sbin/sendmail
LUIS=luis@example.test
# with 'what holds' PROGRAM COMMAND...: skipped where there is no such program
with() {
    t_what=$1 t_program=$2
    shift 2
    if command -v "$t_program" >/dev/null 2>&1; then
        check "$t_what" "$@"
    else
        ok "$t_what # SKIP there is no $t_program"
    fi
}
# arrives 'what holds' PROGRAM SUBJECT TEXT: in the mailbox of luis, with that line in it
arrives() {
    if command -v "$2" >/dev/null 2>&1; then
        eventually "$1" sh -c "grep -lr -- '^Subject: $3\$' '$MAILDIRS/example.test/luis/Maildir/new' | xargs grep -qx -- '$4'"
    else
        ok "$1 # SKIP there is no $2"
    fi
}

# --- sendmail(1) ----------------------------------------------------------------------------------------------
printf 'set sendmail=%s\n' "$SENDMAIL" >"$T/mailrc"
mailx() { printf 'line\n.\nmore\n' | MAILRC=$T/mailrc bsd-mailx -n -s 'by mailx' -r from@remote.test -b ana@example.test -- $LUIS; }
with 'bsd-mailx sends' bsd-mailx mailx
arrives 'what comes before a dot' bsd-mailx 'by mailx' line
snail() { printf 'first\n.\nlast\n' | s-nail -:/ -S v15-compat -S mta="$SENDMAIL" -S from=s@remote.test -s 'by s-nail' $LUIS; }
with 's-nail sends' s-nail snail
arrives 'all of it' s-nail 'by s-nail' last
cat >"$T/mail.php" <<'END'
<?php
exit(mail("luis@example.test", "by php", "text\r\n.\r\nend\r\n", ["From" => "php@remote.test", "Bcc" => "ana@example.test"], "-fbounce@remote.test") ? 0 : 1);
END
with 'mail() of PHP sends' php php -d sendmail_path="$SENDMAIL -t -i" "$T/mail.php"
arrives 'beyond a dot, with no CR too many' php 'by php' end
with 'and tells of a mail to nobody' php sh -c "! php -d sendmail_path='$SENDMAIL -t -i' -r 'exit(mail(\"\", \"s\", \"m\") ? 0 : 1);'"
cron() { printf 'From: root (Cron Daemon)\nTo: %s\nSubject: by cron\nX-Cron-Env: <A=b>\n\noutput\n' $LUIS | "$SENDMAIL" -i -FCronDaemon -B8BITMIME -oem $LUIS; }
check 'the call of cron' cron
arrives 'and its output' sh 'by cron' output

# --- SMTP -----------------------------------------------------------------------------------------------------
msmtp_run() { msmtp --host=localhost --tls=on --tls-trust-file="$CONF/cert.pem" --from=m@remote.test "$@"; }
msmtp_starttls() { printf 'Subject: by msmtp\n\n.dot\n.\nend\n' | msmtp_run --port="$SMTP_PORT" --tls-starttls=on -N failure,delay -R hdrs $LUIS; }
msmtp_tls() { printf 'Subject: by msmtp, TLS\nTo: %s\n\nend\n' $LUIS | msmtp_run --port="$SUBMISSIONS_PORT" --tls-starttls=off -t; }
with 'msmtp sends with STARTTLS' msmtp msmtp_starttls
arrives 'dots and all' msmtp 'by msmtp' .dot
with 'and with implicit TLS' msmtp msmtp_tls
arrives 'likewise' msmtp 'by msmtp, TLS' end
nobody() { printf 'Subject: no\n\nno\n' | msmtp_run --port="$SMTP_PORT" nobody@example.test 2>&1 | grep -q 'User unknown in virtual mailbox table'; }
with 'and is told of an unknown user' msmtp nobody
# Many connections at once, messages of sizes about those of buffers; each exactly once.
sources() {
    for size in 1 2 511 512 513 1024 4095 4096 4097 16384 65535 65536 300000; do
        smtp-source -s 5 -m 5 -l $size -f s@remote.test -t eva@example.test "127.0.0.1:$SMTP_PORT" || return 1
    done
    smtp-source -d -s 10 -m 60 -f s@remote.test -t eva@example.test "127.0.0.1:$SMTP_PORT"
}
with "Postfix's smtp-source sends, ten at once" smtp-source sources
if command -v smtp-source >/dev/null 2>&1; then
    wait_until 'an empty queue' t_queue_empty
    is 'as many as it sent' "$(maildir_files "$(virtual_maildir eva)" | wc -l)" 125
else
    ok 'as many as it sent # SKIP there is no smtp-source'
fi
no_crash 'no process crashed'
