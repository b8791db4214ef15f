#!/bin/sh
# Odd and hostile input: the same invocations of Postfix's tools and ours, by the same names.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap postalias postconf

cat >"$T/tables" <<'CASES'
# descriptors that are not there
postconf -h myhostname >&-
postconf -h myhostname <&- 2>&-
cp $SIDE/conf/*.cf .; postconf -c $PWD -e 'a = b' 'a = c' <&- >&- 2>&-; echo $?; tail -n 1 main.cf; ls
printf 'a b\na c\n' >s; postmap hash:s <&- >&- 2>&-; postmap -s hash:s
printf 'a b\n' >s; postmap hash:s; postmap -q a hash:s >&-
printf 'a b\n' >s; postmap hash:s; postmap -s hash:s >&- 2>&-
# sources
printf '' >s; postmap hash:s; postmap -s hash:s; postmap -q a hash:s
printf '\n\n\n' >s; postmap hash:s; postmap -s hash:s
printf 'a' >s; postmap hash:s; postmap -s hash:s
printf 'a b' >s; postmap hash:s; postmap -s hash:s
~ours names the line / s, line 1: logical line must not start with whitespace: " a b".*status 0$
printf ' a b\n' >s; postmap hash:s; postmap -s hash:s
~ours names the line / ^c\td.*s, line 1: logical line must not start with whitespace.*status 0$
printf ' a b\nc d\n' >s; postmap hash:s; postmap -s hash:s
printf '\t\nc d\n' >s; postmap hash:s; postmap -s hash:s
printf 'a b\n\n c\n' >s; postmap hash:s; postmap -s hash:s
printf 'a b\n# x\n c\n' >s; postmap hash:s; postmap -s hash:s
printf 'a b\n  # x\n c\n' >s; postmap hash:s; postmap -s hash:s
printf 'a b # x\n' >s; postmap hash:s; postmap -s hash:s
printf 'a\tb\tc  d \t \n' >s; postmap hash:s; postmap -s hash:s
printf 'a b\r\nc d\r\n' >s; postmap hash:s; postmap -s hash:s | od -c
printf 'a \001\002\n' >s; postmap hash:s; postmap -s hash:s | od -c
~ours says what is wrong with it / line 1: null octet in line -- ignoring this line
printf 'a \0b\nc d\n' >s; postmap hash:s; postmap -s hash:s | od -c
~ours says what is wrong with it / line 1: null octet in line -- ignoring this line
printf 'a\0x b\nc d\n' >s; postmap hash:s; postmap -s hash:s | od -c
printf '\377 x\n\303\251 y\n' >s; postmap hash:s; postmap -s hash:s | sort
printf '\303\211 y\n' >s; postmap hash:s; postmap -q "$(printf '\303\251')" hash:s
printf '\303\211 y\n' >s; postmap -u hash:s; postmap -uq "$(printf '\303\251')" hash:s; postmap -uq "$(printf '\303\211')" hash:s
~ours names the line of the source / warning: (s|stdin), line \d+: duplicate entry
printf 'STRASSE one\nstra\303\237e two\n' >s; postmap hash:s; postmap -q "$(printf 'STRA\303\237E')" hash:s
printf '"a b" c\n' >s; postmap hash:s; postmap -s hash:s; postmap -q 'a b' hash:s; postmap -q '"a b"' hash:s
printf '"a \\" b" c\n' >s; postmap hash:s; postmap -s hash:s
printf '"a b"c d\n' >s; postmap hash:s; postmap -s hash:s
printf '"" c\n' >s; postmap hash:s; postmap -s hash:s
printf 'a "b\n' >s; postmap hash:s; postmap -s hash:s
printf 'a\\ b c\n' >s; postmap hash:s; postmap -s hash:s
printf '<> null\n' >s; postmap hash:s; postmap -q '<>' hash:s
printf 'a: b\n' >s; postmap hash:s; postmap -q 'a:' hash:s
printf 'a:b c\n' >s; postmap hash:s; postmap -q 'a:b' hash:s
printf '@ x\n* y\n. z\n' >s; postmap hash:s; postmap -s hash:s | sort; postmap -q '*' hash:s
~ours names the line of the source / warning: (s|stdin), line \d+: duplicate entry
printf 'a 1\nA 2\na 3\n' >s; postmap hash:s; postmap -s hash:s
~ours names the line of the source / warning: (s|stdin), line \d+: duplicate entry
printf 'a 1\nA 2\na 3\n' >s; postmap -f hash:s; postmap -s hash:s | sort
printf 'a 1\na 2\n' >s; postmap -w hash:s; postmap -s hash:s
printf 'a 1\na 2\n' >s; postmap -r hash:s; postmap -s hash:s
printf 'a 1\na 2\n' >s; postmap -rw hash:s; postmap -s hash:s
~ours names the line of the source / warning: (s|stdin), line \d+: duplicate entry
printf 'a 1\n' >s; postmap hash:s; printf 'a 2\nb 3\n' | postmap -i hash:s; postmap -s hash:s | sort
printf 'a 1\n' >s; postmap hash:s; printf 'a 2\nb 3\n' | postmap -iw hash:s; postmap -s hash:s | sort
printf 'a 1\n' >s; postmap hash:s; printf 'a 2\nb 3\n' | postmap -ir hash:s; postmap -s hash:s | sort
printf 'a 1\n' >s; postmap hash:s; printf 'b\n' | postmap -i hash:s; postmap -s hash:s | sort
awk 'BEGIN { for (i = 0; i < 70000; i++) printf "k"; print " v" }' >s; postmap hash:s; postmap -s hash:s | wc -c
awk 'BEGIN { printf "k "; for (i = 0; i < 200000; i++) printf "v"; print "" }' >s; postmap hash:s; postmap -q k hash:s | wc -c
awk 'BEGIN { print "k v"; for (i = 0; i < 20000; i++) print " w" }' >s; postmap hash:s; postmap -q k hash:s | wc -c
~theirs makes an empty table / fatal: read s: Is a directory.*status 1$
mkdir s; postmap hash:s
~theirs makes an empty table / fatal: read d/: Is a directory.*status 1$
mkdir d; postmap hash:d/
ln -s nowhere s; postmap hash:s
printf 'a b\n' >real; ln -s real s; postmap hash:s; postmap -q a hash:s; ls -l s.db | cut -c1
~the table is complete before it gets its name / fatal: hash:s: rename s.db\S*.new to s.db: Is a directory.*status 1$
printf 'a b\n' >s; mkdir s.db; postmap hash:s
printf 'a b\n' >'s p'; postmap 'hash:s p'; postmap -q a 'hash:s p'
printf 'a b\n' >./-q; postmap -- hash:-q; postmap -q a hash:-q

# questions
postmap -q '' hash:table
postmap -q '' static:x
postmap -q '' static:
printf '/^$/ empty\n/x/ y\n' >r; postmap -q '' regexp:r; postmap -q '' pcre:r; echo | postmap -q - regexp:r
printf '0.0.0.0/0 x\n' >r; postmap -q '' cidr:r
postmap -q '' inline:{a=b}
postmap -q ' ' hash:table
postmap -q "$(printf 'abc\n')" hash:table
postmap -q 'ABC' hash:table hash:table
postmap -q abc hash:nothere hash:table
postmap -q nokey hash:table hash:nothere
postmap -q abc hash:table hash:nothere
postmap -q abc table
postmap -q abc ''
postmap -q abc :
postmap -q abc hash:
postmap -q abc :table
postmap -q abc nosuch:table
postmap -q abc 'hash:table '
postmap -q a inline:{}
postmap -q a 'inline:{ }'
postmap -q a 'inline:{a=b}'
postmap -q a 'inline:{a = b , c=d}'
postmap -q c 'inline:{a=b,{c = d e}}'
postmap -q a 'inline:{a}'
postmap -q a 'inline:{=b}'
postmap -q a 'inline:{a=}'
postmap -q a 'inline:{a=b'
postmap -q a 'inline:a=b}'
postmap -q a inline:a=b
postmap -q A 'inline:{a=b}'
postmap -s 'inline:{b=1,a=2}' | sort
postmap -q a static:x
postmap -q a static:
postmap -q a 'static:{a b}'
postmap -q a 'static:{ a b }'
postmap -q a 'static:{a'
postmap -q HOME environ: | head -c 1
postmap -q HOME environ:x | head -c 1
postmap -q NOSUCHNAME environ:x
~ours says why / fatal: table fail:x: query error: .*this table always fails.*status 1$
postmap -q a fail:x
postmap -q a fail:
~ours has one reason for all types / sequence operation is not supported.*status 1$
postmap -s fail:x
postmap -q root unix:passwd.byname | cut -d: -f1,3
postmap -q root unix:group.byname | cut -d: -f1,3
postmap -q root unix:nosuch
postmap -q 'unionmap' 'unionmap:{static:a,static:b}'
postmap -q x 'unionmap:{inline:{y=1},static:b}'
postmap -q x 'unionmap:{}'
postmap -q x 'unionmap:static:a'
postmap -q x 'unionmap:{static:a'
~ours opens a table when it is asked / query error: nosuch:a is unavailable: unsupported dictionary type: nosuch.*status 1$
postmap -q x 'unionmap:{nosuch:a}'
~ours says why / fatal: table \S*: query error: .*this table always fails.*status 1$
postmap -q x 'unionmap:{fail:a,static:b}'
postmap -q x 'pipemap:{inline:{x=y},inline:{y=z}}'
postmap -q x 'pipemap:{inline:{x=y},inline:{q=z}}'
~ours says why / fatal: table \S*: query error: .*this table always fails.*status 1$
postmap -q x 'pipemap:{inline:{x=y},fail:z}'
postmap -q x 'pipemap:{}'
postmap -q x 'randmap:{a}'
postmap -q x 'randmap:{a,a}'
postmap -q x 'randmap:{}'
postmap -q x randmap:a
printf '/^a(.)$/ $1$1\n' >r; postmap -q ab regexp:r
printf '/^a(.)$/ $1$1\n' >r; postmap -q ab pcre:r
printf '/a/\n' >r; postmap -q a regexp:r
printf '/a(/ x\n/b/ y\n' >r; postmap -q b regexp:r
printf '/a(/ x\n/b/ y\n' >r; postmap -q b pcre:r | grep -c y
printf 'a b\n' >r; postmap -q a regexp:r
printf '/a/ $2\n/a/ y\n' >r; postmap -q a regexp:r
printf '!/a/ x\n' >r; postmap -q a regexp:r; postmap -q b regexp:r
printf '!/(a)/ $1\n' >r; postmap -q b regexp:r
printf 'if /a/\n/b/ x\n' >r; postmap -q ab regexp:r
printf 'endif\n/b/ x\n' >r; postmap -q ab regexp:r
printf '/A/ x\n' >r; postmap -q a regexp:r; postmap -q a pcre:r
printf '/A/i x\n' >r; postmap -q a regexp:r; postmap -q a pcre:r
printf '/a b/x x\n' >r; postmap -q ab pcre:r
printf '/a/z x\n' >r; postmap -q a regexp:r
printf '|a/b| x\n' >r; postmap -q a/b regexp:r
printf '192.0.2.0/24 x\n' >r; postmap -q 192.0.2.7 cidr:r; postmap -q 192.0.3.7 cidr:r
printf '192.0.2.1/24 x\n' >r; postmap -q 192.0.2.7 cidr:r
printf '192.0.2.0/33 x\n' >r; postmap -q 192.0.2.7 cidr:r
printf '2001:db8::/32 x\n' >r; postmap -q 2001:DB8::1 cidr:r
printf '[2001:db8::]/32 x\n' >r; postmap -q 2001:db8::1 cidr:r
printf '!192.0.2.0/24 x\n' >r; postmap -q 192.0.2.7 cidr:r; postmap -q 192.0.3.7 cidr:r
printf '192.0.2.0/24\n' >r; postmap -q 192.0.2.7 cidr:r
printf 'if 192.0.0.0/8\n192.0.2.0/24 x\nendif\n' >r; postmap -q 192.0.2.7 cidr:r
printf '0.0.0.0/0 x\n' >r; postmap -q 192.0.2.7 cidr:r; postmap -q ::1 cidr:r; postmap -q host cidr:r
printf 'abc\nABC\n\nnokey\n abc\n' | postmap -q - hash:table
printf 'abc' | postmap -q - hash:table
~a key with a NUL in it is no key / ^--- stderr\n--- status 1$
printf 'abc\0def\n' | postmap -q - hash:table
postmap -q - hash:nothere </dev/null
postmap -q - hash:table </dev/null
printf 'Subject: abc\n\nbody abc\n' | postmap -hq - regexp:headers
printf 'Subject: abc\n def\nX: y\n\nbody abc\n' | postmap -hbq - regexp:headers
printf 'Subject: abc\n\nbody abc\n' | postmap -bq - regexp:headers
printf 'Subject: abc' | postmap -hq - regexp:headers
printf '\n\nbody abc\n' | postmap -hq - regexp:headers
printf 'no header\nSubject: abc\n\nbody abc\n' | postmap -hq - regexp:headers
printf 'Content-Type: multipart/mixed; boundary=x\n\n--x\nX-Part: abc\n\nbody abc\n--x--\n' | postmap -hmq - regexp:headers
printf 'Content-Type: multipart/mixed; boundary=x\n\n--x\nX-Part: abc\n\nbody abc\n--x--\n' | postmap -bmq - regexp:headers
printf 'Content-Type: multipart/mixed; boundary=x\n\n--x\nX-Part: abc\n\nbody abc\n--x--\n' | postmap -hbmq - regexp:headers

# removal and listing
postmap -d '' hash:table
postmap -d nokey hash:table
postmap -d abc hash:table; postmap -q abc hash:table
postmap -d ABC hash:table; postmap -q abc hash:table
postmap -fd ABC hash:table; postmap -q abc hash:table
postmap -d abc hash:nothere
~ours has one reason for all types / unsupported map type for this operation: static.*status 1$
postmap -d abc static:x
~ours has one reason for all types / unsupported map type for this operation: texthash.*status 1$
postmap -d abc texthash:table
printf 'abc\nnokey\n' | postmap -d - hash:table; postmap -q abc hash:table
printf '' | postmap -d - hash:table
postmap -s hash:nothere
~ours lists all that were named / abc.*abc.*status 0$
postmap -s table hash:table | sort
postmap -s texthash:table | sort
postmap -s static:x
postmap -s regexp:headers
postmap -F -s hash:table | sort
printf 'k file\n' >s; printf 'text\n' >file; postmap -F hash:s; postmap -q k hash:s; postmap -Fq k hash:s
printf 'k nofile\nl file\n' >s; printf 'text\n' >file; postmap -F hash:s; postmap -Fs hash:s
printf 'k file, file\n' >s; printf 'text\n' >file; postmap -F hash:s; postmap -Fq k hash:s
printf 'k v\n' >s; postmap hash:s; postmap -Fq k hash:s
printf 'k v\n' >s; postmap -N hash:s; postmap -q k hash:s; postmap -s hash:s
printf 'k v\n' >s; postmap -n hash:s; postmap -q k hash:s; postmap -s hash:s
~ours finds keys with and without a NUL, whatever -N and -n say / ^v\nv\nv\n
printf 'k v\n' >s; postmap -Nn hash:s; postmap -q k hash:s; postmap -nq k hash:s; postmap -Nq k hash:s

# aliases
printf 'a: b\n' >s; postalias hash:s; postalias -q a hash:s; postalias -s hash:s | grep -v '^[Y@]'
printf 'a b\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a : b\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a:b,c , d\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a:\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: \n b\n' >s; postalias hash:s; postalias -q a hash:s
printf ': b\n' >s; postalias hash:s
printf '"a b": c\n' >s; postalias hash:s; postalias -q 'a b' hash:s
printf '"a": c\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a@x: c\n' >s; postalias hash:s
printf 'a (comment): c (other), d\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: "|prog x, y"\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: |prog\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: /file/name\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: :include:/x\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: b;c\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: <b@c>\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: x <b@c>, "y, z" <d@e>\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: "unbalanced\n' >s; postalias hash:s; postalias -q a hash:s
~ours names the line of the source / warning: (s|stdin), line \d+: duplicate entry
printf 'a: b\nA: c\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a: b\nA: c\n' >s; postalias -f hash:s; postalias -q a hash:s; postalias -fq A hash:s
printf 'a: group: b, c;\n' >s; postalias hash:s; postalias -q a hash:s
~here \user is the mailbox itself in aliases too / ^.b\n.*status 0$
printf 'a: \\b\n' >s; postalias hash:s; postalias -q a hash:s
printf 'a b: c\n' >s; postalias hash:s; postalias -s hash:s | grep -v '^[Y@]'
printf 'a: \303\251\n\303\251: b\n' >s; postalias hash:s; postalias -q "$(printf '\303\211')" hash:s
printf 'a: b\n' >s; postalias -o hash:s; postalias -N hash:s; postalias -n hash:s; postalias -q a hash:s
CASES
plan "$(sides_count "$T/tables")"
sides_prepare </dev/null
for t_side in ours theirs; do
    work=$T/$t_side/work
    printf 'abc value\nDef  other value\nx@y.test z\n' >"$work/table"
    printf '/abc/ hit $0\n/^Subject:(.*)/ subject$1\n' >"$work/headers"
    sed -i 's/ \$0//' "$work/headers"
done
sides_do 'postmap hash:table'
for t_side in ours theirs; do touch -d '1 minute ago' "$T/$t_side/work/"*; done
sides_compare "$T/tables"
