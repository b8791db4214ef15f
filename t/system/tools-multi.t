#!/bin/sh
# postmulti: the same invocations of Postfix's and ours, each with a default configuration directory of its
# own in the place of the machine's.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmulti
need_root
[ -n "${T_NAMESPACE:-}" ] || skip_all 'needs a mount namespace'

# Theirs says nothing on standard error unless that is a terminal.
cat >"$T/cases" <<'CASES'
tty postmulti
tty postmulti -l x
tty postmulti -l -p status
tty postmulti -p
tty postmulti -x
tty postmulti -e
tty postmulti -e nosuch
tty postmulti -l -a -i x
tty postmulti -l -g a -i x
tty postmulti -l -I x
tty postmulti -l -G x
tty postmulti -e create -I postfix-a -I postfix-b
tty postmulti -e create -G a -G b
tty postmulti -p -R status
tty postmulti -e init -R
postmulti -l
tty postmulti -l -i nosuch
tty postmulti -l -g nosuch
postmulti -l -i -
MAIL_CONFIG=/nonexistent tty postmulti -l
postmulti -x echo one two
postmulti -x false
postmulti -x sh -c 'exit 3'
postmulti -x sh -c 'echo $MAIL_CONFIG $config_directory $multi_instance_name $multi_instance_group $multi_instance_enable $queue_directory'
tty postmulti -x nosuchcommand
tty postmulti -p status
tty postmulti -z
tty postmulti -i
tty postmulti -e
tty postmulti -l -l
tty postmulti -l -v
postmulti -la
tty postmulti -la -i -
postmulti -l -i ''
postmulti -l -i postfix-a
postmulti -l -g -
postmulti -l -g ''
postmulti -x -i - echo one
postmulti -x -a echo one
postmulti -x -R echo one
postmulti -x true false
postmulti -x -- echo one
postmulti -x sh -c 'kill -9 $$'
postmulti -x env | grep -c -e ^MAIL_CONFIG= -e ^config_directory= -e ^command_directory= -e ^daemon_directory= -e ^mail_owner=
postmulti -x sh -c 'echo $command_directory $data_directory' | tr ' ' '\n' | wc -l
postmulti -x postconf -h myhostname
postmulti -x -i - -- sh -c 'exit 5'; echo $?
tty postmulti -x </dev/null
postmulti -x cat </dev/null
tty postmulti -x /nowhere/command
tty postmulti -i - -p
tty postmulti -p nosuch
tty postmulti -p -i nosuch status
tty postmulti -p stop
tty postmulti -p -a status
tty postmulti -e deport
tty postmulti -e assign
tty postmulti -e create -I ''
tty postmulti -e -l
CASES
# What they say depends on those before them.
cat >"$T/edits" <<'CASES'
~theirs looks at the directories first, which here are one / multi_instance_wrapper is empty, run 'postmulti -e init' first.
tty postmulti -e create -I postfix-a
 tty postmulti -e assign -i -
 tty postmulti -e init x=y
 tty postmulti -e init -i -
 tty postmulti -e enable -i -
 tty postmulti -e disable -i -
 tty postmulti -e destroy -i -
~theirs asks postconf / fatal: '\S+' lacks a main.cf file
 tty postmulti -e import -I postfix-a
 tty postmulti -e create -a
 tty postmulti -e INIT
CASES
cat >"$T/more" <<'CASES'
tty postmulti -e create
tty postmulti -e create -I bad
tty postmulti -e create -I postfix-a/b
tty postmulti -e create -I "'postfix-a b'"
tty postmulti -e create -I postfix-a -G "'a b'"
tty postmulti -e create -I postfix-a nosuch=/x
tty postmulti -e create -I postfix-a config_directory=relative
tty postmulti -e create -I postfix-a config_directory
tty postmulti -e create -I postfix-a config_directory=/
tty postmulti -e import -I postfix-a queue_directory=/x
tty postmulti -e enable
tty postmulti -e enable -i nosuch
tty postmulti -e enable -i - -I postfix-x
tty postmulti -e assign -i nosuch -I postfix-x
tty postmulti -e destroy -i -
tty postmulti -e destroy
tty postmulti -e deport -i -
~theirs asks postconf / ^postmulti: fatal: '@SIDE@/nothere' lacks a main.cf file
tty postmulti -e import -I postfix-z config_directory=$SIDE/nothere
tty postmulti -e create -I postfix
tty postmulti -e create -I postfix-
tty postmulti -e create -I Postfix-a
tty postmulti -e create -I postfix-A
tty postmulti -e create -I postfix-a.b
tty postmulti -e create -I postfix-a_b -i nosuch
tty postmulti -e create -I -
tty postmulti -e create -I /a
tty postmulti -e create -I postfix-$(head -c 300 /dev/zero | tr '\0' a) config_directory=relative
tty postmulti -e create -I postfix-a -G -
tty postmulti -e create -I postfix-a -G a/b config_directory=relative
tty postmulti -e create -I postfix-a =x
tty postmulti -e create -I postfix-a x
tty postmulti -e create -I postfix-a config_directory= queue_directory=
tty postmulti -e create -I postfix-a queue_directory=relative
tty postmulti -e create -I postfix-a data_directory=relative
tty postmulti -e create -I postfix-a myhostname=x.test
tty postmulti -e create -i - -g x
tty postmulti -e create postfix-a
tty postmulti -e assign -i - -I postfix-a x
tty postmulti -e assign -i - -I bad
tty postmulti -e assign -i - -G 'a,b'
tty postmulti -e enable -i - x
tty postmulti -e enable -a
tty postmulti -e enable -g nosuch
tty postmulti -e init
CASES
cat >"$T/orders" <<'CASES'
postmulti -e create -I postfix-a -G group config_directory=$SIDE/a queue_directory=$SIDE/qa data_directory=$SIDE/da 2>/dev/null
 grep -E '^(multi_|queue_d|data_d|master_service|authorized_sub)' $SIDE/a/main.cf | sort
 grep -E '^(multi_|alternate)' $(cat $SIDE/where)/main.cf | sort
 tty postmulti -e create -I postfix-a config_directory=$SIDE/x queue_directory=$SIDE/qx data_directory=$SIDE/dx
 tty postmulti -e create -I postfix-b config_directory=$SIDE/a queue_directory=$SIDE/qb data_directory=$SIDE/db
 postmulti -e create -i postfix-a -I postfix-b config_directory=$SIDE/b queue_directory=$SIDE/qb data_directory=$SIDE/db 2>/dev/null
 postmulti -l
 postmulti -lR
 postmulti -l -i $SIDE/b
 postmulti -x -g group sh -c 'echo $multi_instance_name $multi_instance_group $multi_instance_enable'
 postmulti -x -R sh -c 'echo $multi_instance_name; exit 2'
 postmulti -e enable -i postfix-a
 postmulti -e assign -i postfix-b -I postfix-d -G group
 tty postmulti -p status
 tty postmulti -e destroy -i postfix-a
 postmulti -e deport -i postfix-d
 grep -E '^(multi_instance_dir|alternate)' $(cat $SIDE/where)/main.cf
 postmulti -e import -I postfix-e config_directory=$SIDE/b 2>/dev/null
 postmulti -e disable -i postfix-a
 running $SIDE/qa/pid/master.pid postmulti -e destroy -i postfix-a 2>/dev/null; ls -d $SIDE/a
~there a script says it / ^postmulti: fatal: Instance '@SIDE@/a' is not stopped
 running $SIDE/qa/pid/master.pid tty postmulti -e destroy -i postfix-a
 postmulti -e destroy -i postfix-a; ls -d $SIDE/a $SIDE/qa $SIDE/da
 postmulti -l
 postmulti -x -a sh -c 'echo $multi_instance_name'
 tty postfix status
~no integrity check before it is refused / ^postfix/postfix-script: fatal: start-fg does not support multi_instance_directories
 tty postfix start-fg
CASES
plan $((1 + $(sides_count "$T/cases") + $(sides_count "$T/edits") + $(sides_count "$T/more") + $(sides_count "$T/orders")))
sides_prepare </dev/null
# What is mounted in this namespace alone stands in the place of the machine's directories.
OUR_DEFAULT=$("$BUZON_STAGE/sbin/buzonconf" -c "$T/ours/conf" -dh config_directory)
place=$OUR_DEFAULT
while [ ! -d "$place" ]; do place=$(dirname "$place"); done
case $place in
/ | /etc | /usr) skip_all "cannot replace $OUR_DEFAULT" ;;
*) mount -t tmpfs none "$place" && mkdir -p "$OUR_DEFAULT" ;;
esac
# Their permissions, which a script of many seconds sets, are not looked at; what it makes is.
printf '%s\n' '#!/bin/sh' 'cd "$queue_directory" && mkdir -p active bounce corrupt defer deferred flush hold incoming \' \
    'maildrop pid private public saved trace' >"$T/theirs/post-install"
chmod 755 "$T/theirs/post-install"
mount --bind "$T/theirs/post-install" "$(postconf -dh daemon_directory)/post-install"
cp -r /etc/postfix "$T/theirs/default"
mount --bind "$T/theirs/default" /etc/postfix
for t_side in ours theirs; do
    default=/etc/postfix
    [ $t_side = theirs ] || default=$OUR_DEFAULT
    cat "$T/$t_side/conf/main.cf" >"$default/main.cf"
    cp "$T/$t_side/conf/master.cf" "$default/main.cf.proto" 2>/dev/null
    printf 'compatibility_level = 3.6\n' >"$default/main.cf.proto"
    : >"$default/master.cf.proto"
    : >"$default/master.cf"
    sed -i '/^syslog_name/d' "$default/main.cf"
    rm -r "$T/$t_side/conf"
    echo "$default" >"$T/$t_side/where"
    printf '%s\t@DEFAULT@\n%s/postfix\t@DEFAULT@\nbuzon/\tpostfix/\n' "$default" "$(dirname "$default")" >"$T/$t_side/names"
done
# What else theirs starts does not wait either (sides_theirs).
for file in main.cf main.cf.proto; do
    echo 'import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_PRELOAD' >>"/etc/postfix/$file"
done
for t_side in ours theirs; do # running FILE COMMAND...: the command, while a master seems to hold its file
    cat >"$T/$t_side/bin/running" <<'END'
#!/usr/bin/env python3
import fcntl, os, subprocess, sys
with open(sys.argv[1], "w") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    fcntl.flock(file, fcntl.LOCK_EX)
    status = subprocess.call(sys.argv[2:])
os.unlink(sys.argv[1])
sys.exit(status)
END
    chmod 755 "$T/$t_side/bin/running"
done
sides_compare "$T/cases"
sides_compare "$T/edits"
sides_do 'postmulti -e init'
sides_compare "$T/more"
is 'as JSON (Postfix 3.11)' "$("$BUZON_STAGE/sbin/buzonmulti" -lj)" \
    "{\"name\": \"-\",\"group\": \"-\",\"enabled\": \"y\",\"config_directory\": \"$OUR_DEFAULT\"}"
sides_compare "$T/orders"
