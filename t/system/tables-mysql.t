#!/bin/sh
# mysql: tables in MariaDB, next to postmap; quoting, options, procedures, a restart in between.
. "$(dirname "$0")/../lib.sh"
PATH=$PATH:/usr/sbin
need postmap mariadbd mariadb-install-db mariadb
has_module mysql
plan 12
tables_prepare 'mainmy_hosts = unix:$queue_directory/../db/socket' 'mainmy_user = mail' 'mainmy_dbname = mail' \
    "mainmy_query = SELECT target FROM alias WHERE source = '%s'"
D=$T/db/data

start_server() {
    as_helper mariadbd --no-defaults --datadir="$D" --socket="$T/db/socket" --pid-file="$T/db/pid" --bind-address=127.0.0.1 \
        --port=13306 --skip-grant-tables --skip-networking=0 --innodb-buffer-pool-size=8M --innodb-log-file-size=4M \
        --aria-pagecache-buffer-size=1M --key-buffer-size=1M --skip-name-resolve --innodb-flush-log-at-trx-commit=0 \
        >>"$T/db/log" 2>&1 9>&- &
    wait_until "the server" as_helper mariadb --no-defaults -S "$T/db/socket" -e 'SELECT 1'
    T_HELPERS="${T_HELPERS:-} $(cat "$T/db/pid")"
}
stop_server() {
    t_pid=$(cat "$T/db/pid")
    kill "$t_pid"
    wait_until "the server's end" test ! -e "$T/db/pid"
}
as_helper mkdir -p "$D"
start_server
as_helper mariadb --no-defaults -S "$T/db/socket" <<'SQL'
CREATE DATABASE mail CHARACTER SET utf8mb4;
USE mail;
CREATE TABLE alias (source varchar(200), target varchar(200), more varchar(200)) ENGINE=Aria;
INSERT INTO alias VALUES
 ('ana@example.test', 'box1', NULL), ('two@example.test', 'a@x', 'b@y'), ('two@example.test', 'c', NULL),
 ('o''brien@example.test', 'quoted', NULL), ('back\\slash', 'slash', NULL), ('empty@example.test', '', NULL),
 ('"@example.test', 'double', NULL), ('mail.example.test', 'host', NULL), ('null@example.test', NULL, NULL);
SQL

table() {
    { printf 'hosts = inet:127.0.0.1:13306\nuser = mail\ndbname = mail\n'; cat; } >"$CONF/$1.cf"
}
table plain <<'END'
query = SELECT target, more FROM alias WHERE source = '%s'
END
check 'a query with %s' same_answers "mysql:$CONF/plain.cf" ana@example.test ANA@Example.Test two@example.test \
    "o'brien@example.test" 'back\slash' '\' '"@example.test' empty@example.test null@example.test nobody "'" "\\'" \
    "x' OR '1'='1" "\\' OR 1=1 -- " "'; DROP TABLE alias; -- " "%s"
is 'the table has survived' "$(ours -q ana@example.test "mysql:$CONF/plain.cf")" "box1
status 0"
table parts <<'END'
query = SELECT '%s', '%u', '%d', '%1', '%2', '%U', '%D', '100%%'
END
check 'a query with parts of the key' same_answers "mysql:$CONF/parts.cf" user+ext@mail.example.test user@one \
    @example.test plain a@b@c.d "o'b@c'd.e'f"
table result <<'END'
query = SELECT target, more FROM alias WHERE source = '%s'
result_format = smtp:[%s] %S
domain = example.test
END
check 'a result with the key, and a list of domains' same_answers "mysql:$CONF/result.cf" ana@example.test two@example.test mail.example.test
table legacy <<'END'
table = alias
select_field = target
where_field = source
additional_conditions = AND more IS NULL
END
check 'a query from pieces' same_answers "mysql:$CONF/legacy.cf" ana@example.test two@example.test
check 'settings in main.cf' same_answers mysql:mainmy ana@example.test nobody
printf '[client]\nport = 1\n[ours]\nsocket = %s\n' "$T/db/socket" >"$T/db/my.cnf"
printf 'hosts = localhost\nuser = mail\ndbname = mail\noption_file = %s\noption_group = ours\nquery = %s\n' "$T/db/my.cnf" \
    "SELECT target FROM alias WHERE source = '%s'" >"$CONF/options.cf"
check 'options from a file' same_answers "mysql:$CONF/options.cf" ana@example.test
table nothing <<'END'
query = DO '%s'
END
table allowed <<'END'
query = DO '%s'
require_result_set = no
END
check 'a statement without result is an error' same_answers "mysql:$CONF/nothing.cf" x
check 'unless it may have none' same_answers "mysql:$CONF/allowed.cf" x
table wrong <<'END'
query = SELECT nothing FROM alias WHERE source = '%s'
END
check 'a wrong query is no answer' same_answers "mysql:$CONF/wrong.cf" ana@example.test

table_outage mysql box1 'a@x,b@y,c' 'connect'
