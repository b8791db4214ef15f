#!/bin/sh
# bounce: what senders and postmasters are told of failures, delays and successes, word for word as by Postfix with the
# same templates: recipients of aliases, DSN parameters, double bounces, copies for the postmaster.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postmap postalias
need_root
sides_prepare <<END
mydestination = mail.example.test
mail_spool_directory = @SIDE@/mail
alias_maps = hash:\$config_directory/aliases
alias_database = hash:\$config_directory/aliases
bounce_template_file = \$config_directory/templates
mail_name = Postfix
transport_maps = inline:{ {down.test = smtp:[127.0.0.1]:10026} }
delay_warning_time = 1s
local_recipient_maps =
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
notify_classes = bounce, 2bounce, delay
END
for t_side in ours theirs; do
    mkdir -p "$T/$t_side/mail"
    chmod 1777 "$T/$t_side/mail"
    cat >"$T/$t_side/conf/aliases" <<'END'
postmaster: alice
full: "|echo this mailbox is full; exit 77"
two: nobody1, nobody2, "|exit 67"
half: bob, nobody3, "|echo no; exit 1"
listy: bob, carol
quiet: /dev/null
END
    for t_kind in failure delay success verify; do
        printf '%s_template = <<EOF\nFrom: MAILER-DAEMON (%s)\nSubject: %s\n' $t_kind $t_kind $t_kind
        case $t_kind in failure | delay) echo "Postmaster-Subject: postmaster $t_kind" ;; esac
        printf '\nThis is $myhostname: %s\n\nEOF\n\n' $t_kind
    done >"$T/$t_side/conf/templates"
    MAIL_CONFIG=$T/$t_side/conf "$T/$t_side/bin/postalias" "hash:$T/$t_side/conf/aliases"
done
SIDES_LOCAL='smtp unix - - n - - smtp'
plan 13
sides_start '25 inet n - n - - smtpd'
check 'all is taken' python3 "$T_SOURCE/tool/reports_both.py" send 10025 10125
python3 "$T_SOURCE/tool/reports_both.py" compare "$T/ours/mail/alice" "$T/theirs/mail/alice" 12 >"$T/compared"
sides_number "$T/compared"
sides_stop
