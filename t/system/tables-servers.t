#!/bin/sh
# tcp, socketmap, memcache and redis: tables that ask a server over a socket, next to postmap.
. "$(dirname "$0")/../lib.sh"
need postmap memcached redis-server python3
plan 40
tables_prepare
TCP=$((T_BASE + 71)) SOCKETMAP=$((T_BASE + 72)) REDIS=$((T_BASE + 73)) MEMCACHED=$((T_BASE + 74))
background python3 "$T_SOURCE/tool/tabled.py" tcp $TCP "$T/tcp.ready"
background python3 "$T_SOURCE/tool/tabled.py" socketmap $SOCKETMAP "$T/socketmap.ready"
background python3 "$T_SOURCE/tool/tabled.py" socketmap "$T/db/socketmap" "$T/unix.ready"
as_helper memcached -l 127.0.0.1 -p $MEMCACHED -U 0 -m 8 -t 1 >"$T/db/memcached.log" 2>&1 &
T_HELPERS="${T_HELPERS:-} $!"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=redis \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$T/db/key.pem" -out "$T/db/cert.pem" 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=other \
    -keyout "$T/db/other.key" -out "$T/db/other.pem" 2>/dev/null
chmod 644 "$T/db/key.pem" "$T/db/other.key"
printf 'tls-port %s\ntls-cert-file %s\ntls-key-file %s\ntls-ca-cert-file %s\ntls-auth-clients optional\n' \
    $((T_BASE + 75)) "$T/db/cert.pem" "$T/db/key.pem" "$T/db/cert.pem" >"$T/db/tls.conf"
printf 'port %s\nbind 127.0.0.1\nunixsocket %s\nunixsocketperm 777\nsave ""\ndir %s\nrequirepass secret\nuser reader on >word ~* +@read +select\nlogfile %s\n' \
    $REDIS "$T/db/redis" "$T/db" "$T/db/redis.log" | cat - "$T/db/tls.conf" >"$T/db/redis.conf"
as_helper redis-server "$T/db/redis.conf" --daemonize no >/dev/null 2>&1 &
T_HELPERS="$T_HELPERS $!"
cache() { printf "$1" | python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.stdin.buffer.read() + b"quit\r\n")
sys.stdout.write(b"".join(iter(lambda: s.recv(65536), b"")).decode())' $MEMCACHED; }
redis() { REDISCLI_AUTH=secret redis-cli -s "$T/db/redis" "$@"; }
wait_until 'tcp' test -f "$T/tcp.ready"
wait_until 'socketmap' test -f "$T/socketmap.ready" -a -f "$T/unix.ready"
wait_until 'memcached' cache 'version\r\n'
wait_until 'redis' redis PING

M=tcp:127.0.0.1:$TCP
check 'tcp: values and absent keys' same_answers $M value-x 'value-a b%c' absent-x "value-ü" value-X nothing
check 'tcp: the first digit of a status counts, and any white space' same_answers $M also-x gone-x
check 'tcp: a value ends at its NUL' same_answers $M nul-x
check 'tcp: a server that is not well' same_answers $M temp-x
like 'tcp: its reason is told' "$(ours -q temp-x $M)" 'the server says: 400 try later'
like 'tcp: bad encoding is no answer' "$(ours -q bad-x $M)" 'bad encoding'
like 'tcp: a reply that is none' "$(ours -q none-x $M)" 'what is no reply: hello'
like 'tcp: too long a reply' "$(ours -q long-x $M)" 'too long a reply'
is 'tcp: a connection that ended meanwhile' "$(printf 'value-x\nonce-x\nvalue-y\n' | "$BUZON_STAGE/sbin/buzonmap" -c "$CONF" -q - $M | wc -l)" 3
like 'tcp: nobody listens' "$(ours -q x tcp:127.0.0.1:1)" 'Connection refused'

M=socketmap:inet:127.0.0.1:$SOCKETMAP:m
check 'socketmap: values and absent keys' same_answers $M value-x 'value-a b%c,9:x' absent-x "value-ü" value-X nothing slow-x
check 'socketmap: a status alone is no value, and a value ends at its NUL' same_answers $M bare-x nul-x
is 'socketmap: a large reply' "$(ours -q big-x $M | head -n 1 | wc -c)" 90001
check 'socketmap: TEMP' same_answers $M temp-x
like 'socketmap: TIMEOUT' "$(ours -q timeout-x $M)" 'query error: .*the server says: TIMEOUT too late'
like 'socketmap: PERM' "$(ours -q perm-x $M)" 'query error: .*the server says: PERM never'
like 'socketmap: an unknown word' "$(ours -q odd-x $M)" 'query error: .*the server says: WHAT is this'
like 'socketmap: no netstring' "$(ours -q bad-x $M)" 'query error: .*sends what is no reply'
like 'socketmap: a netstring without end' "$(ours -q end-x $M)" 'query error: .*sends what is no reply'
like 'socketmap: too long a reply' "$(ours -q long-x $M)" 'query error: .*too long a reply'
check 'socketmap: over a UNIX socket' same_answers "socketmap:unix:$T/db/socketmap:m" value-x absent-x
like 'socketmap: a name is wanted' "$(ours -q x socketmap:inet:127.0.0.1)" 'expected inet:host:port:name'

printf 'memcache = inet:127.0.0.1:%s\n' $MEMCACHED >"$CONF/cache.cf"
cache 'set ana@example.test 0 0 4\r\nbox1\r\nset box:ana 0 0 2\r\nb2\r\nset evil 0 0 9\r\nX\r\nEND\r\nY\r\n' >/dev/null
check 'memcache: values and absent keys' same_answers "memcache:$CONF/cache.cf" ana@example.test ANA@Example.Test nobody evil 'a b'
is 'memcache: a key is no command' "$(ours -q "$(printf 'x\r\nset hacked 0 0 1\r\n1')" "memcache:$CONF/cache.cf")$(cache 'get hacked\r\n' | head -c 3)" "status 1END"
{ cat "$CONF/cache.cf"; printf 'key_format = box:%%u\ndomain = example.test\n'; } >"$CONF/format.cf"
check 'memcache: a format of keys and a list of domains' same_answers "memcache:$CONF/format.cf" ana@example.test ana@other.test ana
{ cat "$CONF/cache.cf"; printf 'backup = inline:{kept=behind}\nttl = 60\nflags = 7\nkey_format = k:%%s\n'; } >"$CONF/backup.cf"
is 'memcache: what is behind the cache' "$(ours -q kept "memcache:$CONF/backup.cf") $(cache 'get k:kept\r\n' | tr -d '\r' | head -n 2)" "behind
status 0 VALUE k:kept 7 6
behind"
{ cat "$CONF/cache.cf"; echo 'backup = static:behind'; } >"$CONF/long.cf"
is 'memcache: a key that no cache can have' "$(ours -q "$(printf '%0251d' 0)" "memcache:$CONF/long.cf")" "behind
status 0"
sed "s/:$MEMCACHED/:1/" "$CONF/cache.cf" >"$CONF/away.cf"
like 'memcache: nobody listens' "$(ours -q x "memcache:$CONF/away.cf")" 'query error: .*refused'
sed "s/:$MEMCACHED/:1/" "$CONF/backup.cf" >"$CONF/alone.cf"
like 'memcache: nobody listens, but there is a table behind' "$(ours -q kept "memcache:$CONF/alone.cf")" '^behind'

redis MSET ana@example.test box1 'a b' blank >/dev/null
redis HSET aliases two@example.test target >/dev/null
redis SADD group one >/dev/null
redis RPUSH list a b c >/dev/null
redis -n 3 SET ana@example.test elsewhere >/dev/null
printf 'hosts = inet:127.0.0.1:1 inet:127.0.0.1:%s unix:%s\npassword = secret\n' $REDIS "$T/db/redis" >"$CONF/redis.cf"
ask_redis() { printf '%s\n' "$@" | "$BUZON_STAGE/sbin/buzonmap" -c "$CONF" -q - "redis:$CONF/redis.cf" 2>&1 | tr '\n\t' ' :'; }
is 'redis: values and absent keys' "$(ask_redis ANA@example.test 'a b' nobody)" 'ANA@example.test:box1 a b:blank '
is 'redis: a key is no command' "$(ask_redis "$(printf 'x\r\nSET hacked 1\r')")$(redis EXISTS hacked)" 0
{ cat "$CONF/redis.cf"; printf 'query = LRANGE %%s 0 -1\nresult_format = %%s@%%S\n'; } >"$CONF/list.cf"
is 'redis: several values' "$(ours -q list "redis:$CONF/list.cf" | head -n 1)" a@list,b@list,c@list
{ grep -v ^password "$CONF/redis.cf"; printf 'query = HGET aliases %%s\ndbname = 0\nuser = reader\npassword = word\n'; } >"$CONF/hash.cf"
is 'redis: a user, a database, a hash' "$(ours -q two@example.test "redis:$CONF/hash.cf" | head -n 1)" target
secure() { # SETTING...: the same server, over its encrypted port
    { printf '%s\n' "hosts = 127.0.0.1:$((T_BASE + 75))" 'user = reader' 'password = word' 'tls = yes' 'timeout = 30' "$@"; } >"$CONF/tls.cf"
    ours -q ana@example.test "redis:$CONF/tls.cf" | tr '\n' ' '
}
is 'redis: over TLS, with a certificate that is good' "$(secure "tls_CAfile = $T/db/cert.pem")" 'box1 status 0 '
like 'redis: nobody vouches for the certificate' "$(secure)" 'warning: .*server 127.*(certificate|verif)'
like 'redis: another one does' "$(secure "tls_CAfile = $T/db/other.pem")" 'warning: .*server 127.*(certificate|verif)'
like 'redis: it is for another host' "$(secure "hosts = localhost:$((T_BASE + 75))" "tls_CAfile = $T/db/cert.pem")" 'warning: .*(certificate|mismatch)'
is 'redis: it need not be good when that is said' "$(secure "tls_verify_cert = no")" 'box1 status 0 '
is 'redis: a certificate of ours' "$(secure "tls_CAfile = $T/db/cert.pem" "tls_cert_file = $T/db/cert.pem" "tls_key_file = $T/db/key.pem")" 'box1 status 0 '
sed -i 's/secret/wrong/' "$CONF/redis.cf"
like 'redis: a wrong password is no answer' "$(ours -q ana@example.test "redis:$CONF/redis.cf")" 'warning: .*server .*the server says: WRONGPASS'
