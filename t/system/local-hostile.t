#!/bin/sh
# What a user puts in his home directory, and in the directory of mailboxes, against the system: links, pipes, devices,
# lists of themselves. local, which root starts, becomes him before it looks: nothing of others is read, written
# or made, each message has its result, and mail for others goes on.
. "$(dirname "$0")/../lib.sh"
need_root
instance_start <<'END'
allow_mail_to_files = alias, forward, include
allow_mail_to_commands = alias, forward, include
maximal_backoff_time = 1000s
END
HOME_A=$T/home/alice
mkdir -m 700 "$T/secret" && echo secret >"$T/secret/file"
echo of-root >"$T/rootfile"
mkdir -p "$T/home/bob/Maildir/new" "$T/home/bob/Maildir/cur" "$T/home/bob/Maildir/tmp" && echo of-bob >"$T/home/bob/file"
chown -R bob: "$T/home/bob"
chmod 600 "$T/home/bob/file"
others() { # all that is not alice's
    find "$T/secret" "$T/rootfile" "$T/home/bob" /etc/shadow /etc/passwd -exec stat -c '%n %i %s %u %a %Y' {} + | sort
    find "$T/mail" -mindepth 1 ! -user alice ! -user bob
}
BEFORE=$(others)

# One line a case: what holds; sent or kept (deferred or bounced); how alice, in her home, sets it up
cat >"$T/cases" <<'END'
sent a mailbox as it should be| :
kept a Maildir that is another's| ln -s $T/home/bob/Maildir Maildir
kept new/ that leads to where root alone may write| mkdir -p Maildir/tmp Maildir/cur && ln -s $T/secret Maildir/new
kept a Maildir that is a pipe| mkfifo Maildir
kept new/ that is a pipe| mkdir -p Maildir/tmp Maildir/cur && mkfifo Maildir/new
sent control files that are pipes| mkdir -p Maildir/tmp Maildir/cur Maildir/new && mkfifo Maildir/maildirsize Maildir/dovecot-uidlist Maildir/buzon.index
sent control files that are links| mkdir -p Maildir/tmp Maildir/cur Maildir/new && ln -s $T/rootfile Maildir/maildirsize && ln -s $T/secret Maildir/buzon.index
kept a file of root's| echo $T/rootfile >.forward
kept a new file where root alone may write| echo $T/secret/new >.forward
kept a device| echo /dev/mem >.forward
kept a file of another's, by way of ..| echo $PWD/../bob/file >.forward
kept a file of another's, by a link| ln -s $T/home/bob/file link && echo $PWD/link >.forward
kept a Maildir of another's| echo $T/home/bob/Maildir/ >.forward
sent a .forward that is a pipe| mkfifo .forward
sent a .forward that is a directory| mkdir .forward
sent a .forward that is a link to what root reads| ln -s /etc/shadow .forward
kept a .forward without end| head -c 100000000 /dev/zero >.forward
kept a list that root alone reads| echo :include:/etc/shadow >.forward
kept a list that is a pipe| mkfifo list && echo :include:$PWD/list >.forward
kept a list that has no end| echo :include:/dev/zero >.forward
sent a list that has itself in it| printf '%s\n' "\\alice, :include:$PWD/.forward" >.forward
sent lists that would be 2^30 lists| for n in $(seq 30); do printf ":include:$PWD/l$((n+1))\n:include:$PWD/l$((n+1))\n" >l$n; done; echo "\\alice" >l31; echo ":include:$PWD/l1" >.forward
sent a command that kills who started it| echo '"|kill -9 $PPID; kill -STOP $PPID; cat >/dev/null"' >.forward
kept a command whose output is an escape| printf '"|printf \\"5.7.1 a\\\\033[31m\\\\nb\\"; exit 77"\n' >.forward
END
# The same for bob's mailbox in the directory of mailboxes, where everybody may make files.
cat >"$T/spool-cases" <<'END'
kept a mailbox that is a link| ln -s $T/rootfile $T/mail/bob
kept a mailbox with another name| echo >x && ln x $T/mail/bob
kept a mailbox that is a directory| mkdir $T/mail/bob
kept a mailbox of alice's| touch $T/mail/bob && chmod 666 $T/mail/bob
kept a mailbox of root's that is a link| ln -s $T/rootfile $T/mail/root
kept a mailbox of root's with another name| echo >x && ln x $T/mail/root
kept a mailbox of alice's, where root's should be| touch $T/mail/root && chmod 666 $T/mail/root
kept a pipe of alice's, where root's mailbox should be| mkfifo -m 666 $T/mail/root
kept a pipe of alice's, who reads it| mkfifo -m 666 $T/mail/bob && (exec cat $T/mail/bob >read.from.pipe) & sleep 0.1
END
# The same for a directory of Maildirs.
cat >"$T/maildir-cases" <<'END'
kept a Maildir of alice's, where root's should be| mkdir -p $T/mail/root/tmp $T/mail/root/new $T/mail/root/cur
kept a Maildir of alice's that leads to where root alone may write| mkdir -p $T/mail/root/tmp $T/mail/root/cur && ln -s $T/secret $T/mail/root/new
kept a Maildir of root's that is a link| ln -s $T/secret $T/mail/root
kept a Maildir of root's that others could make instead| :
END
plan $(($(wc -l <"$T/cases") + $(wc -l <"$T/spool-cases") + $(wc -l <"$T/maildir-cases") + 8))

sender=0
run_case() { # RECIPIENT LINE
    t_setup=${2#*|} t_case=${2%%|*}
    t_outcome=${t_case%% *} sender=$((sender + 1))
    rm -rf "$HOME_A" && mkdir "$HOME_A" && chown alice: "$HOME_A"
    (cd "$HOME_A" && setpriv --reuid=alice --regid=alice --clear-groups env "T=$T" sh -c "$t_setup") >/dev/null 2>&1
    send_mail "s$sender@remote.test" "$1@buzon.test" >/dev/null
    wait_until 'the message' t_log_matches "qmgr.*: from=<s$sender@remote\.test>"
    t_id=$(sed -n "s/.*: \([0-9A-F]*\): from=<s$sender@remote\.test>.*/\1/p" "$LOG" | head -n 1)
    wait_until 'its result' t_log_matches "$t_id: to=.*relay=local.*status="
    t_status=$(sed -n "s/.*$t_id: to=.*relay=local.*status=\([a-z]*\).*/\1/p" "$LOG" | tail -n 1)
    case $t_status in deferred | bounced) t_status=kept ;; esac
    is "${t_case#* }: $t_outcome" "$t_status $(others)" "$t_outcome $BEFORE"
}
while IFS= read -r t_line; do run_case alice "$t_line"; done <"$T/cases"
sed -i 's/^home_mailbox.*/home_mailbox =/' "$CONF/main.cf"
buzon reload 2>/dev/null
while IFS= read -r t_line; do
    case $t_line in
    */mail/root*) run_case '\root' "$t_line" ;;
    *) run_case bob "$t_line" ;;
    esac
    rm -rf "$T/mail/bob" "$T/mail/root"
done <"$T/spool-cases"
echo "mail_spool_directory = $T/mail/" >>"$CONF/main.cf"
buzon reload 2>/dev/null
while IFS= read -r t_line; do
    run_case '\root' "$t_line"
    rm -rf "$T/mail/root"
done <"$T/maildir-cases"
# What becomes of mail for nobody is written with the rights of default_privs, and read with them.
printf '%s\n' "$T/rootfile" >"$T/list"
echo 'local_recipient_maps =' >>"$CONF/main.cf"
for t_where in "$T/rootfile" "$T/secret/\$local" ":include:$T/list"; do
    echo "luser_relay = $t_where" >>"$CONF/main.cf"
    buzon reload 2>/dev/null
    run_case nobody-here "kept luser_relay = $t_where| :"
done
check 'nobody read what was for another' sh -c "! grep -q . '$HOME_A/read.from.pipe' 2>/dev/null"
send_mail last@remote.test ana@example.test >/dev/null
maildir_has 'mail for others goes on' "$(virtual_maildir ana)" 1
is 'an escape of a command is none in the log' "$(grep -c "$(printf '\033')" "$LOG")" 0
is 'local is there for everybody' "$(grep -c 'unknown mail transport error' "$LOG")" 0
no_crash 'no process crashed'
