#!/bin/sh
# Before anybody hears that a message was taken, its file and its directory entry are on stable storage:
# seen in the system calls of buzondrop and cleanup (design, section 4, rule 1).
. "$(dirname "$0")/../lib.sh"
need_root
need strace
plan 6
instance_start </dev/null

# in_order FILE CALL...: the calls occur in the trace, in this order; each is a regular expression
in_order() {
    t_trace=$1
    shift
    t_line=0
    for t_call; do
        t_found=$(tail -n +$((t_line + 1)) "$t_trace" | grep -nEm 1 -- "$t_call" | cut -d: -f1)
        if [ -z "$t_found" ]; then
            echo "no $t_call behind line $t_line of:"
            cat "$t_trace"
            return 1
        fi
        t_line=$((t_line + t_found))
    done
}
# descriptor TRACE PATH: the number that a file was opened as
descriptor() { sed -n "s|.*openat([^,]*, \"$2\", [^)]*) = \([0-9]*\)\$|\1|p" "$1" | tail -n 1; }

printf 'Subject: one\n\n' >"$T/message"
check 'a message' strace -f -e trace=openat,write,fchmod,fsync,unlinkat,exit_group -o "$T/drop" \
    "$T/sbin/sendmail" -C "$CONF" ana@example.test <"$T/message"
grep "$(grep -o '^[0-9]* openat([^,]*, "maildrop"' "$T/drop" | cut -d' ' -f1)" "$T/drop" >"$T/buzondrop"
directory=$(descriptor "$T/buzondrop" maildrop)
file=$(sed -n "s|.*openat($directory, \"[^\"]*\", O_WRONLY.O_CREAT.*) = \([0-9]*\)\$|\1|p" "$T/buzondrop")
check 'buzondrop: write, mark as whole, sync the file, sync the directory, only then success' \
    in_order "$T/buzondrop" "write\($file, \"V" "fchmod\($file, 0744\) += 0" "fsync\($file\) += 0" \
    "fsync\($directory\) += 0" 'exit_group\(0\)'
check 'and nothing is removed' sh -c "! grep -q unlinkat '$T/buzondrop'"

maildir_has 'it is delivered' "$(virtual_maildir ana)" 1
cleanup=$(pgrep -x cleanup | head -n 1)
strace -e trace=openat,write,fchmod,fsync,sendmsg -s 64 -o "$T/cleanup" -p "$cleanup" 2>"$T/strace" &
wait_until 'strace' grep -q attached "$T/strace"
tool sendmail ana@example.test <"$T/message"
wait_until 'the answer' grep -q committed "$T/cleanup"
kill $!
file=$(sed -n 's|.*openat([0-9]*, "[^"]*", O_RDWR.O_CREAT.O_EXCL.*) = \([0-9]*\)$|\1|p' "$T/cleanup" | head -n 1)
directory=$(sed -n 's|.*openat(\([0-9]*\), "[^"]*", O_RDWR.O_CREAT.O_EXCL.*|\1|p' "$T/cleanup" | head -n 1)
check 'cleanup: write, mark as whole, sync the file, sync the directory, only then the answer' \
    in_order "$T/cleanup" "write\($file, \"buzonQ" "fchmod\($file, 0700\) += 0" "fsync\($file\) += 0" \
    "fsync\($directory\) += 0" 'sendmsg\(.*committed'
no_crash 'nothing has crashed'
