#!/bin/sh
# postmap and postalias: the same invocations of Postfix's and ours, by the same names.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap postalias

cat >"$T/cases" <<'CASES'
# usage
postmap
postmap -z
postmap -c
postmap -q
postmap -s -q x hash:table
postmap -q a -d b hash:table
postmap -d a -s hash:table
postmap -q a -q b hash:table
postmap -d a -d b hash:table
postmap -b -q x hash:table
postmap -h hash:table
postmap -m hash:table
postmap -bh -d - hash:table
postmap -m -q - hash:table </dev/null
postmap -q x
postmap -c /nonexistent -q x hash:table
postalias
postalias -z
postalias -b -q - hash:aliases
postalias -q a -d b hash:aliases
postalias -s -q a hash:aliases

# building
rm table.db; postmap hash:table; ls -l table.db | cut -c1-10
postmap table; postmap -q abc table
postmap btree:tree; postmap -s btree:tree
postmap lmdb:table
postmap hash:nothere
postmap hash:empty && postmap -s hash:empty
postmap -w hash:table; echo $?
echo abc other >table; postmap -r hash:table; postmap -q abc hash:table
postmap -f hash:table; postmap -q ABC hash:table; postmap -q abc hash:table; postmap -fq ABC hash:table
postmap hash:table btree:tree; ls *.db
postmap -v -q abc hash:table 2>/dev/null
~Debian's speaks of packages of its own / ^postmap: fatal: unsupported map type for this operation: nosuch$
postmap nosuch:table
postmap static:x
postmap inline:x
~one reason for all types / ^postmap: fatal: unsupported map type for this operation: pcre$
postmap pcre:rules
~ours says which file it makes before it becomes the table / ^postmap: fatal: create database nodir/fresh.db.*: No such file or directory$
echo x y | postmap -i hash:nodir/fresh
postmap hash:binary; postmap -s hash:binary | sort
postmap -u hash:binary; postmap -s hash:binary | sort
rm table.db; postmap -o hash:table; ls -l table.db | cut -c1-10
rm table.db; chmod 600 table; postmap hash:table; ls -l table.db | cut -c1-10
rm table.db; chmod 600 table; postmap -p hash:table; ls -l table.db | cut -c1-10
rm table.db; chmod 664 table; postmap hash:table; ls -l table.db | cut -c1-10
rm table.db; chmod 640 table; umask 077; postmap hash:table; ls -l table.db | cut -c1-10
chmod 600 table; postmap hash:table; ls -l table.db | cut -c1-10
?root
~theirs cannot open what the owner of the source may not write; here only its directory counts / status 0
chown nobody table; postmap hash:table; ls -l table.db | cut -c1-15
?root
chown nobody table .; rm table.db; postmap hash:table; ls -l table.db | cut -c1-18
?root
chown nobody table; rm table.db; postmap -o hash:table; ls -l table.db | cut -c1-15

# -F
postmap -F hash:files
postmap -Fq one hash:files
postmap -q one hash:files
    postmap -Fs hash:files
    postmap -s hash:files | sort
    echo 'key nosuchfile' | postmap -iF hash:files
echo 'one one.pem' | postmap -Fq - hash:files
postmap -Fq abc hash:table
postmap -Fq abc lmdb:table
postmap -Fq one texthash:inner
~here one that is broken does not hide the others' trouble until it is asked for / key none: open nosuchfile: No such file
postmap -Fq none texthash:files

# asking
postmap -q abc hash:table
postmap -q ABC hash:table
postmap -q nobody hash:table
postmap -q '' hash:table
postmap -q abc hash:nosuch
postmap -q abc hash:nosuch hash:table
postmap -q two hash:table btree:nosuch
postmap -q nobody hash:table btree:nosuch
~ours says what is wrong with it / ^postmap: fatal: open database table.db: it is no btree file$
postmap -q abc btree:table
postmap -q x nosuch:table
postmap -q - hash:table <keys
postmap -q - hash:table btree:tree <keys
postmap -fq - hash:table <keys
postmap -fq ABC texthash:table
postmap -fq abc texthash:table
postmap -q abc texthash:table
~ours reads the table once, and tells what is there twice for whoever folds keys / ^ABC	one
postmap -fq - texthash:capitals <keys
postmap -q - texthash:capitals <keys
postmap -fq A 'inline:{a=one,A=two,A=three}'
postmap -fq a 'inline:{a=one,A=two,A=three}'
postmap -q A 'inline:{a=one,A=two,A=three}'
postmap -q - hash:table </dev/null
postmap -q - hash:nosuch </dev/null
postmap -q - hash:nosuch <keys
~both forms of keys are found / ^value
postmap -nq abc hash:table
postmap -Nq abc hash:table
postmap -q aXb regexp:rules
postmap -q AXB pcre:rules
postmap -q - pcre:rules <keys
postmap -q 192.0.2.7 cidr:networks
postmap -q 198.51.100.7 cidr:networks
postmap -q x static:value
postmap -q x inline:{x=y,{z = a b}}
postmap -q z 'inline:{x=y,{z = a b}}'
postmap -q anything 'pipemap:{inline:{anything=a},inline:{a=b}}'
postmap -q anything 'unionmap:{inline:{anything=a},inline:{anything=b}}'
postmap -q HOME environ:x
~ours says why / ^postmap: fatal: table fail:x: query error: 
postmap -q abc fail:x
postmap -q root unix:passwd.byname
postmap -U -q abc hash:table
postmap -q bad hash:binary
printf 'bad\377\nabc\n' | postmap -q - hash:binary hash:table
printf 'bad\377\nabc\n' | postmap -Uq - hash:binary hash:table
postmap -u -q abc hash:table

# messages as keys
postmap -hq - pcre:content <message
postmap -bq - pcre:content <message
postmap -hbq - pcre:content <message
postmap -hmq - pcre:content <message
postmap -hbmq - pcre:content <message
postmap -bmq - pcre:content <message
postmap -hbmq - pcre:content <multipart
postmap -hbq - pcre:content <multipart
postmap -hmq - pcre:content <multipart
postmap -bmq - pcre:content <multipart
postmap -hq - pcre:content </dev/null
postmap -hbq - pcre:content <bare
postmap -hbmq - pcre:content <mime-bad
postmap -bq - 'pcre:{{/^$/ empty}}' <message

# listing
postmap -s hash:table | sort
~all tables that are named are listed / ^abc	tree\n.*^two	trees
postmap -s hash:table btree:tree | sort
postmap -s lmdb:table | sort
postmap -s hash:nosuch
postmap -s pcre:rules
postmap -s static:x
postmap -s texthash:inner | sort
postmap -s table | wc -l

# taking out, adding
postmap -d two hash:table; postmap -q two hash:table
    postmap -d two hash:table
postmap -d nobody hash:nosuch
postmap -d - hash:table <keys; postmap -s hash:table | sort
postmap -d - hash:table </dev/null
~one reason for all types / ^postmap: fatal: unsupported map type for this operation: static$
postmap -d two static:x
~one reason for all types / ^postmap: fatal: unsupported map type for this operation: pcre$
postmap -d two pcre:rules
postmap -d '' hash:table
postmap -d two hash:table btree:tree; postmap -s btree:tree
echo 'added by us' | postmap -i hash:table; postmap -q added hash:table
~ours says where the second one stands / ^by us.* stdin, line 1: duplicate entry: "added"$
    echo 'added again' | postmap -i hash:table; postmap -q added hash:table
    echo 'added again' | postmap -ir hash:table; postmap -q added hash:table
    echo 'added twice' | postmap -iw hash:table; postmap -q added hash:table
printf 'broken\n"x y" z\n' | postmap -i hash:table; postmap -q 'x y' hash:table
echo 'new table' | postmap -i btree:fresh; postmap -s btree:fresh

# what stands where
postmap hash:table -q abc
postmap -q abc hash:table -s
postmap -q abc -- hash:table
postmap -qabc hash:table
postmap -vq abc hash:table 2>/dev/null
postmap -fq ABC hash:table
postmap -oq abc hash:table
postmap -wq abc hash:table
postmap -rq abc hash:table
postmap -pq abc hash:table
postmap -iq abc hash:table </dev/null
postmap -is hash:table </dev/null | sort
postmap -d abc -r hash:table
postmap -bq abc hash:table
postmap -mq - hash:table <keys
postmap -c . -q abc hash:table
~an empty name is none / ^value\n.*status 0$
postmap -c '' -q abc hash:table
postmap -c $SIDE/conf -q abc hash:table
MAIL_CONFIG=/nonexistent postmap -q abc hash:table
echo 'x y' | postmap -io hash:table; postmap -q x hash:table
echo 'x y' | postmap -iN hash:table; postmap -q x hash:table
echo 'X y' | postmap -if hash:table; postmap -q x hash:table; postmap -fq X hash:table
echo 'x y' | postmap -iu hash:table; postmap -q x hash:table
echo 'x y' | postmap -i hash:table btree:tree; postmap -q x hash:table; postmap -q x btree:tree
printf 'x y\n z\n' | postmap -i hash:table; postmap -q x hash:table
printf 'x' | postmap -i hash:table; postmap -q x hash:table
printf '' | postmap -i hash:table; postmap -s hash:table | wc -l
postmap -i hash:nothere </dev/null; ls nothere.db
~ours says which file it makes before it becomes the table / ^postmap: fatal: create database nothere/x.db.*: No such file
postmap -i hash:nothere/x </dev/null
postmap -p hash:table; ls -l table.db | cut -c1-10
postmap -n hash:table; postmap -nq abc hash:table
postmap -F hash:table 2>&1 | head -n 3
postmap -Fi hash:files <one.pem
postmap hash:table hash:table; postmap -q abc hash:table
postmap hash:nothere hash:table; postmap -q abc hash:table
postmap hash:table nosuch:x; ls table.db
chmod 0 table; postmap hash:table; postmap -q abc hash:table
printf 'a b' >"$(printf 'n\303\251')"; postmap "hash:$(printf 'n\303\251')"; postmap -q a "hash:$(printf 'n\303\251')"
postmap -q abc hash:./table
postmap -q abc hash:$PWD/table
postmap -q abc hash:../$(basename $PWD)/table
postmap -q abc HASH:table
postmap -q abc ' hash:table'
postmap -q abc hash::table
~all tables that are named are listed / ^postmap: fatal: open database nothere.db: No such file
postmap -s hash:table hash:nothere | sort
postmap -d abc hash:table hash:nothere; postmap -q abc hash:table
postmap -d abc hash:nothere hash:table; postmap -q abc hash:table
printf 'abc\nabc\n' | postmap -d - hash:table
printf ' abc\n' | postmap -d - hash:table
printf 'ABC\n' | postmap -d - hash:table; postmap -q abc hash:table
printf 'ABC\n' | postmap -fd - hash:table; postmap -q abc hash:table

# aliases
postalias hash:aliases -q root
~ours makes no entries for NIS / ^7$
postalias -s hash:aliases | grep -c .
postalias -qroot hash:aliases
postalias -q '"x y"' hash:aliases
postalias -q ' root' hash:aliases
postalias -q '' hash:aliases
postalias -iq root hash:aliases </dev/null
printf 'x: y\n z\n' | postalias -i hash:aliases; postalias -q x hash:aliases
printf 'x: y, z\n' | postalias -if hash:aliases; postalias -q x hash:aliases
printf 'x y\n' | postalias -i hash:aliases; postalias -q x hash:aliases
~ours says where the second one stands / ^a, b, c d\n.* stdin, line 1: duplicate entry
printf 'root: other\n' | postalias -i hash:aliases; postalias -q root hash:aliases
printf 'root: other\n' | postalias -ir hash:aliases; postalias -q root hash:aliases
printf 'root: other\n' | postalias -iw hash:aliases; postalias -q root hash:aliases
chmod 600 aliases; postalias hash:aliases; ls -l aliases.db | cut -c1-10
chmod 600 aliases; rm aliases.db; postalias hash:aliases; ls -l aliases.db | cut -c1-10
chmod 600 aliases; rm aliases.db; postalias -p hash:aliases; ls -l aliases.db | cut -c1-10
postalias -h hash:aliases
postalias -F hash:aliases
postalias -u hash:aliases
postalias -d ROOT hash:aliases; postalias -q root hash:aliases
postalias -fd ROOT hash:aliases; postalias -q root hash:aliases
postalias hash:aliases; postalias -s hash:aliases | grep -v ^YP | sort
postalias aliases
postalias -q root hash:aliases
postalias -q ROOT hash:aliases
postalias -q 'x y' hash:aliases
postalias -q nobody hash:aliases
postalias -q - hash:aliases <keys
postalias -q @ hash:aliases
postalias -f hash:aliases; postalias -q Root hash:aliases; postalias -fq Root hash:aliases
postalias hash:nothere
postalias -w hash:dup
~ours says where the second one stands / status 0
postalias hash:dup
postalias -q a hash:dup
postalias -r hash:dup; postalias -q a hash:dup
postalias -d root hash:aliases; postalias -q root hash:aliases
postalias -d nobody hash:aliases
printf 'root\n"x y"\nx y\n' | postalias -d - hash:aliases; postalias -s hash:aliases | grep -v ^YP | sort
echo 'new: one, two' | postalias -i hash:aliases; postalias -q new hash:aliases
echo 'new one' | postalias -i hash:aliases
postalias btree:tree-aliases; postalias -s btree:tree-aliases | grep -v ^YP
postalias -n hash:aliases; postalias -nq p hash:aliases
postalias -N hash:aliases; postalias -Nq p hash:aliases
postalias hash:table
postalias -q x nosuch:y
CASES
plan "$(sides_count "$T/cases")"
sides_prepare </dev/null
cd "$T/ours/work" || exit 1
cat >table <<'END'
# a comment
ABC            value
"foo bar"      baz  qux
"a b"@x        y
foo\ bar       escaped
two            lines
  of text
key:           like an alias
novalue
"open          quote
""             empty
trailing       blanks   	
END
cp table binary
printf '\303\204\303\226 umlauts\nbad\377 octets\n' >>binary
head -c 3000 /dev/zero | tr '\0' v | sed 's/^/long /' >>table
printf 'two trees\nabc tree\n' >tree
printf 'ABC one\nabc two\nABC three\nTwo four\n' >capitals
: >empty
printf 'one one.pem\ntwo one.pem, two.pem\nnone nosuchfile\nkey: one.pem\n' >files
printf 'one one.pem\ntwo one.pem, two.pem\n' >inner
printf 'first\n' >one.pem
printf 'second\nline\n' >two.pem
printf '%s\n' two ABC nobody 'foo bar' 'x y' aXb '' AXB novalue >keys
printf '%s\n' '/^a(.)b$/ r$1' '/twoo?/ it is two' >rules
printf '%s\n' '192.0.2.0/24 net' '!198.51.100.0/24 other' >networks
printf '%s\n' '/^Subject: (.*)/ header $1' '/^[Cc]ontent-Type:/ mime' '/one/ one' '/(line\n\s+two)/ folded' '/^nested/ nested' '/^--/ boundary' >content
printf 'Subject: s one\nX: line\n two\nTo: x\n\nbody one\nSubject: in body\nthird\n' >message
printf 'Subject: bare one' >bare
printf '%s\n' 'Subject: multi' 'MIME-Version: 1.0' 'Content-Type: multipart/mixed; boundary="b"' '' \
    'preamble one' '--b' 'Content-Type: text/plain' 'X: one' '' 'part one' '--b' 'content-type: message/rfc822' '' \
    'Subject: inner one' '' 'inner one' '--b--' 'epilogue one' >multipart
printf '%s\n' 'Subject: bad' 'Content-Type: multipart/mixed; boundary=b' '' '--b' 'Content-Type: text/plain' \
    'no header one' '' 'part one' '--b' '' 'Subject: no header one' '--b--' >mime-bad
printf 'Root: a,b , c  d\n"x y": "|cmd arg", :include:/x\nx@y: z\nq:\n: z\nno\nm,n: o\np : q\nc: d # comment\n  e, (comment) f\n"q@r": s\nt: u:v\n' >aliases
printf 'a: b\na: c\nA: d\n' >dup
cp -p ./* "$T/theirs/work"
sides_do 'postmap hash:table btree:tree lmdb:table hash:binary; postmap -F hash:files; postalias hash:aliases hash:dup'
sides_compare "$T/cases"
