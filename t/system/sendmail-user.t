#!/bin/sh
# An ordinary user hands mail in: buzondrop's group is all he needs, and a configuration of his own is
# not read with it.
. "$(dirname "$0")/../lib.sh"
need_root
plan 28

instance_start <<END
authorized_submit_users = !bob, static:all
END
chmod 755 "$T" "$CONF" "$T/sbin"

as() { # as USER command...
    t_user=$1
    shift
    setpriv --reuid="$t_user" --regid="$t_user" --clear-groups env MAIL_CONFIG="$CONF" "$@"
}
status() {
    "$@" >"$T/said" 2>&1
    echo $?
}
maildrop_is_empty() { [ -z "$(ls "$SPOOL/maildrop")" ]; }

# Where the built-in main.cf would be; this test has one of its own there.
standard=$(env -u MAIL_CONFIG "$T/sbin/sendmail" nobody </dev/null 2>&1 | sed -n 's|.* \(/[^:]*\)/main.cf.*|\1|p')
parent=$standard
until [ -d "$parent" ]; do parent=$(dirname "$parent"); done
mount -t tmpfs tmpfs "$parent" && mkdir -p "$standard" && : >"$standard/main.cf"

is 'a configuration that nobody has allowed is not read' \
    "$(printf 'Subject: no\n\n' | status as alice "$T/sbin/sendmail" ana@example.test)" 75
like 'and the user is told' "$(cat "$T/said")" \
    "specify \"alternate_config_directories = $CONF\" or \"multi_instance_directories = $CONF\" in .*/main.cf"
check 'nothing was left' maildrop_is_empty

echo "alternate_config_directories = $CONF" >"$standard/main.cf"
is 'with one that is allowed, mail is taken' \
    "$(printf 'Subject: yes\n\n' | status as alice "$T/sbin/sendmail" ana@example.test)" 0
is 'at once, for pickup hears of it' "$(cat "$T/said")" ''
maildir_has 'and delivered' "$(virtual_maildir ana)" 1
sees_empty_queue() { as alice "$T/sbin/buzonqueue" -p | grep -q '^Mail queue is empty'; }
eventually 'he may see the queue' sees_empty_queue
echo "multi_instance_directories = $CONF" >"$standard/main.cf"
check 'so is one of an instance of this machine' sees_empty_queue
log_has 'in the name of the user' "uid=$(id -u alice) from=<alice>"
like 'with his full name' "$(cat "$(virtual_maildir ana)"/new/*)" '^From: .*alice@mail.buzon.test'

# A mail program that speaks SMTP through a pipe.
printf 'EHLO me\r\nMAIL FROM:<alice@example.test> BODY=8BITMIME\r\nRCPT TO:<luis@example.test>\r\nRCPT TO:<eva@example.test>\r\nDATA\r\nSubject: by pipe\r\n\r\n..dot\r\n%05000d\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<eva@example.test>\r\nDATA\r\nSubject: second\r\n\r\n.\r\nQUIT\r\n' 7 >"$T/smtp"
as alice "$T/sbin/sendmail" -bs <"$T/smtp" >"$T/said"
is 'SMTP through a pipe takes mail' "$? $(grep -c '^250 2.0.0 Ok: queued' "$T/said")" '0 2'
maildir_has 'and delivers it' "$(virtual_maildir luis)" 1
maildir_has 'all of it' "$(virtual_maildir eva)" 2
is 'dots and long lines are as they were' \
    "$(sed '1,/^$/d' "$(virtual_maildir luis)"/new/* | cksum)" "$(printf '.dot\n%05000d\n' 7 | cksum)"
log_has 'it is his, too' "uid=$(id -u alice) from=<alice@example.test>"

cat >"$T/named.py" <<'END'
import os, sys
os.execv(sys.argv[1], ["drop\npanic: \033[1m"] + sys.argv[2:])
END
is 'what he calls it stays on its line' \
    "$(as alice python3 "$T/named.py" "$T/sbin/buzondrop" -c /nonexistent 2>&1 | cut -c1-17 | head -n 1)" 'drop?panic: ?[1m:'
is 'a user may be locked out' \
    "$(printf 'Subject: no\n\n' | status as bob "$T/sbin/sendmail" ana@example.test)" 75
check 'a user cannot look into maildrop' sh -c "! setpriv --reuid=alice --regid=alice --clear-groups ls '$SPOOL/maildrop'"

# Whoever ends buzondrop in the middle leaves nothing behind.
mkfifo "$T/slow"
as alice "$T/sbin/buzondrop" <"$T/slow" >/dev/null 2>&1 &
pid=$!
exec 3>"$T/slow"
printf 'V\1\0\0\0001S\0\0\0\0' >&3
wait_until 'the file' sh -c "[ -n \"\$(ls '$SPOOL/maildrop')\" ]"
kill -TERM $pid
wait $pid
exec 3>&-
eventually 'also when a signal ends it' maildrop_is_empty

# With a little less memory than it needs, it ends when the file is there. Sanitizers need more than anybody gives them.
drop_within() { printf 'V\1\0\0\0001S\0\0\0\0' | status as alice prlimit --as=$(($1 * 4096)) "$T/sbin/buzondrop"; }
enough=65536 little=256
if [ "$(drop_within $enough)" = 65 ]; then
    while [ $((enough - little)) -gt 1 ]; do
        middle=$(((enough + little) / 2))
        if [ "$(drop_within $middle)" = 65 ]; then enough=$middle; else little=$middle; fi
    done
    for less in 1 8 16 32 48 64 72 96 128; do
        drop_within $((enough - less)) >"$T/ended"
    done
fi
check 'and when it runs out of memory' maildrop_is_empty

# One that nobody could end that way: pickup may not read it, and does not have to.
printf 'V\1\0\0\0001S\0\0\0\0' >"$T/AAAAAA1" && chown alice: "$T/AAAAAA1" && chmod 600 "$T/AAAAAA1" && mv "$T/AAAAAA1" "$SPOOL/maildrop/"
printf 'Subject: poke\n\n' | as alice "$T/sbin/sendmail" -f '' eva@example.test
eventually 'what is not finished waits' sh -c "[ \"\$(ls '$SPOOL/maildrop')\" = AAAAAA1 ]"
is 'and nobody hears of it' "$(grep -c 'maildrop/AAAAAA1' "$LOG")" 0
touch -d '2 days ago' "$SPOOL/maildrop/AAAAAA1"
printf 'Subject: poke\n\n' | as alice "$T/sbin/sendmail" -f '' eva@example.test
log_has 'for a day' "maildrop/AAAAAA1: uid=$(id -u alice): nobody finishes this message: the file is removed"
no_crash 'nothing has crashed'

# --- local_login_sender_maps --------------------------------------------------------------------------
echo "local_login_sender_maps = inline:{ { alice = alice, @buzon.test } }" >>"$CONF/main.cf"
is 'a user may be himself' "$(echo x | status as alice "$T/sbin/sendmail" ana@example.test)" 0
is 'and whom the table lets him be' "$(echo x | status as alice "$T/sbin/sendmail" -f x@BUZON.test ana@example.test)" 0
is 'but nobody else' "$(echo x | status as alice "$T/sbin/sendmail" -f bob ana@example.test)" 75

# --- the environment -----------------------------------------------------------------------------------
# It was the caller's while tables were asked, and so were the variables that libraries of databases read.
# (sendmail, which has no rights, may believe him; buzondrop refuses, and sendmail's status is as Postfix's then.)
printf '%s\n' 'local_login_sender_maps = static:*' 'authorized_submit_users = environ:caller' >>"$CONF/main.cf"
is 'what a user has in his environment says nothing' \
    "$(echo x | status as alice env alice=yes "$T/sbin/sendmail" ana@example.test)" 75
