#!/bin/sh
# auth: databases in their order, fields of users, master users, mechanisms, tokens and certificates.
. "$(dirname "$0")/../lib.sh"
need python3 openssl
plan 52
cd "$T" || exit 1
instance_prepare <<END
auth_passdb = deny:passwd-file:$CONF/deny, map:hash:$CONF/table, passwd-file:$CONF/users
auth_master_passdb = passwd-file:$CONF/masters
auth_master_user_separator = *
auth_username_format = %Lu
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 scram-sha-1-plus scram-sha-256-plus external oauthbearer xoauth2
auth_mailbox_uid = $VMAIL_UID
auth_mailbox_gid = $VMAIL_GID
auth_mailbox_home = $MAILDIRS/%d/%n
auth_oauth2_keys = $CONF/keys.json
auth_oauth2_introspection = unix:$T/introspect
auth_oauth2_issuers = https://id.example.test
auth_oauth2_username_claim = email
login_tls_ask_ccert = yes
login_tls_CAfile = $CONF/ca.pem
END
b64() { printf "$1" | base64 -w0; }

# --- who there is ----------------------------------------------------------------------------------
scram=$(python3 - "$PASSWORD" <<'END'
import base64, hashlib, hmac, sys
salt = b"sixteen octets.."
salted = hashlib.pbkdf2_hmac("sha256", sys.argv[1].encode(), salt, 4096)
key = lambda name: hmac.new(salted, name, "sha256").digest()
print("4096,%s,%s,%s" % tuple(base64.b64encode(x).decode() for x in
    (salt, hashlib.sha256(key(b"Client Key")).digest(), key(b"Server Key"))))
END
)
ids=$VMAIL_UID:$VMAIL_GID
cat >>"$CONF/users" <<END
plain@example.org:{PLAIN}$PASSWORD
jürgen@example.org:{PLAIN}schlüssel
odd@example.org:{PLAIN}$(printf 'schlu\314\210ssel')
scram@example.org:{SCRAM-SHA-256}$scram
closed@example.org:{PLAIN}$PASSWORD::::::nologin reason=Closed.
far@example.org:{PLAIN}$PASSWORD::::::allow_nets=192.0.2.0/24,2001:db8::/32
near@example.org:{PLAIN}$PASSWORD::::::allow_nets=127.0.0.0/8
alias@example.org:{PLAIN}$PASSWORD::::::user=ana@example.test
proxied@example.org:{PLAIN}$PASSWORD::::::proxy=y host=192.0.2.9
placed@example.org:{PLAIN}$PASSWORD::::::userdb_uid=$VMAIL_UID userdb_gid=$VMAIL_GID userdb_home=$MAILDIRS/placed userdb_mail=maildir:~/elsewhere
barred@example.org:{PLAIN}$PASSWORD
broken@example.org:{ROT13}$PASSWORD
twice@example.org:{PLAIN}$PASSWORD
twice@example.org:{PLAIN}second
table@example.org:{PLAIN}second:$ids:::$MAILDIRS/table
roams@example.org:{PLAIN}$PASSWORD
shut@example.org:{PLAIN}$PASSWORD
END
echo "barred@example.org" >"$CONF/deny"
echo "admin@example.org:{PLAIN}master-secret" >"$CONF/masters"
{
    printf 'table@example.org {PLAIN}%s:%s::%s/table::\n' "$PASSWORD" "$ids" "$MAILDIRS"
    printf 'roams@example.org {PLAIN}%s::::::allow_nets=192.0.2.0/24\n' "$PASSWORD"
    printf 'shut@example.org {PLAIN}%s::::::nologin\n' "$PASSWORD"
} >"$CONF/table"
tool buzonmap "hash:$CONF/table"
openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj '/CN=Test CA' -keyout ca.key -out "$CONF/ca.pem" 2>/dev/null
for name in ana@example.test eve@example.test; do
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout client.key -out client.csr 2>/dev/null
    if [ $name = ana@example.test ]; then
        openssl x509 -req -in client.csr -CA "$CONF/ca.pem" -CAkey ca.key -days 9 -out client.crt 2>/dev/null
        cat client.crt client.key >good.pem
    else
        openssl x509 -req -in client.csr -signkey client.key -days 9 -out client.crt 2>/dev/null
        cat client.crt client.key >bad.pem
    fi
done
cat >"$CONF/keys.json" <<'END'
{"keys": [{"kty": "oct", "kid": "one", "alg": "HS256", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}]}
END
token() { # token CLAIMS: signed with our key, good for an hour
    python3 - "$1" <<'END'
import base64, hashlib, hmac, json, sys, time
part = lambda octets: base64.urlsafe_b64encode(octets).rstrip(b"=")
claims = dict({"iss": "https://id.example.test", "exp": int(time.time()) + 3600}, **json.loads(sys.argv[1]))
text = part(b'{"alg":"HS256","kid":"one"}') + b"." + part(json.dumps(claims).encode())
print((text + b"." + part(hmac.new(b"secret-secret-secret-secret-secret", text, "sha256").digest())).decode())
END
}
cat >introspect.py <<'END'
import os, socketserver, sys, urllib.parse
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        length = 0
        while (line := self.rfile.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        token = urllib.parse.parse_qs(self.rfile.read(length).decode())["token"][0]
        body = {"opaque+1/2=": b'{"active":true,"iss":"https://id.example.test","email":"ana@example.test"}',
                "spent": b'{"active":false}'}.get(token)
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body if body
                         else b"HTTP/1.0 500 Internal Server Error\r\n\r\n")
server = socketserver.UnixStreamServer(sys.argv[1], Handler)
os.chmod(sys.argv[1], 0o666)
server.serve_forever()
END
background python3 introspect.py "$T/introspect"
wait_until 'the identity provider' test -S "$T/introspect"
instance_run
login() { python3 "$T_SOURCE/tool/sasl_client.py" "$IMAP_PORT" "$@"; }
enters() { like "$1" "$(login "$2" "$3" "$4" "${5:-}")" '^OK'; }
refused() { like "$1" "$(login "$3" "$4" "$5" "${6:-}")" "$2"; }

# --- databases and fields ----------------------------------------------------------------------------
enters 'a table has the fields of a passwd-file' PLAIN table@example.org "$PASSWORD"
enters 'who has no place gets one by the template' PLAIN plain@example.org "$PASSWORD"
check 'there it is' test -d "$MAILDIRS/example.org/plain/Maildir/cur"
enters 'userdb_mail says where the mailbox is' PLAIN placed@example.org "$PASSWORD"
check 'there it is' test -d "$MAILDIRS/placed/elsewhere/cur"
enters 'a name is normalised' PLAIN PLAIN@Example.org "$PASSWORD"
enters 'a user may be another one from here on' PLAIN alias@example.org "$PASSWORD"
log_has 'and is known by that name' 'Login: user=<ana@example\.test>, method=PLAIN'
refused 'who is denied does not get in' AUTHENTICATIONFAILED PLAIN barred@example.org "$PASSWORD"
refused 'a closed account says so' 'CONTACTADMIN\] Closed\.' PLAIN closed@example.org "$PASSWORD"
refused 'but not to those who do not know the password' AUTHENTICATIONFAILED PLAIN closed@example.org wrong
refused 'who comes from elsewhere is not let in' AUTHENTICATIONFAILED PLAIN far@example.org "$PASSWORD"
enters 'unless another database has him too, and says nothing of networks' PLAIN roams@example.org "$PASSWORD"
refused 'with no other password' AUTHENTICATIONFAILED PLAIN roams@example.org wrong
refused 'an account that one database has closed stays closed' CONTACTADMIN PLAIN shut@example.org "$PASSWORD"
enters 'who comes from where he may, is' PLAIN near@example.org "$PASSWORD"
refused 'a stored password in an unknown scheme lets nobody in' AUTHENTICATIONFAILED PLAIN broken@example.org "$PASSWORD"
enters 'of two lines for a name the first one counts' PLAIN twice@example.org "$PASSWORD"
refused 'the other one does not' AUTHENTICATIONFAILED PLAIN twice@example.org second
enters 'who is in two databases has the password of the first' PLAIN table@example.org "$PASSWORD"
enters 'and that of the second' PLAIN table@example.org second
refused 'and no other one' AUTHENTICATIONFAILED PLAIN table@example.org third
log_has 'and the log says so' "warning: .*/users: twice@example.org is there more than once"
refused 'a field that we cannot obey lets nobody in' UNAVAILABLE PLAIN proxied@example.org "$PASSWORD"

# --- master users -------------------------------------------------------------------------------------
enters 'a master user opens the mailbox of another' PLAIN 'ana@example.test*admin@example.org' master-secret
enters 'or says whose by the authorization identity' PLAIN admin@example.org master-secret ana@example.test
refused 'no other user may' AUTHENTICATIONFAILED PLAIN plain@example.org "$PASSWORD" ana@example.test
refused 'a master user has no mailbox of his own' AUTHENTICATIONFAILED PLAIN admin@example.org master-secret

refused 'nor one by naming nobody' AUTHENTICATIONFAILED PLAIN '*plain@example.org' "$PASSWORD"
refused 'the master user stands behind the first separator' AUTHENTICATIONFAILED PLAIN 'ana@example.test*x*admin@example.org' master-secret

# --- mechanisms ----------------------------------------------------------------------------------------
enters 'SCRAM-SHA-256 with a stored secret' SCRAM-SHA-256 scram@example.org "$PASSWORD"
enters 'SCRAM-SHA-1 and a master user' SCRAM-SHA-1 admin@example.org master-secret ana@example.test
refused 'SCRAM with a wrong password' AUTHENTICATIONFAILED SCRAM-SHA-256 scram@example.org wrong
enters 'CRAM-MD5 with plain text stored' CRAM-MD5 plain@example.org "$PASSWORD"
refused 'CRAM-MD5 for a password that is stored otherwise' AUTHENTICATIONFAILED CRAM-MD5 ana@example.test "$PASSWORD"
# Names and passwords in another spelling than that which is stored: with accents of their own, as some keyboards have it.
enters 'a name and a password by PLAIN, spelled otherwise' PLAIN "$(printf 'Ju\314\210rgen@example.org')" "$(printf 'schlu\314\210ssel')"
enters 'by SCRAM, where the client does it, too' SCRAM-SHA-256 "$(printf 'Ju\314\210rgen@example.org')" "$(printf 'schl\303\274ssel')"
enters 'a password that is stored as no client should send it' PLAIN odd@example.org "$(printf 'schlu\314\210ssel')"
refused 'another letter is another password' AUTHENTICATIONFAILED PLAIN "$(printf 'J\303\274rgen@example.org')" schlussel
if command -v gsasl >/dev/null; then
    check 'SCRAM-SHA-256-PLUS, bound to the TLS session, as GNU SASL does it' sh -c "gsasl --imap --connect=127.0.0.1:$IMAP_PORT \
        -m SCRAM-SHA-256-PLUS -a plain@example.org -z '' -p '$PASSWORD' --x509-ca-file='' </dev/null 2>&1 | grep 'OK.*Logged in'"
else
    ok 'SCRAM-SHA-256-PLUS # SKIP gsasl is not installed'
fi

# --- tokens and certificates -----------------------------------------------------------------------------
enters 'a signed token' OAUTHBEARER ana@example.test "$(token '{"email": "ana@example.test"}')"
refused "another user's token" AUTHENTICATIONFAILED OAUTHBEARER luis@example.test "$(token '{"email": "ana@example.test"}')"
refused 'a token makes nobody a master user' AUTHENTICATIONFAILED XOAUTH2 'luis@example.test*ana@example.test' "$(token '{"email": "ana@example.test"}')"
refused 'a token that has expired' AUTHENTICATIONFAILED XOAUTH2 ana@example.test "$(token '{"email": "ana@example.test", "exp": 1}')"
enters 'a token that only the provider knows' XOAUTH2 ana@example.test 'opaque+1/2='
refused 'a provider that cannot answer is no refusal' UNAVAILABLE XOAUTH2 ana@example.test unknown
converse imap 'a certificate that the authority signed' --port "$IMAPS_PORT" --tls --certificate good.pem <<END
S: * OK [CAPABILITY * AUTH=EXTERNAL*] *
# it makes nobody a master user
C: x AUTHENTICATE EXTERNAL $(b64 luis@example.test)
S: x NO [AUTHENTICATIONFAILED] *
C: a AUTHENTICATE EXTERNAL =
S~ a OK *
C: b LOGOUT
S~ b OK *
END
converse imap 'a certificate that it did not sign is none' --port "$IMAPS_PORT" --tls --certificate bad.pem <<'END'
S: * OK *
C: a CAPABILITY
S: * CAPABILITY IMAP4rev1 *AUTH=PLAIN*
S: a OK *
C: b AUTHENTICATE EXTERNAL =
S: b NO *
END

# --- a database that is not there ------------------------------------------------------------------------
instance_stop
sed -i 's,^auth_passdb.*,&\, map:hash:$config_directory/missing,' "$CONF/main.cf"
instance_run
enters 'whom another one knows gets in' PLAIN plain@example.org "$PASSWORD"
refused 'a table that cannot answer is no refusal' UNAVAILABLE PLAIN nobody@example.org "$PASSWORD"
refused 'nor is a wrong password one, which might be right in that table' UNAVAILABLE PLAIN plain@example.org wrong
no_crash 'no process crashed'
