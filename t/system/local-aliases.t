#!/bin/sh
# local: aliases(5) to addresses, lists, files, commands and :include: files; loops; luser_relay.
. "$(dirname "$0")/../lib.sh"
mkdir -p "$T/conf"
cat >"$T/conf/aliases" <<END
postmaster: $ME
team: $ME, ana@example.test
myself: myself2, $ME
myself2: myself
archive: "|cat > $T/out/piped; echo \"\$SENDER \$RECIPIENT \$EXTENSION\" > $T/out/environment"
full: "|echo 4.2.2 mailbox full; exit 75"
gone: "|exit 67"
file: $T/out/file
list: :include:$T/conf/list
owner-list: $ME
direct: \\$ME
END
cat >"$T/conf/patterns" <<END
/^(.*)-pattern\$/ "|cat > $T/out/\$1"
/^pattern\$/ ana+price\$\$@example.test
END
printf '/^(.*)$/ discard:$1\n' >"$T/conf/transports"
printf '/^(.*)$/ false $1\n' >"$T/conf/commands"
mkdir "$T/out"
chmod 1777 "$T/out"
printf 'ana@example.test\nluis@example.test\n' >"$T/conf/list"
plan 20
instance_start <<END
luser_relay = ana+unknown-\$local@example.test
local_recipient_maps =
alias_maps = hash:$CONF/aliases, regexp:$CONF/patterns
mailbox_transport_maps = regexp:$CONF/transports
mailbox_command_maps = regexp:$CONF/commands
END

send_mail s@remote.test postmaster@buzon.test >/dev/null
maildir_has 'an alias leads to an account' "$ME_MAILDIR" 1
log_has 'the log names both addresses' "to=<$ME@(mail\.)?buzon\.test>, orig_to=<postmaster@buzon\.test>, relay=local, .*status=sent \(delivered to maildir\)"
send_mail s@remote.test team@buzon.test >/dev/null
maildir_has 'a list reaches the account' "$ME_MAILDIR" 2
maildir_has 'and the address elsewhere' "$(virtual_maildir ana)" 1
log_has 'which went into the queue again' 'to=<team@buzon\.test>, relay=local, .*status=sent \(forwarded as [0-9A-Za-z]+\)'
send_mail s@remote.test myself@buzon.test >/dev/null
maildir_has 'aliases in a circle end, and the account gets one copy' "$ME_MAILDIR" 3
send_mail s@remote.test archive+ext@buzon.test >/dev/null
eventually 'a command got the message' grep -q '^Subject: a test' "$T/out/piped"
eventually 'with sender, recipient and extension in its environment' grep -q '^s@remote.test archive+ext@buzon.test ext$' "$T/out/environment"
send_mail s@remote.test gone@buzon.test >/dev/null
log_has 'a command that says EX_NOUSER bounces' 'to=<gone@buzon\.test>, relay=local, .*dsn=5\.1\.1, status=bounced \(user unknown\)'
send_mail s@remote.test full@buzon.test >/dev/null
log_has "a command's own status code counts" 'to=<full@buzon\.test>, relay=local, .*dsn=4\.2\.2, status=deferred \(mailbox full \)'
send_mail s@remote.test file@buzon.test >/dev/null
eventually 'a file is an mbox' grep -q '^From s@remote.test ' "$T/out/file"
send_mail s@remote.test list@buzon.test >/dev/null
maildir_has 'an :include: list reaches its members' "$(virtual_maildir luis)" 1
eventually "with the list's owner as the envelope sender" grep -q "^Return-Path: <owner-list@" "$(maildir_files "$(virtual_maildir luis)" | head -n 1)"
send_mail s@remote.test direct@buzon.test >/dev/null
maildir_has '\user is the mailbox itself' "$ME_MAILDIR" 4
send_mail s@remote.test evil-pattern@buzon.test >/dev/null
log_has 'a pattern puts no part of the address into a command' 'to=<ana\+unknown-evil-pattern@example\.test>, .*status=sent'
send_mail s@remote.test pattern@buzon.test >/dev/null
log_has 'a pattern without one counts' 'to=<ana\+price\$@example\.test>, .*status=sent'
for table in transports commands; do
    log_has "nor one into a transport or a command of mailbox_*_maps" "regexp map .*/$table, line 1: regular expression substitution is not allowed: skipping this rule"
done
send_mail s@remote.test no-such-user@buzon.test >/dev/null
log_has 'mail for unknown users goes where luser_relay says' 'to=<ana\+unknown-no-such-user@example\.test>, .*status=sent'
no_crash 'no process crashed'
