#!/bin/sh
# buzonmap and postmap, buzonalias and postalias: the same files, answers and messages.
. "$(dirname "$0")/../lib.sh"
need postmap postalias postconf
plan 57
mkdir -p "$T/ours" "$T/theirs" "$T/queue"
# Postfix's tools look at no file of the host, and their queue directory is never used.
for side in "$CONF" "$T/theirs"; do
    printf '%s\n' 'compatibility_level = 3.6' 'myhostname = mail.example.test' \
        "queue_directory = $T/queue" >"$side/main.cf"
    : >"$side/master.cf"
done
buzonmap() { "$BUZON_STAGE/sbin/buzonmap" -c "$CONF" "$@"; }
buzonalias() { "$BUZON_STAGE/sbin/buzonalias" -c "$CONF" "$@"; }
their() { t_their=$1; shift; "$t_their" -c "$T/theirs" "$@"; }

# same 'what' OURS THEIRS ARGUMENT...: output and status of both, names made equal; directories differ.
# Where theirs says only which table has a duplicate, ours says which line of the source.
same() {
    t_what=$1 t_our=$2 t_other=$3 t_dup='s/warning: .*: duplicate entry/duplicate entry/'
    shift 3
    ours=$(cd "$T/ours" && $t_our "$@" 2>&1 </dev/null; echo "status $?")
    theirs=$(cd "$T/theirs" && their $t_other "$@" 2>&1 </dev/null; echo "status $?")
    is "$t_what" "$(printf '%s' "$ours" | sed "s/^$t_our:/$t_other:/; $t_dup")" \
        "$(printf '%s' "$theirs" | sed "$t_dup")"
}

cat >"$T/source" <<'END'
# a comment
ABC            value
"foo bar"      baz  qux
"a b"@x        y
foo\ bar       escaped
two            lines
  of text
key:           like an alias
novalue
ABC            again
"open          quote
END
printf '\303\204\303\226 umlauts\nbad\377 octets\n' >>"$T/source"
seq 3000 | sed 's/.*/user&@example.test mailbox&@example.net/' >>"$T/source"
head -c 30000 /dev/zero | tr '\0' v | sed 's/^/long /' >>"$T/source"
cp "$T/source" "$T/ours/table"
cp "$T/source" "$T/theirs/table"

# entries DIRECTORY TOOL...: all that a tool finds in a table; postmap cannot list cdb tables
sed -n 's/^\(user[0-9]*@[^ ]*\) .*/\1/p' "$T/source" >"$T/keys"
entries() {
    t_where=$1
    shift
    case $type in
    cdb) (cd "$t_where" && "$@" -q - "$type:table" <"$T/keys") ;;
    *) (cd "$t_where" && "$@" -s "$type:table") ;;
    esac | sort | cksum
}

for type in hash btree lmdb cdb; do
    case $type in lmdb | cdb) postconf -m | grep -q $type || continue ;; esac
    same "$type: the same warnings" buzonmap postmap "$type:table"
    is "$type: we read their file as they do" "$(entries "$T/theirs" buzonmap)" "$(entries "$T/theirs" their postmap)"
    is "$type: they read our file as we do" "$(entries "$T/ours" their postmap)" "$(entries "$T/ours" buzonmap)"
    is "$type: both have the same entries" "$(cd "$T/ours" && buzonmap -s "$type:table" | sort | cksum)" \
        "$(cd "$T/theirs" && buzonmap -s "$type:table" | sort | cksum)"
    for key in abc ABC '"foo bar"' two long user1500@example.test 'äö' nobody; do
        same "$type: $key" buzonmap postmap -q "$key" "$type:table"
    done
done

# Their table without NUL, ours without NUL.
(cd "$T/theirs" && their postmap -n hash:table 2>/dev/null)
is 'their table without NUL' "$(cd "$T/theirs" && buzonmap -q abc hash:table)" value
(cd "$T/ours" && buzonmap -n hash:table 2>/dev/null)
is 'our table without NUL' "$(cd "$T/ours" && their postmap -q abc hash:table)" value

# They add to our table, we to theirs.
(cd "$T/ours" && echo 'added them' | their postmap -i hash:table)
is 'what they add to ours, we find' "$(cd "$T/ours" && buzonmap -q added hash:table)" them
(cd "$T/theirs" && echo 'added us' | buzonmap -i hash:table)
is 'what we add to theirs, they find' "$(cd "$T/theirs" && their postmap -q added hash:table)" us

printf 'Root: a,b , c  d\n"x y": "|cmd arg", :include:/x\nx@y: z\nq:\n: z\nno\nm,n: o\np : q\n' >"$T/ours/aliases"
cp "$T/ours/aliases" "$T/theirs/aliases"
same 'aliases: the same warnings' buzonalias postalias hash:aliases
is 'aliases: the same entries' "$(cd "$T/ours" && buzonalias -s hash:aliases | sort)" \
    "$(cd "$T/theirs" && buzonalias -s hash:aliases | grep -v ^YP_ | sort)"
is 'aliases: they read ours' "$(cd "$T/ours" && their postalias -q 'x y' hash:aliases)" '"|cmd arg", :include:/x'
cat >"$T/ours/rules" <<'END'
/^a(.)b$/      r$1
!/x/           no x
if /xx/
/(y+)(z)?/     [$1$2]
endif
/x/            $$x
END
same 'regexp: a group' buzonmap postmap -q aXb regexp:"$T/ours/rules"
same 'regexp: in an if' buzonmap postmap -q xxyyz regexp:"$T/ours/rules"
