#!/bin/sh
# smtpd_tls_chain_files, and login's after it: keys and chains of several kinds over several files; each client gets the kind that
# it can verify, and files in a wrong order are refused by name.
. "$(dirname "$0")/../lib.sh"
plan 8
pair() { # NAME KIND: NAME.key, NAME.pem
    openssl req -x509 $2 -nodes -days 30 -subj "/CN=$1.buzon.test" -keyout "$CONF/$1.key" -out "$CONF/$1.pem" 2>/dev/null
}
pair curve '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1'
pair prime '-newkey rsa:2048'
cat "$CONF/curve.key" "$CONF/curve.pem" >"$CONF/curve.both"
instance_prepare <<END
smtpd_tls_cert_file =
smtpd_tls_key_file =
smtpd_tls_chain_files = $CONF/curve.both, $CONF/prime.key, $CONF/prime.pem
END
WRONG_PORT=$((T_BASE + 27))
echo "$WRONG_PORT inet n - n - - smtpd -o smtpd_tls_chain_files=$CONF/prime.pem,$CONF/prime.key" >>"$CONF/master.cf"
instance_run
# subject PORT SIGNATURES: of the certificate that a client gets who verifies these
subject() {
    openssl s_client -connect "127.0.0.1:$1" -starttls smtp -sigalgs "$2" </dev/null 2>/dev/null |
        openssl x509 -noout -subject 2>/dev/null
}
like 'a client of elliptic curves gets that certificate' "$(subject "$SMTP_PORT" ECDSA+SHA256)" curve.buzon.test
like 'a client of RSA gets the other' "$(subject "$SMTP_PORT" RSA-PSS+SHA256)" prime.buzon.test
like 'implicit TLS has them, too' "$(openssl s_client -connect "127.0.0.1:$SUBMISSIONS_PORT" -sigalgs RSA-PSS+SHA256 \
    </dev/null 2>/dev/null | openssl x509 -noout -subject)" prime.buzon.test
like 'so has IMAP' "$(openssl s_client -connect "127.0.0.1:$IMAPS_PORT" -sigalgs RSA-PSS+SHA256 \
    </dev/null 2>/dev/null | openssl x509 -noout -subject)" prime.buzon.test
converse smtp 'a certificate before its key: there is no TLS' --port "$WRONG_PORT" <<'END'
S: 220 *
C: EHLO client.test
S~ 250 CHUNKING
C: STARTTLS
S: 502 5.5.1 Error: command not implemented
C: QUIT
S: 221 2.0.0 Bye
END
log_has 'which the log explains' 'warning: .*prime\.pem'
is 'the rest of the mail system goes on' "$(subject "$SMTP_PORT" ECDSA+SHA256 | grep -c curve)" 1
no_crash 'no process crashed'
