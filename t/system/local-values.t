#!/bin/sh
# local with values of parameters that are not the defaults does with the same aliases, .forward files and mailboxes
# what Postfix's local does.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postconf
need_root
for side in ours theirs; do
    mkdir -p "$T/$side/out" "$T/$side/mail"
    chmod 1777 "$T/$side/out" "$T/$side/mail"
done
# TAG|options of local|what is tried, for the recipients below
cat >"$T/services" <<'END'
plain||nothing
dir|-o command_execution_directory=/tmp|command_execution_directory
home|-o {command_execution_directory=$home}|command_execution_directory with $home
nodir|-o command_execution_directory=/no/such/directory|command_execution_directory that is not there
dirfilter|-o {command_execution_directory=/tmp/$extension} -o execution_directory_expansion_filter=abc|execution_directory_expansion_filter
filter|-o command_expansion_filter=abcdefghijklmnopqrstuvwxyz|command_expansion_filter
export|-o {export_environment=TZ FOO=bar {BAR = a, b c} PATH=/bin}|export_environment
shell|-o {local_command_shell=/bin/sh -c}|local_command_shell
slow|-o command_time_limit=1s|command_time_limit
noalias|-o alias_maps=|no alias_maps
nocommand|-o allow_mail_to_commands=|allow_mail_to_commands
nofile|-o {allow_mail_to_files=forward}|allow_mail_to_files
owner|-o expand_owner_alias=yes|expand_owner_alias
reset|-o reset_owner_alias=yes|reset_owner_alias
orig|-o enable_original_recipient=no|enable_original_recipient
prepend|-o prepend_delivered_header=|prepend_delivered_header
forward|-o {forward_path=$home/other${recipient_delimiter}${extension}, $home/other}|forward_path
ffilter|-o {forward_path=$home/fwd$extension} -o forward_expansion_filter=xyz|forward_expansion_filter
maildir|-o home_mailbox=box/|home_mailbox as a Maildir
mbox|-o home_mailbox=boxes/mbox|home_mailbox as a file
spool|-o home_mailbox=|mail_spool_directory
spooldir|-o {mail_spool_directory=/nowhere/} -o home_mailbox=|mail_spool_directory that is not there
command|-o {mailbox_command=cat >$HOME/out/command}|mailbox_command
commandmaps|-o {mailbox_command_maps=static:{env >$HOME/out/env.maps}}|mailbox_command_maps
transport|-o mailbox_transport=discard:by_transport|mailbox_transport
transportmaps|-o {mailbox_transport_maps=static:discard:by_maps}|mailbox_transport_maps
fallback|-o fallback_transport=discard:fallback|fallback_transport
fallbackmaps|-o {fallback_transport_maps=static:discard:maps} -o fallback_transport=discard:fallback|fallback_transport_maps
luser|-o luser_relay=$user+$extension@discard.test|luser_relay
lusernone|-o luser_relay=discarded@discard.test|luser_relay to a fixed address
locks|-o mailbox_delivery_lock=dotlock -o home_mailbox=boxes/mbox|mailbox_delivery_lock
flock|-o {mailbox_delivery_lock=flock, dotlock} -o home_mailbox=boxes/mbox|mailbox_delivery_lock with flock
nodelim|-o recipient_delimiter=|recipient_delimiter
delim|-o recipient_delimiter=-|recipient_delimiter as a hyphen
strict|-o strict_mailbox_ownership=no -o home_mailbox=|strict_mailbox_ownership
biff|-o biff=no|biff
dups|-o duplicate_filter_limit=1|duplicate_filter_limit
propagate|-o propagate_unmatched_extensions=alias,forward|propagate_unmatched_extensions
nopropagate|-o propagate_unmatched_extensions=|propagate_unmatched_extensions for none
status|-o {local_delivery_status_filter=regexp:{{/^5.1.1 unknown user/ 4.9.9 later}}}|local_delivery_status_filter
include|-o {allow_mail_to_commands=alias,include}|commands in :include:
privs|-o default_privs=carol|default_privs
deliver|-o frozen_delivered_to=no|frozen_delivered_to
END
recipients() { # TAG: which recipients tell something of it
    case $1 in
    dir | home | nodir | dirfilter | filter | export | shell | nocommand | privs) echo env USER+a.b; [ "$1" != filter ] || echo odd ;;
    slow) echo slow ;;
    nofile) echo file ;;
    owner | reset) echo list nested ;;
    orig | prepend | deliver) echo cat USER ;;
    forward | ffilter) echo USER+x USER+q USER ;;
    fallback | fallbackmaps | status) echo nobody-here USER ;;
    luser | lusernone) echo nobody-here+ext nobody-here ;;
    noalias) echo env ;;
    nodelim | delim) echo USER+x USER-x env-x env+x ;;
    dups) echo twice ;;
    propagate | nopropagate) echo two+x ;;
    include) echo included ;;
    plain) echo env cat file odd list nested twice two+x included nobody-here USER USER+a.b loop failing ;;
    *) echo USER ;;
    esac
}
plan "$(($(while IFS='|' read -r tag _; do recipients "$tag"; done <"$T/services" | wc -w) + 4))"
while IFS='|' read -r tag _ title; do
    for recipient in $(recipients "$tag"); do
        case $tag in
        nodir) [ "$recipient" != env ] || echo '~ the reason is in the log of the message alone' ;;
        slow | spooldir) echo '~ what may be mended is tried again' ;;
        esac
        echo "$recipient@$tag.test|$title: $recipient"
    done
done <"$T/services" >"$T/cases"
domains="limit.test nolimit.test $(cut -d'|' -f1 "$T/services" | sed 's/$/.test/' | paste -sd' ')"
mkdir -p "$T/conf"
sides_prepare <<END
alias_maps = texthash:@SIDE@/conf/aliases
mail_spool_directory = @SIDE@/mail
mydestination = $domains
transport_maps = texthash:$T/transport
local_recipient_maps =
recipient_delimiter = +
home_mailbox = Maildir/
smtpd_relay_restrictions = reject_unauth_destination
default_transport = discard:elsewhere
default_privs = nobody
END
cut -d'|' -f1 "$T/services" | sed 's/.*/&.test local-&:/' >"$T/transport"
printf '%s\n' 'limit.test local-limit:' 'nolimit.test local-nolimit:' >>"$T/transport"
chmod 644 "$T/transport"
for side in ours theirs; do
    [ $side = ours ] && user=alice || user=bob
    home=$(home_of $user)
    cat >"$T/$side/conf/aliases" <<END
env "|env >$T/$side/out/env"
cat "|cat >$T/$side/out/cat"
odd "|echo \$EXTENSION \$SENDER \$CLIENT_ADDRESS >$T/$side/out/odd"
slow "|/bin/sleep 20"
file $T/$side/out/file
list discarded@discard.test
owner-list owner@discard.test
nested list, other@discard.test
owner-nested first@discard.test
twice x@discard.test, x@discard.test, y@discard.test
two x@discard.test
included :include:$T/$side/conf/include
loop loop
failing "|echo no way; exit 69"
END
    echo "\"|cat >$T/$side/out/included\"" >"$T/$side/conf/include"
    chmod 644 "$T/$side/conf/aliases" "$T/$side/conf/include"
    chmod 755 "$T/$side" "$T/$side/conf"
    ln -s "$T/$side/out" "$home/out"
    echo "\"|cat >$T/$side/out/other\"" >"$home/other"
    echo "\"|cat >$T/$side/out/other.x\"" >"$home/other+x"
    echo "\"|cat >$T/$side/out/fwd\"" >"$home/fwdx"
    echo "\"|cat >$T/$side/out/fwd_\"" >"$home/fwd_"
    mkdir "$home/boxes"
    chown -h $user: "$home/boxes" "$home/out" "$home"/other* "$home"/fwd*
    SIDES_LOCAL="local-limit unix - n n - - local -o mailbox_size_limit=100
local-nolimit unix - n n - - local -o message_size_limit=0
$(while IFS='|' read -r tag options _; do printf 'local-%s unix - n n - - local %s\n' "$tag" "$options"; done <"$T/services")"
done
chmod 755 "$T"
traces() { echo "$T/$1/out,$T/$1/mail,$(home_of "$2")/Maildir,$(home_of "$2")/box,$(home_of "$2")/boxes"; }
sides_start '25 inet n - n - - smtpd'
python3 "$T_SOURCE/tool/deliver_both.py" "10025:$T/log/ours.log:$(traces ours alice):alice" \
    "10125:$T/log/theirs.log:$(traces theirs bob):bob" \
    "$T/cases" >"$T/compared"
sides_number "$T/compared"
for side in ours:10025 theirs:10125; do
    log=$T/log/${side%:*}.log
    python3 "$T_SOURCE/tool/send.py" --port "${side#*:}" a@a.test alice@limit.test >/dev/null
    eventually "${side%:*}: no message that is accepted is too large for every mailbox" \
        grep -q 'fatal: configuration error: mailbox_size_limit is smaller than message_size_limit' "$log"
    python3 "$T_SOURCE/tool/send.py" --port "${side#*:}" a@a.test alice@nolimit.test >/dev/null
    eventually "${side%:*}: nor of any size" \
        grep -q 'fatal: configuration error: mailbox_size_limit is limited but message_size_limit is unlimited' "$log"
done
sides_stop
