#!/bin/sh
# postqueue, postsuper and postcat on a queue of odd messages: senders, recipients and reasons that are quoted, long,
# UTF-8 or hostile; on hold, expired, corrupt. Order and queue ids are each side's own.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postqueue postsuper postcat
need_root

cat >"$T/letters" <<'END'
plain@example.test	a@late.test
<>	b@late.test
"quoted name"@example.test	"c d"@late.test
"a\"b"@example.test	"e\"f"@late.test
"back\\slash"@example.test	"back\\slash"@late.test
UPPER@EXAMPLE.TEST	Mixed.Case@Late.Test
user+ext@example.test	list+box@late.test
bang!path@example.test	bang!path@late.test
per%cent@example.test	per%cent@late.test
"@"@example.test	"@"@late.test
"two@ats"@example.test	"two@ats"@late.test
"<angle>"@example.test	"<angle>"@late.test
"comma,semi;"@example.test	"comma,semi;"@late.test
"(comment)"@example.test	"(comment)"@late.test
-dash@example.test	-dash@late.test
/file@example.test	/file@late.test
"|command"@example.test	"|command"@late.test
"."@example.test	"."@late.test
"a..b"@example.test	"a..b"@late.test
"trailing."@example.test	"trailing."@late.test
'single'@example.test	`tick`@late.test
$dollar@example.test	{brace}@late.test
literal@[192.0.2.1]	literal@[192.0.2.1]
literal@[IPv6:2001:db8::1]	literal@[IPv6:2001:db8::1]
no-domain	no-domain@late.test
0123456789@example.test	0123456789@late.test
a@example.test	one@late.test	two@late.test
b@example.test	one@quotes.test
c@example.test	one@backslash.test
d@example.test	one@long.test
e@example.test	one@parentheses.test
f@example.test	one@utf8.test
h@example.test	one@percent.test
i@example.test	one@late.test	two@quotes.test	three@long.test
j@example.test	one@late.test	two@late.test	three@late.test	four@late.test	five@late.test
k@example.test	same@late.test	same@late.test
l@example.test	one@twin.test	two@twin.test
m@example.test	one@sub.late.test
n@example.test	alias@late.test	nickname@late.test	shared@late.test
END
printf '%s@example.test\t%s@late.test\n' "$(head -c 64 /dev/zero | tr '\0' s)" "$(head -c 64 /dev/zero | tr '\0' r)" \
    "$(head -c 200 /dev/zero | tr '\0' s)" "$(head -c 200 /dev/zero | tr '\0' r)" >>"$T/letters"
i=0
while [ $i -lt 60 ]; do
    printf 'bulk%02d@example.test\tbulk%02d@late.test\n' $i $i
    i=$((i + 1))
done >>"$T/letters"

cat >"$T/cases" <<'CASES'
postqueue -p | entries
postqueue -j | entries
mailq | entries
sendmail -bp | entries
sendmail -bpx | entries
mailq -Ac | entries
postqueue -p | head -n 1
postqueue -p | tail -n 1 | awk '{ print $1, $3, $4, $5, $6 }'
postqueue -p | grep -c '^[0-9A-Za-z]'
postqueue -p | awk '/^[0-9A-Za-z]/ { print NF }' | sort | uniq -c
postqueue -p | sed 1d | awk 'BEGIN { RS = "" } { print $7 }' | grep @ | sort
postqueue -p | awk 'BEGIN { RS = "" } /late.test/ { n++ } END { print n }'
postqueue -p | sed -n 's/^ *\((.*)\)$/\1/p' | sort | uniq -c
postqueue -p | awk '/^ *\(/ { print length($0) }' | sort -n | uniq -c
postqueue -j | python3 -c 'import json, sys; print(len([json.loads(line) for line in sys.stdin]))'
postqueue -j | python3 -c 'import json, sys; print(sorted({key for line in sys.stdin for key in json.loads(line)}))'
~ours tells what an alias was, as Postfix 3.11 does / ^.'address', 'delay_reason', 'orig_address'.
postqueue -j | python3 -c 'import json, sys; print(sorted({key for line in sys.stdin for one in json.loads(line)["recipients"] for key in one}))'
postqueue -j | python3 -c 'import json, sys; print(sum(len(json.loads(line)["recipients"]) for line in sys.stdin))'
postqueue -j | python3 -c 'import json, sys; print(sorted(one["address"] for line in sys.stdin for one in json.loads(line)["recipients"]))'
postqueue -j | python3 -c 'import json, sys; print(sorted(json.loads(line)["sender"] for line in sys.stdin))'
postqueue -j | cut -d'"' -f4 | sort | uniq -c
postqueue -p >/dev/full
postqueue -j >/dev/full
~what cannot be written is an error here, too / output write error.*status 69$
postqueue -p >&-
postqueue -p | head -n 1 >/dev/null
postqueue -j -v 2>/dev/null | entries
postqueue -p -p
postqueue -j -j
postqueue -p -f
postqueue -pf
postqueue -pz
postqueue -- -p
postqueue x -p
postqueue -c $SIDE/conf -p | entries | tail -n 1
postqueue -c $SIDE/nothere -p
postqueue -c $SIDE/conf/main.cf -p
~an empty name is none / fatal: open \S+/main.cf
postqueue -c '' -p | tail -n 1 | cut -c1-2
postqueue -pc
postqueue -i ABC
postqueue -i 3
postqueue -i .
postqueue -i 'ABC DEF'
postqueue -i -p
postqueue -i "$(printf 'A\nB')"
postqueue -i ABC DEF
postqueue -i ABC -i DEF
postqueue -s late.test -s relayed.test
postqueue -s .
postqueue -s late.test.
postqueue -s -x.test
postqueue -s "$(head -c 300 /dev/zero | tr '\0' a).test"
postqueue -s 192.0.2.1
postqueue -s [192.0.2.1
postqueue -s '[::1]'
postqueue -s '[IPv6:::1]'
postqueue -s user@late.test
postqueue -s "$(printf 'l\303\244te.test')"
postqueue -f x
postqueue -s relayed.test; echo $?
CASES
cat >"$T/orders" <<'CASES'
postqueue -j | first plain | postsuper -h -
 postqueue -p | entries | grep '!'
 postqueue -j | ids bulk0 | postsuper -h -
 postqueue -p | grep -c '!'
 postqueue -j | ids bulk0 | postsuper -H -
 postqueue -p | grep -c '!'
 postqueue -j | ids bulk1 | postsuper -d -
 postqueue -p | tail -n 1 | cut -d' ' -f4-
 postqueue -j | ids bulk2 | postsuper -d - hold
 postqueue -j | ids bulk2 | postsuper -d - deferred
 printf '' | postsuper -d -
 printf '\n\n\n' | postsuper -d -
 printf 'x\0y\n' | postsuper -d -
 printf '../../etc/passwd\n' | postsuper -d -
~a line that is too long is none / ^postsuper: Deleted: 0 messages$
 head -c 1000 /dev/zero | tr '\0' A | postsuper -d - 2>&1 | cut -c1-100
 printf '%s\n' 0123456789 01234567890 ABCDEF abcdef 3Zk1Qw2bYzz1 | postsuper -d -
 printf '%s' 0123456789 | postsuper -d -
~blanks at the end of a line, and a CR, are none of a queue id / ^postsuper: Deleted: 0 messages$
 printf '0123456789 \r\n' | postsuper -d -
 postqueue -j | ids bulk3 | awk 'NR < 3' | paste -sd' ' | postsuper -d -
 postsuper -d $(postqueue -j | ids bulk30) -d $(postqueue -j | ids bulk31)
 postsuper -d $(postqueue -j | ids bulk32) $(postqueue -j | ids bulk33)
 postsuper -h $(postqueue -j | ids bulk34) -d $(postqueue -j | ids bulk34)
 postsuper -h $(postqueue -j | ids bulk35) -H $(postqueue -j | ids bulk35)
 postsuper -d $(postqueue -j | ids bulk36) deferred deferred
 postsuper -d $(postqueue -j | ids bulk37) incoming active
 postsuper -d $(postqueue -j | ids bulk37) deferred/
 postsuper -d $(postqueue -j | ids bulk37) ./deferred
 postsuper -d $(postqueue -j | ids bulk37) DEFERRED
 postsuper -d deferred/$(postqueue -j | ids bulk37)
 postsuper -d "$(postqueue -j | ids bulk37) "
 postsuper -d $(postqueue -j | ids bulk37)x
 postsuper -d $(postqueue -j | ids bulk37 | tr a-zA-Z A-Za-z)
 postsuper -e $(postqueue -j | ids bulk38)
 postqueue -p | entries | grep '#'
 postqueue -j | entries | grep 'true'
 postsuper -h $(postqueue -j | ids bulk39); postqueue -p | entries | grep bulk39
 postsuper -e $(postqueue -j | ids bulk39) hold; postqueue -p | entries | grep bulk39
 postsuper -f 0123456789
~once is enough / invalid mail queue id: a b\npostsuper: Force-expired: 0 messages\npostsuper: Released from hold: 0
 postsuper -f 'a b'
 postsuper -e ''
 postsuper -d ''
 postsuper -d ALL hold
 postsuper -d ALL corrupt
 postsuper -d ALL bounce
 postsuper -d ALL trace
 postsuper -d ALL nosuch
~that is none of our queues / fatal: invalid directory name: flush
 postsuper -d ALL flush
 postsuper -d all hold
 postsuper -d ALL -h ALL hold
 postsuper -h ALL incoming
 postsuper -r ALL hold
 postsuper -s hold
 postsuper -s deferred
 postsuper -s incoming active deferred hold
 postsuper -p hold
 postsuper -sp
 postsuper -S hold
 postsuper -x
 postsuper -s -d
 postsuper deferred -s
 postsuper -v -s 2>/dev/null
 postsuper -c $SIDE/conf -s
 postsuper -- -s
~a queue without a directory is empty / ^--- stderr\n--- status 0$
 mv $SIDE/queue/maildrop $SIDE/queue/away; postsuper -s; mv $SIDE/queue/away $SIDE/queue/maildrop
~ours goes on with the others / warning: queue hold: open queue directory hold: Permission denied
 chown alice $SIDE/queue/hold; postsuper -s; chown --reference=$SIDE/queue/deferred $SIDE/queue/hold
~ours does not speak of what is no message / ^1\n--- stderr\n--- status 0$
 : >$SIDE/queue/hold/not-a-queue-id; chmod 700 $SIDE/queue/hold/not-a-queue-id; postsuper -s hold; ls $SIDE/queue/hold | grep -c not; rm -f $SIDE/queue/hold/not*
~ours leaves directories alone / ^1\n--- stderr\n--- status 0$
 mkdir -p $SIDE/queue/hold/X; postsuper -s hold; ls $SIDE/queue/hold | grep -c X; rm -rf $SIDE/queue/hold/X
~ours does not speak of what is no message / ^/etc/passwd\n--- stderr\npostsuper: Deleted: 0 messages\npostsuper: Deleted: 0 messages\n
 ln -s /etc/passwd $SIDE/queue/hold/0123456789; postsuper -d 0123456789; postsuper -d 0123456789 hold; rm -f $SIDE/queue/hold/0123456789; ls /etc/passwd
~ours does not speak of what is no message / postsuper: Deleted: 0 messages\n--- status 0$
 mkfifo -m 700 $SIDE/queue/hold/0123456789; postqueue -p | entries | grep -c 0123456789; postsuper -d 0123456789 hold; rm -f $SIDE/queue/hold/0123456789
 postqueue -p | entries
 postsuper -h ALL deferred
 postqueue -p | grep -c '!'
 postsuper -H ALL
 until [ -z "$(find $SIDE/queue/incoming $SIDE/queue/active -type f)" ]; do sleep 0.1; done; postsuper -d ALL
 postqueue -p
 postqueue -j
CASES
plan $(($(sides_count "$T/cases") + $(sides_count "$T/orders")))
long=$(head -c 600 /dev/zero | tr '\0' z)
sides_prepare <<END
transport_maps = texthash:$T/transport
relay_domains = relayed.test
fast_flush_domains = relayed.test
virtual_alias_maps = inline:{{alias@late.test = shared@late.test}, {nickname@late.test = shared@late.test other@late.test}}
minimal_backoff_time = 1h
END
cat >"$T/transport" <<END
late.test retry:4.2.1 the road is closed
quotes.test retry:4.2.1 "quoted" 'reason'
backslash.test retry:4.2.1 back\\slash \\n
long.test retry:4.2.1 $long
parentheses.test retry:4.2.1 (in (parentheses))
utf8.test retry:4.2.1 über
percent.test retry:4.2.1 100%s %n
twin.test retry:4.2.1 twice
* retry:4.2.1 anything else
END
chmod 755 "$T/ours/work" "$T/theirs/work"
sides_start
for t_side in ours theirs; do
    while IFS='	' read -r sender recipients; do
        IFS='	'
        printf 'Subject: x\n\nx\n' | MAIL_CONFIG=$T/$t_side/conf "$T/$t_side/bin/sendmail" -f "$sender" -- $recipients ||
            diag "$t_side refuses $sender $recipients"
        unset IFS
    done <"$T/letters"
    cat >"$T/$t_side/bin/entries" <<'END'
#!/usr/bin/env python3
# Listings without queue ids, sizes, dates and order.
import json, re, sys
text = sys.stdin.read()
blocks = text.split("\n\n")
if text.startswith("{"):
    found = [json.loads(line) for line in text.splitlines()]
    for one in found:
        for recipient in one["recipients"]:
            recipient.pop("orig_address", None)
        one["recipients"].sort(key=lambda recipient: recipient["address"])
    blocks = [json.dumps(one) for one in found]
lines = []
for block in blocks:
    block = re.sub(r'"queue_id": "\w+"', '"queue_id": "ID"', block)
    block = re.sub(r'"(arrival_time|message_size)": \d+', r'"\1": N', block)
    block = re.sub(r"(?m)^-Queue ID.*\n", "", block)
    block = re.sub(r"(?m)^[0-9A-F]{5,}([*!#]*) +\d+ \w+ \w+ +\d+ [\d:]+", r"ID\1", block)
    block = re.sub(r"(?m)^-- \d+ Kbytes", "-- N Kbytes", block)
    block = re.sub(r"(?m)^[0-9A-Za-z]{9,}([*!#]*) +\d+ \w+ \w+ +\d+ [\d:]+", r"ID\1", block)
    head, _, rest = block.partition("\n")
    lines.append(head + " / " + " / ".join(sorted(line.strip() for line in rest.split("\n"))))
print("\n".join(sorted(lines)))
END
    cat >"$T/$t_side/bin/ids" <<'END'
#!/usr/bin/env python3
# ids PREFIX: the queue ids of senders who begin with it, by senders
import json, sys
found = [json.loads(line) for line in sys.stdin]
for one in sorted((one["sender"], one["queue_id"]) for one in found if one["sender"].startswith(sys.argv[1])):
    print(one[1])
END
    printf '#!/bin/sh\nids "$1" | awk "NR == 1"\n' >"$T/$t_side/bin/first"
    chmod 755 "$T/$t_side/bin/entries" "$T/$t_side/bin/ids" "$T/$t_side/bin/first"
    cat >"$T/$t_side/names" <<'END'
\b[0-9A-F]{9,20}\b	ID
END
done
# All but -dash's, whose address is a bad one for both: it goes, and what would tell of it too.
all_wait() {
    [ "$(find "$T/$1/queue/deferred" -type f | wc -l)" = $(($(wc -l <"$T/letters") - 1)) ] &&
        [ -z "$(find "$T/$1/queue/incoming" "$T/$1/queue/active" -type f)" ]
}
for t_side in ours theirs; do
    wait_until "the queue of $t_side" all_wait $t_side || find "$T/$t_side/queue" -type f | head -5
done
sides_compare "$T/cases"
sides_compare "$T/orders"
sides_stop
