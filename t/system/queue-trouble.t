#!/bin/sh
# Queue files that cannot be read for a while are not lost and not forgotten: in maildrop, where a read error
# once counted as a malformed file, and in deferred, where qmgr once lost sight of them until its next start.
. "$(dirname "$0")/../lib.sh"
plan 15
instance_start <<END
relayhost = [127.0.0.1]:$SINK_PORT
END
sink_start
# by_root_only, by_owner FILE
by_root_only() { [ $PRIVILEGED = no ] || chown root: "$1"; chmod 0 "$1"; }
by_owner() { chmod 700 "$1"; [ $PRIVILEGED = no ] || chown "$MAIL_OWNER" "$1"; }

send_mail a@remote.test reject-450@elsewhere.test >/dev/null
log_has 'a message is deferred' 'to=<reject-450@elsewhere\.test>, .*status=deferred'
deferred() { find "$SPOOL/deferred" -type f; }
wait_until 'its file' sh -c "[ -n \"\$(find '$SPOOL/deferred' -type f)\" ]"
file=$(deferred)
by_root_only "$file"
tool buzonqueue -f
log_has 'its file cannot be opened' "warning: open deferred/.*/${file##*/}: Permission denied"
by_owner "$file"
tool buzonqueue -f
attempts() { [ "$(grep -c 'to=<reject-450@elsewhere\.test>, .*status=deferred' "$LOG")" -ge 2 ]; }
eventually 'it is tried again when that is possible' attempts
tool buzonsuper -d ALL 2>/dev/null

# Nothing can be moved to active: what comes in stays in incoming until a flush finds it there.
rmdir "$SPOOL/active" && : >"$SPOOL/active"
send_mail a@remote.test luis@example.test >/dev/null
log_has 'a message cannot become active' 'warning: .*(Not a directory|File exists|active)'
rm "$SPOOL/active" && mkdir -m 700 "$SPOOL/active"
[ $PRIVILEGED = no ] || chown "$MAIL_OWNER" "$SPOOL/active"
tool buzonqueue -f
maildir_has 'a flush of the queue delivers it' "$(virtual_maildir luis)" 1

# What cleanup was about to put on hold when it ended is whole, but no message: nobody was told that it was accepted.
send_mail a@remote.test reject-450@elsewhere.test >/dev/null
wait_until 'a deferred message' sh -c "[ -n \"\$(find '$SPOOL/deferred' -type f)\" ]"
instance_stop
half=$(deferred)
mv "$half" "$SPOOL/incoming/" && half=${half##*/}
chmod 701 "$SPOOL/incoming/$half"
touch -d '2 hours ago' "$SPOOL/incoming/$half"
: >"$LOG"
instance_run
log_has 'what was on its way to hold goes' "$half: removing what was left of a message that was never accepted"
eventually 'and is not there any more' sh -c "[ -z \"\$(find '$SPOOL/incoming' '$SPOOL/hold' -name '$half')\" ]"
is 'nor was it delivered' "$(grep -c "$half: .*status=" "$LOG")" 0
instance_stop

# The limits of whoever starts the mail system are not its own: files that are larger, the log among them.
{ echo 'Subject: large'; echo; head -c 200000 /dev/zero | tr '\0' x | fold -w 70; } >"$T/message"
(ulimit -S -f 100 && instance_run)
is 'a large message is taken' "$(send_mail a@remote.test eva@example.test "$T/message" | cut -c 1-9)" '250 2.0.0'
maildir_has 'and delivered' "$(virtual_maildir eva)" 1
instance_stop

if [ $PRIVILEGED = yes ] && command -v strace >/dev/null; then
    printf 'Subject: kept\n\nx\n' | tool sendmail -f a@example.test ana@example.test
    drop=$(find "$SPOOL/maildrop" -type f)
    : >"$LOG"
    # The second read of the file, which is to find its end, fails.
    strace -qq -f -o "$T/trace" -P "$drop" -e trace=read -e inject=read:error=EIO:when=2+ \
        env MAIL_CONFIG="$CONF" "$T/sbin/buzon" start-fg >/dev/null 2>&1 &
    traced=$!
    T_HELPERS="${T_HELPERS:-} $traced"
    log_has 'a message of this machine cannot be read' "warning: maildrop/${drop##*/}: read: Input/output error"
    check 'it stays' test -f "$drop"
    buzon stop >/dev/null 2>&1
    wait $traced
    instance_run
    maildir_has 'and is delivered when it can be read' "$(virtual_maildir ana)" 1
    check 'once, and is gone from there' test ! -f "$drop"
else
    for what in 'cannot be read' stays 'is delivered' gone; do ok "$what # SKIP needs root and strace"; done
fi
no_crash 'no process crashed'
