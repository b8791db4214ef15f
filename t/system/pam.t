#!/bin/sh
# auth with PAM: accounts of this host log in with their own password, and read the mail that local
# delivers to them; a slow check does not hold up others.
. "$(dirname "$0")/../lib.sh"
need_root
plan 5
instance_start <<'END'
auth_passdb = pam
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
no_crash 'no process crashed'
