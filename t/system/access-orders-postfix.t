#!/bin/sh
# smtpd: what the values of access tables order for a message, beside Postfix: the same replies, log lines and queues,
# and the same arrives.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
. "$(dirname "$0")/../content.sh"
mkdir "$T/tables"
chmod 755 "$T/tables"
sides_prepare <<'END'
mynetworks = 127.0.0.0/8
local_header_rewrite_clients =
notify_classes =
virtual_alias_maps = inline:{ {alias@to.test = one@to.test}, {copy@to.test = copied@to.test} }
canonical_maps = inline:{ {plain@to.test = changed@to.test} }
END

# What the table says of the recipient case@to.test, of the sender, the client and the end of data, in this order;
# a line is a case: the list, and the value of a table there.
cat >"$T/values" <<'END'
recipient HOLD
recipient HOLD for a look
recipient FILTER discard:
recipient FILTER discard:said by table
recipient FILTER out:[127.0.0.1]:1
recipient FILTER
recipient FILTER nonsense
recipient REDIRECT other@to.test
recipient REDIRECT alias@to.test
recipient REDIRECT plain@to.test
recipient REDIRECT "a b"@to.test
recipient REDIRECT other
recipient REDIRECT
recipient BCC copy@to.test
recipient BCC plain@to.test
recipient BCC second@to.test
recipient BCC other
recipient BCC
recipient PREPEND X-Added: by table
recipient PREPEND X-Added
recipient PREPEND no header: text
recipient PREPEND X-Added : blank
recipient PREPEND : none
recipient PREPEND
recipient WARN of this
recipient WARN
recipient INFO about this
recipient INFO
recipient DISCARD
recipient DISCARD without a word
recipient DELAY 3600
recipient DUNNO
recipient OK
recipient RELAY
recipient 1234
recipient 250 ok
recipient 450
recipient 550 5.7.9 numbers
recipient 421 go away
recipient REJECT
recipient REJECT 5.7.9 because
recipient REJECT 4.7.9 because
recipient DEFER
recipient DEFER 4.7.9 because
recipient DEFER_IF_PERMIT
recipient DEFER_IF_PERMIT 4.7.9 because
recipient DEFER_IF_REJECT
recipient hold
recipient reject
recipient permit_mynetworks, reject
recipient nosuch
recipient IGNORE
recipient REPLACE x
sender HOLD
sender REDIRECT other@to.test
sender FILTER discard:
sender BCC copy@to.test
sender PREPEND X-Added: by sender
sender DISCARD
client HOLD
client REDIRECT other@to.test
client PREPEND X-Added: by client
client DISCARD
helo HOLD for helo
helo BCC copy@to.test
data HOLD
data REDIRECT other@to.test
data FILTER discard:
data BCC copy@to.test
data PREPEND X-Added: at data
data DISCARD
data WARN at data
data REJECT
end_of_data HOLD
end_of_data REDIRECT other@to.test
end_of_data FILTER discard:
end_of_data BCC copy@to.test
end_of_data PREPEND X-Added: too late
end_of_data DISCARD
end_of_data INFO at the end
early_client HOLD
early_client REDIRECT other@to.test
early_client PREPEND X-Added: early
early_client DISCARD
early_helo FILTER discard:
early_sender HOLD
END
# write_case TITLE TEXT: with a reason, where Postfix does something else
write_case() {
    case $1 in
    *=no*) ;;
    *REDIRECT*@*) echo '~ ours counts the one recipient' ;;
    *BCC*@*) echo '~ nobody is told what becomes of a blind copy, not even of a single one' ;;
    esac
    printf '%s\n' "== $number" "-- $1" 'Subject: a case' '' "$2"
}
services=''
number=9
while read -r list value; do
    number=$((number + 1))
    [ $number != 90 ] || number=91 # the sinks'
    check=$list options=''
    case $list in
    early_*) check=${list#early_} options=' -o smtpd_delay_reject=no' ;;
    esac
    list=$check
    case $list in data | end_of_data) check=client ;; esac
    key=.
    [ $list != recipient ] || key='^case' # of two recipients the first one
    printf '/%s/ %s\n' "$key" "$value" >"$T/tables/$number"
    services="$services
$number inet n - n - - smtpd$options -o smtpd_relay_restrictions= -o { smtpd_recipient_restrictions = permit_mynetworks, reject } -o { smtpd_${list}_restrictions = check_${check}_access regexp:$T/tables/$number, permit_mynetworks, reject }"
    what="$list$options $value"
    write_case "$what" text
    # A message that goes in blocks, where orders come late.
    case $what in end_of_data\ [HRFB]*) write_case "$what, of a large message" '\{2000 forty octets of text in a line of text.
}' ;; esac
done <"$T/values" >"$T/cases"
plan "$(grep -c '^-- ' "$T/cases")"
printf '%s\n' "$services" | content_start
content_ask "$T/cases"
