#!/bin/sh
# postqueue, postsuper and postcat: the same invocations of Postfix's and ours on queues that run.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postqueue postsuper postcat
need_root

cat >"$T/cases" <<'CASES'
# postqueue
postqueue
postqueue -z
postqueue -c
postqueue -p -j
postqueue -f -p
postqueue -p x
postqueue -i
postqueue -s
postqueue -i ../../etc/passwd
postqueue -i ''
postqueue -i 'a b'
postqueue -i 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789.x
postqueue -s ''
postqueue -s 'a b'
postqueue -s bad..name
postqueue -s late.test
postqueue -s '[relayed.test]'
postqueue -s '[192.0.2.1]'
postqueue -c /nonexistent -p
postqueue -c /nonexistent
postqueue -c /nonexistent x
postqueue -p
postqueue -j
mailq
sendmail -bp
postqueue -pv 2>/dev/null

# postcat
postcat -z
postcat -c
postcat -q nosuch
postcat -q ../../etc/passwd
postcat nosuch
~no queue file of ours is one of theirs / ^postcat: fatal: message: no valid queue file: no header$
postcat message
postcat </dev/null
postcat -q $(cat $SIDE/a)
postcat -vq $(cat $SIDE/a) 2>/dev/null
postcat -bq $(cat $SIDE/a)
postcat -hq $(cat $SIDE/a)
postcat -bhq $(cat $SIDE/a)
postcat -eq $(cat $SIDE/a)
postcat -ehq $(cat $SIDE/a)
postcat -ebq $(cat $SIDE/a)
postcat -nq $(cat $SIDE/a)
postcat -dq $(cat $SIDE/a)
postcat -oq $(cat $SIDE/a)
postcat -doq $(cat $SIDE/b)
postcat -oebq $(cat $SIDE/b)
postcat -q $(cat $SIDE/a) $(cat $SIDE/b)
postcat -bq nosuch $(cat $SIDE/b)
~our files have the envelope behind the content / CONTENTS hold/IDb.*^sender: .*FILE END hold/IDb
postcat -r -q $(cat $SIDE/b)
postcat -s 0 -q $(cat $SIDE/b)
postcat -s x -q $(cat $SIDE/b)
postcat -b $SIDE/queue/hold/$(cat $SIDE/b)
postcat -b <$SIDE/queue/hold/$(cat $SIDE/b)
CASES
cat >"$T/orders" <<'CASES'
# postsuper, in this order
postqueue -i 0123456789
 postsuper -z
 postsuper -c
 postsuper -d
 postsuper nosuch
 postsuper incoming
 postsuper maildrop
 postsuper -d nosuch
 postsuper -d 'a b'
 postsuper -d all
 postsuper -d 0123456789
 postsuper -h 0123456789 -H 0123456789 -r 0123456789 -e 0123456789 -f 0123456789
 postsuper -d 0123456789 nosuch
 postsuper -d $(cat $SIDE/a) hold
 postsuper
 postsuper -s
 postsuper -S
 postsuper -p
 postsuper -ps
 su alice -c 'postsuper -d ALL'
 postsuper -c /nonexistent -d ALL
 postsuper -h $(cat $SIDE/a)
 postsuper -h $(cat $SIDE/a)
 postsuper -h $(cat $SIDE/a) hold
 postsuper -h ALL hold
 postsuper -H $(cat $SIDE/a) deferred incoming
 postsuper -H ALL deferred
 postsuper -e $(cat $SIDE/a) maildrop
 postsuper -r $(cat $SIDE/a) maildrop
 postqueue -p | ids | sort
 postsuper -e $(cat $SIDE/b)
 postsuper -e $(cat $SIDE/b)
 postqueue -p | ids | sort
 postqueue -j | ids | sort
 postsuper -d $(cat $SIDE/b) hold
 printf 'nosuch\n\nno such\n%s\n' $(cat $SIDE/a) | postsuper -H -
 echo $(cat $SIDE/a) | postsuper -h -
 postsuper -H ALL hold
 postsuper -h ALL
 postqueue -p
~ours tells the new queue id / ^postsuper: IDa: requeued as .*\npostsuper: IDa: requeued\npostsuper: Requeued: 1 message\n
 postsuper -r $(cat $SIDE/a)
 postsuper -r $(cat $SIDE/a)
 postsuper -d ALL
 postsuper -d ALL
 postsuper -d ALL deferred
 postqueue -p
 postqueue -j
 postqueue -f
 postqueue -s relayed.test
 : >$SIDE/queue/maildrop/0123456789012; postsuper -d 0123456789012 maildrop; rm -f $SIDE/queue/maildrop/0123456789012
CASES
cat >"$T/down" <<'CASES'
# without a mail system
postqueue -p
 postqueue -j
 postqueue -f
 postqueue -s relayed.test
 postqueue -i 0123456789
 sendmail -f ana@example.test bob@late.test '"b c"@late.test' <message; sed -i "1i $(ls $SIDE/queue/maildrop)	IDd" $SIDE/names
CASES
cat >"$T/dropped" <<'CASES'
# what waits for a mail system
postqueue -p
 postqueue -j
 postcat -bhq $(ls $SIDE/queue/maildrop)
 postcat -b $SIDE/queue/maildrop/$(ls $SIDE/queue/maildrop)
 postcat -hq $(ls $SIDE/queue/maildrop)
~ours has a line with sizes / ^.*RECORDS maildrop/IDd .*^sender: ana@example.test\nrecipient: bob@late.test\nrecipient: b c@late.test\n.*CONTENTS.*Subject: one.*FILE END
 postcat -q $(ls $SIDE/queue/maildrop)
 postcat -e <$SIDE/queue/maildrop/$(ls $SIDE/queue/maildrop) | grep -E '^(sender|recipient): '
~theirs cannot open its log file any more / ^postsuper: IDd: removed\npostsuper: Deleted: 1 message$
 postsuper -d $(ls $SIDE/queue/maildrop) maildrop
 postqueue -p
~what waits in maildrop is no queue file yet, here / ^1\n--- stderr\npostsuper: Placed on hold: 0 messages\n
 sendmail -f ana@example.test bob@late.test <message; postsuper -h ALL maildrop; ls $SIDE/queue/maildrop | wc -l
CASES
plan $(($(sides_count "$T/down") + $(sides_count "$T/dropped") + $(sides_count "$T/cases") + $(sides_count "$T/orders")))
sides_prepare <<'END'
transport_maps = inline:{{late.test = retry:4.2.1 the road is closed}, {relayed.test = retry:4.2.2 the bridge too}}
relay_domains = relayed.test
fast_flush_domains = relayed.test
minimal_backoff_time = 1h
END
chmod 755 "$T/ours/work" "$T/theirs/work"
printf 'Subject: one\nX-Folded: a\n\tb\n\nfirst\n\nlast\n' | tee "$T/ours/work/message" >"$T/theirs/work/message"
sides_start
# one NAME ADDRESS...: a message that is deferred, and its queue id
one() {
    t_name=$1
    shift
    for t_side in ours theirs; do
        MAIL_CONFIG=$T/$t_side/conf "$T/$t_side/bin/sendmail" "$@" <"$T/ours/work/message"
    done
    for t_side in ours theirs; do
        wait_until "the deferral of $t_name" has_new $t_side
        deferred $t_side | grep -vxF "$(cat "$T/$t_side"/? 2>/dev/null)" >"$T/$t_side/$t_name"
        printf '%s\tID%s\n' "$(cat "$T/$t_side/$t_name")" "$t_name" >>"$T/$t_side/names"
    done
}
deferred() { find "$T/$1/queue/deferred" -type f -printf '%f\n'; }
has_new() { [ "$(deferred "$1" | wc -l)" -gt "$(cat "$T/$1"/? 2>/dev/null | wc -l)" ]; }
one a -f ana@example.test '"b c"@late.test' # one recipient: the order of results is nobody's promise
one b -f '' -N delay,failure -V envid42 -R hdrs bob@late.test
sides_do 'postsuper -h $(cat $SIDE/b)'
for t_side in ours theirs; do # ids: queue ids by their names, before lines are sorted
    printf '#!/bin/sh\nexec sed "s/%s/IDa/; s/%s/IDb/"\n' "$(cat "$T/$t_side/a")" "$(cat "$T/$t_side/b")" >"$T/$t_side/bin/ids"
    chmod 755 "$T/$t_side/bin/ids"
done
# Widths and directories depend on queue ids, sizes on what each says in Received and Message-Id, offsets on the formats.
# So do the first of the sizes; the fourth number is each queue manager's own.
# Records that our queue files do not have are not compared: when the file was made, in which context
# addresses were rewritten (both are the intake's affair), the caller's name (From: has it).
for t_side in ours theirs; do
    cat >>"$T/$t_side/names" <<'END'
^(ID.[*!#]*)  +\d+	\1 SIZE
deferred/./	deferred/H/
"message_size": \d+	"message_size": SIZE
"arrival_time": \d+	"arrival_time": TIME
(message_size:) +\d+ +\d+( +\d+) +\d+ +\d+( +\d+)$	\1\2\3
(\d\d):\d\d:\d\d	HH:MM:SS
Message-Id: <\d+\.	Message-Id: <DATE.
^ +\d+ ( \d\d )?(\*|[a-z_]+: |[\t A-Z].*|first|last|$)	OFFSET \1\2
^[OFSET ]*(\d\d )?(create_time: .*|named_attribute: rewrite_context=local|sender_fullname: .*)\n	
END
done
sides_compare "$T/cases"
sides_compare "$T/orders"
sides_stop
wait_until 'the end of both' sides_are_down
sides_compare "$T/down"
sides_compare "$T/dropped"
