#!/bin/sh
# login and the processes that serve its sessions: those of one user id share processes, one session after another;
# whoever logs in while a process ends, because it has served enough, notices nothing of that. Once a login that was
# handed to a process in its last moment failed: "send to the peer: Broken pipe".
. "$(dirname "$0")/../lib.sh"
need python3
plan 6
instance_start <<'END'
max_use = 2
END
cat >"$T/logins.py" <<'END'
import collections, concurrent.futures, imaplib, poplib, sys
imap_port, imaps_port, pop3_port, password = sys.argv[1:]
def imap(user, make=lambda: imaplib.IMAP4("127.0.0.1", int(imap_port))):
    client = make()
    client.login(user, password)
    assert client.select()[0] == "OK"
    client.logout()
def imaps(user):
    imap(user, lambda: imaplib.IMAP4_SSL("127.0.0.1", int(imaps_port)))
def pop3(user):
    client = poplib.POP3("127.0.0.1", int(pop3_port))
    client.user(user)
    try:
        client.pass_(password)
    except poplib.error_proto as error:  # another of ours has the maildrop at this moment
        assert "IN-USE" in str(error), error
        return
    client.quit()
users = ["%s@example.test" % name for name in ("ana", "luis", "eva")]
failures = collections.Counter()
def one(number):
    try:
        (imap, pop3, imap, pop3, imaps)[number % 5](users[number % 3])
    except Exception as error:
        failures[repr(error)] += 1
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    list(pool.map(one, range(300)))
assert not failures, failures
END
check '300 logins, eight at a time, while processes come and go: nobody fails' \
    python3 "$T/logins.py" "$IMAP_PORT" "$IMAPS_PORT" "$POP3_PORT" "$PASSWORD"
is 'and nothing is logged about it' "$(grep -E '(warning|error): (imap|pop3)' "$LOG" | head -n 5)" ''
served() { sed -n "s/.*$1-login: Login: .* mpid=\([0-9]*\),.*/\1/p" "$LOG" | sort | uniq -c | awk '{ print $1 }' | sort -nu | tr '\n' ' '; }
like 'an imapd serves two sessions at most' "$(served imap)" '^(1 )?2 $'
like 'and so does a pop3d' "$(served pop3)" '^(1 )?2 $'
is 'and every login is in the log' "$(grep -c 'login: Login: ' "$LOG")" 300
no_crash 'no process crashed'
