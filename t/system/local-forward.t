#!/bin/sh
# local: .forward files are read as their user and only when nobody else can write to them; mbox spools;
# mail comes to rest with the owner's ids.
. "$(dirname "$0")/../lib.sh"
need_root
plan 17
instance_start <<'END'
alias_maps =
END
forward() { printf '%s\n' "$2" >"$T/home/$1/.forward"; chown "$1:" "$T/home/$1/.forward"; chmod 600 "$T/home/$1/.forward"; }

forward alice 'bob, \alice'
send_mail s@remote.test alice@buzon.test >/dev/null
maildir_has '\alice keeps a copy' "$T/home/alice/Maildir" 1
maildir_has 'and bob gets one, by way of the queue' "$T/home/bob/Maildir" 1
log_has 'forwarded mail is a new message' 'to=<alice@buzon\.test>, relay=local, .*\(forwarded as'
file=$(maildir_files "$T/home/bob/Maildir")
is "bob's copy is bob's" "$(stat -c '%U %a' "$file")" 'bob 600'

forward bob alice
forward alice bob
send_mail s@remote.test bob@buzon.test >/dev/null
log_has 'a loop of two .forward files ends as a bounce' 'status=bounced \(mail forwarding loop for (alice|bob)@[a-z.]+\)'

forward alice '|id -un > /tmp/buzon-forward-test.$$; mv /tmp/buzon-forward-test.$$ $HOME/who'
send_mail s@remote.test alice@buzon.test >/dev/null
eventually 'a command runs as its user' grep -qx alice "$T/home/alice/who"

forward carol bob
chown bob: "$T/home/carol/.forward"
chmod 644 "$T/home/carol/.forward"
send_mail s@remote.test carol@buzon.test >/dev/null
maildir_has "somebody else's .forward counts for nothing" "$T/home/carol/Maildir" 1
log_has 'and that is said' 'warning: .*\.forward has bad owner uid'

rm -f "$T/home/carol/.forward"
echo bob >"$T/home/carol/elsewhere"
chown carol: "$T/home/carol/elsewhere"
ln -s elsewhere "$T/home/carol/.forward"
send_mail s@remote.test carol@buzon.test >/dev/null
maildir_has 'a .forward that is a symbolic link counts for nothing either' "$T/home/carol/Maildir" 2
log_has 'and that is said too' 'warning: file .*\.forward is not a regular file'
rm -f "$T/home/carol/.forward"

rm -f "$T/home/alice/.forward"
chown root:mail "$T/mail" && chmod 2775 "$T/mail"
sed -i 's/^home_mailbox.*/home_mailbox =/' "$CONF/main.cf"
buzon reload >/dev/null 2>&1
wait_until 'the reload' t_log_matches 'reload -- version'
send_mail s@remote.test alice@buzon.test >/dev/null
eventually 'a system spool is an mbox of its user' sh -c "grep -q '^From s@remote.test ' '$T/mail/alice' && [ \"\$(stat -c '%U %a' '$T/mail/alice')\" = 'alice 600' ]"
rm "$T/mail/alice"
cat >>"$CONF/main.cf" <<'END'
prepend_delivered_header = forward
require_home_directory = yes
END
forward bob 'carol, "|cat >$HOME/read"'
rm -f "$T/home/carol/.forward"
: >"$LOG"
buzon reload >/dev/null 2>&1
wait_until 'the reload' t_log_matches 'reload -- version'
send_mail s@remote.test bob@buzon.test >/dev/null
eventually 'forwarded mail has a Delivered-To: field of who forwarded it' grep -q '^Delivered-To: bob@' "$T/mail/carol"
is 'and none of who got it, as prepend_delivered_header says' "$(grep -c '^Delivered-To: carol@' "$T/mail/carol")" 0
eventually 'a command gets its mail' grep -q '^Return-Path: <s@remote.test>' "$T/home/bob/read"
is 'without the field too' "$(grep -c '^Delivered-To: ' "$T/home/bob/read")" 0
mv "$T/home/alice" "$T/home/away"
send_mail s@remote.test alice@buzon.test >/dev/null
log_has 'without a home directory mail waits, as require_home_directory says' "to=<alice@buzon.test>, .*status=deferred \(cannot access home directory $T/home/alice: No such file or directory\)"
mv "$T/home/away" "$T/home/alice"
no_crash 'no process crashed'
