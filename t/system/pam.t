#!/bin/sh
# auth with PAM: accounts of this host log in with their own password, and read the mail that local
# delivers to them. PAM does not tell a wrong password from an unknown user: the next database is asked.
. "$(dirname "$0")/../lib.sh"
need_root
plan 10
instance_prepare </dev/null
grep ana@ "$CONF/users" >"$CONF/virtual-users" # (alice is an account, and nothing else)
instance_start <<END
auth_passdb = pam, passwd-file:$CONF/virtual-users
auth_verbose = yes
END
send_mail s@remote.test alice@buzon.test >/dev/null
maildir_has 'mail for the account' "$T/home/alice/Maildir" 1
converse imap 'the account reads it over IMAP' <<END
S: * OK *
C: a LOGIN alice $PASSWORD
S~ a OK *
C: b SELECT INBOX
S~ * 1 EXISTS
S~ b OK *
C: c LOGOUT
S~ c OK *
END
converse imap 'a wrong password is refused' <<END
S: * OK *
C: a LOGIN alice wrong
S: a NO [AUTHENTICATIONFAILED] Authentication failed.
END
log_has 'PAM says why' 'auth: pam\(alice,127\.0\.0\.1,<[^>]+>\): pam_authenticate\(\) failed: '
converse imap 'whom PAM does not know is looked for in the next database' <<END
$LOGIN
C: x LOGOUT
S~ x OK *
END
converse imap 'where a wrong password lets nobody in either' <<END
S: * OK *
C: a LOGIN ana@example.test wrong
S: a NO [AUTHENTICATIONFAILED] Authentication failed.
END
log_has 'and the log says it of that database' 'auth: passwd-file\(ana@example\.test,127\.0\.0\.1,<[^>]+>\): Password mismatch'

# --- what the time would tell ----------------------------------------------------------------------------
# (A stored password that cannot be used shows that it was taken for the work.)
instance_stop
echo 'broken@example.test:{ROT13}x' >"$CONF/virtual-users"
sed -i '/^auth /s/$/ -v/' "$CONF/master.cf"
instance_run
converse imap 'a name that is in no file' <<END
S: * OK *
C: a LOGIN nobody@example.test wrong
S: a NO [AUTHENTICATIONFAILED] Authentication failed.
END
log_has 'costs the work of one that is, after PAM too' 'auth: .*ROT13'
no_crash 'no process crashed'
