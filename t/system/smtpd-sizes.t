#!/bin/sh
# Messages of every size arrive octet for octet, by SMTP and by sendmail(1). Blocks of content between 64 and
# 128 KiB once overtook the header in the queue file.
. "$(dirname "$0")/../lib.sh"
plan 4
instance_start </dev/null

# message SIZE: lines that tell their place, until there are so many octets of body
message() {
    python3 - "$1" <<'END'
import sys
size, at = int(sys.argv[1]), 0
sys.stdout.write("Subject: %d\n\n" % size)
while at < size:
    line = "%d %s\n" % (at, "x" * (at % 71))
    sys.stdout.write(line)
    at += len(line)
END
}
sizes='0 1 4000 65000 65536 66000 80000 100000 120000 131072 140000 190000 262144 300000 700000'
for size in $sizes; do
    message "$size" >"$T/message.$size"
    send_mail a@remote.test ana@example.test "$T/message.$size" >>"$T/said"
done
is 'messages of all sizes are taken' "$(grep -c '^250 2.0.0 Ok: queued' "$T/said")" "$(echo "$sizes" | wc -w)"

# arrived MAILDIR: each of them is there, below what was put before it
arrived() {
    for size in $sizes; do
        file=$(grep -l "^Subject: $size\$" "$1"/new/*) || return 1
        sed '1,/^$/d' "$file" >"$T/body"
        sed '1,/^$/d' "$T/message.$size" | cmp - "$T/body" || return 1
        sed '/^$/q' "$file" | grep -q '^Received: ' || return 1
    done
}
eventually 'and arrive as they were' arrived "$(virtual_maildir ana)"
for size in $sizes; do
    MAIL_CONFIG=$CONF "$T/sbin/sendmail" -i luis@example.test <"$T/message.$size" || not_ok "sendmail $size"
done
eventually 'so does what sendmail takes' arrived "$(virtual_maildir luis)"
no_crash 'nothing crashed'
