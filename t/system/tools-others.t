#!/bin/sh
# postlog, postlock, postkick, postdrop and postfix: the same invocations of Postfix's and ours.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postlog postlock postkick postdrop
need_root

cat >"$T/logs" <<'CASES'
postlog -i -t tag x; log
 postlog -p info some text; log
 postlog -p warn some text; log
 postlog -p warning some text; log
 postlog -p error some text; log
 postlog -p err some text; log
 postlog -p fatal some text; log
 postlog -p panic some text; log
 postlog -p crit some text; log
 postlog -p INFO some text; log
 postlog -t tag -p warn some text; log
 printf 'one\ntwo  three\n\nfour' | postlog -t lines; log
 postlog -t '' x; log
 postlog -p info -- -x; log
 MAIL_LOGTAG=other/thing postlog x; log
 postlog -t "$(printf 'a\tb')" "$(printf 'x\001y')"; log
CASES
cat >"$T/cases" <<'CASES'
# postlog
tty postlog -z
tty postlog -p
tty postlog -p nosuch x
~what scripts say shall arrive although main.cf cannot be read / status 0$
postlog -c /nonexistent x
tty postlog x y z

# postlock
postlock
postlock x
postlock -z
postlock -l nosuch mbox true
postlock -c /nonexistent mbox true
postlock mbox true
postlock mbox false
postlock mbox sh -c 'exit 7'
postlock mbox nosuchcommand
postlock mbox sh -c 'ls mbox*'; ls mbox*
postlock -l dotlock mbox sh -c 'ls mbox*'; ls mbox*
postlock -l fcntl mbox sh -c 'ls mbox*'
postlock -l flock mbox sh -c 'ls mbox*'
postlock -l 'fcntl, dotlock' mbox sh -c 'ls mbox*'
postlock -l fcntl,flock mbox echo locked
postlock nothere true; ls -l nothere | cut -c1-10
~theirs makes the dotlock first / ^postlock: fatal: open file nodir/x: cannot open file: No such file or directory\n--- status 75$
postlock nodir/x true
postlock . true
postlock -v mbox true 2>/dev/null
postlock mbox sh -c 'kill -9 $$'
~each says it in its own way / ^postlock: fatal: open file mbox: .*\n75$|^75\n
: >mbox.lock; postlock -l dotlock mbox echo locked; echo $?
postlock -l fcntl mbox postlock -l fcntl mbox echo locked; echo $?
postlock -l flock mbox echo one two 'three  four'
postlock mbox -- echo x
postlock mbox echo -n x

# postkick
postkick
postkick public
postkick public pickup
postkick public pickup W x
postkick public pickup W
postkick -z
postkick -c /nonexistent public pickup W
postkick nosuch pickup W
postkick private nosuch W
postkick public ../private/x W

# postdrop
postdrop -z
postdrop -c
postdrop -c /nonexistent </dev/null
~each has records of its own between sendmail and postdrop / ^postdrop: fatal: uid=0: malformed input$
postdrop <mbox; ls $SIDE/queue/maildrop

# postfix
tty postfix
tty postfix -z
~one command is enough / ^postfix: fatal: usage: postfix .-c config_dir. .-Dv. command
tty postfix start stop
tty postfix -c relative status
tty postfix -c /nonexistent status
tty postfix nosuch
tty postfix status
postfix status
tty postfix stop
tty postfix abort
tty postfix reload
~theirs cannot look for the socket without its directory / ^postqueue: fatal: Cannot flush mail queue - mail system is down\n--- status 69$
postfix flush
~here, to stop is quick / status 1$
postfix quick-stop
tty postfix drain
CASES
plan $(($(sides_count "$T/cases") + $(sides_count "$T/logs")))
sides_prepare <<END
maillog_file_prefixes = $T
deliver_lock_attempts = 1
deliver_lock_delay = 1s
END
for t_side in ours theirs; do
    echo "maillog_file = $T/log/$t_side.log" >>"$T/$t_side/conf/main.cf"
    printf 'From x\n\n' >"$T/$t_side/work/mbox"
    mkdir "$T/$t_side/queue/maildrop"
    cat >"$T/$t_side/bin/log" <<END
#!/bin/sh
# The last lines of this side's log, without date and host.
sed 's/^.\{15\} [^ ]* //' "$T/log/$t_side.log"; : >"$T/log/$t_side.log"
END
    chmod 755 "$T/$t_side/bin/log"
    printf '\\[\\d+\\]:\t[PID]:\n' >"$T/$t_side/names"
done
chown "$MAIL_OWNER" "$T/ours/queue/maildrop"
chown postfix "$T/theirs/queue/maildrop"
sides_compare "$T/logs"
sides_compare "$T/cases"
