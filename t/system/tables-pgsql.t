#!/bin/sh
# pgsql: tables in PostgreSQL, next to postmap; the server goes away and comes back.
. "$(dirname "$0")/../lib.sh"
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')
need postmap initdb postgres
has_module pgsql
plan 16
tables_prepare
D=$T/db/data

start_server() {
    as_helper pg_ctl -s -w -D "$D" -l "$T/db/log" start \
        -o "-k $T/db -c listen_addresses=127.0.0.1 -c port=15432 -F" 9>&-
    T_HELPERS="${T_HELPERS:-} $(head -n 1 "$D/postmaster.pid")"
}
stop_server() { as_helper pg_ctl -s -w -D "$D" -m fast stop; }
as_helper initdb -D "$D" -A trust -U mail -E UTF8 -N --no-instructions >"$T/db/init" 2>&1 || diag "$(cat "$T/db/init")"
start_server
as_helper psql -q -h "$T/db" -p 15432 -U mail postgres <<'SQL'
CREATE TABLE alias (source text, target text, more text);
INSERT INTO alias VALUES
 ('ana@example.test', 'box1', NULL), ('two@example.test', 'a@x', 'b@y'), ('two@example.test', 'c', NULL),
 ('o''brien@example.test', 'quoted', NULL), ('back\slash', 'slash', NULL), ('empty@example.test', '', NULL),
 ('ümlaut@example.test', 'ü', NULL), ('mail.example.test', 'host', NULL), ('null@example.test', NULL, NULL);
CREATE FUNCTION target_of(text) RETURNS text AS 'SELECT target FROM alias WHERE source = $1 LIMIT 1' LANGUAGE sql;
SQL

# table NAME: its settings on standard input, behind those that all have
table() {
    { printf 'hosts = inet:127.0.0.1:15432\nuser = mail\ndbname = postgres\n'; cat; } >"$CONF/$1.cf"
}
table plain <<'END'
query = SELECT target, more FROM alias WHERE source = '%s'
END
KEYS="ana@example.test ANA@Example.Test two@example.test o'brien@example.test back\\slash empty@example.test
    null@example.test nobody@example.test ' '' \\' x'--"
check 'a query with %s' same_answers "pgsql:$CONF/plain.cf" $KEYS "x' OR '1'='1" "'; DROP TABLE alias; --" "%s %d"
is 'the table has survived, and knows more than ASCII' "$(ours -q ümlaut@example.test "pgsql:$CONF/plain.cf")" "ü
status 0"
table parts <<'END'
query = SELECT '%s', '%u', '%d', '%1', '%2', '%S', '%U', '%D', '100%%'
END
check 'a query with parts of the key' same_answers "pgsql:$CONF/parts.cf" user+ext@mail.example.test \
    user@one @example.test plain a@b@c.d user@.x user@x..y "o'b@c'd.e'f" user@a. user@
table result <<'END'
query = SELECT target, more FROM alias WHERE source = '%s'
result_format = smtp:[%s] %S %U %D %2
END
check 'a result with parts of the key' same_answers "pgsql:$CONF/result.cf" ana@example.test two@example.test mail.example.test
table split <<'END'
query = SELECT target, more FROM alias WHERE source = '%s'
result_format = %u at %d
END
check 'a result with parts of the value' same_answers "pgsql:$CONF/split.cf" ana@example.test two@example.test
table domain <<'END'
query = SELECT target FROM alias WHERE source = '%s'
domain = example.test
END
check 'a list of domains' same_answers "pgsql:$CONF/domain.cf" ana@example.test mail.example.test @example.test x@other.test
table limit <<'END'
query = SELECT target FROM alias WHERE source = '%s'
domain = inline:{example.test=x}
expansion_limit = 1
END
check 'a list of domains that is a table' same_answers "pgsql:$CONF/limit.cf" ana@example.test mail.example.test
check 'a limit of values' same_answers "pgsql:$CONF/limit.cf" two@example.test
table legacy <<'END'
table = alias
select_field = target
where_field = source
additional_conditions = AND more IS NULL
END
check 'a query from pieces' same_answers "pgsql:$CONF/legacy.cf" ana@example.test two@example.test
table function <<'END'
select_function = target_of
END
check 'a function' same_answers "pgsql:$CONF/function.cf" ana@example.test nobody
table wrong <<'END'
query = SELECT nothing FROM alias WHERE source = '%s'
END
check 'a wrong query is no answer' same_answers "pgsql:$CONF/wrong.cf" ana@example.test
table slow <<'END'
query = SELECT pg_sleep(3600), '%s'
timeout = 1
END
like 'a server that does not answer is not waited for' "$(ours -q ana@example.test "pgsql:$CONF/slow.cf")" \
    'query error: .*the server does not answer'
cat >"$CONF/stopped.cf" <<END
hosts = postgresql://mail@/postgres?host=$T/db&port=15432
query = SELECT target FROM alias WHERE source IN ($(yes "'%s'," | head -n 30 | tr -d '\n') '')
timeout = 1
END
mkfifo "$T/stopped"
"$BUZON_STAGE/sbin/buzonmap" -c "$CONF" -q - "pgsql:$CONF/stopped.cf" <"$T/stopped" >"$T/answers" 2>&1 &
ASKER=$!
exec 8>"$T/stopped"
echo ana@example.test >&8
wait_until 'a connection' grep -q box1 "$T/answers"
STOPPED=$(as_helper psql -At -h "$T/db" -p 15432 -U mail postgres \
    -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'buzon'")
kill -STOP $STOPPED
{ head -c 50000 /dev/zero | tr '\0' a; echo; echo two@example.test; } >&8
exec 8>&-
eventually 'a server that reads no statement is not waited for' grep -q 'a@x,c' "$T/answers"
kill -CONT $STOPPED
wait "$ASKER"
rm "$T/answers"
sed "s,^hosts.*,hosts = inet:127.0.0.1:1 postgresql://mail@127.0.0.1:15432/postgres," "$CONF/plain.cf" >"$CONF/two.cf"
is 'one of two servers answers, named by an URI' "$(ours -q ana@example.test "pgsql:$CONF/two.cf" | grep -v warning)" "box1
status 0"

table_outage pgsql box1 'a@x,b@y,c' 'connect'
