#!/bin/sh
# Quota: Dovecot's maildir backend and imapd keep one sum in one maildirsize, by turns; each refuses what is
# too much after what the other took in.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
need_dovecot imap
[ -f /usr/lib/dovecot/modules/lib10_quota_plugin.so ] || skip_all "Dovecot's quota is not installed"
plan 1
instance_prepare <<'END'
mailbox_quota = storage=10K:messages=6
END
mkdir -p "$T/mail/box/cur" "$T/mail/box/new" "$T/mail/box/tmp"
dovecot_conf imap "maildir:$T/mail/box" >"$T/dovecot.conf"
cat >>"$T/dovecot.conf" <<'END'
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=10K:messages=6
}
END
session_user "$T/mail/box" "$T/run"
cat >"$T/turns.py" <<'END'
import imaplib, re, sys
box, ours, theirs = sys.argv[1:]
commands = {"buzon": ours, "dovecot": theirs}

def turn(server, octets, messages, kind="OK", expunge=False):
    """One more message, perhaps the first one gone; then octets and messages are these, for both."""
    c = imaplib.IMAP4_stream(commands[server])
    answer = c.append("INBOX", None, None, b"x" * octets)
    assert answer[0] == kind and (kind == "OK" or b"[OVERQUOTA]" in answer[1][0]), (server, answer)
    if expunge:
        c.select()
        c.store("1", "+FLAGS", "(\\Deleted)")
        c.expunge()
    for name in commands:
        d = imaplib.IMAP4_stream(commands[name])
        quota = d.getquotaroot("INBOX")[1][1][0]
        d.logout()
        assert b"MESSAGE %d 6" % messages in quota, (server, name, quota)
    c.logout()
    lines = open(box + "/maildirsize").read().split("\n")
    sums = [sum(int(line.split()[i]) for line in lines[1:] if line) for i in (0, 1)]
    assert lines[0] == "10240S,6C" and sums[1] == messages, (server, lines)

turn("dovecot", 1000, 1)
turn("buzon", 2000, 2)
turn("dovecot", 3000, 2, expunge=True)
turn("buzon", 1000, 2, expunge=True)
turn("buzon", 9000, 2, "NO")
turn("dovecot", 9000, 2, "NO")
for i in range(4):
    turn(["buzon", "dovecot"][i % 2], 10, 3 + i)
turn("buzon", 10, 6, "NO")
turn("dovecot", 10, 6, "NO")
END
check 'both take turns, and agree' python3 "$T/turns.py" "$T/mail/box" "$(our_session imap "$T/mail/box")" "$(their_session imap)"
