#!/bin/sh
# regexp, pcre and cidr next to postmap: answers, and warnings about what is wrong in the sources; and the
# types that have no file.
. "$(dirname "$0")/../lib.sh"
need postmap
plan 4
tables_prepare
cat >"$CONF/regexp" <<'END'
# comment
/^a(.)b$/   r$1
/a(/        x
/a/q        x
/a x
/a/
!/b/        $1
/(c)/       $2
/d/!/e/     d-not-e
/d/!/e      d
if /^f/
/^f(g)/     got $1 ${1} $(1) $$
  continued
endif
endif
if !/h/
/zzz/       z
if /x/      extra text
/xy/        xy
ENDIF  trailing
endif
foo bar
/k/         $x
/k/         ${1
/k/         $
/l/i        case
if /open/
/open1/     one
  
 /m/        indented
END
cat >"$CONF/pcre" <<'END'
/^a(.)b$/   r$1
/a(/        x
/a/q        x
/a/sximAEUX flags
/n(?:o)(p)/ $1$2
/(?<x>q)/   $1
!/b/        $1
if /f/ junk
/f/         f
endif junk
/x
if
endif
foo
//          empty
/a//        y
END
cat >"$CONF/cidr" <<'END'
192.0.2.0/24 net
192.0.2.1/24 hostbits
1.2.3 x
1.2.3.4/33 y
10.0.0.1
10.0.0.0/8
!10.0.0.0/8 neg
if 172.16.0.0/12
172.16.5.0/24 x
endif extra
if !fe80::/10 extra
::1 lo
endif
endif
[2001:db8::]/32 br
[2001:db8::1 bad
2001:db8::/129 x
if
ENDIF
foo bar
0.0.0.0/0 all
END
# Where postmap has two lines of what is wrong in a result, ours has one; some words differ.
words() {
    sed -e 's/^buzonmap:/postmap:/' -e '/truncated macro reference/d' -e '/empty macro name/d' -e '/obsolete regexp option/d' \
        -e 's/ignoring this rule$/skipping this rule/' -e '/"x": skipping this rule$/d' \
        -e '/non-numeric replacement index/d' -e '/line 23: bad replacement syntax/d'
}
# both_say TYPE KEY...
both_say() {
    t_table=$1:$CONF/$1
    shift
    printf '%s\n' "$@" >"$T/keys"
    touch -d '1 minute ago' "$T/theirs/main.cf" "${t_table#*:}"
    "$BUZON_STAGE/sbin/buzonmap" -c "$CONF" -q - "$t_table" <"$T/keys" 2>&1 | words >"$T/said-ours"
    postmap -c "$T/theirs" -q - "$t_table" <"$T/keys" 2>&1 | words >"$T/said-theirs"
    diff "$T/said-ours" "$T/said-theirs"
}
check 'regexp' both_say regexp aXb fg fgg de d k xy zzz open1 l L
check 'pcre' both_say pcre aXb nop q b f foo
check 'cidr' both_say cidr 192.0.2.7 192.0.2.1 10.0.0.1 172.16.5.5 172.17.1.1 ::1 2001:db8::5 1.2.3.4 fe80::1 foo 1.2.3
# all_alike TABLE...: the same answers, or the same reason why it cannot be opened (postmap is slow to say it,
# so all are asked at once)
why() { sed -n "s/^$1: fatal: \\(bad syntax\\|missing\\|open\\)/\\1/p"; }
all_alike() {
    t_count=0
    touch -d '1 minute ago' "$T/theirs/main.cf"
    for t_each; do
        t_count=$((t_count + 1))
        theirs -q x "$t_each" >"$T/why.$t_count" &
    done
    wait
    t_count=0
    for t_each; do
        t_count=$((t_count + 1))
        t_why=$(why postmap <"$T/why.$t_count")
        if [ -z "$t_why" ]; then
            same_answers "$t_each" a A b x key root map_x || return 1
        elif [ "$(ours -q x "$t_each" | why buzonmap)" != "$t_why" ]; then
            echo "$t_each: not $t_why"
            return 1
        fi
    done
}
check 'types without a file' all_alike 'inline:{a=b, a=c}' 'inline:{ {A = b c}, x=y }' 'inline:{a=b, c}' 'static:{ a b }' 'static:' \
    'unionmap:{static:a, static:b, inline:{x=a}}' 'unionmap:{}' 'pipemap:{static:b, inline:{b=c}}' 'pipemap:{}' 'randmap:{a}' \
    'environ:e' 'internal:i' \
    'unionmap:{inline:{a=}}' 'unionmap:{inline:{a=},static:y}' 'unionmap:{static:y,inline:{a=}}' \
    'inline:{ {a b=c}, A=b }' 'inline:{ {"a b"=c}, a = d, {x=y=z}, =b }' 'regexp:{/a/ x}' 'regexp:{ {/a/ x}{/b/ y} }' \
    'pcre:{ {/a/ b{2}} {/b/ {c}} }' 'cidr:{10.0.0.0/8 x}' 'texthash:/dev/null' 'regexp:/dev/null' 'pcre:/dev/null' 'unix:passwd.byname' "cdb:$T/none" "texthash:$T/none"
