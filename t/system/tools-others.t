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
 postlog -i -p warn -t tag 'with %s percent'; log
 postlog -ii x; log
 postlog -p info -p warn x; log
 postlog -t one -t two x; log
 postlog -pwarn -ttag x; log
 postlog -v x; log
 postlog -vv -t tag x; log
 postlog "$(printf 'two\nlines')"; log
 postlog text -p warn -x; log
 postlog -- -p warn; log
 postlog 'trailing blanks   '; log
 postlog ''; log
 postlog '' ''; log
 postlog ' ' x; log
 postlog a b '  c  ' d; log
 printf '' | postlog; log
 printf '\n\n' | postlog; log
 printf 'no end' | postlog; log
 printf 'a\0b\nc\n' | postlog; log
 printf 'tab\there\r\n' | postlog; log
 printf '\377\376 \303\251\n' | postlog; log
 printf 'a\033[31mred\n' | postlog -p warn; log
 yes word | head -n 1000 | tr '\n' ' ' | postlog -t long | wc -c; log | wc -l
 head -c 3000 /dev/zero | tr '\0' x | postlog -t long; log | cut -c1-100
 seq 3 | postlog -t seq -p error; log
 seq 2 | postlog -; log
 postlog -t 'with blank' x; log
 postlog -t "$(printf 'esc\033')" x; log
 postlog -t very-long-tag-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789 x; log
 MAIL_LOGTAG= postlog x; log
 MAIL_LOGTAG=a postlog -t b x; log
 postlog -p warn <mbox; log
~an error is told whoever calls, with a terminal or not / fatal: bad severity: "
 postlog -p debug x; log
~an error is told whoever calls, with a terminal or not / fatal: bad severity: "
 postlog -p notice x; log
~an error is told whoever calls, with a terminal or not / fatal: bad severity: "
 postlog -p '' x; log
~an error is told whoever calls, with a terminal or not / fatal: bad severity: "
 postlog -p 'warn ' x; log
 postlog -p fatal x; echo $?; log
 postlog -p panic x; echo $?; log
 tty postlog x | tr -d '\r'; log
CASES
cat >"$T/cases" <<'CASES'
# postlog
tty postlog -z
tty postlog -p
tty postlog -p nosuch x
~what scripts say shall arrive although main.cf cannot be read / status 0$
postlog -c /nonexistent x
tty postlog x y z

~an error is told whoever calls, with a terminal or not / fatal: usage: postlog
postlog -c
~an error is told whoever calls, with a terminal or not / fatal: usage: postlog
postlog -t
~an error is told whoever calls, with a terminal or not / fatal: usage: postlog
postlog -i -z
~what scripts say shall arrive although main.cf cannot be read / status 0$
postlog -c /nonexistent -t tag x
~what scripts say shall arrive although main.cf cannot be read / status 0$
postlog -c . x
~an empty name is none / status 0$
postlog -c '' x
~what scripts say shall arrive although main.cf cannot be read / status 0$
MAIL_CONFIG=/nonexistent postlog x

# postlock
postlock -l
postlock -c
postlock -l '' mbox echo x
postlock -l ',' mbox echo x
postlock -l 'dotlock dotlock' mbox echo x
postlock -l 'fcntl,nosuch' mbox true
postlock -l FCNTL mbox true
postlock -v
postlock mbox sh -c 'exit 75'
postlock mbox sh -c 'exit 255'
postlock mbox sh -c 'exit 64'
postlock mbox sh -c 'kill -15 $$'
postlock mbox sh -c 'kill -11 $$' 2>&1
postlock mbox ''
postlock mbox .
postlock mbox ./mbox
postlock mbox /nosuch/command
postlock '' true
~theirs makes the dotlock first / ^postlock: fatal: open file mbox/: cannot open file: .*status 75$
postlock mbox/ true
~theirs makes the dotlock first / ^postlock: fatal: open file mbox/x: cannot open file: .*status 75$
postlock mbox/x true
postlock /dev/null true
postlock /dev/full true
mkfifo f; postlock f true
ln -s mbox l; postlock l ls mbox.lock l.lock
ln -s nowhere l; postlock l true; ls -l nowhere | cut -c1-10
ln mbox two; postlock two true
chmod 0 mbox; postlock mbox true
chmod 700 mbox; postlock mbox true
~ours takes over a stale lock at its only attempt / ^locked\nmbox\n---
: >mbox.lock; touch -d '1 day ago' mbox.lock; postlock -l dotlock mbox echo locked; ls mbox*
~ours takes over a stale lock at its only attempt / ^locked\nmbox\n---
: >mbox.lock; touch -d '1 day ago' mbox.lock; postlock mbox echo locked; ls mbox*
mkdir mbox.lock; postlock -l dotlock mbox echo locked; ls -d mbox*
ln -s nowhere mbox.lock; postlock -l dotlock mbox echo locked; ls mbox*
chmod 555 .; su nobody -s /bin/sh -c 'postlock mbox true'
chmod 777 .; chmod 666 mbox; su nobody -s /bin/sh -c "PATH=$PATH MAIL_CONFIG=$MAIL_CONFIG postlock mbox echo locked"; ls mbox*
postlock mbox sh -c 'rm mbox; ls'; ls
postlock mbox sh -c 'rm mbox.lock'; ls
postlock mbox sh -c 'ls' >&-
postlock mbox cat <mbox
postlock mbox sh -c 'echo error >&2; echo output'
postlock -l dotlock mbox postlock -l fcntl mbox echo both
postlock -l fcntl mbox postlock -l flock mbox echo both
postlock -l dotlock mbox postlock -l dotlock mbox echo both; echo $?
postlock -l fcntl new echo made; ls -l new | cut -c1-10
umask 0; postlock new true; ls -l new | cut -c1-10
postlock mbox sh -c 'trap "" 1 2 15; exit 3'
postlock mbox env | grep -c MAIL_CONFIG
postlock mbox sh -c 'echo $0 $# $*' a b 'c d'
postlock

# an option that is not there, after the operands
postlock mbox echo -z
postlock -- mbox echo x
postlock mbox -v true
postlock x
postlock -z
postlock -z -z mbox true
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
~theirs makes the dotlock first / ^postlock: fatal: open file nodir/x: cannot create file exclusively: No such file or directory\n--- status 75$
postlock nodir/x true
postlock . true
postlock -v mbox true 2>/dev/null
postlock mbox sh -c 'kill -9 $$'
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

postkick -v
postkick -c
postkick -v public nosuch W 2>/dev/null
postkick public '' W
postkick '' pickup W
postkick public pickup ''
postkick public/ pickup W
postkick public nosuch W
postkick private qmgr W
postkick ../public pickup W
postkick -- public pickup W
postkick public pickup -z
postkick public pickup "$(head -c 3000 /dev/zero | tr '\0' W)"

# postdrop
~each has records of its own between sendmail and postdrop / status 65$
postdrop x
~each has records of its own between sendmail and postdrop / status 65$
postdrop -r </dev/null
~each has records of its own between sendmail and postdrop / status 65$
postdrop -v </dev/null 2>/dev/null
postdrop -c /nonexistent -r </dev/null
postdrop -rz
~each has records of its own between sendmail and postdrop / status 65$
postdrop -- </dev/null
~each has records of its own between sendmail and postdrop / status 75$
postdrop <&-
~each has records of its own between sendmail and postdrop / malformed input.*status 65$
printf 'S' | postdrop
~each has records of its own between sendmail and postdrop / malformed input.*status 65$
printf 'S\377\377\377\377\377' | postdrop
~each has records of its own between sendmail and postdrop / malformed input.*status 65$
printf 'M\0' | postdrop
~each has records of its own between sendmail and postdrop / malformed input.*status 65$
printf 'Sxx' | postdrop
~each has records of its own between sendmail and postdrop / malformed input.*status 65$
printf '\0\0\0\0' | postdrop
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
tty postfix -c
tty postfix -D
postfix -v status 2>/dev/null
tty postfix -c $SIDE/conf status
tty postfix -c "''" status
tty postfix -c $SIDE/conf/main.cf status
tty postfix -c $SIDE/nothere status
tty postfix -- status
mkdir old; : >old/master.cf; sed 's/^compat.*/compatibility_level = 0/' $SIDE/conf/main.cf >old/main.cf; tty postfix -c $PWD/old status; tty postfix -c $PWD/old stop
mkdir old; : >old/master.cf; sed 's/^compat.*/compatibility_level = 3.5/' $SIDE/conf/main.cf >old/main.cf; tty postfix -c $PWD/old status
mkdir new; : >new/master.cf; sed 's/^compat.*/compatibility_level = 9999/' $SIDE/conf/main.cf >new/main.cf; tty postfix -c $PWD/new status
~one command is enough / fatal: usage: postfix
tty postfix status x
tty postfix STATUS
tty postfix "''"
tty postfix "' '"
~one command is enough / fatal: usage: postfix
tty postfix logrotate x
tty postfix tls
tty postfix tls nosuch
tty postfix tls all-default-client
tty postfix tls all-default-client x
postfix tls all-default-server; echo $?
tty postfix tls output-server-csr
tty postfix tls output-server-tlsa
tty postfix tls output-server-tlsa nosuch
tty postfix tls deploy-server-cert
tty postfix tls deploy-server-cert a b
tty postfix tls new-server-key -a nosuch
tty postfix tls enable-client -z
tty postfix ../check
MAIL_CONFIG=/nonexistent tty postfix status
MAIL_CONFIG=relative tty postfix status
~an empty name is none / fatal: open \S+/main.cf: No such file
MAIL_CONFIG= tty postfix nosuch
su nobody -s /bin/sh -c "PATH=$PATH MAIL_CONFIG=$MAIL_CONFIG postfix status"
su nobody -s /bin/sh -c "PATH=$PATH MAIL_CONFIG=$MAIL_CONFIG postfix start"
su nobody -s /bin/sh -c "PATH=$PATH MAIL_CONFIG=$MAIL_CONFIG postfix check"
postfix status >&- 2>&-
postfix stop; echo $?
postfix abort; echo $?
postfix reload; echo $?
postfix drain; echo $?

# the names of sendmail
mailq x
~once is enough / ^mailq: invalid option -- 'z'\nmailq: fatal: usage: mailq
mailq -z
mailq
newaliases
newaliases x
~once is enough / ^newaliases: invalid option -- 'z'\nnewaliases: fatal: usage: newaliases
newaliases -z
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
    printf '\\[\\d+\\]:\t[PID]:\nbuzonqueue:\tpostqueue:\n' >"$T/$t_side/names"
done
chown "$MAIL_OWNER" "$T/ours/queue/maildrop"
chown postfix "$T/theirs/queue/maildrop"
sides_compare "$T/logs"
sides_compare "$T/cases"
