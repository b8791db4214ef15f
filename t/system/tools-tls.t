#!/bin/sh
# The subcommands of "postfix tls": the same invocations of Postfix's and ours; what they make is looked at with
# openssl, and an SMTP server has both certificates that were deployed.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postfix openssl
need_root

cat >"$T/cases" <<'CASES'
tty postfix tls
tty postfix tls nosuch
tty postfix tls all-default-client
 tty postfix tls all-default-server
 tty postfix tls all-default-client x
 tty postfix tls all-default-server -z
 tty postfix tls enable-client x
 tty postfix tls enable-client -r
 tty postfix tls enable-client
 postconf -c $MAIL_CONFIG -h smtp_tls_security_level smtp_tls_loglevel
 tty postfix tls all-default-client
 tty postfix tls all-default-server
~a table of sessions has no effect here / typical:.*smtp_tls_security_level = may.*smtp_tls_loglevel = 1.*status 0$
 tty postfix tls enable-client
 tty postfix tls new-server-key -z
 tty postfix tls new-server-key -a dsa
~OpenSSL's words stand in one line / fatal: error generating new rsa private key of size 1.*status 1$
 tty postfix tls new-server-key -b 1
~OpenSSL's words stand in one line / fatal: error generating new ecdsa private key on curve nosuch.*status 1$
 tty postfix tls new-server-key -a ecdsa -b nosuch
 tty postfix tls new-server-key -a ecdsa a.example.test b.example.test
 ls $MAIL_CONFIG | grep pem; stat -c %a $MAIL_CONFIG/*.pem
 openssl x509 -in $MAIL_CONFIG/eccert-*.pem -noout -subject -issuer -ext subjectAltName,basicConstraints,extendedKeyUsage
 openssl x509 -in $MAIL_CONFIG/eccert-*.pem -noout -text | grep -E 'Version|Algorithm|Public-Key|CURVE|Not After' | sed 's/After.*2[0-9]\([0-9]\)[0-9] GMT/\1/'
 openssl verify -CAfile $MAIL_CONFIG/eccert-*.pem $MAIL_CONFIG/eccert-*.pem
 openssl pkey -in $MAIL_CONFIG/eckey-*.pem -noout -text | grep CURVE
 tty postfix tls output-server-csr
 tty postfix tls output-server-csr -k ecdsa
 tty postfix tls output-server-csr -k nosuch
 tty postfix tls output-server-tlsa
 tty postfix tls output-server-tlsa nosuch
 tty postfix tls output-server-tlsa -h
 tty postfix tls deploy-server-cert
 tty postfix tls deploy-server-cert a
 tty postfix tls deploy-server-cert a b c
 tty postfix tls deploy-server-cert a b
 tty postfix tls enable-server -a nosuch
 tty postfix tls all-default-server
~theirs forgets the file's name in one line / ^postfix/postfix-tls-script: Enabled opportunistic TLS in the Postfix SMTP server.*status 0$
 tty postfix tls enable-server
 postconf -c $MAIL_CONFIG -h smtpd_tls_security_level smtpd_tls_loglevel smtpd_tls_received_header smtpd_tls_key_file smtpd_tls_cert_file
 openssl x509 -in $(postconf -c $MAIL_CONFIG -h smtpd_tls_cert_file) -noout -subject -issuer -ext subjectAltName
 openssl x509 -in $(postconf -c $MAIL_CONFIG -h smtpd_tls_cert_file) -noout -text | grep -E 'Public-Key|Signature Algorithm'
 tty postfix tls all-default-server
~theirs has some addresses on the web besides / no changes made.*smtpd_tls_loglevel = 1.*also force a new private key.*status 0$
 tty postfix tls enable-server
 tty postfix tls output-server-tlsa | sed 's/ [0-9a-f]*.$/ DIGEST/'
 tty postfix tls output-server-tlsa -h other.test rsa ecdsa | sed 's/ [0-9a-f]*.$/ DIGEST/'
 test "$(postfix tls output-server-tlsa | sed -n 's/.* 3 1 1 //p')" = "$(openssl pkey -in $(postconf -c $MAIL_CONFIG -h smtpd_tls_key_file) -pubout -outform DER | sha256sum | cut -d' ' -f1)"
 postfix tls output-server-csr | openssl req -noout -text -verify 2>&1 | grep -v -E '^ *[0-9a-fA-F:]+$'
 postfix tls output-server-csr a.test b.test | openssl req -noout -text | grep DNS:
 tty postfix tls deploy-server-cert $(cd $MAIL_CONFIG && ls eccert-*.pem eckey-*.pem)
 postconf -c $MAIL_CONFIG -h smtpd_tls_eckey_file smtpd_tls_eccert_file
 postfix tls output-server-csr -k ecdsa | openssl req -noout -text | grep -E 'CURVE|DNS:'
~theirs says nothing of this pair / fatal: the certificate in @SIDE@/conf/cert-STAMP.pem is for another key.*status 1$
 tty postfix tls deploy-server-cert $(cd $MAIL_CONFIG && ls cert-*.pem eckey-*.pem)
 cp $(postconf -c $MAIL_CONFIG -h smtpd_tls_key_file) key.pem; rm $MAIL_CONFIG/*.pem; cp key.pem $MAIL_CONFIG/key.pem; postconf -c $MAIL_CONFIG -e smtpd_tls_key_file=$MAIL_CONFIG/key.pem
 tty postfix tls new-server-cert other.example.test
 cmp key.pem $MAIL_CONFIG/key-*.pem || openssl pkey -in $MAIL_CONFIG/key-*.pem | cmp - key.pem
 openssl x509 -in $MAIL_CONFIG/cert-*.pem -noout -subject -ext subjectAltName
 rm $MAIL_CONFIG/*.pem
 tty postfix tls new-server-cert
CASES
plan $(($(sides_count "$T/cases") + 5))
sides_prepare </dev/null
for t_side in ours theirs; do
    printf '%s\n' '\d{8}-\d{6}	STAMP' "^$T/$t_side/conf/	@SIDE@/conf/" >"$T/$t_side/names"
done
sides_compare "$T/cases"

# A name is a name, and no part of OpenSSL's syntax.
mkdir "$T/plain" "$T/plain-queue"
printf 'compatibility_level = 3.6\nmyhostname = mail.example.test\nqueue_directory = %s\nmaillog_file_prefixes = %s\nmaillog_file = %s\n' \
    "$T/plain-queue" "$T" "$T/plain.log" >"$T/plain/main.cf"
: >"$T/plain/master.cf"
tls() { "$BUZON_STAGE/sbin/buzon" -c "$T/plain" tls "$@" 2>&1; }
like 'a host name with other characters is refused' "$(tls new-server-key 'a.test,email:copy')" 'fatal: bad host name: a.test,email:copy'
is 'and nothing is left of it' "$(ls "$T/plain" | tr '\n' ' ')" 'main.cf master.cf '

# A server with an RSA and an ECDSA certificate.
instance_start <<'END'
smtpd_tls_cert_file =
smtpd_tls_key_file = $smtpd_tls_cert_file
smtpd_tls_security_level =
END
tool buzon tls enable-server rsa.example.test >/dev/null 2>&1
tool buzon tls new-server-key -a ecdsa ecdsa.example.test >/dev/null 2>&1
tool buzon tls deploy-server-cert "$(basename "$CONF"/eccert-*.pem)" "$(basename "$CONF"/eckey-*.pem)" >/dev/null 2>&1
check 'a server reads what was deployed' tool buzon reload
subject() { # CIPHER: of the certificate that clients who know no other one get
    openssl s_client -connect "127.0.0.1:$SMTP_PORT" -starttls smtp -tls1_2 -cipher "$1" </dev/null 2>/dev/null |
        openssl x509 -noout -subject
}
is 'clients that know RSA alone get its certificate' "$(subject ECDHE-RSA-AES128-GCM-SHA256)" 'subject=CN = rsa.example.test'
is 'the others that of ECDSA' "$(subject ECDHE-ECDSA-AES128-GCM-SHA256)" 'subject=CN = ecdsa.example.test'
