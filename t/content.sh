# What becomes of messages by their content: the same messages for Postfix and for us, over SMTP to a server
# that keeps them. Source it after sides.sh.

need postmap
need_root
for t_side in ours theirs; do
    mkdir -p "$T/sink.$t_side"
done
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/sink.ours" --port 10090 --ehlo 8BITMIME --ehlo DSN
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/sink.theirs" --port 10190 --ehlo 8BITMIME --ehlo DSN
wait_until 'our sink' test -f "$T/sink.ours/ready"
wait_until 'their sink' test -f "$T/sink.theirs/ready"

# content_start: both run, with the lines of master.cf on standard input, whose ports have two digits; what they do not
# deliver themselves goes to the sinks. CONTENT_OUT: options of the SMTP client.
content_start() {
    cat >"$T/content.master"
    SIDES_LOCAL="out unix - - n - - smtp ${CONTENT_OUT:-}
$(grep -v ' inet ' "$T/content.master")"
    echo 'default_transport = out:[127.0.0.1]:10090' >>"$T/ours/conf/main.cf"
    echo 'default_transport = out:[127.0.0.1]:10190' >>"$T/theirs/conf/main.cf"
    sides_start "$(grep ' inet ' "$T/content.master")"
}

# content_sides: what t/tool/content_both.py has to know of both
content_sides() {
    echo "10000:$T/log/ours.log:$T/sink.ours:$T/ours/queue 10100:$T/log/theirs.log:$T/sink.theirs:$T/theirs/queue"
}

# content_ask CASES: each message is a test, and then both stop.
content_ask() {
    # shellcheck disable=SC2046 # two words
    python3 "$T_SOURCE/tool/content_both.py" $(content_sides) "$1" >"$T/compared"
    sides_number "$T/compared"
    sides_stop
}

# content_compare SERVICES CASES: SERVICES are lines "PORT OPTIONS OF CLEANUP"; each message is a test.
content_compare() {
    while read -r t_number t_options; do
        printf '%s\n' "$t_number inet n - n - - smtpd -o cleanup_service_name=cleanup$t_number" \
            "cleanup$t_number unix n - n - 0 cleanup $t_options"
    done <"$1" >"$T/content.services"
    content_start <"$T/content.services"
    content_ask "$2"
}
