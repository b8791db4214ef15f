# What becomes of messages at the end of their way: the same ones for Postfix and for us, each to an account, alias or
# mailbox of its own ($CASES, see t/tool/outcomes_both.py). Source it after sides.sh; it is the whole test.

need postmap postalias
need_root
[ -n "${T_NAMESPACE:-}" ] || skip_all 'needs a mount namespace'
sides_prepare <<END
mydestination = mail.example.test
mail_spool_directory = @SIDE@/mail
alias_maps = hash:\$config_directory/aliases
alias_database = hash:\$config_directory/aliases
transport_maps = hash:\$config_directory/transport
virtual_mailbox_maps = hash:\$config_directory/vmailbox
virtual_mailbox_domains = virtual.example.test
virtual_mailbox_base = /
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_minimum_uid = 100
virtual_mailbox_limit = 1000000
local_recipient_maps =
default_transport = discard
mailbox_size_limit = 1000000
message_size_limit = 1000000
recipient_delimiter = +
command_time_limit = 1s
deliver_lock_attempts = 1
deliver_lock_delay = 1s
minimal_backoff_time = 1h
notify_classes =
biff = no
END
for t_side in ours theirs; do
    mkdir -p "$T/$t_side/mail"
    chmod 1777 "$T/$t_side/mail"
done
both() { python3 "$T_SOURCE/tool/outcomes_both.py" "$@" "$T/home" 2100 "$CASES" "$T/ours:10025" "$T/theirs:10125"; }
both --prepare >>"$T/etc/passwd"
sed -n 's/^\(case[0-9]*\):x:[0-9]*:\([0-9]*\):.*/\1:x:\2:/p' "$T/etc/passwd" >>"$T/etc/group"
for t_side in ours theirs; do
    for table in postalias:aliases postmap:transport postmap:vmailbox; do
        MAIL_CONFIG=$T/$t_side/conf "$T/$t_side/bin/${table%:*}" "hash:$T/$t_side/conf/${table#*:}" 2>>"$T/built" || diag "$(cat "$T/built")"
    done
done
SIDES_LOCAL='strict unix - n n - - local -o require_home_directory=yes
home unix - n n - - local -o home_mailbox=mbox
homedir unix - n n - - local -o home_mailbox=Maildir/
nospool unix - n n - - local -o mail_spool_directory=/nowhere/mail
command unix - n n - - local -o { mailbox_command = $HOME/deliver }
transport unix - n n - - local -o mailbox_transport=nothing
forward unix - n n - - local -o forward_path=$home/dir/forward
noowner unix - n n - - virtual -o virtual_uid_maps=
lowowner unix - n n - - virtual -o virtual_uid_maps=static:99
badowner unix - n n - - virtual -o virtual_uid_maps=static:5000x
nogroup unix - n n - - virtual -o virtual_gid_maps=
notable unix - n n - - virtual -o virtual_mailbox_maps=hash:/nowhere/table'
plan "$(both --prepare | wc -l)"
sides_start '25 inet n - n - - smtpd'
both >"$T/compared"
sides_number "$T/compared"
sides_stop
