#!/bin/sh
# A full disk costs nobody a message: sendmail says so, what is in maildrop waits there, and goes on
# when there is room again.
. "$(dirname "$0")/../lib.sh"
need_root
plan 10

mkdir -p "$SPOOL"
mount -t tmpfs -o size=4m tmpfs "$SPOOL"
instance_start <<END
message_size_limit = 1000000
END

leave_free() { # KILOBYTES: fill the queue's file system up to that
    rm -f "$SPOOL/filler"
    t_free=$(df -k --output=avail "$SPOOL" | tail -n 1)
    head -c "$(((t_free - $1) * 1024))" /dev/zero >"$SPOOL/filler"
}
maildrop_is_empty() { [ -z "$(ls "$SPOOL/maildrop")" ]; }
{ printf 'Subject: large\n\n' && yes 'sixty-four octets of a line, not more and not less than that....' | head -c 500000 && echo; } >"$T/large"

leave_free 100
tool sendmail -f x@example.test ana@example.test <"$T/large" 2>"$T/said"
is 'sendmail tells that it did not work out' $? 75
like 'and why' "$(cat "$T/said")" 'No space left on device'
check 'nothing was left' maildrop_is_empty

leave_free 600
printf 'Subject: small\n\n' | tool sendmail -f x@example.test luis@example.test # a tmpfs lists it behind the next one
check 'a message that finds room in maildrop' tool sendmail -f x@example.test ana@example.test <"$T/large"
log_has 'waits there' 'cleanup\[.*warning: not enough free space in mail queue'
check 'as it is' test -n "$(ls "$SPOOL/maildrop")"

# There is room again, but not for that one, whose file has a hole: it is not in the way of others.
large=$(grep -l 'octets of a line' "$SPOOL"/maildrop/*)
size=$(wc -c <"$large")
truncate -s 1G "$large"
leave_free 3000
printf 'Subject: small\n\n' | tool sendmail -f x@example.test luis@example.test
maildir_has 'smaller ones go, wherever they lie' "$(virtual_maildir luis)" 2
truncate -s "$size" "$large"

rm -f "$SPOOL/filler"
printf 'Subject: small\n\n' | tool sendmail -f x@example.test ana@example.test
maildir_has 'and is delivered when there is room' "$(virtual_maildir ana)" 2
eventually 'nothing is left in maildrop' maildrop_is_empty
no_crash 'nothing has crashed'
