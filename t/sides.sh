# Two sides for tests that compare our tools with Postfix's: a directory with configuration, tools by
# Postfix's names, and work for each. Source it after lib.sh.

# sides_prepare: main.cf lines for both sides on standard input
sides_prepare() {
    cat >"$T/both.cf"
    for t_side in ours theirs; do
        mkdir -p "$T/$t_side/bin" "$T/$t_side/conf" "$T/$t_side/work" "$T/$t_side/queue" "$T/$t_side/data"
        cat - "$T/both.cf" >"$T/$t_side/conf/main.cf" <<END
compatibility_level = 3.6
myhostname = mail.example.test
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination =
alias_maps =
alias_database =
queue_directory = $T/$t_side/queue
data_directory = $T/$t_side/data
command_directory = $T/$t_side/bin
END
        : >"$T/$t_side/conf/master.cf"
    done
    sides_ours
    sides_theirs
    PATH=$PATH:/usr/sbin
}

# Ours, by their names.
sides_ours() {
    for t_tool in map alias queue super cat log lock kick multi drop conf; do
        [ -f "$BUZON_STAGE/sbin/buzon$t_tool" ] || continue
        cp "$BUZON_STAGE/sbin/buzon$t_tool" "$T/ours/bin/post$t_tool"
    done
    cp "$BUZON_STAGE/sbin/buzon" "$T/ours/bin/postfix"
    for t_tool in sendmail mailq newaliases; do
        cp "$BUZON_STAGE/sbin/sendmail" "$T/ours/bin/$t_tool"
    done
    cat >>"$T/ours/conf/main.cf" <<END
daemon_directory = $BUZON_STAGE/libexec/buzon
mail_owner = $MAIL_OWNER
net_owner = $NET_OWNER
setgid_group = $DROP_GROUP
syslog_name = postfix
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
    while IFS= read -r t_line; do
        case $t_line in
        'ok - '*) T_COUNT=$((T_COUNT + 1)) t_line="ok $T_COUNT - ${t_line#ok - }" ;;
        'not ok - '*)
            T_COUNT=$((T_COUNT + 1)) T_FAILED=$((T_FAILED + 1))
            t_line="not ok $T_COUNT - ${t_line#not ok - }"
            ;;
        esac
        printf '%s\n' "$t_line" # its backslashes are for the shell
    done <"$T/compared"
}
