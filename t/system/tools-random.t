#!/bin/sh
# Invocations of Postfix's tools that are made by chance (t/tool/tools_random.py), beside ours: what they say, their exit
# status, and what they leave behind (BUZON_RANDOM_CASES=200 and another BUZON_RANDOM_SEED before a release).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postqueue postsuper postcat postmap
need_root
SEED=${BUZON_RANDOM_SEED:-1}
CASES=${BUZON_RANDOM_CASES:-20}
for kind in ${BUZON_RANDOM_KINDS:-tables others logs lists letters orders}; do
    python3 "$T_SOURCE/tool/tools_random.py" "$kind" "$SEED" "$CASES" >"$T/$kind"
done
plan "$(cat "$T/tables" "$T/others" "$T/logs" "$T/lists" "$T/letters" "$T/orders" 2>/dev/null | wc -l)"
diag "seed $SEED, $CASES invocations of each kind"
sides_prepare <<'END'
transport_maps = inline:{{late.test = retry:4.2.1 the road is closed}}
default_transport = retry:4.4.1 nowhere
minimal_backoff_time = 1h
maximal_backoff_time = 1h
max_use = 100000
deliver_lock_attempts = 1
deliver_lock_delay = 1s
END
chmod 755 "$T/ours/work" "$T/theirs/work"
for t_side in ours theirs; do
    printf 'From x\n\n' >"$T/$t_side/work/mbox"
    cat >"$T/$t_side/bin/log" <<END
#!/bin/sh
# The last lines of this side's log that postlog wrote, without date, host and process.
sed -n "\$(cat "$T/$t_side/seen" 2>/dev/null || echo 1),\\\$p" "$T/log/$t_side.log" |
    sed 's/^.\{15\} [^ ]* //; s/\[[0-9]*\]:/[PID]:/' | grep -v -e '^postfix/[a-z/]*\[PID\]' -e /master
echo \$((\$(wc -l <"$T/log/$t_side.log") + 1)) >"$T/$t_side/seen"
END
    cat >"$T/$t_side/bin/settled" <<END
#!/bin/sh
# Until the mail system has done what there is to do.
n=0
while [ \$n -lt 100 ] && find "$T/$t_side/queue/maildrop" "$T/$t_side/queue/incoming" "$T/$t_side/queue/active" -type f | grep -q .; do
    n=\$((n + 1))
    sleep 0.02
done
END
    cat >"$T/$t_side/bin/taken" <<END
#!/bin/sh
# The envelope, wherever it is in the file, and the content of what was sent; then there is nothing.
settled
for id in \$(find "$T/$t_side/queue/deferred" -type f -printf '%f\n'); do
    postcat -q "\$id" | grep -avE '^(message_size|message_arrival_time|create_time|sender_fullname|named_attribute: (rewrite_context|encoding)|Date|	id )|^\\*\\*\\*' |
        sed "s/\$id/ID/; s/<2[0-9]*\\./<DATE./; s/[0-9:]* +0000/TIME/" >"$T/$t_side/message"
    grep -q '^sender: \$' "$T/$t_side/message" && grep -q '^From: Mail Delivery System' "$T/$t_side/message" && continue
    grep -aE '^(sender|named_attribute|(original_)?recipient): ' "$T/$t_side/message"
    grep -avE '^(sender|named_attribute|(original_)?recipient): ' "$T/$t_side/message"
done
postsuper -d ALL >/dev/null 2>&1
END
    cat >"$T/$t_side/bin/entries" <<'END'
#!/usr/bin/env python3
# Listings without queue ids, sizes, dates and order.
import json, re, sys
text = sys.stdin.read()
blocks = text.split("\n\n")
if text.startswith("{"):
    blocks = [json.dumps(json.loads(line)) for line in text.splitlines()]
lines = []
for block in blocks:
    block = re.sub(r'"queue_id": "\w+"', '"queue_id": "ID"', block)
    block = re.sub(r'"(arrival_time|message_size)": \d+', r'"\1": N', block)
    block = re.sub(r"(?m)^-Queue ID.*\n", "", block)
    block = re.sub(r"(?m)^[0-9A-Za-z]{5,}([*!#]*) +\d+ \w+ \w+ +\d+ [\d:]+", r"ID\1", block)
    block = re.sub(r"(?m)^-- \d+ Kbytes", "-- N Kbytes", block)
    head, _, rest = block.partition("\n")
    lines.append(head + " / " + " / ".join(sorted(line.strip() for line in rest.split("\n"))))
print("\n".join(sorted(lines)))
END
    cat >"$T/$t_side/bin/id" <<END
#!/bin/sh
# id NUMBER: the queue id of the message that sender number NUMBER sent
cat "$T/$t_side/id.\$1"
END
    chmod 755 "$T/$t_side/bin/log" "$T/$t_side/bin/settled" "$T/$t_side/bin/taken" "$T/$t_side/bin/entries" "$T/$t_side/bin/id"
    cat >"$T/$t_side/names" <<'END'
queued as [0-9A-Za-z]+	queued
\b[0-9A-F]{9,20}\b	ID
^buzon(queue|alias|super|drop):	post\1:
warning: (table|stdin)(, line [\d-]+)?: logical line	warning: \1: logical line
warning: (table|stdin|new)(\.db|, line \d+): duplicate	warning: duplicate
^YP_[A-Z_]+:?\t.*\n	
^BDB\d+ .*\n	
^(post\w+: fatal: open database \S+): (it is no (hash|btree) file|Invalid argument)	\1
\[\d+\]:	[PID]:
(message_size:) +\d+ +\d+( +\d+) +\d+ +\d+( +\d+)$	\1\2\3
(\d\d):\d\d:\d\d	HH:MM:SS
Message-Id: <\d+\.	Message-Id: <DATE.
^ +\d+ ( \d\d )?(\*|[a-z_]+: |[\t A-Z].*|first|last|x|$)	OFFSET \1\2
^[OFSET ]*(\d\d )?(create_time: .*|named_attribute: rewrite_context=local|sender_fullname: .*)\n	
deferred/./	deferred/H/
END
done
sides_start
for t_side in ours theirs; do wc -l <"$T/log/$t_side.log" | awk '{ print $1 + 1 }' >"$T/$t_side/seen"; done
# letter NAME ARGUMENTS...: a message that is deferred on both sides, and its queue id in SIDE/NAME
letter() {
    name=$1
    shift
    for t_side in ours theirs; do
        printf 'Subject: x\nX-Folded: a\n\tb\n\nfirst\n\nlast\n' | MAIL_CONFIG=$T/$t_side/conf "$T/$t_side/bin/sendmail" "$@"
        : >>"$T/$t_side/known"
        wait_until "the deferral of $name" has_new $t_side
        find "$T/$t_side/queue/deferred" -type f -printf '%f\n' | grep -vxF -f "$T/$t_side/known" >"$T/$t_side/$name"
        cat "$T/$t_side/$name" >>"$T/$t_side/known"
    done
}
has_new() { find "$T/$1/queue/deferred" -type f -printf '%f\n' | grep -qvxF -f "$T/$1/known"; }
run() {
    [ ! -s "$T/$1" ] || sides_compare "$T/$1"
}
run tables
run others
run logs
if [ -f "$T/lists" ]; then
    letter a -f ana@example.test a@late.test
    letter b -f '' -N delay,failure -V envid42 -R hdrs bob@late.test
    letter c -f ana@example.test '"b c"@late.test'
    letter d -XV -f ana@example.test d@late.test
    run lists
fi
for t_side in ours theirs; do
    MAIL_CONFIG=$T/$t_side/conf "$T/$t_side/bin/postsuper" -d ALL 2>"$T/log/emptied"
done
run letters
if [ -f "$T/orders" ]; then
    i=0
    while [ $i -lt 30 ]; do
        letter "$(printf 'id.%02d' $i)" -f "$(printf 's%02d@example.test' $i)" "$(printf 'r%02d@late.test' $i)"
        i=$((i + 1))
    done
    run orders
fi
sides_stop
