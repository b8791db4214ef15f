#!/bin/sh
# Settings of tables that cannot be what they say: neither we nor Postfix ask such a table, by the same reason. A limit
# that counted for nothing, or a filter that was left out, would answer what nobody meant.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap postconf python3
# TYPE SETTING; one that begins with table_ stands in main.cf, of the table TYPE:table. "|" begins another line.
cat >"$T/cases" <<'END'
sqlite expansion_limit = x
sqlite expansion_limit =
sqlite expansion_limit = 0x2
sqlite expansion_limit = 99999999999
sqlite expansion_limit = $limit
sqlite result_format =
sqlite no name
sqlite two words = x
sqlite = x
sqlite query =|table =
sqlite table_expansion_limit = x
sqlite table_expansion_limit = $table_expansion_limit
sqlite table_expansion_limit = ${x
sqlite table_domain = ${x
sqlite table_query = ${{a} == {b} ? {x}
sqlite table_result_format = $nosuch
pgsql dbname =
pgsql expansion_limit = 1x
pgsql table = a|select_field =
mysql dbname =
mysql require_result_set = x
mysql tls_verify_cert = x
mysql table = a|select_field = b|where_field =
ldap server_host =
ldap server_port = x
ldap timeout = abc
ldap version = x
ldap size_limit = x
ldap recursion_limit = x
ldap scope =
ldap bind = foo
ldap bind =
ldap start_tls = foo
ldap tls_require_cert = x
ldap chase_referrals = x
ldap dereference = x
ldap debuglevel = x
memcache timeout = abc
memcache ttl = 1h
memcache flags = x
memcache retry_pause = x
memcache data_size_limit = x
END
while read -r type rest; do
    [ -f "$BUZON_STAGE/libexec/buzon/buzon-$type.so" ] || [ "$type" = memcache ] && postconf -m | grep -qx "$type" &&
        printf '%s %s\n' "$type" "$rest"
done <"$T/cases" >"$T/chosen"
plan $(($(wc -l <"$T/chosen") + 4))
tables_prepare
sides_impatient "$T/impatient.so"
[ ! -f "$T/impatient.so" ] || IMPATIENT="env LD_PRELOAD=$T/impatient.so"
python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript("CREATE TABLE t (k, v); INSERT INTO t VALUES (\"key\", \"value\"); INSERT INTO t VALUES (\"key\", \"more\")")' "$T/db/sqlite"
# what TYPE TOOL...: what it says about a table that would answer but for the setting; the words of what is malformed
# in main.cf differ, for ours has its line.
what() {
    t_type=$1
    shift
    "$@" -q key "$t_type:$NAME" 2>&1 </dev/null | grep -v overriding |
        sed -e 's/^buzonmap/postmap/' -e 's/.*\(truncated\|nesting\|refers to itself\|macro processing\|need a condition\).*/malformed/' | uniq
}
# sound TYPE: settings that nothing is wrong with
sound() {
    case $1 in
    sqlite) printf '%s\n' "dbpath = $T/db/sqlite" "query = SELECT v FROM t WHERE k = '%s'" ;;
    ldap) printf '%s\n' 'server_host = ldap://127.0.0.1:1' 'search_base = dc=test' 'version = 3' ;;
    memcache) echo 'memcache = inet:127.0.0.1:1' ;;
    *) printf '%s\n' 'hosts = inet:127.0.0.1:1' 'user = x' 'dbname = x' ;;
    esac
    case $1,$2 in
    mysql,table* | pgsql,table*) ;;
    mysql,* | pgsql,*) echo 'query = SELECT 1' ;;
    esac
}
# settings TYPE SETTING: into the table's file or main.cf; $NAME is where
settings() {
    NAME=$CONF/settings.cf
    for t_side in "$CONF" "$T/theirs"; do
        sed -i '/^table_/d' "$t_side/main.cf"
    done
    case $2 in
    table_*)
        NAME=table
        for t_side in "$CONF" "$T/theirs"; do
            { sound "$1" "$2" | sed 's/^/table_/' && echo "$2"; } >>"$t_side/main.cf"
        done
        ;;
    *) { sound "$1" "$2" && printf '%s\n' "$2" | tr '|' '\n'; } >"$NAME" ;;
    esac
    touch -d '1 minute ago' "$T/theirs/main.cf" "$CONF/settings.cf"
}
while read -r type setting; do
    settings "$type" "$setting"
    # shellcheck disable=SC2086 # several words
    is "$type: $setting" "$(what "$type" "$BUZON_STAGE/sbin/buzonmap" -c "$CONF")" \
        "$(what "$type" ${IMPATIENT:-} postmap -c "$T/theirs")"
done <"$T/chosen"

settings sqlite 'expansion_limit = +9'
is 'numbers may have a sign' "$(ours -q key "sqlite:$NAME" | head -n 1)" value,more
settings sqlite 'expansion_limit = -1'
check 'less than nothing is no limit' same_answers "sqlite:$NAME" key
settings sqlite 'expansion_limit = 1|expansion_limit = 2'
like 'a setting that is there twice is told, without its value' "$(ours -q key "sqlite:$NAME")" \
    "warning: $NAME, line 4: overriding earlier entry: expansion_limit\$"
settings ldap 'scope = subtree'
like 'a scope that nobody knows is the default' "$(ours -q key "ldap:$NAME")" "warning: $NAME: unrecognized value subtree .*; using sub\$"
