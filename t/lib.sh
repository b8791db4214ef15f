# What every system test starts from: TAP, a private instance, conversations, waiting for events.
#
# A test is a shell script: `. "$(dirname "$0")/../lib.sh"`, `plan N`, `instance_start <<END` with
# what its main.cf has beyond the base, then conversations and checks. See HACKING.md, "Tests".
#
# As root, a test runs in mount, pid and network namespaces of its own, with its own /etc/passwd,
# group, hosts, nsswitch.conf and resolv.conf and a DNS server of its own: real users, real chroots,
# and nothing of the host is touched. BUZON_TEST_AS=user then gives up root inside them, to test an
# unprivileged instance; an ordinary user runs without namespaces, as himself.

set -u
# Whatever the machine, user or terminal that runs a test has set: it begins the same everywhere.
exec </dev/null
umask 022
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 4096 ] || ulimit -n 4096 2>/dev/null
unset LANG LANGUAGE MAIL MAIL_CONFIG CDPATH ENV BASH_ENV
export LC_ALL=C HOME="${HOME:-/}"
T_SOURCE=$(cd "$(dirname "$0")/.." && pwd)
: "${BUZON_STAGE:?make check sets BUZON_STAGE to the staged prefix}"

# --- namespaces, before anything else -------------------------------------------------------------

case $0 in
/*) T_SELF=$0 ;;
*) T_SELF=$PWD/$0 ;;
esac

# A test that hangs ends after half an hour, and all that it started (by an ordinary user, what is in its process group).
if [ -z "${T_LIMITED:-}" ]; then
    export T_LIMITED=1
    t_begin="env --default-signal=HUP,INT,QUIT,PIPE,TERM,CHLD timeout -k 30" t_limit=${BUZON_TEST_LIMIT:-1800}
    t_unshare="unshare --mount --pid --net --fork --kill-child --mount-proc"
    if [ "$(id -u)" != 0 ]; then
        exec $t_begin "$t_limit" sh "$T_SELF" "$@"
    elif $t_unshare sh -c 'ip link set lo up && mount --bind /etc/hosts /etc/hosts' 2>/dev/null; then
        T_NAMESPACE=1 exec $t_begin --foreground "$t_limit" $t_unshare sh "$T_SELF" "$@"
    fi
    # A root that may make no namespaces is nobody here.
    exec $t_begin "$t_limit" setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent sh "$T_SELF" "$@"
fi

# --- TAP --------------------------------------------------------------------------------------------

T_COUNT=0
T_FAILED=0

plan() { echo "1..$1"; T_PLAN=$1; }
skip_all() { echo "1..0 # SKIP $1"; exit 0; }
diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
ok() { T_COUNT=$((T_COUNT + 1)); echo "ok $T_COUNT - $1"; }
not_ok() { T_COUNT=$((T_COUNT + 1)); T_FAILED=$((T_FAILED + 1)); echo "not ok $T_COUNT - $1"; }

# check 'what holds' command [argument...]: the command's exit status decides
check() {
    t_name=$1
    shift
    if t_output=$("$@" 2>&1); then
        ok "$t_name"
    else
        not_ok "$t_name"
        diag "$* failed:" && diag "$t_output"
    fi
}

# is 'what holds' actual expected
is() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1"
        diag "got:      $2" && diag "expected: $3"
    fi
}

# like 'what holds' text extended-regular-expression
like() {
    if printf '%s\n' "$2" | grep -Eq -- "$3"; then
        ok "$1"
    else
        not_ok "$1"
        diag "got: $2" && diag "no match of: $3"
    fi
}

# need COMMAND...: skip the whole test when a program is not installed
need() {
    for t_program; do
        command -v "$t_program" >/dev/null 2>&1 || skip_all "$t_program is not installed"
    done
}

# need_root: for what an ordinary user cannot have (other accounts, chroots)
need_root() {
    [ "$PRIVILEGED" = yes ] || skip_all "needs root"
}

# --- the instance's surroundings --------------------------------------------------------------------

# (The path of a UNIX socket has room for 107 octets, and what is below $T takes 60 of them.)
[ -d "${TMPDIR:-}" ] && [ ${#TMPDIR} -le 25 ] || export TMPDIR=/tmp
T=${T_DIRECTORY:-$(mktemp -d "$TMPDIR/buzon-test.XXXXXX")}
# All that a test writes is below $T: without it, "$T/etc/passwd" would be the machine's own.
case $T in
/?*/?*) [ -d "$T" ] ;;
*) false ;;
esac || {
    not_ok 'there is a directory for the test'
    exit 1
}
CONF=$T/conf
SPOOL=$T/spool
LOG=$T/log/mail.log
MAILDIRS=$T/vmail
ACCOUNTS="alice bob carol"

# A hundred ports that no test beside this one uses, and no client by chance: as long as descriptor 9 is open.
reserve_ports() {
    t_slots=$TMPDIR/buzon-test-ports.$(id -u)
    mkdir -p "$t_slots"
    t_slot=$(($$ % 220))
    while exec 9>"$t_slots/$t_slot" && ! flock -n 9; do
        t_slot=$(((t_slot + 1) % 220))
    done
    T_BASE=$((10000 + t_slot * 100))
}

if [ -n "${T_NAMESPACE:-}" ]; then
    T_BASE=10000
else
    reserve_ports
fi
SMTP_PORT=$((T_BASE + 25))
SUBMISSIONS_PORT=$((T_BASE + 65))
IMAP_PORT=$((T_BASE + 43))
IMAPS_PORT=$((T_BASE + 93))
POP3_PORT=$((T_BASE + 10))
POP3S_PORT=$((T_BASE + 95))
DNS_PORT=$((T_BASE + 53))
SINK_PORT=$((T_BASE + 26))
PASSWORD=correct-horse-battery
# Who reads mail in most tests, and what a conversation of hers over IMAP begins with.
ANA=ana@example.test
LOGIN="S: * OK *
C: l LOGIN $ANA $PASSWORD
S~ l OK *"
# Where Python programs of tests find what they share.
export PYTHONPATH="$T_SOURCE/tool" PYTHONDONTWRITEBYTECODE=1

# namespace_etc: files of our own over /etc's, visible to this test alone
namespace_etc() {
    mkdir -p "$T/etc" "$T/home"
    cat >"$T/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
buzon:x:3001:3001::/nonexistent:/usr/sbin/nologin
buzonnet:x:3002:3002::/nonexistent:/usr/sbin/nologin
postfix:x:3004:3004::/nonexistent:/usr/sbin/nologin
vmail:x:5000:5000::/nonexistent:/usr/sbin/nologin
END
    cat >"$T/etc/group" <<'END'
root:x:0:
daemon:x:1:
mail:x:8:
nogroup:x:65534:
buzon:x:3001:
buzonnet:x:3002:
buzondrop:x:3003:
postfix:x:3004:
postdrop:x:3005:
vmail:x:5000:
END
    : >"$T/etc/shadow"
    t_uid=2001
    t_hash=$(openssl passwd -6 "$PASSWORD")
    for t_account in $ACCOUNTS; do
        echo "$t_account:x:$t_uid:$t_uid:$t_account:$T/home/$t_account:/bin/sh" >>"$T/etc/passwd"
        echo "$t_account:x:$t_uid:" >>"$T/etc/group"
        echo "$t_account:$t_hash:20000:0:99999:7:::" >>"$T/etc/shadow"
        mkdir -p "$T/home/$t_account"
        chown "$t_uid:$t_uid" "$T/home/$t_account"
        chmod 700 "$T/home/$t_account"
        t_uid=$((t_uid + 1))
    done
    printf '127.0.0.1 localhost\n::1 localhost\n192.0.2.25 mail.buzon.test\n' >"$T/etc/hosts"
    printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:2\n' >"$T/etc/resolv.conf"
    printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\n' >"$T/etc/nsswitch.conf"
    printf 'test.buzon\n' >"$T/etc/mailname"
    chmod 640 "$T/etc/shadow"
    for t_file in passwd group shadow hosts resolv.conf nsswitch.conf; do
        mount --bind "$T/etc/$t_file" "/etc/$t_file"
    done
    ip link set lo up
    for t_address in 192.0.2.25 192.0.2.66 198.51.100.7; do # the server, a stranger, another stranger
        ip address add "$t_address/32" dev lo
    done
}

if [ -n "${T_NAMESPACE:-}" ] && [ -z "${T_DIRECTORY:-}" ]; then
    chmod 755 "$T"
    namespace_etc
    if [ "${BUZON_TEST_AS:-root}" = user ]; then
        chown -R carol: "$T"
        export T_DIRECTORY=$T
        setpriv --reuid=carol --regid=carol --clear-groups env HOME="$T/home/carol" sh "$T_SELF" "$@"
        t_status=$?
        rm -rf "$T"
        exit $t_status
    fi
fi

if [ "$(id -u)" = 0 ]; then
    PRIVILEGED=yes
    MAIL_OWNER=buzon NET_OWNER=buzonnet DROP_GROUP=buzondrop
    DNS_PORT=53
    VMAIL_UID=5000 VMAIL_GID=5000
else
    PRIVILEGED=no
    MAIL_OWNER=$(id -un) NET_OWNER=$(id -un) DROP_GROUP=$(id -gn)
    VMAIL_UID=$(id -u) VMAIL_GID=$(id -g)
    ACCOUNTS=$(id -un)
fi
ME=${ACCOUNTS%% *} # a local account that exists in either case
# home_of ACCOUNT
home_of() { getent passwd "$1" | cut -d: -f6; }
# own_home - the home directory of $ME is the test's; outside of namespaces it is that of whoever runs the tests, who keeps it
# as it is: then mail for him goes to the test's spool
own_home() { case $(home_of "$ME") in "$T"/*) ;; *) return 1 ;; esac; }
# need_own_home: for what writes into it
need_own_home() { own_home || skip_all "would write into the home directory of $ME"; }
if own_home; then
    ME_MAILDIR=$(home_of "$ME")/Maildir
else
    ME_MAILDIR=$T/mail/$ME
fi
export ASAN_OPTIONS="detect_leaks=0:exitcode=99:log_path=$T/asan/report"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$T/asan/report"
mkdir -p "$T/asan" "$T/log" "$CONF"
chmod 1777 "$T/asan"

t_end() {
    t_status=$?
    trap - EXIT INT TERM
    instance_kill
    for t_pid in ${T_HELPERS:-}; do kill "$t_pid" 2>/dev/null; done
    if [ $T_FAILED != 0 ] && [ -f "$LOG" ]; then
        diag "the last lines of the log:"
        tail -n 40 "$LOG" | sed 's/^/#   /'
    fi
    if [ -n "${BUZON_TEST_KEEP:-}" ]; then
        diag "kept: $T"
    else
        # What a test mounted there would keep the directory.
        [ -z "${T_NAMESPACE:-}" ] || cut -d' ' -f2 /proc/self/mounts | grep "^$T/" | xargs -r umount -l 2>/dev/null
        rm -rf "$T" 2>/dev/null
    fi
    [ $T_FAILED = 0 ] && exit $t_status
    exit 1
}
trap t_end EXIT
trap 'exit 1' INT TERM

# background COMMAND...: a helper that is ended with the test
background() {
    "$@" &
    T_HELPERS="${T_HELPERS:-} $!"
}

# --- the instance -------------------------------------------------------------------------------------

# buzon, buzonqueue and friends: the staged tools on this test's instance
tool() {
    t_tool=$1
    shift
    MAIL_CONFIG=$CONF "$T/sbin/$t_tool" "$@"
}
buzon() { tool buzon "$@"; }

certificate_make() {
    [ -f "$CONF/cert.pem" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
        -nodes -days 30 -subj /CN=mail.buzon.test -addext subjectAltName=DNS:mail.buzon.test,DNS:localhost,IP:127.0.0.1 \
        -keyout "$CONF/key.pem" -out "$CONF/cert.pem" 2>/dev/null
}

# instance_places: what a build or a package has in it, and an instance of a test elsewhere
instance_places() {
    cat <<END
data_directory = $T/data
daemon_directory = $BUZON_STAGE/libexec/buzon
command_directory = $T/sbin
mail_owner = $MAIL_OWNER
net_owner = $NET_OWNER
setgid_group = $DROP_GROUP
import_environment = MAIL_CONFIG TZ LANG=C ASAN_OPTIONS UBSAN_OPTIONS
END
}

# instance_prepare: directories, accounts, tables and the base configuration; more of main.cf from
# standard input
instance_prepare() {
    mkdir -p "$SPOOL" "$T/data" "$MAILDIRS" "$T/mail" "$T/sbin"
    chmod 1777 "$T/mail"
    chown "$MAIL_OWNER" "$T/data"
    chown "$VMAIL_UID:$VMAIL_GID" "$MAILDIRS"
    # The tools stand in a directory of our own: set-group-id needs this test's group.
    for t_file in "$BUZON_STAGE"/sbin/* "$BUZON_STAGE"/bin/*; do
        [ -e "$t_file" ] || continue
        case ${t_file##*/} in
        buzondrop | buzonqueue)
            cp "$t_file" "$T/sbin/" && chgrp "$DROP_GROUP" "$T/sbin/${t_file##*/}" &&
                { [ $PRIVILEGED = no ] || chmod 2755 "$T/sbin/${t_file##*/}"; }
            ;;
        *) ln -sf "$(readlink -f "$t_file")" "$T/sbin/${t_file##*/}" ;;
        esac
    done
    certificate_make
    for t_user in ana@example.test luis@example.test eva@example.test; do
        printf '%s:{SHA512-CRYPT}%s:%s:%s::%s::\n' "$t_user" "$(openssl passwd -6 "$PASSWORD")" \
            "$VMAIL_UID" "$VMAIL_GID" "$MAILDIRS/example.test/${t_user%@*}"
    done >"$CONF/users"
    for t_user in $ACCOUNTS; do
        printf '%s:{SHA512-CRYPT}%s\n' "$t_user" "$(openssl passwd -6 "$PASSWORD")"
    done >>"$CONF/users"
    [ $PRIVILEGED = no ] || chmod 600 "$CONF/users"
    cat >"$CONF/vmailbox" <<'END'
ana@example.test    example.test/ana/Maildir/
luis@example.test   example.test/luis/Maildir/
eva@example.test    example.test/eva/Maildir/
END
    [ -f "$CONF/aliases" ] || printf 'postmaster: %s\n' "$ME" >"$CONF/aliases"
    cat >"$CONF/main.cf" - <<END
compatibility_level = 3.6
queue_directory = $SPOOL
$(instance_places)
maillog_file = $LOG
maillog_file_prefixes = $T
myhostname = mail.buzon.test
mydomain = buzon.test
mydestination = \$myhostname, localhost, buzon.test
mynetworks = 127.0.0.0/8, [::1]/128
inet_interfaces = all
inet_protocols = ipv4
alias_maps = hash:$CONF/aliases
alias_database = hash:$CONF/aliases
$(own_home && echo 'home_mailbox = Maildir/')
mail_spool_directory = $T/mail$(own_home || echo /)
recipient_delimiter = +
virtual_mailbox_domains = example.test
virtual_mailbox_base = $MAILDIRS
virtual_mailbox_maps = hash:$CONF/vmailbox
virtual_uid_maps = static:$VMAIL_UID
virtual_gid_maps = static:$VMAIL_GID
virtual_minimum_uid = 1
smtpd_tls_cert_file = $CONF/cert.pem
smtpd_tls_key_file = $CONF/key.pem
smtpd_tls_security_level = may
auth_passdb = passwd-file:$CONF/users
auth_failure_delay = 0s
mail_max_userip_connections = 0
dns_nameservers = 127.0.0.1:$DNS_PORT
END
    { cat; echo; } >>"$CONF/main.cf"
    master_cf >"$CONF/master.cf"
    tool buzonmap "hash:$CONF/vmailbox" || diag "buzonmap failed"
    tool buzonalias "hash:$CONF/aliases" || diag "buzonalias failed"
}

master_cf() {
    cat <<END
$SMTP_PORT        inet n - n - -   smtpd
$SUBMISSIONS_PORT inet n - n - -   smtpd -o smtpd_tls_wrappermode=yes -o syslog_name=buzon/submissions
pickup    unix n - n 60 1   pickup
cleanup   unix n - n - 0    cleanup
qmgr      unix n - n 300 1  qmgr
bounce    unix - - n - 0    bounce
defer     unix - - n - 0    bounce
trace     unix - - n - 0    bounce
proxymap  unix - - n - -    proxymap
smtp      unix - - n - -    smtp
relay     unix - - n - -    smtp
lmtp      unix - - n - -    lmtp
showq     unix n - n - -    showq
flush     unix n - n 1000? 0 flush
error     unix - - n - -    error
retry     unix - - n - -    error
discard   unix - - n - -    discard
local     unix - n n - -    local
virtual   unix - n n - -    virtual
auth      unix - n n - 1    auth
imapd     unix - n n - -    imapd
pop3d     unix - n n - -    pop3d
$IMAP_PORT   inet n - n - 1 login -o login_protocol=imap
$IMAPS_PORT  inet n - n - 1 login -o login_protocol=imap -o login_tls_wrappermode=yes
$POP3_PORT   inet n - n - 1 login -o login_protocol=pop3
$POP3S_PORT  inet n - n - 1 login -o login_protocol=pop3 -o login_tls_wrappermode=yes
END
}

# instance_start: instance_prepare with main.cf lines from standard input, then start
instance_start() {
    instance_prepare
    instance_run
}

instance_run() {
    if ! t_output=$(buzon start 2>&1); then
        diag "buzon start failed:" && diag "$t_output"
        not_ok 'the instance starts'
        exit 1
    fi
}

instance_pid() { [ ! -f "$SPOOL/pid/master.pid" ] || tr -d ' \n' <"$SPOOL/pid/master.pid"; }

# instance_stop: in good order; and the log shows no crash
instance_stop() {
    buzon stop >/dev/null 2>&1
}

# instance_kill: whatever is left of it, at the end of a test
instance_kill() {
    [ -d "$T/sbin" ] || return 0
    t_master=$(instance_pid)
    [ -z "$t_master" ] || kill -0 "$t_master" 2>/dev/null || return 0
    buzon stop >/dev/null 2>&1 || buzon abort >/dev/null 2>&1
}

# no_crash 'what': nothing in this instance ended by a signal, an assertion or a sanitizer
no_crash() {
    if grep -E 'panic:|killed by signal (4|6|7|8|11)|exit status 99' "$LOG" >"$T/crash" ||
        { ! grep -q 'killed by signal 9' "$LOG" && grep 'bad command startup' "$LOG" >"$T/crash"; } || # a test may kill one that starts
        cat "$T"/asan/report* >"$T/crash" 2>/dev/null; then
        not_ok "$1"
        head -n 40 "$T/crash" | sed 's/^/#   /'
    else
        ok "$1"
    fi
}

# --- conversations -----------------------------------------------------------------------------------

# converse PROTOCOL 'what holds' [--from ADDRESS] [--port N] [--tls]: both sides on standard input;
# see t/tool/converse.py for the language
converse() {
    t_protocol=$1 t_name=$2
    shift 2
    case $t_protocol in
    smtp) t_port=$SMTP_PORT ;;
    imap) t_port=$IMAP_PORT ;;
    pop3) t_port=$POP3_PORT ;;
    esac
    cat >"$T/script"
    check "$t_name" python3 "$T_SOURCE/tool/converse.py" --port "$t_port" "$@" "$T/script"
}

# dns_start: a name server for this test; its zone, one record a line, on standard input
dns_start() {
    cat >"$T/zone"
    background python3 "$T_SOURCE/tool/dnsd.py" 127.0.0.1 "$DNS_PORT" "$T/zone"
    wait_until "the name server" test -f "$T/zone.ready"
}

# sink_start [option...]: an SMTP server that keeps what it gets in $T/sink/ (t/tool/sink.py)
sink_start() {
    mkdir -p "$T/sink"
    background python3 "$T_SOURCE/tool/sink.py" --directory "$T/sink" --port "$SINK_PORT" "$@"
    wait_until "the sink" test -f "$T/sink/ready"
}

# send_mail FROM TO [FILE]: over SMTP from 127.0.0.1; FILE or a small message of its own
send_mail() {
    python3 "$T_SOURCE/tool/send.py" --port "$SMTP_PORT" "$@"
}

# --- waiting for events ---------------------------------------------------------------------------------

# wait_until 'what' command...: for at most a minute
wait_until() {
    t_what=$1
    shift
    t_tries=0
    until "$@" >/dev/null 2>&1; do
        t_tries=$((t_tries + 1))
        if [ $t_tries -gt 1200 ]; then
            diag "waited in vain for $t_what"
            return 1
        fi
        sleep 0.05
    done
}

# eventually 'what holds' command...: like check, but it may become true within the waiting time
eventually() {
    t_name=$1
    shift
    if wait_until "$t_name" "$@"; then ok "$t_name"; else not_ok "$t_name"; fi
}

t_log_matches() { grep -Eq -- "$1" "$LOG"; }
# Whole messages only: what a killed cleanup left unfinished (mode 0600) is none, and goes later.
t_queue_empty() {
    [ -z "$(find "$SPOOL/incoming" "$SPOOL/active" "$SPOOL/deferred" "$SPOOL/maildrop" -type f -perm -100 2>/dev/null | head -n 1)" ]
}
t_files_in() { [ "$(find "$1" -path '*/tmp' -prune -o \( -path '*/new/*' -o -path '*/cur/*' \) -type f -print 2>/dev/null | wc -l)" -ge "$2" ]; }

# log_has 'what holds' regular-expression: now or soon
log_has() { eventually "$1" t_log_matches "$2"; }
# queue_is_empty 'what holds': now or soon
queue_is_empty() { eventually "$1" t_queue_empty; }
# maildir_has 'what holds' DIRECTORY COUNT: at least that many messages, now or soon
maildir_has() { eventually "$1" t_files_in "$2" "$3"; }
# maildir_files DIRECTORY: the message files in it
maildir_files() { find "$1/new" "$1/cur" -type f 2>/dev/null | sort; }
virtual_maildir() { echo "$MAILDIRS/example.test/$1/Maildir"; }

# session_user [FILE...]: $AS begins commands of the account whose mailbox is used without a login, by imapd -s or by Dovecot's
# imap, which refuses to be root; it owns the FILEs and may read the configuration
session_user() {
    mkdir -p "$T/self"
    AS="env HOME=$T/self USER=$(id -un)"
    [ $PRIVILEGED = yes ] || return 0
    [ $# = 0 ] || chown -R alice: "$@"
    chmod 755 "$CONF"
    chmod 644 "$CONF"/*
    AS="setpriv --reuid=alice --regid=alice --clear-groups env HOME=$T/home/alice USER=alice"
}

# --- tables in databases ------------------------------------------------------------------------------

# as_helper COMMAND...: as an ordinary user, for servers that refuse to run as root
as_helper() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=carol --regid=carol --clear-groups env HOME="$T/home/carol" "$@"
    else
        "$@"
    fi
}

# tables_prepare [main.cf lines]: a configuration for buzonmap with the modules that were built, and
# one for Debian's postmap in $T/theirs, to ask both the same; $T/db is for the server
tables_prepare() {
    mkdir -p "$T/theirs" "$T/queue" "$T/db"
    chmod 755 "$T" "$CONF"
    chmod 777 "$T/db"
    for t_side in "$CONF" "$T/theirs"; do
        printf '%s\n' 'compatibility_level = 3.6' 'myhostname = mail.example.test' "$@" \
            "queue_directory = $T/queue" >"$t_side/main.cf"
        : >"$t_side/master.cf"
    done
    printf '%s\n' "shlib_directory = $BUZON_STAGE/libexec/buzon" "meta_directory = $CONF" >>"$CONF/main.cf"
}
# ours, theirs ARGUMENT...: buzonmap, postmap; what they say, then the exit status
ours() { "$BUZON_STAGE/sbin/buzonmap" -c "$CONF" "$@" 2>&1 </dev/null; echo "status $?"; }
theirs() { postmap -c "$T/theirs" "$@" 2>&1 </dev/null; echo "status $?"; }
# said TOOL DIRECTORY TABLE: the answers of a tool to $T/same-keys, its status, and whether it could not tell
said() {
    "$1" -c "$2" -q - "$3" 2>"$T/same-errors" <"$T/same-keys"
    echo "status $?, $(grep -c ': fatal: .*error' "$T/same-errors")"
}
# same_answers TABLE KEY...: ours and postmap answer the same to the keys, up to one that cannot be answered,
# and agree that it cannot; warnings are worded differently.
same_answers() {
    t_table=$1
    shift
    printf '%s\n' "$@" >"$T/same-keys"
    t_ours=$(said "$BUZON_STAGE/sbin/buzonmap" "$CONF" "$t_table")
    # postmap waits for files to be some seconds old
    touch -d '1 minute ago' "$T/theirs/main.cf"
    [ ! -f "${t_table#*:}" ] || touch -d '1 minute ago' "${t_table#*:}"
    t_theirs=$(said postmap "$T/theirs" "$t_table")
    [ "$t_ours" = "$t_theirs" ] || {
        printf '%s: "%s" is not "%s"\n' "$t_table" "$t_ours" "$t_theirs" | cut -c 1-300
        cat "$T/same-errors"
        return 1
    }
}
# table_outage TYPE ONE TWO REASON: two tests. One process asks TYPE:$CONF/plain.cf before, while and after its server is away
# (start_server and stop_server are the test's); ONE and TWO are what it finds for ana@ and two@example.test, REASON is
# why it finds nothing at last.
table_outage() {
    mkfifo "$T/keys"
    "$BUZON_STAGE/sbin/buzonmap" -c "$CONF" -q - "$1:$CONF/plain.cf" <"$T/keys" >"$T/answers" 2>"$T/warnings" &
    t_asker=$!
    exec 8>"$T/keys"
    echo ana@example.test >&8
    wait_until 'the first answer' grep -q "$2" "$T/answers"
    stop_server
    start_server
    echo two@example.test >&8
    eventually 'a server that was started anew is found again' grep -q "$3" "$T/answers"
    stop_server
    echo ana@example.test >&8
    exec 8>&-
    wait "$t_asker"
    is 'a server that is away is no answer' "$? $(grep -c "fatal: table $1:.*query error: .*$4" "$T/warnings")" "1 1"
}
# has_module TYPE: both sides have the type, else the test is skipped
has_module() {
    [ -f "$BUZON_STAGE/libexec/buzon/buzon-$1.so" ] || skip_all "built without $1"
    postconf -m | grep -qx "$1" || skip_all "Postfix has no $1"
}
