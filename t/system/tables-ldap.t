#!/bin/sh
# ldap: tables in a directory, next to postmap; groups, limits, quoting, a restart in between.
. "$(dirname "$0")/../lib.sh"
PATH=$PATH:/usr/sbin
need postmap slapd slapadd
has_module ldap
plan 26
tables_prepare
[ -r /etc/ldap/schema/core.ldif ] || skip_all "slapd has no schema here"

cat >"$T/db/slapd.conf" <<END
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/misc.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $T/db/pid
authz-policy to
authz-regexp "uid=([^,]*),cn=[^,]*,cn=auth" "cn=\$1,dc=example,dc=test"
authz-regexp "uid=([^,]*),cn=[^,]*,cn=[^,]*,cn=auth" "cn=\$1,dc=example,dc=test"
allow bind_v2
TLSCertificateFile $T/db/cert.pem
TLSCertificateKeyFile $T/db/key.pem
database mdb
maxsize 1048576
suffix dc=test
rootdn cn=admin,dc=test
rootpw secret
directory $T/db/data
access to dn.base="cn=hidden,dc=test" by dn.base="cn=ana,dc=example,dc=test" read
    by dn.regex="uidNumber=[0-9]+,cn=peercred,cn=external,cn=auth" read by * none
access to attrs=userPassword by * auth
access to * by * read
END
cat >"$T/db/data.ldif" <<'END'
dn: dc=test
objectClass: domain
dc: test

dn: dc=example,dc=test
objectClass: domain
dc: example

dn: cn=ana,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: ana
userPassword: word
mail: ana@example.test
mailLocalAddress: ana@example.test
mailRoutingAddress: box1@host

dn: cn=two,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: two
userPassword: other
authzTo: cn=ana,dc=example,dc=test
mail: two@example.test
mailLocalAddress: two@example.test
mailRoutingAddress: b@x

dn: cn=(odd)*,dc=example,dc=test
objectClass: inetOrgPerson
sn: odd
mail: (odd)*\@example.test

dn: cn=hidden,dc=test
objectClass: inetOrgPerson
sn: hidden
mail: hidden@example.test

dn: cn=staff,dc=test
objectClass: groupOfNames
objectClass: inetLocalMailRecipient
mailLocalAddress: staff@example.test
mailRoutingAddress: leaf@group
member: cn=ana,dc=example,dc=test
member: cn=two,dc=example,dc=test
member: cn=gone,dc=example,dc=test

dn: cn=all,dc=test
objectClass: groupOfNames
objectClass: inetLocalMailRecipient
mailLocalAddress: all@example.test
member: cn=staff,dc=test
member: cn=ana,dc=example,dc=test

dn: cn=loop,dc=test
objectClass: groupOfNames
objectClass: inetLocalMailRecipient
mailLocalAddress: loop@example.test
member: cn=loop,dc=test

dn: cn=stop,dc=test
objectClass: groupOfNames
objectClass: inetLocalMailRecipient
mailLocalAddress: stop@example.test
mailHost: list.example.test
mailRoutingAddress: r@x
member: cn=ana,dc=example,dc=test

dn: cn=url,dc=test
objectClass: groupOfNames
objectClass: labeledURIObject
objectClass: inetLocalMailRecipient
mailLocalAddress: url@example.test
member: cn=two,dc=example,dc=test
labeledURI: ldap:///dc=example,dc=test?mail,sn?sub?(sn=ana)
labeledURI: ldap:///dc=example,dc=test?sn?sub?(sn=ana)
END
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$T/db/key.pem" -out "$T/db/cert.pem" 2>/dev/null
chmod 644 "$T/db/key.pem"
as_helper mkdir -p "$T/db/data"
as_helper slapadd -q -f "$T/db/slapd.conf" -l "$T/db/data.ldif" >"$T/db/log" 2>&1 || diag "$(cat "$T/db/log")"

start_server() {
    as_helper slapd -d 0 -f "$T/db/slapd.conf" -h "ldap://127.0.0.1:13890 ldapi://$(printf %s "$T/db/ldapi" | sed 's,/,%2F,g')" \
        >>"$T/db/log" 2>&1 9>&- &
    wait_until "the server" as_helper ldapsearch -x -H ldap://127.0.0.1:13890 -b dc=test -s base
    T_HELPERS="${T_HELPERS:-} $(cat "$T/db/pid")"
}
stop_server() {
    kill "$(cat "$T/db/pid")"
    wait_until "the server's end" test ! -e "$T/db/pid"
}
start_server

# table NAME: a setting of the same name counts that comes last
table() {
    { printf '%s = %s\n' server_host 127.0.0.1 server_port 13890 search_base dc=test version 3; cat; } >"$CONF/$1.cf"
}
table plain <<'END'
query_filter = (mail=%s)
result_attribute = sn, cn
END
check 'a filter with %s' same_answers "ldap:$CONF/plain.cf" ana@example.test ANA@Example.Test '(odd)*\@example.test' nobody
check 'a key is text and no filter' same_answers "ldap:$CONF/plain.cf" '*' 'ana*' ')(mail=*' '(|(mail=*))' '\2a' 'a\' '*)(objectClass=*'
check 'a key that is no UTF-8' same_answers "ldap:$CONF/plain.cf" "$(printf '\377')"
table base <<'END'
search_base = cn=%u, dc=%2, dc=%1
query_filter = (objectClass=*)
scope = base
result_attribute = mail
result_format = <%s> %U %D
END
check 'a base with parts of the key' same_answers "ldap:$CONF/base.cf" ana@example.test two@example.test nobody@example.test \
    ana@test plain 'ana,dc=example@example.test' '(odd)*@example.test' 'a+b=c@example.test' '#a"<>;@example.test' ' @example.test'
table nobase <<'END'
search_base = dc=nowhere
query_filter = (mail=%s)
END
check 'a base that is not there' same_answers "ldap:$CONF/nobase.cf" ana@example.test
table group <<'END'
query_filter = (mailLocalAddress=%s)
result_attribute =
leaf_result_attribute = mailRoutingAddress
special_result_attribute = member
terminal_result_attribute = mailHost
END
check 'groups, groups in groups, members that are gone' same_answers "ldap:$CONF/group.cf" ana@example.test staff@example.test all@example.test
check 'an attribute that ends it' same_answers "ldap:$CONF/group.cf" stop@example.test
{ cat "$CONF/group.cf"; echo recursion_limit = 20; } >"$CONF/loop.cf"
check 'a group in itself' same_answers "ldap:$CONF/loop.cf" loop@example.test
{ cat "$CONF/group.cf"; echo expansion_limit = 1; echo size_limit = 9; } >"$CONF/limit.cf"
check 'a limit of values' same_answers "ldap:$CONF/limit.cf" staff@example.test
table size <<'END'
query_filter = (objectClass=%s)
result_attribute = cn
size_limit = 1
END
check 'a limit of entries' same_answers "ldap:$CONF/size.cf" inetOrgPerson
table url <<'END'
query_filter = (mailLocalAddress=%s)
result_attribute = mail
special_result_attribute = member, labeledURI
END
check 'URLs with attributes' same_answers "ldap:$CONF/url.cf" url@example.test
table bound <<'END'
query_filter = (mail=%s)
result_attribute = sn
bind_dn = cn=admin,dc=test
bind_pw = secret
END
{ cat "$CONF/bound.cf"; echo bind_pw = wrong; } >"$CONF/unbound.cf"
check 'an entry that only a user who is bound sees' same_answers "ldap:$CONF/bound.cf" hidden@example.test ana@example.test
check 'and nobody else' same_answers "ldap:$CONF/plain.cf" hidden@example.test
check 'a wrong password is no answer' same_answers "ldap:$CONF/unbound.cf" ana@example.test
sasl() { # NAME SETTING...: a table that binds so, and sees what only ana sees
    name=$1
    shift
    { cat "$CONF/plain.cf"; printf '%s\n' 'bind = sasl' "$@"; } >"$CONF/$name.cf"
}
for mechanism in DIGEST-MD5 SCRAM-SHA-256 'CRAM-MD5 NTLM'; do
    sasl "sasl-${mechanism%% *}" "sasl_mechs = $mechanism" 'bind_dn = ana' 'bind_pw = word'
    check "SASL: $mechanism" same_answers "ldap:$CONF/sasl-${mechanism%% *}.cf" hidden@example.test ana@example.test nobody@example.test
done
sasl sasl-wrong 'sasl_mechs = SCRAM-SHA-256' 'bind_dn = ana' 'bind_pw = wrong'
check 'SASL: a wrong password is no answer' same_answers "ldap:$CONF/sasl-wrong.cf" ana@example.test
sasl sasl-other 'sasl_mechs = DIGEST-MD5' 'bind_dn = two' 'bind_pw = other'
check 'SASL: somebody else' same_answers "ldap:$CONF/sasl-other.cf" hidden@example.test ana@example.test
sasl sasl-behalf 'sasl_mechs = DIGEST-MD5' 'bind_dn = two' 'bind_pw = other' 'sasl_authz_id = dn:cn=ana,dc=example,dc=test'
check 'SASL: on behalf of another' same_answers "ldap:$CONF/sasl-behalf.cf" hidden@example.test ana@example.test
sasl sasl-layer 'sasl_mechs = DIGEST-MD5' 'bind_dn = ana' 'bind_pw = word' 'sasl_minssf = 64'
check 'SASL: with a layer that encrypts' same_answers "ldap:$CONF/sasl-layer.cf" hidden@example.test
sasl sasl-weak 'sasl_mechs = SCRAM-SHA-256' 'bind_dn = ana' 'bind_pw = word' 'sasl_minssf = 64'
like 'SASL: a mechanism that is too weak is not used (postmap uses it)' "$(ours -q ana@example.test "ldap:$CONF/sasl-weak.cf")" 'bind: .*No worthy mechs found'
sasl sasl-external 'sasl_mechs = EXTERNAL' "server_host = ldapi://$(printf %s "$T/db/ldapi" | sed 's,/,%2F,g')"
check 'SASL: EXTERNAL, by the user at the other end of a socket' same_answers "ldap:$CONF/sasl-external.cf" hidden@example.test
cat >"$CONF/tls.cf" <<END
server_host = ldap://127.0.0.1:1, ldap://127.0.0.1:13890
search_base = dc=test
query_filter = (mail=%s)
result_attribute = sn
start_tls = yes
tls_require_cert = yes
tls_ca_cert_file = $T/db/cert.pem
END
is 'the second of two servers, with TLS' "$(ours -q ana@example.test "ldap:$CONF/tls.cf")" "ana
status 0"

table_outage ldap ana 'two,two' "Can't contact"
