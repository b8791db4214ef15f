#!/bin/sh
# buzonmap and buzonalias: sources, options, exit status, and that a failure leaves the old table.
. "$(dirname "$0")/../lib.sh"
plan 61
mkdir -p "$T/tables" && cd "$T/tables" || exit 1
printf 'compatibility_level = 3.6\nmyhostname = mail.example.test\n' >"$CONF/main.cf"
export MAIL_CONFIG=$CONF
map() { "$BUZON_STAGE/sbin/buzonmap" "$@"; }
alias_tool() { "$BUZON_STAGE/sbin/buzonalias" "$@"; }

# --- making and asking ----------------------------------------------------------------------------
cat >source <<'END'
# comment
Ana@Example.test  ana
luis@example.test first,
    second
"white space"@x   quoted
END
for type in hash btree lmdb; do
    check "$type: made" map "$type:source"
    is "$type: a key is found, whatever its case" "$(map -q ana@EXAMPLE.test "$type:source")" ana
    is "$type: lines are joined" "$(map -q luis@example.test "$type:source")" 'first,    second'
    is "$type: a quoted key" "$(map -q '"white space"@x' "$type:source")" quoted
    map -q nobody "$type:source" >out 2>&1
    is "$type: what is not there is status 1" $? 1
    is "$type: and nothing is said" "$(cat out)" ""
done
is 'the type without a name is default_database_type' "$(map source && map -q ana@example.test source)" ana
is 'many keys from standard input' "$(printf 'ana@example.test\nnobody\nluis@example.test' | map -q - hash:source)" \
    "$(printf 'ana@example.test\tana\nluis@example.test\tfirst,    second')"
is 'the first table that has it' "$(map -q ana@example.test static:one hash:source)" one
is 'a listing has everything' "$(map -s lmdb:source | wc -l | tr -d ' ')" 3
is 'keys keep their case with -f' "$(printf 'AbC x\n' >case && map -f hash:case && map -fq AbC hash:case)" x
map -q x hash:nothere >out 2>&1
is 'a table that is not there is status 1' $? 1
like 'and says so' "$(cat out)" 'fatal: open database nothere.db: No such file'

# --- what is wrong with a source -------------------------------------------------------------------
printf 'a 1\nnovalue\na 2\nx: y\n"open z\n' >bad
map hash:bad >out 2>&1
is 'bad lines do not stop it' $? 0
like 'a line without value' "$(cat out)" 'warning: bad, line 2: expected format: key whitespace value'
like 'a duplicate' "$(cat out)" 'warning: bad.*, line 3: duplicate entry: "a"'
like 'an alias line' "$(cat out)" 'warning: bad, line 4: record is in "key: value" format; is this an alias file'
like 'a quote without end' "$(cat out)" "warning: bad, line 5: unbalanced '\"' in"
is 'the first of two counts' "$(map -q a hash:bad)" 1
is 'no word with -w' "$(map -w hash:bad 2>&1 | grep -c duplicate)" 0

# --- changes ----------------------------------------------------------------------------------------
is 'an entry is added' "$(echo 'new value' | map -i hash:source && map -q new hash:source)" value
is 'the others stay' "$(map -q ana@example.test hash:source)" ana
is 'and replaced with -r' "$(echo 'new other' | map -ir hash:source && map -q new hash:source)" other
check 'an entry is removed' map -d new hash:source
is 'it is gone' "$(map -q new hash:source)" ""
map -d new hash:source
is 'removing nothing is status 1' $? 1

# --- failures leave the old table ----------------------------------------------------------------------
before=$(ls -i source.db)
rm -f source.new && mv source source.new
map hash:source 2>/dev/null
is 'a source that is not there leaves the table' "$? $(ls -i source.db)" "1 $before"
mv source.new source
seq 100000 | sed 's/$/ value/' | (ulimit -f 100 && trap '' XFSZ && map -i hash:source) >out 2>&1
is 'a full disk leaves the table' "$? $(ls -i source.db)" "1 $before"
is 'and no half one beside it' "$(ls | grep -c '\.new$')" 0
mkfifo pipe
"$BUZON_STAGE/sbin/buzonmap" -i hash:source <pipe 2>/dev/null &
exec 9>pipe
while ! ls | grep -q '\.new$'; do sleep 0.05; done
kill -TERM $!
wait $!
is 'an interrupted one is status 1' $? 1
exec 9>&-
is 'and leaves the table' "$(ls -i source.db) $(ls | grep -c '\.new$')" "$before 0"

# --- JSON ---------------------------------------------------------------------------------------------------
is 'an answer in JSON' "$(map -jq '"hi"' 'inline:{"hi"=a\b}')" '{"\"hi\"": "a\\b"}'
is 'answers in JSON' "$(printf 'a\nb\nc\n' | map -jq - inline:{a=1,c=3} | tr '\n' ' ')" '{"a": "1"} {"c": "3"} '
is 'a table in JSON' "$(map -js inline:{a=1,c=3} | sort | tr '\n' ' ')" '{"a": "1"} {"c": "3"} '
is 'aliases in JSON' "$(printf 'a: b, c\n' | alias_tool -i hash:json && alias_tool -js hash:json | grep -v @)" '{"a": "b, c"}'

# --- whose it is ------------------------------------------------------------------------------------------
printf 'a b\n' >private && chmod 600 private && map hash:private
is 'a new table has the mode of its source' "$(stat -c %a private.db)" 600

# --- aliases -------------------------------------------------------------------------------------------------
printf 'Root:  alice ,bob\n"a b": "|cat >x", :include:/y\nx@y: z\nnocolon\n' >aliases
alias_tool hash:aliases 2>out
is 'values are written plainly' "$(alias_tool -q root hash:aliases)" 'alice, bob'
is 'quotes of names go, those of values stay' "$(alias_tool -q 'a b' hash:aliases)" '"|cat >x", :include:/y'
like 'names must be local' "$(cat out)" 'line 3: name must be local'
like 'and have a colon' "$(cat out)" 'line 4: need name:value pair'

# --- the log ---------------------------------------------------------------------------------------------------
printf 'maillog_file = %s/maillog\nmaillog_file_prefixes = %s\nsyslog_name = mta\n' "$T" "$T" >>"$CONF/main.cf"
map hash:bad >out 2>&1
is 'a warning is on standard error, by the name of the tool' "$(grep -c '^buzonmap: warning: bad, line 2' out)" 1
like 'and in the log' "$(cat "$T/maillog")" ' mta/buzonmap\[[0-9]+\]: warning: bad, line 2: expected format'
ln -s "$BUZON_STAGE/sbin/buzonmap" postmap
./postmap hash:nothere >out 2>&1
is 'what ends it too' "$? $(grep -c '^postmap: fatal: ' out) $(grep -c ' mta/postmap\[[0-9]*\]: fatal: ' "$T/maillog")" '1 1 1'
alias_tool hash:aliases 2>out
is "an alias table's" "$(grep -c '^buzonalias: warning: ' out) $(grep -c ' mta/buzonalias\[[0-9]*\]: warning: ' "$T/maillog")" '2 2'
map -q a hash:bad >out 2>&1
is 'what goes well leaves no line' "$(cat out) $(grep -c . "$T/maillog")" "1 $(grep -c -e warning -e fatal "$T/maillog")"
sed -i '/^maillog_file /d' "$CONF/main.cf"
printf 'maillog_file = %s/no/such/directory\n' "$T" >>"$CONF/main.cf"
map hash:bad >out 2>&1
is 'a log that cannot be written keeps no table from being made' "$? $(grep -c '^buzonmap: warning: bad, line 2' out)" '0 1'
printf 'maillog_file = /etc/not-permitted\n' >>"$CONF/main.cf"
map hash:bad >out 2>&1
is 'nor one that is not permitted' "$? $(grep -c '^buzonmap: warning: bad, line 2' out) $(ls /etc/not-permitted 2>&1 | grep -c 'No such')" '0 1 1'

# --- what takes long ------------------------------------------------------------------------------
at_terminal() { python3 "$T_SOURCE/tool/terminal.py" "$BUZON_STAGE/sbin/buzonmap hash:large" | tr '\r' '\n'; }
rows=100000
until seq $rows | sed 's/.*/key& value/' >large && at_terminal >out && grep -q '^buzonmap: hash:large \[#* *\] *[0-9]*%$' out; do
    rows=$((rows * 2)) # it was made at once
    [ $rows -lt 10000000 ] || break
done
like 'whoever waits at a terminal sees how far it is' "$(grep % out | tail -n 1)" '^buzonmap: hash:large \[#+ *\] +[0-9]+%$'
map hash:large >out 2>&1
is 'nobody else does' "$(cat out)" ''
