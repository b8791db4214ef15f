#!/bin/sh
# sqlite: tables in SQLite files, next to postmap; and how modules are found.
. "$(dirname "$0")/../lib.sh"
need postmap python3
has_module sqlite
plan 15
tables_prepare
cat >"$T/make.py" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE alias (source text, target text, more text)")
db.executemany("INSERT INTO alias VALUES (?, ?, ?)", [
    ("ana@example.test", "box1", None), ("two@example.test", "a@x", "b@y"), ("two@example.test", "c", None),
    ("o'brien@example.test", "quoted", None), ("back\\slash", "slash", None), ("empty@example.test", "", None),
    ("null@example.test", None, None), ("count", 42, 1.5)])
db.commit()
END
python3 "$T/make.py" "$T/db/my mail, here.sqlite"
table() {
    { printf 'dbpath = %s/db/my mail, here.sqlite\n' "$T"; cat; } >"$CONF/$1.cf"
}
mkfifo "$T/db/fifo"
printf 'dbpath = %s/db/fifo\nquery = SELECT 1\n' "$T" >"$CONF/fifo.cf"
like 'a FIFO is no file' "$(ours -q x "sqlite:$CONF/fifo.cf")" 'query error: .*fifo is not a regular file'
table plain <<'END'
# comments, and lines that go on
query = SELECT target, more FROM alias
   WHERE source = '%s'
END
check 'a query with %s' same_answers "sqlite:$CONF/plain.cf" ana@example.test ANA@Example.Test two@example.test \
    "o'brien@example.test" 'back\slash' empty@example.test null@example.test count nobody "'" "''" \
    "x' OR '1'='1" "'; DROP TABLE alias; -- " "%s"
is 'the table has survived' "$(ours -q ana@example.test "sqlite:$CONF/plain.cf")" "box1
status 0"
table parts <<'END'
query = SELECT '%s', '%u', '%d', '%1', '%2', '%U', '%D', '100%%'
result_format = %s:%u:%S
END
check 'a query with parts of the key' same_answers "sqlite:$CONF/parts.cf" user+ext@mail.example.test user@one \
    @example.test plain "o'b@c'd.e'f"
table limit <<'END'
query = SELECT target FROM alias WHERE source = '%s'
expansion_limit = 1
END
check 'a limit of values' same_answers "sqlite:$CONF/limit.cf" two@example.test
table wrong <<'END'
query = SELECT nothing FROM alias WHERE source = '%s'
END
check 'a wrong query is no answer' same_answers "sqlite:$CONF/wrong.cf" ana@example.test
table template <<'END'
query = SELECT '%q'
END
like 'a wrong template is no answer' "$(ours -q x "sqlite:$CONF/template.cf")" "invalid query template: SELECT '%q'"
printf 'dbpath = %s/none\nquery = SELECT 1\n' "$T" >"$CONF/none.cf"
like 'a file that is not there is no answer' "$(ours -q x "sqlite:$CONF/none.cf")" 'unable to open database file'
printf 'dbpath\n' >"$CONF/malformed.cf"
like 'settings that are malformed are no answer' "$(ours -q x "sqlite:$CONF/malformed.cf")" "malformed.cf, line 1: missing '=' after attribute name: .dbpath."

# Modules: a drop-in of a package, another place, none, one that is not ours
sed -i "s,^shlib_directory.*,shlib_directory = $T/modules," "$CONF/main.cf"
mkdir "$T/modules" "$CONF/dynamicmaps.cf.d"
like 'no module' "$(ours -q x "sqlite:$CONF/plain.cf")" 'unsupported dictionary type: sqlite .*/modules/buzon-sqlite.so: cannot open'
cp "$BUZON_STAGE/libexec/buzon/buzon-sqlite.so" "$T/modules/other.so"
printf '# type object\npgsql none.so\nsqlite\tother.so\tmap_module\n' >"$CONF/dynamicmaps.cf.d/sqlite"
is 'a module named by a drop-in' "$(ours -q ana@example.test "sqlite:$CONF/plain.cf")" "box1
status 0"
printf 'sqlite %s/libexec/buzon/buzon-sqlite.so\n' "$BUZON_STAGE" >"$CONF/dynamicmaps.cf"
rm "$T/modules/other.so"
is 'a module named by its path' "$(ours -q ana@example.test "sqlite:$CONF/plain.cf")" "box1
status 0"
printf 'pgsql %s/libexec/buzon/buzon-sqlite.so\n' "$BUZON_STAGE" >"$CONF/dynamicmaps.cf"
like 'a module for another type' "$(ours -q x "pgsql:$CONF/plain.cf")" 'buzon-sqlite.so is for sqlite'
printf 'pgsql %s\n' "$(ldconfig -p | sed -n 's/.*libz.so.1 .*=> //p' | head -n 1)" >"$CONF/dynamicmaps.cf"
like 'a library that is no module' "$(ours -q x "pgsql:$CONF/plain.cf")" 'is no module of buzon'

# One of another version of buzon: its first member, the number of the interface, is another one.
module=$T/modules/newer.so
if command -v readelf >/dev/null 2>&1; then
    cp "$BUZON_STAGE/libexec/buzon/buzon-sqlite.so" "$module"
    symbol=$(readelf -W --dyn-syms "$module" | awk '$8 == "map_module" { print $2, $7; exit }')
    place=$(readelf -W -S "$module" | sed 's/^ *\[ *//; s/\]//' | awk -v n="${symbol#* }" '$1 == n { print $4, $5 }')
    printf '\143' | dd of="$module" bs=1 conv=notrunc seek=$((0x${symbol% *} - 0x${place% *} + 0x${place#* })) 2>/dev/null
    printf 'sqlite %s\n' "$module" >"$CONF/dynamicmaps.cf"
    like 'a module with another interface is refused by name' "$(ours -q x "sqlite:$CONF/plain.cf")" \
        "unsupported dictionary type: sqlite .*: $module has interface 99 instead of [0-9]+"
else
    ok 'a module with another interface is refused by name # SKIP readelf is not installed'
fi
