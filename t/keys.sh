# Which keys are looked up: the same tables and the same addresses for Postfix and for us. What a table says
# names its key, so that the answers tell which one was found. Source it after sides.sh.

need postmap
need_root
D=$T/tables
mkdir -p "$D" && chmod 755 "$D"

# table NAME FORMAT KEY...: a table in which each key's value is the format with the key in it
table() {
    t_file=$D/$1 t_format=$2
    shift 2
    for t_key; do
        # shellcheck disable=SC2059
        printf "%s $t_format\n" "$t_key" "$t_key"
    done >"$t_file"
}

# --- the tables -----------------------------------------------------------------------------------------

table access '550 5.7.1 hit %s' user+ext@full.test user@full.test full.test dom.test .sub.test user+ext@ \
    user@ plus+@ postmaster@ '<>' null-key test.example example.test @at.test bare mixed@case.test \
    low.test 127.1.2.3 127.1.2 127.2 127.1.2.4 2001:db8:1:2::7 2001:db8:1:2 2001:db8:5 127.3.0 host.client.test \
    .client.test parent.test helo.test '[127.0.0.1]' quoted.test unknown
printf '%s\n' '"a b"@quoted.only 550 5.7.1 hit quoted' 'c(d@quoted.only 550 5.7.1 hit unquoted' \
    '"e f"@quoted.only 550 5.7.1 hit "e f"' '"g h"@ 550 5.7.1 hit "g h"' 'k(l@ 550 5.7.1 hit k(l' >>"$D/access"
cat >"$D/access.regexp" <<'X'
/^whole@pattern\.test$/ 550 5.7.1 hit whole
/^pattern\.test$/ 550 5.7.1 hit domain
/^host\.pattern\.client$/ 550 5.7.1 hit client name
/^pattern\.client$/ 550 5.7.1 hit client parent
/^127\.4\.5\.6$/ 550 5.7.1 hit address
/^127\.4\.5$/ 550 5.7.1 hit network
/^(.*)@back\.test$/ 550 5.7.1 hit $1
/^(.*)\.helo\.pattern$/ 550 5.7.1 hit $1
/^Case@Sensitive\.test$/ 550 5.7.1 hit case
!/./ 550 5.7.1 hit nothing
X
cat >"$D/access.cidr" <<'X'
127.6.0.0/16 550 5.7.1 hit cidr
127.7.7.7 550 5.7.1 hit cidr single
2001:db8:7::/48 550 5.7.1 hit cidr six
!127.0.0.0/8 DUNNO
X
table transport 'error:5.1.1 hit %s' user+ext@full.test user@full.test full.test .dots.test dots2.test bare.test \
    deep.bare.test mixed@case.test low.test user@local.test local.test alias.test user@ @at.test '"a b"@quoted.test' \
    'a.b@quoted.test' 'c(d@quoted.test' '"e f"@quoted.test' vbox.test box@vbox.test relay.test -@minus.test user-ext@full.test x=y@full.test
cat >>"$D/transport" <<'X'
null.test :
hop.test :[127.0.0.9]
user@hop.test discard:
only.test error:
retry.test retry:4.2.1 hit retry
nohop.test discard
stop.test discard:hit stop
X
cat >"$D/transport.regexp" <<'X'
/^whole@pattern\.test$/ error:5.1.1 hit whole
/^pattern\.test$/ error:5.1.1 hit domain
/^user@pat-ext\.test$/ error:5.1.1 hit without extension
/^(.*)@back\.test$/ error:5.1.1 hit $1
/^(.*)@subst\.test$/ error:5.1.1 hit $1
/^(.*)@price\.test$/ error:5.1.1 hit $$1
X
cat >"$D/pcre" <<'X'
/^Whole@Pattern\.test$/ 550 5.7.1 hit whole
/^Case@Sensitive\.test$/i 550 5.7.1 hit case
/^pattern\.test$/ 550 5.7.1 hit domain
/^(?<who>[^@]+)@named\.test$/ 550 5.7.1 hit ${1}
if /@inside\.test$/
/^(a+)(b)?@/ 550 5.7.1 hit $1-$(2)-
!/^a/ 550 5.7.1 hit no a
endif
/^127\.4\.(5)\.6$/ 550 5.7.1 hit address $1
/^host\.pattern\.(?=client)/ 550 5.7.1 hit client name
/^x y@/x 550 5.7.1 hit without blanks
X
printf '%s\n' '/^(.*)@pcre\.virt\.test$/ hit-$1@out.test' '/^@pcre2\.virt\.test$/ hit-part@out.test' '/\+/ hit-extension@out.test' >"$D/virtual.pcre"
printf '%s\n' '/^\*$/ error:5.1.1 hit star' >"$D/star"
table relocated '%s' user+ext@moved.test user@moved2.test @moved3.test localmoved localmoved2+ext moved.local.test \
    moved-user@local.test '"local moved"' '"a b"@moved.test' 'c(d@moved.test' '"q+x"@moved.test' '"e f"@moved.test'
cat >"$D/virtual" <<'X'
user+ext@virt.test hit-full-ext@out.test
user@virt.test hit-full@out.test
user@virt2.test hit2@out.test
@virt3.test hit-domain@out.test
@virt4.test @out4.test
localvirt hit-local@out.test
localvirt+ext hit-local-ext@out.test
localvirt2 hit-local2@out.test
"local virt" hit-local-quoted@out.test
"local v"+ext hit-local-odd@out.test
many@virt.test one@out.test, two@out.test
chain@virt.test chain2@virt.test
chain2@virt.test chain3@out.test
self@virt.test self@virt.test, other@out.test
short@virt.test short
Mixed@Virt5.test hit-mixed@out.test
@sub.virt6.test hit-sub@out.test
virt7.test anything
"a b"@virt8.test hit-quoted@out.test
a(b@virt8.test hit-paren@out.test
user@local.test hit-at-local@out.test
local2user@mail.example.test hit-at-myorigin@out.test
"user+ext"@virt9.test hit-q@out.test
X
cat >"$D/virtual.regexp" <<'X'
/^whole@pattern\.test$/ hit-whole@out.test
/^@pattern\.test$/ hit-at-domain@out.test
/^user@pat-ext\.test$/ hit-no-ext@out.test
/^patlocal$/ hit-pat-local@out.test
/^(.*)@back\.test$/ hit-$1@out.test
/^Upper@Pat\.test$/ hit-upper@out.test
X
cat >"$D/canonical" <<'X'
user+ext@canon.test full-ext@canon-out.test
user@canon.test full@canon-out.test
@canon2.test domain@canon-out.test
@canon3.test @canon-out.test
localcanon local@canon-out.test
"local canon" local-quoted@canon-out.test
localcanon+ext local-ext@canon-out.test
X
cat >"$D/sender_canonical" <<'X'
from+ext@canon.test s-full-ext@canon-out.test
from@canon.test s-full@canon-out.test
@canon2.test s-domain@canon-out.test
localfrom s-local@canon-out.test
X
cat >"$D/recipient_canonical" <<'X'
rcpt@canon.test r-full@canon-out.test
@canon4.test @canon2.test
X
table box 'x%.0s' box@vbox.test box+ext@vbox.test box2@vbox.test @all.vbox.test vbox2.test boxlocal mixed@vbox.test '"a b"@vbox.test' 'c(d@vbox.test' '"e f"@vbox.test'
table local 'x%.0s' known known+ext2 @star.local.test full@local.test only@mail.example.test mixed '"a b"' 'c(d' '"e f"' '"g h"@local.test'
table relayed 'x%.0s' user@relay.test @below.relay.test
table domains 'x%.0s' table.local.test .dot.local.test parent.local.test
printf '%s\n' '# a comment' 'file.local.test' '!not.file.local.test, x.file.local.test' "texthash:$D/domains" >"$D/local-domains"
printf '/^pat.*\\.local\\.test$/ x\n/^parent\\.pattern$/ x\n' >"$D/domains.regexp"
printf '127.11.0.1\n127.12.0.0/16\n!127.13.1.1\n127.13.0.0/16\n' >"$D/networks"
printf '127.14.0.0/16 x\n' >"$D/networks.cidr"
table networks.text 'x%.0s' 127.15.0.1 127.16.0

# --- what is asked --------------------------------------------------------------------------------------

cat >"$T/routes" <<'X'
== to 25
user+ext@full.test
user@full.test
user+other@full.test
USER+EXT@FULL.TEST
User@Full.Test
nobody@full.test
user-ext@full.test
user-x@full.test
user+ext-x@full.test
user-ext+x@full.test
x=y@full.test
x@sub.full.test
x@a.b.full.test
x@dots.test
x@sub.dots.test
x@a.sub.dots.test
x@dots2.test
x@sub.dots2.test
x@bare.test
x@sub.bare.test
x@deep.bare.test
x@sub.deep.bare.test
mixed@case.test
MIXED@CASE.TEST
x@low.test
x@LOW.test
user@local.test
nobody@local.test
user
user@at.test
x@at.test
"a b"@quoted.test
"c(d"@quoted.test
"e f+x"@quoted.test
"a.b"@quoted.test
a.b@quoted.test
x@vbox.test
box@vbox.test
x@relay.test
x@null.test
x@hop.test
user@hop.test
x@only.test
x@retry.test
x@stop.test
whole@pattern.test
x@pattern.test
user+ext@pat-ext.test
back@back.test
who@subst.test
who@price.test
x@nowhere.test
x@[127.0.0.9]
x@local.test@full.test
x@full.test@local.test
x@nowhere.test@full.test
user@local.test@local.test
x%full.test
x%full.test@local.test
@full.test:user@full.test
full.test!user
-@minus.test
+@full.test
user+@full.test
user++x@full.test
+user@full.test
owner-user+ext@full.test
owner-list-ext@full.test
user@full.test.
user@.full.test
# relocated
user+ext@moved.test
user@moved.test
user@moved2.test
user+x@moved2.test
x@moved3.test
x+y@moved3.test
x@sub.moved3.test
localmoved
localmoved@local.test
localmoved@mail.example.test
localmoved@other.test
localmoved+x@local.test
localmoved2+ext@local.test
localmoved2@local.test
moved-user@local.test
LocalMoved@LOCAL.test
"local moved"@local.test
"local moved+x"@local.test
"local moved"@mail.example.test
"a b"@moved.test
"c(d"@moved.test
"e f+x"@moved.test
# mailboxes
box+ext@vbox.test
"a b"@vbox.test
"c(d"@vbox.test
"e f+x"@vbox.test
"e f-x"@vbox.test
box+x@vbox.test
box2@vbox.test
box2+x@vbox.test
x@all.vbox.test
x@vbox2.test
boxlocal@vbox.test
Mixed@VBOX.test
"a b"@vbox3.test
"c(d"@vbox4.test
"e f+x"@vbox4.test
# local recipients
known
known@local.test
known+x@local.test
known+ext2@local.test
known@mail.example.test
full@local.test
full@mail.example.test
only@mail.example.test
only@local.test
x@star.local.test
MIXED@local.test
"a b"@local.test
"a b"@mail.example.test
"a b+x"@mail.example.test
"c(d"@local.test
"c(d"@mail.example.test
"e f+x"@local.test
"e f+x"@mail.example.test
"g h"@local.test
"g h-x"@local.test
postmaster@local.test
Postmaster@local.test
postmaster+x@local.test
mailer-daemon@local.test
double-bounce@local.test
postmaster
postmaster@full.test
# relay recipients
user@relay.test
user+x@relay.test
nobody@relay.test
x@below.relay.test
x@other.relay.test
x@no.relay.test
x@sub.no.relay.test
# lists
x@file.local.test
x@not.file.local.test
x@x.file.local.test
x@table.local.test
x@sub.table.local.test
x@dot.local.test
x@sub.dot.local.test
x@parent.local.test
x@a.parent.local.test
x@pattern.local.test
x@sub.pattern.local.test
x@sub.parent.pattern
x@not.local.test
x@sub.local.test
x@FILE.local.test
# virtual aliases
x@virt.test
user@virt.test
user+x@virt.test
user@virtonly.test
x@virt3.test
x@sub.virt3.test
localvirt@virt.test
x@virt7.test
x@sub.virt6.test
x@pcre.virt.test
x@pcre2.virt.test
== mail 25
x@pcre.virt.test
x+y@pcre.virt.test
x@pcre2.virt.test
x+y@pcre2.virt.test
x+y@elsewhere.virt.test
user+ext@virt.test
user@virt.test
user+x@virt.test
user+ext@virt2.test
USER+Ext@Virt2.TEST
x+y@virt3.test
x@virt3.test
X+Y@virt4.test
"x y"@virt4.test
localvirt@local.test
localvirt
localvirt+ext@local.test
localvirt+x@local.test
localvirt2+x@local.test
localvirt@mail.example.test
"local virt"@local.test
"local virt+x"@local.test
"local v+ext"@local.test
"local canon"@local.test
"local canon+x"@mail.example.test
many@virt.test
many+ext@virt.test
chain+ext@virt.test
self+ext@virt.test
self@virt.test
short@virt.test
mixed@virt5.test
x@sub.virt6.test
x@deep.sub.virt6.test
"a b"@virt8.test
~tables that rewrite have for theirs no keys without the quotes that an address needs
"a(b"@virt8.test
user@local.test
local2user
local2user@mail.example.test
user+ext@virt9.test
whole@pattern.test
other@pattern.test
user+ext@pat-ext.test
patlocal@local.test
patlocal
back@back.test
BACK@back.test
upper@pat.test
Upper@Pat.test
user+ext@canon.test
user@canon.test
user+x@canon.test
x@canon2.test
x+y@canon3.test
localcanon@local.test
localcanon+ext@local.test
localcanon+x@local.test
rcpt@canon.test
rcpt+x@canon.test
x@canon4.test
from@canon.test
x@stop.test
user@hop.test
x@default.test
x@nohop.test
"c d"@canon3.test
"localcanon+ext"@local.test
user+ext@canon4.test
x@sub.canon2.test
USER@CANON.TEST
user+a+b@canon.test
user-a@canon.test
user=a+b@virt.test
user+a=b@virt2.test
+ext@virt3.test
-x@virt3.test
"-q"@virt3.test
owner-user@virt.test
owner-x-y@virt3.test
double-bounce@local.test
== mail-from 25
from+ext@canon.test
from@canon.test
from+x@canon.test
user@canon.test
x@canon2.test
x+y@canon3.test
-x@canon3.test
localfrom@local.test
localfrom
localfrom+x@local.test
localcanon+x
rcpt@canon.test
user@virt.test
<>
"x y"@canon3.test
X
cat >"$T/access" <<'X'
== to 26
user+ext@full.test
user+x@full.test
user@full.test
x@full.test
USER@FULL.TEST
x@sub.full.test
x@a.b.full.test
x@sub.test
x@below.sub.test
x@a.below.sub.test
user+ext@other.test
user+x@other.test
user@other.test
User@Other.Test
user-ext@other.test
plus+@other.test
plus@other.test
postmaster
postmaster@other.test
user
bare
bare@other.test
x@at.test
mixed@CASE.test
x@LOW.test
x@[127.1.2.3]
x@[127.0.0.1]
x@quoted.test
"a b"@quoted.test
"a b"@quoted.only
"c(d"@quoted.only
"e f+x"@quoted.only
"g h"@other.test
"g h+x"@other.test
"k(l"@other.test
x%dom.test@local.test
x@parent.test
x@a.parent.test
whole@pattern.test
WHOLE@Pattern.test
whole+x@pattern.test
other@pattern.test
back@back.test
Back@Back.test
case@sensitive.test
@full.test:x@full.test
x%full.test
x%dom.test@other.test
dom.test!x
x@dom.test.
+ext@other.test
user+@other.test
== from 27
<>
user+ext@full.test
user+x@full.test
x@dom.test
x@sub.dom.test
user@other.test
user+ext@other.test
user
bare
whole@pattern.test
"a b"@quoted.only
x@a.below.sub.test
postmaster
back+x@back.test
user@dom.test.
x%dom.test
x%dom.test@local.test
+ext@other.test
== from 32
<>
x@dom.test
== helo 28
helo.test
HELO.test
sub.helo.test
a.b.helo.test
sub.test
x.sub.test
[127.0.0.1]
127.1.2.3
dom.test
x.helo.pattern
host.pattern.client
helo.test.
unknown
== client 29
127.1.2.3
127.1.2.4
127.1.2.5
127.1.3.3
127.2.0.1
127.2.7.1
127.3.0.4
127.3.1.4
127.4.5.6
127.4.5.7
127.5.0.1
127.5.0.2
127.5.0.3
127.5.0.4
127.5.0.5
127.6.1.1
127.7.7.7
127.7.7.8
127.0.0.1
2001:db8:1:2::7
2001:db8:1:2::8
2001:db8:1:3::7
2001:db8:5::1
2001:db8:5:6::1
2001:db8:7::1
2001:db8:8::1
== client 30
127.0.0.1
127.10.0.1
127.10.1.1
127.11.0.1
127.11.0.2
127.12.9.9
127.13.1.1
127.13.1.2
127.14.1.1
127.15.0.1
127.16.0.1
127.17.0.1
127.18.0.5
127.18.0.6
2001:db8:5::1
2001:db8:1:2::7
2001:db8:1:3::7
== client 31
127.0.0.1
127.20.0.1
127.20.0.2
127.5.0.1
== client 41
127.20.0.1
127.20.0.2
127.20.0.3
== client 42
127.5.0.1
127.5.0.2
127.5.0.3
127.5.0.4
127.5.0.5
127.20.0.1
== client 43
127.20.0.1
127.20.0.2
2001:db8:5::1
2001:db8:1:2::7
== client 44
127.20.0.1
127.20.0.2
2001:db8:5::1
2001:db8:1:2::7
== client 45
127.20.0.1
127.5.0.1
== to 33
whole@pattern.test
Whole@Pattern.test
case@sensitive.test
other@pattern.test
who@named.test
a@inside.test
aab@inside.test
b@inside.test
a@outside.test
xy@blank.test
"x y"@blank.test
== from 34
whole@pattern.test
who@named.test
aab@inside.test
<>
== client 35
127.4.5.6
127.5.0.3
127.0.0.1
== to 36
x@dom.test
postmaster
x@local.test
"a b"@dom.test
x@[127.0.0.1]
== from 37
x@dom.test
<>
user
== helo 38
helo.test
[127.0.0.1]
== client 39
127.1.2.3
127.5.0.1
2001:db8:5::1
== to 40
x@static.test
x+y@static.test
x@other.test
X

# --- both sides -----------------------------------------------------------------------------------------

for address in 1:2::7 1:2::8 1:3::7 5::1 5:6::1 7::1 8::1; do
    # Where the machine has no IPv6, nobody comes from there.
    ip address add "2001:db8:$address/128" dev lo nodad 2>/dev/null || sed -i "/^2001:db8:$address\$/d" "$T/access"
done
plan "$(cat "$T/routes" "$T/access" | grep -cv -e '^#' -e '^==' -e '^~')"
dns_start </dev/null
printf '%s\n' '127.5.0.1 host.client.test' '127.5.0.2 a.b.parent.test' '127.5.0.3 host.pattern.client' \
    '127.5.0.4 x.sub.test' '127.5.0.5 HOST.Client.Test' >>"$T/etc/hosts"
sides_prepare <<X
inet_protocols = all
inet_interfaces = all
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 10000
smtpd_soft_error_limit = 10000
smtpd_junk_command_limit = 10000
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
default_transport = discard
relay_transport = discard
local_transport = discard
virtual_transport = discard
mydestination = mail.example.test, local.test, star.local.test, moved.local.test, $D/local-domains, !not.local.test, sub.local.test,
    regexp:$D/domains.regexp
relay_domains = !no.relay.test, relay.test, .dotted.relay.test
relay_recipient_maps = texthash:$D/relayed
virtual_mailbox_domains = vbox.test, all.vbox.test, vbox2.test, vbox3.test
virtual_mailbox_maps = texthash:$D/box
local_recipient_maps = texthash:$D/local
virtual_alias_domains = virtonly.test, virt7.test
virtual_alias_maps = texthash:$D/virtual, regexp:$D/virtual.regexp, pcre:$D/virtual.pcre
canonical_maps = texthash:$D/canonical
sender_canonical_maps = texthash:$D/sender_canonical
recipient_canonical_maps = texthash:$D/recipient_canonical
relocated_maps = texthash:$D/relocated
to_rules = check_recipient_access texthash:$D/access, check_recipient_access regexp:$D/access.regexp
from_rules = check_sender_access texthash:$D/access, check_sender_access regexp:$D/access.regexp
helo_rules = check_helo_access texthash:$D/access, check_helo_access regexp:$D/access.regexp
client_rules = check_client_access texthash:$D/access, check_client_access regexp:$D/access.regexp,
    check_client_access cidr:$D/access.cidr
network_rules = permit_mynetworks, reject
networks = 127.10.0.0/24, $D/networks, cidr:$D/networks.cidr, texthash:$D/networks.text, 127.18.0.5, [2001:db8:5::]/48,
    [2001:db8:1:2::7]
commented_networks = 127.20.0.1 # 127.20.0.2, 127.20.0.3
named_networks = !a.b.parent.test, host.client.test, parent.test, regexp:$D/domains.regexp
malformed_networks = 127.20.0.1/8, [2001:db8:5::]/48
odd_networks = 127.20, office/8, 127.20.0.256, [2001:DB8:5:0::1], 127.20.0.2, [2001:db8:5::]/129
negated_networks = !127.20.0.1, 127.20.0.0/16
X
access='-o smtpd_reject_unlisted_recipient=no'
services="25 inet n - n - - smtpd
26 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$to_rules
27 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$from_rules
28 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$helo_rules
29 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$client_rules
30 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$network_rules -o mynetworks=\$networks
33 inet n - n - - smtpd $access -o smtpd_recipient_restrictions={check_recipient_access pcre:$D/pcre}
34 inet n - n - - smtpd $access -o smtpd_recipient_restrictions={check_sender_access pcre:$D/pcre}
35 inet n - n - - smtpd $access -o smtpd_recipient_restrictions={check_client_access pcre:$D/pcre}
36 inet n - n - - smtpd $access -o smtpd_recipient_restrictions={check_recipient_access static:{550 5.7.1 hit static}}
37 inet n - n - - smtpd $access -o smtpd_recipient_restrictions={check_sender_access static:{550 5.7.1 hit static}}
38 inet n - n - - smtpd $access -o smtpd_recipient_restrictions={check_helo_access static:{550 5.7.1 hit static}}
39 inet n - n - - smtpd $access -o smtpd_recipient_restrictions={check_client_access static:{550 5.7.1 hit static}}
40 inet n - n - - smtpd -o virtual_mailbox_domains=static.test -o virtual_mailbox_maps=static:x
41 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$network_rules -o mynetworks=\$commented_networks
42 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$network_rules -o mynetworks=\$named_networks
43 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$network_rules -o mynetworks=\$malformed_networks
44 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$network_rules -o mynetworks=\$odd_networks
45 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$network_rules -o mynetworks=host.client.test -o parent_domain_matches_subdomains=
31 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$network_rules -o mynetworks=\$negated_networks
32 inet n - n - - smtpd $access -o smtpd_recipient_restrictions=\$from_rules -o smtpd_null_access_lookup_key=null-key"

# keys_compare [main.cf line...]: both run with these lines too, and answer everything
keys_compare() {
    for t_side in ours theirs; do
        printf '%s\n' "$@" >>"$T/$t_side/conf/main.cf"
    done
    sides_start "$services"
    sides_ask "$T/routes"
    sides_ask "$T/access"
    sides_stop
}
