#!/bin/sh
# The SMTP and LMTP client with values of parameters that are not the defaults says to the same servers, and logs of
# them, what Postfix's does.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf
need_root
# TAG|behaviour of the server (t/tool/replies.py)|agent|options|recipient
cat >"$T/services" <<'END'
usual|usual|smtp||x
lusual|usual|lmtp||x
alwaysno|modest|smtp|-o smtp_always_send_ehlo=no|x
alwaysyes|modest|smtp|-o smtp_always_send_ehlo=yes|x
old|old|smtp||x
never|usual|smtp|-o smtp_never_send_ehlo=yes|x
helo|usual|smtp|-o smtp_helo_name=other.test|x
lhlo|usual|lmtp|-o lmtp_lhlo_name=other.test|x
discard|usual|smtp|-o {smtp_discard_ehlo_keywords=pipelining, dsn, 8bitmime, size}|x
ldiscard|usual|lmtp|-o {lmtp_discard_lhlo_keywords=pipelining, dsn, 8bitmime, size}|x
discardmap|usual|smtp|-o {smtp_discard_ehlo_keyword_address_maps=inline:{127.0.0.1=size}}|x
ldiscardmap|usual|lmtp|-o {lmtp_discard_lhlo_keyword_address_maps=inline:{127.0.0.1=size}}|x
line|usual|smtp|-o smtp_line_length_limit=66|x
lline|usual|lmtp|-o lmtp_line_length_limit=66|x
noline|usual|smtp|-o smtp_line_length_limit=0|x
noquote|usual|smtp|-o smtp_quote_rfc821_envelope=no|"a b"
lnoquote|usual|lmtp|-o lmtp_quote_rfc821_envelope=no|"a b"
quote|usual|smtp||"a b"
skip|closed|smtp|-o smtp_skip_5xx_greeting=no|x
noskip|closed|smtp||x
lskip|closed|lmtp|-o lmtp_skip_5xx_greeting=no|x
lnoskip|closed|lmtp||x
busy|busy|smtp||x
lbusy|busy|lmtp||x
plain|plain|smtp||x
noconvert|plain|smtp|-o disable_mime_output_conversion=yes|x
lnoconvert|plain|lmtp|-o disable_mime_output_conversion=yes|x
offer|starttls|smtp|-o smtp_tls_note_starttls_offer=yes|x
loffer|starttls|lmtp|-o lmtp_tls_note_starttls_offer=yes|x
encrypt|plain|smtp|-o smtp_tls_security_level=encrypt|x
lencrypt|plain|lmtp|-o lmtp_tls_security_level=encrypt|x
enforce|plain|smtp|-o smtp_enforce_tls=yes|x
lenforce|plain|lmtp|-o lmtp_enforce_tls=yes|x
nosender|no-sender|smtp||x
lnosender|no-sender|lmtp||x
nouser|no-user|smtp||x
lnouser|no-user|lmtp||x
soft|no-user|smtp|-o soft_bounce=yes|x
full|full|smtp||x
nodata|no-data|smtp||x
late|late|smtp||x
llate|late|lmtp||x
refused|refused|smtp||x
lrefused|refused|lmtp||x
lines|many-lines|smtp||x
nocode|no-code|smtp||x
oddcode|odd-code|smtp||x
hangsup|hangs-up|smtp||x
mute|mute|smtp|-o smtp_helo_timeout=1s|x
lmute|mute|lmtp|-o lmtp_lhlo_timeout=1s|x
mutehello|mute-hello|smtp|-o smtp_helo_timeout=1s|x
lmutehello|mute-hello|lmtp|-o lmtp_lhlo_timeout=1s|x
mutemail|mute-mail|smtp|-o smtp_mail_timeout=1s|x
lmutemail|mute-mail|lmtp|-o lmtp_mail_timeout=1s|x
mutercpt|mute-rcpt|smtp|-o smtp_rcpt_timeout=1s|x
lmutercpt|mute-rcpt|lmtp|-o lmtp_rcpt_timeout=1s|x
mutedata|mute-data|smtp|-o smtp_data_init_timeout=1s|x
lmutedata|mute-data|lmtp|-o lmtp_data_init_timeout=1s|x
muteend|mute-end|smtp|-o smtp_data_done_timeout=1s|x
lmuteend|mute-end|lmtp|-o lmtp_data_done_timeout=1s|x
mutequit|mute-quit|smtp|-o smtp_skip_quit_response=no -o smtp_quit_timeout=1s -o smtp_connection_cache_on_demand=no|x
lmutequit|mute-quit|lmtp|-o lmtp_skip_quit_response=no -o lmtp_quit_timeout=1s -o lmtp_connection_cache_on_demand=no|x
filter|no-user|smtp|-o {smtp_reply_filter=regexp:{{/^550 (.*)/ 450 $1}}}|x
lfilter|no-user|lmtp|-o {lmtp_reply_filter=regexp:{{/^550 (.*)/ 450 $1}}}|x
status|no-user|smtp|-o {smtp_delivery_status_filter=regexp:{{/^5/ 4.9.9 later}}}|x
lstatus|no-user|lmtp|-o {lmtp_delivery_status_filter=regexp:{{/^5/ 4.9.9 later}}}|x
bind|usual|smtp|-o smtp_bind_address=127.0.0.9|x
lbind|usual|lmtp|-o lmtp_bind_address=127.0.0.9|x
badbind|usual|smtp|-o smtp_bind_address=203.0.113.9|x
enforced|usual|smtp|-o smtp_bind_address=203.0.113.9 -o smtp_bind_address_enforce=yes|x
lenforced|usual|lmtp|-o lmtp_bind_address=203.0.113.9 -o lmtp_bind_address_enforce=yes|x
final|plain|lmtp|-o lmtp_assume_final=yes|x
lmime|usual|lmtp|-o {lmtp_mime_header_checks=regexp:{{/^Content-Type:/ IGNORE}}}|x
lheader|usual|lmtp|-o {lmtp_header_checks=regexp:{{/^Subject:/ REPLACE Subject: y}}}|x
headerchecks|usual|smtp|-o {smtp_header_checks=regexp:{{/^Subject:/ REPLACE Subject: y}}}|x
native|usual|smtp|-o smtp_host_lookup=native|x
lnative|usual|lmtp|-o lmtp_host_lookup=native|x
lgeneric|usual|lmtp|-o {lmtp_generic_maps=inline:{a@a.test=b@b.test}}|x
END
# BASE: the transport table of a side whose servers listen from there
behaviours=$(cut -d'|' -f2 "$T/services" | sort -u)
port_of() { echo $(($1 + $(printf '%s\n' "$behaviours" | grep -nx "$2" | cut -d: -f1))); }
for side in ours:11000 theirs:12000; do
    mkdir -p "$T/${side%:*}/heard"
    while IFS='|' read -r tag behaviour _; do
        host=127.0.0.1
        case $tag in *native) host=localhost ;; esac
        echo "$tag.test client-$tag:[$host]:$(port_of "${side#*:}" "$behaviour")"
    done <"$T/services" >"$T/${side%:*}/transport"
    # shellcheck disable=SC2046
    background python3 "$T_SOURCE/tool/replies.py" "$T/${side%:*}/heard" \
        $(for behaviour in $behaviours; do echo "$(port_of "${side#*:}" "$behaviour")=$behaviour"; done)
    wait_until 'the servers' test -f "$T/${side%:*}/heard.ready"
done
while IFS='|' read -r tag behaviour agent options recipient; do
    case $tag in
    encrypt | lencrypt | enforce | lenforce) echo '~ Postfix looks for tlsmgr' ;;
    nodata) echo '~ a session that is not used again needs no RSET' ;;
    oddcode) echo '~ what is no reply is trouble of the server, and not final' ;;
    badbind | enforced | lenforced) echo '~ the warning names the parameter, and the reason is said to the sender' ;;
    final) echo '~ the parameter is not called obsolete' ;;
    esac
    echo "$recipient@$tag.test|$agent, $behaviour: ${options:-defaults}"
done <"$T/services" >"$T/cases"
plan "$(grep -c '|' "$T/cases")"
sides_prepare <<'END'
transport_maps = texthash:@SIDE@/transport
relay_domains = static:all
default_transport = discard:elsewhere
relay_transport = discard:elsewhere
smtpd_relay_restrictions = reject_unauth_destination
smtp_connection_cache_on_demand = no
lmtp_connection_cache_on_demand = no
END
for side in ours theirs; do
    chmod 755 "$T/$side"
    chmod 644 "$T/$side/transport"
done
chmod 755 "$T"
SIDES_LOCAL=$(while IFS='|' read -r tag _ agent options _; do
    printf 'client-%s unix - - n - - %s %s\n' "$tag" "$agent" "$options"
done <"$T/services")
sides_start '25 inet n - n - - smtpd'
python3 "$T_SOURCE/tool/deliver_both.py" --message "$T_SOURCE/system/content/eight-bit" \
    "10025:$T/log/ours.log:$T/ours/heard:nobody" "10125:$T/log/theirs.log:$T/theirs/heard:nobody" "$T/cases" >"$T/compared"
sides_number "$T/compared"
sides_stop
