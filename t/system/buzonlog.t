#!/bin/sh
# buzonlog: lines of scripts stand in the log beside those of the mail system.
. "$(dirname "$0")/../lib.sh"
plan 5
instance_prepare </dev/null 2>/dev/null

tool buzonlog the mail is 'well  kept'
like 'arguments are one line' "$(tail -n 1 "$LOG")" 'buzon/buzonlog\[[0-9]+\]: the mail is well  kept$'
printf 'first\nsecond' | tool buzonlog -p warn -t watchman
is 'each line of standard input is one' "$(grep -c 'watchman\[[0-9]*\]: warning: ' "$LOG")" 2
tool buzonlog "$(printf 'one\ttwo\033[1m')"
like 'unprintable octets are replaced' "$(tail -n 1 "$LOG")" ': one\?two\?\[1m$'
check 'a priority that does not exist is refused' sh -c "! MAIL_CONFIG='$CONF' '$T/sbin/buzonlog' -p loud x"
like 'without a configuration, the line goes to standard error' \
    "$(MAIL_CONFIG=/nonexistent "$T/sbin/buzonlog" help 2>&1)" 'buzonlog: help$'
