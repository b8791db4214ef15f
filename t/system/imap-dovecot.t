#!/bin/sh
# lib/store: Dovecot and imapd take turns at one Maildir, and always agree on UIDVALIDITY, UIDs, flags,
# keywords, mailboxes and subscriptions; in a Maildir++, in a tree of directories, and in what Courier left.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
need_dovecot imap
plan 4
instance_prepare </dev/null
mkdir -p "$T/tree"
cp "$CONF"/* "$T/tree"
echo 'mailbox_layout = fs' >>"$T/tree/main.cf"
# maildir NAME SEPARATOR [OPTION]: and Dovecot's configuration for it
maildir() {
    mkdir -p "$T/mail/$1/cur" "$T/mail/$1/new" "$T/mail/$1/tmp"
    dovecot_conf imap "maildir:$T/mail/$1${3-}" >"$T/$1.conf"
    printf 'namespace inbox {\n  separator = %s\n}\n' "$2" >>"$T/$1.conf"
}
maildir box .
maildir tree / :LAYOUT=fs
maildir courier .
(
    cd "$T/mail/courier" && for i in 1 2 3 4; do printf 'Subject: %s\n\nx\n' $i >"cur/119080800$i.M1P1.h:2,S"; done
    mv cur/1190808004.M1P1.h:2,S new/1190808004.M1P1.h
    printf '1 1190808543 20\n5 1190808001.M1P1.h\n7 1190808002.M1P1.h\n11 1190808003.M1P1.h\n' >courierimapuiddb
    printf 'INBOX.Sent\n' >courierimapsubscribed
    mkdir courierimapkeywords .Sent .Sent/cur .Sent/new .Sent/tmp
    printf '$Label1\nNonJunk\n\n1190808002.M1P1.h:0 1\n' >courierimapkeywords/:list
)
session_user "$T/mail"/* "$T/run" "$T/tree"
cat >"$T/turns.py" <<'END'
import imaplib, os, random, re, sys
box, ours, theirs, separator, turns = sys.argv[1:]
commands = {"buzon": ours, "dovecot": theirs}
random.seed(3501)
imaplib.Commands["MOVE"] = ("SELECTED",)
serial = 0

def deliver(folder):
    global serial
    serial += 1
    path = box if folder == "INBOX" else box + ("/." if separator == "." else "/") + folder
    name = "/new/%d.M%06dP77.host" % (1700000000 + serial, serial)
    with open(path + name, "w") as f:
        f.write("Subject: s%d\n\nbody\n" % serial)
    owner = os.stat(box)
    os.chown(path + name, owner.st_uid, owner.st_gid)

def plain(lines):
    return sorted(re.sub(rb'\(.*?\)|"', b"", line) for line in lines if line)

def state(server, folder):
    c = imaplib.IMAP4_stream(commands[server])
    assert c.select(folder)[0] == "OK", (server, folder)
    known = (c.response("UIDVALIDITY")[1], c.response("UIDNEXT")[1], {})
    for line in c.uid("fetch", "1:*", "(FLAGS RFC822.SIZE INTERNALDATE)")[1]:
        if line:
            flags = re.search(rb"FLAGS \((.*?)\)", line).group(1).split()
            known[2][re.search(rb"UID (\d+)", line).group(1)] = (
                sorted(f.lower() for f in flags if f != b"\\Recent"), re.search(rb"SIZE (\d+)", line).group(1))
    rest = plain(c.list('""', "*")[1]), plain(c.lsub('""', "*")[1])
    c.logout()
    return known + rest

folders = ["INBOX"]
for turn in range(int(turns)):
    server = random.choice(sorted(commands))
    c = imaplib.IMAP4_stream(commands[server])
    for i in range(random.randint(1, 3)):
        folder = random.choice(folders)
        count = int(c.select(folder)[1][0])
        some = "%d:%d" % tuple(sorted((random.randint(1, count), random.randint(1, count)))) if count else None
        do = random.choice("store store append copy move expunge deliver deliver create subscribe unsubscribe".split())
        if do == "store" and some:
            c.store(some, random.choice(["+FLAGS", "-FLAGS", "FLAGS"]),
                    random.choice(["(\\Seen)", "(\\Flagged kw1)", "($Forwarded)", "(\\Deleted)", "(\\Answered Foo)"]))
        elif do == "append":
            c.append(folder, random.choice([None, "(\\Seen)", "(kw2)"]), None, b"Subject: a\r\n\r\nbody\r\n")
        elif do == "copy" and some:
            assert c.copy(some, random.choice(folders))[0] == "OK"
        elif do == "move" and some:
            assert c._simple_command("MOVE", some, random.choice(folders))[0] == "OK"
        elif do == "expunge":
            c.expunge()
        elif do == "deliver":
            deliver(folder)
        elif do == "create" and len(folders) < 4:
            folder = "abc"[len(folders) - 1] + separator + "x"
            assert c.create(folder)[0] == "OK"
            folders.append(folder)
        elif do == "subscribe":
            c.subscribe(folder)
        elif do == "unsubscribe":
            c.unsubscribe(folder)
    c.logout()
    for folder in folders:
        order = sorted(commands)
        random.shuffle(order)
        first, second = state(order[0], folder), state(order[1], folder)
        assert first == second, "turn %d, %s, after %s:\n%s %s\n%s %s" % (
            turn, folder, server, order[0], first, order[1], second)
END
# take_turns NAME CONFIGURATION SEPARATOR TURNS
take_turns() {
    python3 "$T/turns.py" "$T/mail/$1" "$(our_session imap "$T/mail/$1" "$2")" "$(their_session imap "$T/$1.conf")" "$3" "$4"
}
check 'they agree after every turn' take_turns box "$CONF" . 20
check 'they agree about a tree of mailboxes' take_turns tree "$T/tree" / 12
check 'the list of UIDs is in Dovecot'\''s format' sh -c "head -n 1 '$T/mail/box/dovecot-uidlist' | grep -Eq '^3 V[0-9]+ N[0-9]+ G[0-9a-f]{32}\$'"
cat >"$T/courier.py" <<'END'
import imaplib, re, sys
for command in sys.argv[1:]:
    c = imaplib.IMAP4_stream(command)
    c.select("INBOX", readonly=True)
    print(c.response("UIDVALIDITY")[1][0].decode(), end=";")
    for line in sorted(c.fetch("1:*", "(UID FLAGS)")[1]):
        print(re.search(rb"UID (\d+)", line).group(1).decode(),
              " ".join(sorted(set(re.search(rb"FLAGS \((.*?)\)", line).group(1).decode().split()) - {"\\Recent"})), end=";")
    print()
    c.logout()
END
courier=$(python3 "$T/courier.py" "$(our_session imap "$T/mail/courier")" \
    "$(their_session imap "$T/courier.conf")" | tr -d '"' | sort | uniq -c | tr -s ' ')
is 'both know what Courier knew' "$courier" \
    ' 2 1190808543;5 \Seen;7 $Label1 NonJunk \Seen;11 \Seen;20 ;'
