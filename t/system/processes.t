#!/bin/sh
# Who runs as whom: users and chroots of a root-run instance, read from /proc (design, section 2).
. "$(dirname "$0")/../lib.sh"
need_root
plan 16
instance_start <<'END'
relayhost = [127.0.0.1]:9
END

pids_of() { # the processes of one daemon, by the name of their program
    for t_proc in /proc/[0-9]*; do
        case $(readlink "$t_proc/exe" 2>/dev/null) in */libexec/buzon/"$1") echo "${t_proc#/proc/}" ;; esac
    done
}
identity() { # "uids gids root" of a daemon's first process
    t_pid=$(pids_of "$1" | head -n 1)
    [ -n "$t_pid" ] || { echo "no $1"; return; }
    echo "$(awk '/^Uid:/ {print $2, $3, $4, $5}' "/proc/$t_pid/status") $(readlink "/proc/$t_pid/root")"
}
alone() { # a daemon that shall have no way to root's rights
    awk '/^Groups/ {groups = $2} /^Cap(Prm|Eff|Bnd)/ {caps = caps $2 " "} END {print caps groups}' \
        "/proc/$(pids_of "$1" | head -n 1)/status"
}

# Conversations that keep one of each alive: an SMTP client in mid-message, an IMAP session.
python3 - "$SMTP_PORT" "$IMAP_PORT" "$PASSWORD" "$T/talking" <<'END' &
import imaplib, smtplib, sys, time
smtp = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
smtp.ehlo(); smtp.mail("a@remote.test"); smtp.rcpt("ana@example.test")
imap = imaplib.IMAP4("127.0.0.1", int(sys.argv[2]))
imap.login("ana@example.test", sys.argv[3]); imap.select()
waiting = imaplib.IMAP4("127.0.0.1", int(sys.argv[2]))
open(sys.argv[4], "w").close()
time.sleep(1800)
END
T_HELPERS="${T_HELPERS:-} $!"
send_mail a@remote.test ana@example.test,someone@elsewhere.test,"$ME@buzon.test" >/dev/null
wait_until 'the conversations' test -f "$T/talking"
wait_until 'the SMTP client' sh -c "ls -l /proc/[0-9]*/exe 2>/dev/null | grep -q libexec/buzon/smtp\$"

NET="3002 3002 3002 3002 $SPOOL/empty"
QUEUE="3001 3001 3001 3001 $SPOOL"
is 'master is root' "$(identity master)" '0 0 0 0 /'
is 'smtpd is buzonnet in an empty directory' "$(identity smtpd)" "$NET"
is 'login is buzonnet in an empty directory' "$(identity login)" "$NET"
is 'the SMTP client is buzonnet in an empty directory' "$(identity smtp)" "$NET"
is 'cleanup is buzon in the queue' "$(identity cleanup)" "$QUEUE"
is 'qmgr is buzon in the queue' "$(identity qmgr)" "$QUEUE"
is 'proxymap is buzon' "$(identity proxymap)" '3001 3001 3001 3001 /'
is 'auth is root' "$(identity auth)" '0 0 0 0 /'
is "imapd is the mailbox's owner, for good" "$(identity imapd)" '5000 5000 5000 5000 /'
listening() { # how many descriptors of a process are the listening socket private/NAME
    awk -v path="private/$2" '$8 == path && $4 == "00010000" {print "socket:[" $7 "]"}' /proc/net/unix >"$T/inode"
    ls -l "/proc/$1/fd" | grep -cFf "$T/inode"
}
is 'and cannot accept the sessions of others: master alone has the socket still' \
    "$(listening "$(pids_of imapd | head -n 1)" imapd) $(listening "$(instance_pid)" imapd)" '0 1'
is 'the empty directory is empty, and nobody but root can change that' \
    "$(ls -A "$SPOOL/empty" | wc -l) $(stat -c '%u %a' "$SPOOL/empty")" '0 0 555'
is 'smtpd has no capabilities, not even to gain, and no other groups' "$(alone smtpd)" \
    '0000000000000000 0000000000000000 0000000000000000 '
is 'login neither' "$(alone login)" '0000000000000000 0000000000000000 0000000000000000 '

# What buzonnet can reach by itself: neither queue nor mail nor tables nor passwords.
as_net() { setpriv --reuid=3002 --regid=3002 --clear-groups sh -c "$1" 2>/dev/null; }
if as_net "ls $SPOOL/incoming || ls $SPOOL/active || ls $SPOOL/maildrop || ls $MAILDIRS/example.test/ana || cat $CONF/users"; then
    not_ok 'the account buzonnet can read neither queue nor mail nor passwords'
else
    ok 'the account buzonnet can read neither queue nor mail nor passwords'
fi
if as_net "touch $SPOOL/x || touch $SPOOL/incoming/x || touch $SPOOL/empty/x"; then
    not_ok 'nor write to the queue'
else
    ok 'nor write to the queue'
fi
no_crash 'no process crashed'
