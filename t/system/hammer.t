#!/bin/sh
# Much trouble under much mail, and every promise kept. Clients of all kinds send numbered messages to mailboxes,
# aliases, lists, commands, files, other servers and nobody. First the instance is reloaded and restarted, tables
# are made anew, disks are full, the name server is silent: then nothing may arrive twice. After that processes are
# killed, too, of any daemon or all: then nothing may be lost, and what arrives twice was in the hands of one of them.
# BUZON_HAMMER_SECONDS makes each half longer, BUZON_HAMMER_SEED repeats a choice of trouble.
. "$(dirname "$0")/../lib.sh"
need_root
plan 8
SECONDS_EACH=${BUZON_HAMMER_SECONDS:-12}
SEED=${BUZON_HAMMER_SEED:-1}
diag "BUZON_HAMMER_SEED=$SEED"

mkdir -p "$SPOOL" "$MAILDIRS" "$T/conf"
mount -t tmpfs -o size=64m,mode=755 tmpfs "$SPOOL"
mount -t tmpfs -o size=600m,mode=755 tmpfs "$MAILDIRS"
for t_place in command calm storm; do mkdir -m 1777 "$T/$t_place"; done
cat >"$T/keep" <<END
#!/bin/sh
name=\$(mktemp $T/command/XXXXXXXXXX)
cat >"\$name"
# Whose writer was killed gets half a message, and another one will come.
[ "\$(tail -n 1 "\$name")" = .leading\ dots ] && mv "\$name" "\$name.msg"
END
chmod 755 "$T/keep"
cat >"$T/conf/aliases" <<END
postmaster: /dev/null
team: :include:$CONF/team
chain: link
link: four@example.test
command: "|$T/keep"
file: $T/command/file
failing: "|exit 67"
END
printf 'carol, three@example.test\n' >"$CONF/team"
printf '\\bob, two@example.test\n' >"$T/home/bob/.forward"
chown bob: "$T/home/bob/.forward"
printf 'both@alias.test five@example.test, six@example.test\n' >"$CONF/valias"
printf 'elsewhere.test smtp:[127.0.0.1]:%s\n' "$SINK_PORT" >"$CONF/transport"
dns_start <<'END'
mx.test MX 10 sink.mx.test
sink.mx.test A 192.0.2.66
END
DNS_PID=${T_HELPERS##* }
sink_start
mkdir "$T/mx"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/mx" --host 192.0.2.66 --port 25
wait_until 'the other sink' test -f "$T/mx/ready"

instance_prepare <<END
inet_interfaces = 127.0.0.1, 192.0.2.25
transport_maps = texthash:$CONF/transport
virtual_alias_domains = alias.test
virtual_alias_maps = texthash:$CONF/valias
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
transport_retry_time = 1s
service_throttle_time = 1s
stale_lock_time = 2s
END
for t_user in one two three four five six; do
    echo "$t_user@example.test example.test/$t_user/Maildir/"
done >>"$CONF/vmailbox"
tool buzonmap "hash:$CONF/vmailbox"
instance_run

hammer() { # WORK [option]
    t_work=$1
    shift
    python3 "$T_SOURCE/tool/hammer.py" --sbin "$T/sbin" --conf "$CONF" --spool "$SPOOL" --mail "$MAILDIRS" --work "$t_work" \
        --ports "$SMTP_PORT,$SUBMISSIONS_PORT,$IMAP_PORT" --seconds "$SECONDS_EACH" --seed "$SEED" --dns "$DNS_PID" "$@"
}
# As long as something still leaves the queue, it is waited for.
drained() {
    t_before= t_idle=0
    while ! t_queue_empty; do
        t_now=$(find "$SPOOL" -type f -perm -100 | sort | cksum)
        [ "$t_now" = "$t_before" ] || t_idle=0
        t_before=$t_now t_idle=$((t_idle + 1))
        [ $t_idle -lt 600 ] || { find "$SPOOL" -type f -perm -100; return 1; }
        sleep 0.1
    done
    [ -z "$(find "$SPOOL/corrupt" -type f)" ]
}
account() { # WORK
    # shellcheck disable=SC2046
    python3 "$T_SOURCE/tool/hammer_account.py" --work "$1" --log "$LOG" --returned "$(virtual_maildir eva)" \
        $(for t_user in ana luis one two three four five six; do echo --place "$t_user=$(virtual_maildir $t_user)"; done) \
        $(for t_user in alice bob carol; do echo --place "$t_user=$T/home/$t_user/Maildir"; done) \
        --place "command=$T/command" --place "file=$T/command/file" --place "sink=$T/sink" --place "mx=$T/mx"
}
kept() { # 'what holds' WORK: and everything that arrived is put aside
    check "$1" account "$2"
    diag "$(printf '%s\n' "$t_output" | tail -n 1)"
    find "$MAILDIRS" "$T"/home/*/Maildir -path '*/tmp' -prune -o \( -path '*/new/*' -o -path '*/cur/*' \) -type f -exec rm {} +
    rm -f "$T"/command/*.msg "$T/command/file" "$T"/sink/*.msg "$T"/mx/*.msg
}
# Only sendmail's part gives up, where the disk is full, and a start beside a start or a stop.
unexplained() { grep -E ' (panic|fatal): ' "$LOG" | grep -Ev "$EXPLAINED" | head -n 20; }
EXPLAINED='No space left on device|already running|is not running'

check 'trouble without violence' hammer "$T/calm"
check 'the queue runs empty' drained
kept 'everything arrived, once' "$T/calm"
check 'violence' hammer "$T/storm" --kill
check 'the queue runs empty after that, too' drained
kept 'and everything arrived' "$T/storm"
is 'no process gave up without a reason' "$(unexplained)" ''
# (That a process was killed while it started is "bad command startup" to master.)
is 'none crashed' "$(grep -E 'killed by signal (4|6|7|8|11)|exit status 99' "$LOG"; cat "$T"/asan/report* 2>/dev/null | head -n 40)" ''
