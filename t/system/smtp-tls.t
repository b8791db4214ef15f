#!/bin/sh
# smtp: TLS with servers, where it is possible and where it is demanded.
. "$(dirname "$0")/../lib.sh"
plan 9
certificate_make
sink_start --tls "$CONF/cert.pem" "$CONF/key.pem"
PLAIN_PORT=$((SINK_PORT + 1))
BROKEN_PORT=$((SINK_PORT + 2))
mkdir "$T/plain" "$T/broken"
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/plain" --port "$PLAIN_PORT"
# It offers STARTTLS, and then cannot do it.
background python3 "$T_SOURCE/tool/sink.py" --directory "$T/broken" --port "$BROKEN_PORT" --ehlo STARTTLS 2>/dev/null
wait_until 'the sinks' test -f "$T/plain/ready" -a -f "$T/broken/ready"
instance_prepare <<END
smtp_tls_security_level = may
smtp_tls_loglevel = 1
transport_maps = inline:{
    {tls.test = smtp:[127.0.0.1]:$SINK_PORT}, {plain.test = smtp:[127.0.0.1]:$PLAIN_PORT},
    {broken.test = smtp:[127.0.0.1]:$BROKEN_PORT}, {waited.test = hasty:[127.0.0.1]:$BROKEN_PORT},
    {strict.test = strict:[127.0.0.1]:$SINK_PORT}, {unable.test = strict:[127.0.0.1]:$PLAIN_PORT},
    {verified.test = verify:[127.0.0.1]:$SINK_PORT} }
END
cat >>"$CONF/master.cf" <<'END'
strict unix - - n - - smtp -o smtp_tls_security_level=encrypt
verify unix - - n - - smtp -o smtp_tls_security_level=secure
hasty  unix - - n - - smtp -o minimal_backoff_time=1s
END
instance_run
for domain in tls plain broken waited strict unable verified; do
    send_mail a@remote.test "bob@$domain.test" >/dev/null
done
kept_by() { grep -l "RCPT TO:<$2>" "$T/$1"/*.env 2>/dev/null | xargs -r grep -l "TLS $3"; }
sent() { [ -n "$(kept_by "$@")" ]; }
eventually 'TLS is used where it is offered' sent sink bob@tls.test yes
log_has 'and logged' 'Untrusted TLS connection established to 127\.0\.0\.1\[127\.0\.0\.1\]:[0-9]+: TLSv1\.'
eventually 'a server without TLS gets its mail without' sent plain bob@plain.test no
log_has 'what cannot do what it offers gets it later' \
    'to=<bob@broken\.test>,.* status=deferred'
sent_again() { tool buzonqueue -f && sent "$@"; }
eventually 'and without TLS when the mail has waited for minimal_backoff_time' sent_again broken bob@waited.test no
eventually 'TLS on demand' sent sink bob@strict.test yes
log_has 'and no mail to a server that does not offer it' \
    'to=<bob@unable\.test>,.* dsn=4\.7\.4, status=deferred \(TLS is required, but was not offered by host 127\.0\.0\.1'
log_has 'nor to one whose certificate nobody vouches for' \
    'to=<bob@verified\.test>,.* dsn=4\.7\.5, status=deferred \(Server certificate not verified\)'
no_crash 'no process crashed'
