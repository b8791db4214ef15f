#!/bin/sh
# cleanup with values of parameters that are not the defaults makes of the same message what Postfix's cleanup does.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
. "$(dirname "$0")/../content.sh"
cat >"$T/services" <<'END'
30
31 -o canonical_classes=envelope_sender -o {canonical_maps=inline:{ {from@from.test=new@new.test}, {a@sub.from.test=newa@new.test}, {second@to.test=newb@new.test} }}
32 -o canonical_classes=header_sender,header_recipient -o {canonical_maps=inline:{ {from@from.test=new@new.test}, {a@sub.from.test=newa@new.test}, {c@to.test=newb@new.test} }}
33 -o canonical_classes=envelope_recipient -o {canonical_maps=inline:{ {from@from.test=new@new.test}, {second@to.test=newb@new.test} }}
34 -o sender_canonical_classes=header_sender -o {sender_canonical_maps=inline:{ {from@from.test=new@new.test}, {a@sub.from.test=newa@new.test} }}
35 -o recipient_canonical_classes=header_recipient -o {recipient_canonical_maps=inline:{ {second@to.test=x@new.test}, {c@to.test=newb@new.test}, {@other.test=all@new.test} }}
36 -o masquerade_domains=from.test
37 -o masquerade_domains=from.test,to.test -o masquerade_classes=header_recipient,envelope_recipient
38 -o masquerade_domains=from.test -o masquerade_exceptions=a,root
39 -o {masquerade_domains=!sub.from.test from.test}
40 -o header_address_token_limit=6
41 -o always_add_missing_headers=yes
42 -o hopcount_limit=2
43 -o {undisclosed_recipients_header=To: nobody:;}
44 -o remote_header_rewrite_domain=domain.invalid -o local_header_rewrite_clients=
45 -o local_header_rewrite_clients=static:all
46 -o {message_drop_headers=subject, x-mark}
47 -o {canonical_maps=inline:{ {b@sub.to.test=b@new.test} }} -o recipient_delimiter=+
48 -o {canonical_maps=inline:{ {b@sub.to.test=b@new.test} }} -o recipient_delimiter=+ -o propagate_unmatched_extensions=
49 -o {canonical_maps=inline:{ {@sub.to.test=@new.test} }}
50 -o header_size_limit=60
51 -o header_from_format=obsolete -o always_add_missing_headers=yes
52 -o {sender_bcc_maps=inline:{from@from.test=copy@copy.test}} -o {recipient_bcc_maps=inline:{second@to.test=rcopy@copy.test}}
53 -o always_bcc=all@copy.test
54 -o {virtual_alias_maps=inline:{ {second@to.test=one@v.test, two@v.test} }}
55 -o {virtual_alias_maps=inline:{ {second@to.test=third@to.test}, {third@to.test=fourth@to.test} }} -o virtual_alias_recursion_limit=1
56 -o {virtual_alias_maps=inline:{ {second@to.test=a@v.test b@v.test c@v.test} }} -o virtual_alias_expansion_limit=2
57 -o virtual_alias_address_length_limit=10 -o {virtual_alias_maps=inline:{ {second@to.test=verylongaddress@verylong.test} }}
58 -o duplicate_filter_limit=1 -o {virtual_alias_maps=inline:{ {second@to.test=a@v.test a@v.test} }}
59 -o enable_original_recipient=no -o {virtual_alias_maps=inline:{ {second@to.test=same@v.test} }}
END
message() {
    cat <<'END'
Received: from one
Received: from two
Received: from three
From: "A" <a@sub.from.test>
Sender: from@from.test
To: b+ext@sub.to.test, c@to.test, "quoted, one" <second@to.test>
Cc: d@other.test, local (x)
Bcc: hidden@x.test
Reply-To: a@sub.from.test
Return-Path: <r@x.test>
Content-Length: 5
X-Mark: here
Message-Id: <one@from.test>
Date: Thu, 26 Nov 2026 12:00:00 +0000
Subject: a subject that is longer than others, and goes on
 in a second line

text
END
}
{
    while read -r port options; do
        case $port in
        40) echo '~ an address that is not rewritten stays as it is' ;;
        50) echo '~ what is cut off is not the same to the octet' ;;
        57) echo '~ the warning names the recipient' ;;
        esac
        printf '== %s\n-- %s\n' "$port" "${options:-defaults}"
        message
    done <"$T/services"
    printf '== 43\n-- no recipients in the header\nFrom: a@from.test\nMessage-Id: <x@y>\n\ntext\n'
    printf '== 41\n-- no header but one\nX-Only: this\nMessage-Id: <x@y>\n\ntext\n'
    printf '== 51\n-- no From\nX-Only: this\nMessage-Id: <x@y>\n\ntext\n'
} >"$T/messages"
plan "$(grep -c '^-- ' "$T/messages")"
sides_prepare <<'END'
mydestination = local.test
mynetworks = 127.0.0.0/8
local_header_rewrite_clients = permit_mynetworks
notify_classes =
END
content_compare "$T/services" "$T/messages"
