#!/bin/sh
# auth: passwords that a directory checks, by a bind with the name of the user's entry, which is searched for or
# made by a template; what is no proof, what is no entry, and a directory that is away.
. "$(dirname "$0")/../lib.sh"
PATH=$PATH:/usr/sbin
need slapd slapadd python3
has_module ldap
plan 18
[ -r /etc/ldap/schema/core.schema ] || skip_all "slapd has no schema here"
LDAP_PORT=$((T_BASE + 71))
instance_prepare <<END
auth_passdb = ldap:$CONF/ldap.cf
auth_verbose = yes
shlib_directory = $BUZON_STAGE/libexec/buzon
END
mkdir "$T/db"
chmod 777 "$T/db"
cat >"$T/db/slapd.conf" <<END
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $T/db/pid
allow bind_anon_dn bind_anon_cred
database mdb
maxsize 1048576
suffix dc=test
directory $T/db/data
access to attrs=userPassword by * auth
access to * by dn.base="cn=reader,dc=test" read by * none
END
cat >"$T/db/data.ldif" <<END
dn: dc=test
objectClass: domain
dc: test

dn: cn=reader,dc=test
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader's

dn: cn=Ana \, (of Example),dc=test
objectClass: inetOrgPerson
sn: ana
mail: ana@example.test
userPassword: $PASSWORD

dn: uid=luis@example.test,dc=test
objectClass: inetOrgPerson
cn: luis
sn: luis
mail: luis@example.test
mail: both@example.test
userPassword: {SSHA}$(python3 -c 'import base64,hashlib,sys; print(base64.b64encode(hashlib.sha1(sys.argv[1].encode()+b"salt").digest()+b"salt").decode())' "$PASSWORD")

dn: uid=eva@example.test,dc=test
objectClass: inetOrgPerson
cn: eva
sn: eva
mail: eva@example.test
mail: both@example.test
END
as_helper mkdir "$T/db/data"
slapd_start() {
    as_helper slapd -d stats -f "$T/db/slapd.conf" -h "ldap://127.0.0.1:$LDAP_PORT" >>"$T/db/log" 2>&1 &
    wait_until 'the server' as_helper ldapsearch -x -H "ldap://127.0.0.1:$LDAP_PORT" -D cn=reader,dc=test -w "reader's" -b dc=test -s base ||
        { cat "$T/db/log" && exit 1; }
    T_HELPERS="${T_HELPERS:-} $(cat "$T/db/pid")"
}
slapd_stop() {
    kill "$(cat "$T/db/pid")"
    wait_until "the server's end" test ! -e "$T/db/pid"
}
chmod 755 "$T"
as_helper slapadd -q -f "$T/db/slapd.conf" -l "$T/db/data.ldif" >"$T/db/log" 2>&1 || diag "$(cat "$T/db/log")"
slapd_start
cat >"$CONF/search.cf" <<END
server_host = 127.0.0.1
server_port = $LDAP_PORT
bind = yes
bind_dn = cn=reader,dc=test
bind_pw = reader's
search_base = dc=test
query_filter = (mail=%s)
timeout = 30
END
cp "$CONF/search.cf" "$CONF/ldap.cf"
[ $PRIVILEGED = no ] || chmod 600 "$CONF/ldap.cf"
instance_run

cat >"$T/login.py" <<'END'
import imaplib, sys
client = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
try:
    client.login('"%s"' % sys.argv[2], sys.argv[3])
    print("OK", client.select()[0])
except imaplib.IMAP4.error as error:
    print(error)
client.logout()
END
login() { python3 "$T/login.py" "$IMAP_PORT" "$1" "$2"; }
WRONG="b'[AUTHENTICATIONFAILED] Authentication failed.'"
TROUBLE="b'[UNAVAILABLE] Temporary authentication failure.'"
is 'the entry is searched for, whatever its name' "$(login ana@example.test "$PASSWORD")" 'OK OK'
is 'and its password may be hashed' "$(login luis@example.test "$PASSWORD")" 'OK OK'
is 'a wrong password' "$(login ana@example.test wrong)" "$WRONG"
log_has 'is logged as such' 'auth: ldap\(ana@example\.test,127\.0\.0\.1,<[^>]+>\): invalid credentials'
is 'an empty password is none, though the server would take it' "$(login ana@example.test '')" "$WRONG"
is 'an entry without a password lets nobody in' "$(login eva@example.test "$PASSWORD")" "$WRONG"
is 'a name that nobody has' "$(login nobody@example.test "$PASSWORD")" "$WRONG"
log_has 'is nobody' 'auth: ldap\(nobody@example\.test,127\.0\.0\.1,<[^>]+>\): unknown user'
# Binds as one who is there or is not, as the server counts them.
binds() { grep 'BIND dn="[^"]*" method=128' "$T/db/log" | grep -cv cn=reader; }
before=$(binds)
login nobody@example.test "$PASSWORD" >/dev/null
between=$(binds)
login ana@example.test wrong >/dev/null
is 'a name that nobody has costs as many binds as a wrong password' "$((between - before))/$(($(binds) - between))" 1/1
is 'a name that is a filter is one of letters' "$(login '*' "$PASSWORD")/$(login 'ana*' "$PASSWORD")/$(login 'x)(mail=ana@example.test' "$PASSWORD")" "$WRONG/$WRONG/$WRONG"
is 'a name that two have is trouble' "$(login both@example.test "$PASSWORD")" "$TROUBLE"
log_has 'which is named' 'warning: auth: ldap\(both@example\.test,127\.0\.0\.1,<[^>]+>\): .*more than one entry is found'
slapd_stop
is 'without the directory nobody is wrong' "$(login ana@example.test wrong)" "$TROUBLE"
slapd_start
again() { [ "$(login ana@example.test "$PASSWORD")" = 'OK OK' ]; }
eventually 'and when it is back, it is asked again' again

# --- without a search ------------------------------------------------------------------------------
grep -v '^bind\|^search\|^query' "$CONF/search.cf" >"$CONF/ldap.new"
printf 'bind = no\nauth_bind_dn = uid=%%s,dc=test\n' >>"$CONF/ldap.new"
mv "$CONF/ldap.new" "$CONF/ldap.cf"
template() { [ "$(login luis@example.test "$PASSWORD")/$(login ana@example.test "$PASSWORD")" = "OK OK/$WRONG" ]; }
eventually 'settings that change are read again: the name is made by a template' template
is 'what is no entry is a wrong password' "$(login nobody@example.test "$PASSWORD")" "$WRONG"
is 'and nobody gets out of the template' "$(login 'luis@example.test,dc=test' "$PASSWORD")/$(login 'cn=reader' "reader's")" "$WRONG/$WRONG"
no_crash 'no process crashed'
