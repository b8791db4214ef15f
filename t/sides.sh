# Two sides for tests that compare our tools with Postfix's: a directory with configuration, tools by
# Postfix's names, and work for each. Source it after lib.sh.

# sides_prepare: main.cf lines for both sides on standard input; @SIDE@ in them is the side's directory
sides_prepare() {
    cat >"$T/both.cf"
    for t_side in ours theirs; do
        mkdir -p "$T/$t_side/bin" "$T/$t_side/conf" "$T/$t_side/work" "$T/$t_side/queue" "$T/$t_side/data"
        { sides_base && cat "$T/both.cf"; } | sed "s,@SIDE@,$T/$t_side,g" >"$T/$t_side/conf/main.cf"
        : >"$T/$t_side/conf/master.cf"
    done
    sides_ours
    sides_theirs
    for t_side in ours theirs; do # tty COMMAND...: with a terminal for standard output and error
        printf '#!/bin/sh\nexec python3 "%s/tool/terminal.py" "$@"\n' "$T_SOURCE" >"$T/$t_side/bin/tty"
        chmod 755 "$T/$t_side/bin/tty"
    done
}

# What both have, but for what the test's lines say otherwise: a name that stands there twice is a warning.
sides_base() {
    while read -r t_name t_rest; do
        grep -q "^$t_name *=" "$T/both.cf" || echo "$t_name $t_rest"
    done <<'END'
compatibility_level = 3.6
mail_name = Postfix
myhostname = mail.example.test
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination =
alias_maps =
alias_database =
queue_directory = @SIDE@/queue
data_directory = @SIDE@/data
command_directory = @SIDE@/bin
END
}

# sides_classes: main.cf lines of a server that knows domains of every class of address, in each of them known@ and nobody else
# (virtual.test: nobody); that is patient with errors, and says the same whichever program it is.
sides_classes() {
    cat <<'END'
mydestination = mail.example.test, local.test
mynetworks = 192.0.2.0/24
local_recipient_maps = inline:{ {known = x} }
virtual_alias_domains = virtual.test
virtual_mailbox_domains = box.test
virtual_mailbox_maps = inline:{ {known@box.test = x} }
relay_domains = relay.test
relay_recipient_maps = inline:{ {known@relay.test = x} }
local_transport = discard
virtual_transport = discard
relay_transport = discard
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 100
smtpd_junk_command_limit = 1000
smtpd_discard_ehlo_keywords = smtputf8, silent-discard
smtpd_banner = $myhostname ESMTP
notify_classes =
END
}

# Ours, by their names too.
sides_ours() {
    for t_tool in map alias queue super cat log lock kick multi drop conf ''; do
        cp "$BUZON_STAGE/sbin/buzon$t_tool" "$T/ours/bin/"
        ln -s "buzon$t_tool" "$T/ours/bin/post${t_tool:-fix}"
    done
    for t_tool in buzondrop buzonqueue; do
        chgrp "$DROP_GROUP" "$T/ours/bin/$t_tool" &&
            { [ "$PRIVILEGED" = no ] || chmod 2755 "$T/ours/bin/$t_tool"; }
    done
    for t_tool in sendmail mailq newaliases; do
        cp "$BUZON_STAGE/sbin/sendmail" "$T/ours/bin/$t_tool"
    done
    chown "$MAIL_OWNER" "$T/ours/data"
    cat >>"$T/ours/conf/main.cf" <<END
daemon_directory = $BUZON_STAGE/libexec/buzon
mail_owner = $MAIL_OWNER
net_owner = $NET_OWNER
setgid_group = $DROP_GROUP
syslog_name = postfix
END
}

# sides_impatient FILE: a library to be loaded into Postfix's tools. They sleep for a second before they end with a
# fatal error, and wait for each file until it is older than a second; where there is a compiler, nobody has to wait
# for either.
sides_impatient() {
    cc -shared -fPIC -o "$1" -x c - 2>/dev/null <<'END' || rm -f "$1"
#include <time.h>
unsigned sleep(unsigned seconds)
{
    (void)seconds;
    return 0;
}
time_t time(time_t *now)
{
    struct timespec clock;
    clock_gettime(CLOCK_REALTIME, &clock);
    if (now != NULL)
        *now = clock.tv_sec + 5;
    return clock.tv_sec + 5;
}
END
}

# Copies: what is set-group-id would not take our configuration from everybody.
sides_theirs() {
    for t_tool in map alias queue super cat log lock kick multi drop conf fix; do
        cp "/usr/sbin/post$t_tool" "$T/theirs/bin/"
    done
    for t_tool in sendmail mailq newaliases; do
        cp /usr/sbin/sendmail "$T/theirs/bin/$t_tool"
    done
    [ "$PRIVILEGED" = no ] || chown postfix "$T/theirs/data"
    sides_impatient "$T/theirs/preload.so"
}

# sides_count CASES: how many there are
sides_count() { grep -cv -e '^#' -e '^~' -e '^?' -e '^$' "$1"; }

# sides_do COMMAND: a shell line in the work of both, to prepare it; nobody looks at what it says
sides_do() {
    for t_side in ours theirs; do
        (cd "$T/$t_side/work" && PATH=$T/$t_side/bin:$PATH MAIL_CONFIG=$T/$t_side/conf SIDE=$T/$t_side sh -c "$1") >/dev/null 2>&1
    done
}

# sides_compare CASES: each is a test (t/tool/side_by_side.py)
sides_compare() {
    t_flag=--root
    [ "$PRIVILEGED" = yes ] || t_flag=--user
    python3 "$T_SOURCE/tool/side_by_side.py" $t_flag "$T/ours" "$T/theirs" "$1" >"$T/compared"
    sides_number "$T/compared"
}

# sides_ask QUESTIONS: each is a test (t/tool/ask_both.py); a service on port 25 of sides_start is port 25 there
sides_ask() {
    python3 "$T_SOURCE/tool/ask_both.py" "10000:$T/log/ours.log" "10100:$T/log/theirs.log" "$1" >"$T/compared"
    sides_number "$T/compared"
}

# sides_number FILE: TAP without numbers becomes part of this test's
sides_number() {
    while IFS= read -r t_line; do
        case $t_line in
        'ok - '*) T_COUNT=$((T_COUNT + 1)) t_line="ok $T_COUNT - ${t_line#ok - }" ;;
        'not ok - '*)
            T_COUNT=$((T_COUNT + 1)) T_FAILED=$((T_FAILED + 1))
            t_line="not ok $T_COUNT - ${t_line#not ok - }"
            ;;
        esac
        printf '%s\n' "$t_line" # its backslashes are for the shell
    done <"$1"
}

# sides_start [SERVICES]: both mail systems run, with no services that listen on the network but these lines of
# master.cf, whose ports have two digits: ours listens on 100xx, theirs on 101xx. SIDES_LOCAL: more lines, for both.
sides_start() {
    for t_side in ours theirs; do
        cat >>"$T/$t_side/conf/main.cf" <<END
maillog_file = $T/log/$t_side.log
maillog_file_prefixes = $T
import_environment = MAIL_CONFIG TZ LANG=C ASAN_OPTIONS UBSAN_OPTIONS
END
    done
    master_cf | grep -E '^[a-z]+ +unix' >"$T/ours/conf/master.cf"
    sides_master_cf >"$T/theirs/conf/master.cf"
    for t_side in ours theirs; do
        printf '%s\n' "${SIDES_LOCAL:-}" >>"$T/$t_side/conf/master.cf"
    done
    printf '%s\n' "${1:-}" | sed '/./s/^/100/' >>"$T/ours/conf/master.cf"
    printf '%s\n' "${1:-}" | sed '/./s/^/101/' >>"$T/theirs/conf/master.cf"
    for t_side in ours theirs; do
        MAIL_CONFIG=$T/$t_side/conf "$T/$t_side/bin/postfix" start >"$T/started" 2>&1 && continue
        diag "$t_side: postfix start failed:" && diag "$(cat "$T/started")"
        not_ok 'both sides start'
        exit 1
    done
}

sides_master_cf() {
    cat <<END
pickup    unix n - n 60 1   pickup
cleanup   unix n - n - 0    cleanup
qmgr      unix n - n 300 1  qmgr
rewrite   unix - - n - -    trivial-rewrite
bounce    unix - - n - 0    bounce
defer     unix - - n - 0    bounce
trace     unix - - n - 0    bounce
verify    unix - - n - 1    verify
anvil     unix - - n - 1    anvil
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - -    proxymap
showq     unix n - n - -    showq
error     unix - - n - -    error
retry     unix - - n - -    error
discard   unix - - n - -    discard
local     unix - n n - -    local
virtual   unix - n n - -    virtual
postlog   unix-dgram n - n - 1 postlogd
END
}

sides_are_down() {
    for t_side in ours theirs; do
        kill -0 "$(tr -d ' \n' <"$T/$t_side/queue/pid/master.pid")" 2>/dev/null && return 1
    done
    return 0
}

# sides_stop: by their process ids; what is left ends with the test's namespace
sides_stop() {
    for t_side in ours theirs; do
        t_pid=$(tr -d ' \n' <"$T/$t_side/queue/pid/master.pid" 2>/dev/null)
        [ -z "$t_pid" ] || kill "$t_pid" 2>/dev/null
    done
}
