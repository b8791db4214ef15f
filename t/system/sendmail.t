#!/bin/sh
# sendmail(1) and maildrop/: how programs on this machine hand mail in, what hostile ones achieve.
. "$(dirname "$0")/../lib.sh"
plan 48

instance_prepare <<END
mydestination =
local_header_rewrite_clients =
virtual_alias_maps = texthash:$CONF/virtual
message_size_limit = 100000
hopcount_limit = 10
recipient_delimiter =
END
: >"$CONF/virtual"
instance_run

BOX=$(virtual_maildir ana)
sendmail() { tool sendmail "$@"; }
# submit N [option...]: a message of ours is delivered to ana as her Nth
submit() {
    t_count=$1
    shift
    sendmail "$@" || return 1
    wait_until "the message" t_files_in "$BOX" "$t_count"
}
newest() { ls -t "$BOX"/new/* | head -n 1; }
body() { sed '1,/^$/d' "$1"; }
status() { # the exit status of a command whose complaints go to $T/said
    "$@" >"$T/said" 2>&1
    echo $?
}
maildrop_is_empty() { [ -z "$(ls "$SPOOL/maildrop")" ]; }

# --- the message ------------------------------------------------------------------------------------

printf 'Subject: one\n\nfirst\n.\nnot read\n' >"$T/message"
check 'a message is taken' submit 1 -f sender@example.test -F 'Sue Ender' ana@example.test <"$T/message"
is 'a dot alone ends it' "$(body "$(newest)")" first
like 'it has a Received field' "$(tr '\n' ' ' <"$(newest)")" "Received: by mail.buzon.test \(buzon, from userid $(id -u)\)"
like 'a Message-Id' "$(cat "$(newest)")" '^Message-Id: <.*@mail.buzon.test>$'
like 'a Date' "$(cat "$(newest)")" '^Date: .* [0-9:]{8} [-+][0-9]{4}'
like 'a From field with the name' "$(cat "$(newest)")" '^From: Sue Ender <sender@example.test>$'
log_has 'pickup says who it was' "pickup\[.*: uid=$(id -u) from=<sender@example.test>"
log_has 'cleanup tells the message id' 'cleanup\[.*: message-id=<.*@mail.buzon.test>'
eventually 'nothing is left in maildrop' maildrop_is_empty

printf 'From someone Mon Nov 23\n>From there\nSubject: two\r\n\r\nsecond\r\n.\r\nread' >"$T/message"
check 'From_ lines and CRLF are taken' submit 2 -i -f '' ana@example.test <"$T/message"
is 'all is read, with LF line ends' "$(body "$(newest)" | od -An -c | tr -d ' \n')" 'second\n.\nread\n'
like 'the null sender' "$(cat "$(newest)")" '^Return-Path: <>$'
is 'no From_ line is left' "$(grep -c '^>*From ' "$(newest)")" 0

printf 'Subject: three\nTo: Ana <ana@example.test>,\n luis@example.test\nBcc: eva@example.test\n\nthird\n' >"$T/message"
check 'recipients of the header' submit 3 -t <"$T/message"
maildir_has 'also of its second line' "$(virtual_maildir luis)" 1
maildir_has 'and of Bcc' "$(virtual_maildir eva)" 1
is 'of which nobody reads' "$(cat "$(virtual_maildir eva)"/new/* "$BOX"/new/* | grep -ci '^bcc')" 0

head -c 60000 /dev/urandom | base64 -w 0 | head -c 70000 >"$T/line"
{ printf 'Subject: four\n\n' && cat "$T/line" && echo; } >"$T/message"
check 'a line longer than any buffer' submit 4 -f x@example.test ana@example.test <"$T/message"
check 'stays whole' sh -c "sed '1,/^\$/d' '$(newest)' | cmp -s - '$T/line' || sed '1,/^\$/d' '$(newest)' | head -c -1 | cmp - '$T/line'"

# pickup keeps its connection to cleanup, which yet sees that a table has changed.
echo 'moved@example.test luis@example.test' >"$CONF/virtual"
printf 'Subject: moved\n\n' | sendmail -f eva@example.test moved@example.test
maildir_has 'a changed table counts for the next message' "$(virtual_maildir luis)" 2

# --- by other names -----------------------------------------------------------------------------------

queue_is_empty 'all is delivered'
is 'mailq lists the queue' "$(tool mailq)" 'Mail queue is empty'
rm -f "$CONF/aliases.db"
check 'newaliases is taken' tool newaliases
check 'and rebuilds the alias database' test -f "$CONF/aliases.db"

# --- what is refused ----------------------------------------------------------------------------------

is 'no recipients' "$(printf 'x\n' | status sendmail)" 75
is 'none in the header' "$(printf 'Subject: x\n\n' | status sendmail -t)" 75
is 'too big' "$(head -c 150000 /dev/zero | tr '\0' 'x' | status sendmail a@example.test)" 75
is 'an unknown option' "$(status sendmail -Z)" 75
is 'no configuration' "$(status sendmail -C /nonexistent a@example.test)" 75
is 'half a message' "$(printf 'V\1\0\0\0001S\0\0\0\0' | status tool buzondrop)" 65
is 'no message' "$(echo garbage | status tool buzondrop)" 65
check 'nothing of that is left' maildrop_is_empty

# A loop through a program: nobody waits for an answer, so the message comes back by mail.
{ for i in 1 2 3 4 5 6 7 8 9 10; do echo "Received: from loop$i"; done && printf 'Subject: loop\n\nround and round\n'; } |
    sendmail -f eva@example.test ana@example.test
log_has 'too many hops: the message is not delivered' 'to=<ana@example.test>.*dsn=5.4.0, status=bounced .too many hops'
maildir_has 'but returned to its sender' "$(virtual_maildir eva)" 2

# --- hostile files ---------------------------------------------------------------------------------------

# plant NAME: what others of the group could leave in maildrop; pickup looks at it when it is poked
printf 'V\1\0\0\0001S\0\0\0\0R\022\0\0\0@luis@example.testE\0\0\0\0' >"$T/good"
drop() { mv "$T/$1" "$SPOOL/maildrop/$1" && printf 'Subject: poke\n\n' | sendmail -f '' ana@example.test; }
echo garbage >"$T/AAAAAA1" && chmod 744 "$T/AAAAAA1" && drop AAAAAA1
log_has 'garbage is removed' 'maildrop/AAAAAA1: uid=.*malformed message file: the file is removed'
ln -s /etc/passwd "$T/AAAAAA2" && drop AAAAAA2
log_has 'a symbolic link is removed' 'maildrop/AAAAAA2: .*not a regular file'
mkfifo -m 744 "$T/AAAAAA3" && drop AAAAAA3
log_has 'a pipe is removed' 'maildrop/AAAAAA3: .*not a regular file'
cp "$T/good" "$T/AAAAAA4" && chmod 744 "$T/AAAAAA4" && ln "$T/AAAAAA4" "$T/other" && drop AAAAAA4
log_has 'a file with another name is removed' 'maildrop/AAAAAA4: .*several names'
{ cat "$T/good" && echo more; } >"$T/AAAAAA5" && chmod 744 "$T/AAAAAA5" && drop AAAAAA5
log_has 'what goes on behind its end is removed' 'maildrop/AAAAAA5: .*something follows the end'
eventually 'all of them' maildrop_is_empty
cp "$T/good" "$T/AAAAAA6" && chmod 600 "$T/AAAAAA6" && drop AAAAAA6
eventually 'an unfinished file is left alone' sh -c "[ \"\$(ls '$SPOOL/maildrop')\" = AAAAAA6 ]"

# --- trouble ----------------------------------------------------------------------------------------------

rm -f "$SPOOL/maildrop/AAAAAA6"
# A pickup that is behind with hearing of messages is waited for: trigger_timeout.
printf 'trigger_timeout = 600s\n' >>"$CONF/main.cf"
pickup=$(pgrep -x pickup -P "$(instance_pid)")
kill -STOP "$pickup"
cat >"$T/fill.py" <<'PY'
import os, socket, sys, time
os.chdir(sys.argv[1])
held = []
def is_full(): # or this process has as many as it may
    while len(held) < 500:
        held.append(socket.socket(socket.AF_UNIX))
        held[-1].setblocking(False)
        try:
            held[-1].connect("pickup")
        except BlockingIOError:
            return True
    return False
parent = os.getppid()
while not is_full():
    me = os.getpid()
    if os.fork() > 0:
        break # with what it has; the other one goes on
    parent = me
    held.clear()
else:
    open(sys.argv[2], "w").close()
while os.getppid() == parent:
    time.sleep(0.1)
PY
background python3 "$T/fill.py" "$SPOOL/public" "$T/full"
eventually 'the places before pickup can all be taken' test -e "$T/full"
printf 'Subject: behind\n\n' | sendmail -f sender@example.test luis@example.test >"$T/said" 2>&1 &
sending=$!
waits_for_pickup() {
    kill -0 $sending 2>/dev/null || return 0
    for pid in $(pgrep -x buzondrop); do # other tests have theirs
        grep -q unix_ "/proc/$pid/wchan" 2>/dev/null && return 0
    done
    return 1
}
wait_until 'somebody to wait, or nobody' waits_for_pickup || diag 'nobody waits'
kill -CONT "$pickup"
wait $sending
is 'whoever hands mail in waits for a pickup that is behind' "$? $(cat "$T/said")" '0 '
maildir_has 'which then hears of it' "$(virtual_maildir luis)" 3
printf '%s\n' 'virtual_alias_maps = fail:aliases' >>"$CONF/main.cf"
buzon reload >/dev/null 2>&1
printf 'Subject: later\n\n' | sendmail -f sender@example.test luis@example.test
log_has 'a table that cannot be asked makes mail wait' 'maildrop/.*: error writing .*temporary lookup failure'
check 'where it is' test -n "$(ls "$SPOOL/maildrop")"
printf '%s\n' 'virtual_alias_maps =' >>"$CONF/main.cf"
buzon reload >/dev/null 2>&1
maildir_has 'until the table is back' "$(virtual_maildir luis)" 4
no_crash 'and nothing has crashed'
