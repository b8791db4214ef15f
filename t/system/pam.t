#!/bin/sh
# auth with PAM: accounts of this host log in with their own password, and read the mail that local
# delivers to them. PAM does not tell a wrong password from an unknown user: the next database is asked.
. "$(dirname "$0")/../lib.sh"
need_root
plan 17
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

# --- what else PAM says ------------------------------------------------------------------------------------
# A service of ours, over the host's: pam_debug answers what it is told to.
instance_stop
cp -r /etc/pam.d "$T/pam.d" && mount --bind "$T/pam.d" /etc/pam.d
echo "alice:{PLAIN}second" >>"$CONF/virtual-users"
sed -i 's/^auth_passdb = pam,/auth_passdb = pam:buzon-test,/' "$CONF/main.cf"
instance_run
# answers 'what holds' AUTH ACCOUNT ANSWER: to a password that the next database has
answers() {
    printf 'auth required pam_debug.so auth=%s\naccount required pam_debug.so acct=%s\n' "$2" "$3" >"$T/pam.d/buzon-test"
    converse imap "$1" <<END
S: * OK *
C: a LOGIN alice second
S~ a $4
END
}
answers 'who may not come in by PAM may be known elsewhere' perm_denied success 'OK *'
answers 'also where only his account may not' success perm_denied 'OK *'
answers 'and whose token has expired' success authtok_expired 'OK *'
answers 'an account that has expired is refused at once' success acct_expired 'NO [EXPIRED] Password expired'
answers 'and a password that must be changed' success new_authtok_reqd 'NO [EXPIRED] Password expired'
converse pop3 'over POP3, too' <<'END'
S: +OK *
C: USER alice
S: +OK
C: PASS second
S: -ERR [AUTH] Password expired
C: QUIT
S: +OK *
END
log_has 'and the log says it, as that of Dovecot' \
    'pop3-login: Disconnected: Aborted login by logging out \(password expired\): user=<alice>, method=PLAIN'

# --- what the time would tell ----------------------------------------------------------------------------
# (A stored password that cannot be used shows that it was taken for the work.)
instance_stop
umount /etc/pam.d
sed -i 's/^auth_passdb = pam:buzon-test,/auth_passdb = pam,/' "$CONF/main.cf"
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
