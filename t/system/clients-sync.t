#!/bin/sh
# Programs that keep mailboxes in step or sort them, as Debian ships them: interimap (two accounts, by QRESYNC), imapfilter
# (searches, flags and moves over IMAPS), fdm (fetches over IMAP and POP3 and sorts), mpop (pipelines POP3 over STLS),
# neomutt (keeps its header cache up to date, by QRESYNC).
. "$(dirname "$0")/../lib.sh"
need python3 curl interimap imapfilter mpop fdm
plan 27
instance_start </dev/null
CA=$CONF/cert.pem
LUIS=luis@example.test
mkdir -p "$T/client/.config"
export HOME="$T/client"

append() { # append USER MAILBOX SUBJECT
    printf 'From: %s@remote.test\r\nSubject: %s\r\n\r\n.body of %s\r\n' "$3" "$3" "$3" >"$T/message"
    curl -sS --cacert "$CA" -u "$1:$PASSWORD" -T "$T/message" "imaps://localhost:$IMAPS_PORT/$2"
}
cat >"$T/show.py" <<'EOF'
import email, imaplib, re, sys
client = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
client.login(sys.argv[2], sys.argv[3])
if len(sys.argv) > 5:
    client.select(sys.argv[4])
    getattr(client, sys.argv[5])(*sys.argv[6:])
    if "Deleted" in sys.argv[-1]:
        client.expunge()
status, count = client.select(sys.argv[4], readonly=True)
if status == "OK":
    found = []
    for item in [] if count == [b"0"] else client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]:
        if isinstance(item, tuple):
            flags = sorted(f for f in re.search(rb"FLAGS \((.*?)\)", item[0])[1].decode().split() if f not in ("\\Recent", "\\Seen"))
            found.append(" ".join([email.message_from_bytes(item[1])["Subject"]] + flags))
    print(", ".join(sorted(found)))
else:
    print("no such mailbox")
client.logout()
EOF
show() { python3 "$T/show.py" "$IMAP_PORT" "$1" "$PASSWORD" "$2"; }
# change USER MAILBOX METHOD ARGUMENT...: a call of imaplib
change() { t_user=$1; shift; python3 "$T/show.py" "$IMAP_PORT" "$t_user" "$PASSWORD" "$@" >/dev/null; }

# --- interimap ------------------------------------------------------------------------------------------
for side in local remote; do
    user=$ANA
    [ $side = local ] || user=$LUIS
    printf '[%s]\ntype = imap\nhost = 127.0.0.1\nport = %s\nusername = %s\npassword = %s\nSTARTTLS = YES\nSSL_verify = NO\n' \
        $side "$IMAP_PORT" "$user" "$PASSWORD"
done >"$T/interimap.sides"
{ printf 'database = %s/interimap.db\n' "$T"; cat "$T/interimap.sides"; } >"$T/interimap"
interimap_run() { timeout 180 interimap --config="$T/interimap" --quiet; }
for subject in one two three; do append $ANA INBOX $subject; done
append $LUIS INBOX four
curl -sS --cacert "$CA" -u "$ANA:$PASSWORD" -X 'CREATE Lists.deep' "imaps://localhost:$IMAPS_PORT/" >/dev/null
curl -sS --cacert "$CA" -u "$ANA:$PASSWORD" -X 'SUBSCRIBE Lists.deep' "imaps://localhost:$IMAPS_PORT/" >/dev/null
append $ANA Lists.deep five
check 'interimap brings two accounts into step' interimap_run
is 'each has the messages of both' "$(show $LUIS INBOX)" 'four, one, three, two'
is 'and the other too' "$(show $ANA INBOX)" 'four, one, three, two'
is 'and the folders' "$(show $LUIS Lists.deep)" 'five'
change $LUIS INBOX store 1 +FLAGS '(\Flagged Label)'
change $ANA INBOX store 2 +FLAGS '(\Deleted)'
append $ANA INBOX six
check 'interimap goes on from where it was, by QRESYNC' interimap_run
is 'flags, removals and news go both ways' "$(show $ANA INBOX)" "$(show $LUIS INBOX)"
like 'as they were made' "$(show $ANA INBOX)" '^four( [^,]*)?, (one|three)( [^,]*)?, six, (three|two)'
like 'with a keyword' "$(show $ANA INBOX)" '\\Flagged'
check 'and has nothing to do when nothing changed' interimap_run
is 'so that nothing comes twice' "$(show $ANA INBOX | tr ',' '\n' | wc -l)" 4

# --- imapfilter --------------------------------------------------------------------------------------------
cat >"$T/filter.lua" <<EOF
options.timeout = 180
options.create = true
options.subscribe = true
options.certificates = false
account = IMAP { server = "localhost", port = $IMAPS_PORT, username = "$ANA", password = "$PASSWORD", ssl = "auto" }
found = account.INBOX:contain_subject("six") + account.INBOX:contain_field("From", "six@")
found:move_messages(account["Sorted"])
account.INBOX:is_flagged():add_flags({ "Sorted" })
unseen = account.INBOX:is_unseen() * account.INBOX:is_smaller(10000)
unseen:mark_seen()
account.Sorted:match_body("body of six"):copy_messages(account["Copies"])
EOF
check 'imapfilter sorts over IMAPS' timeout 180 imapfilter -t "$CA" -c "$T/filter.lua"
is 'what it looked for is moved' "$(show $ANA Sorted)" 'six'
is 'and what a body had is copied' "$(show $ANA Copies)" 'six'
like 'and what it found is marked' "$(show $ANA INBOX)" 'Sorted \\Flagged'
unlike() { ! printf '%s' "$1" | grep -q "$2"; }
check 'and gone from where it was' unlike "$(show $ANA INBOX)" six

# --- fdm ---------------------------------------------------------------------------------------------------
for subject in seven eight; do append eva@example.test INBOX $subject; done
cat >"$T/fdm.conf" <<EOF
set lock-types flock
set file-umask 077
action "seven" maildir "$T/fdm/seven"
action "rest" mbox "$T/fdm/rest"
account "imap" imap server "127.0.0.1" port $IMAP_PORT user "eva@example.test" pass "$PASSWORD" folder "INBOX" keep
account "pop3" pop3s server "127.0.0.1" port $POP3S_PORT user "eva@example.test" pass "$PASSWORD" no-verify
match "^Subject: seven" in headers action "seven"
match all action "rest"
EOF
chmod 600 "$T/fdm.conf"
chmod 711 "$T"
mkdir "$T/fdm"
[ $PRIVILEGED = no ] || chown carol: "$T/fdm" "$T/fdm.conf"
fdm_run() { as_helper timeout 180 fdm -f "$T/fdm.conf" -a "$1" fetch; }
check 'fdm fetches over IMAP' fdm_run imap
is 'and sorts' "$(cat "$T"/fdm/seven/new/* | grep -c '^\.body of seven')/$(grep -c '^Subject: eight' "$T/fdm/rest")" 1/1
is 'and keeps what it shall keep' "$(show eva@example.test INBOX)" 'eight, seven'
check 'fdm takes all over POP3S' fdm_run pop3
is 'and leaves nothing' "$(show eva@example.test INBOX)" ''

# --- mpop --------------------------------------------------------------------------------------------------
for subject in nine ten; do append eva@example.test INBOX $subject; done
mkdir -p "$T/mpop/new" "$T/mpop/cur" "$T/mpop/tmp"
cat >"$T/mpoprc" <<EOF
account default
host 127.0.0.1
port $POP3_PORT
user eva@example.test
password $PASSWORD
auth plain
tls on
tls_starttls on
tls_certcheck off
pipelining on
uidls_file $T/mpop-uidls
keep off
delivery maildir $T/mpop
EOF
chmod 600 "$T/mpoprc"
check 'mpop pipelines over STLS' timeout 180 mpop -q -C "$T/mpoprc"
is 'and has everything, to the dot' "$(cat "$T"/mpop/new/* | grep -c '^\.body of')/$(show eva@example.test INBOX)" 2/

# --- neomutt -----------------------------------------------------------------------------------------------
if command -v neomutt >/dev/null; then
    for subject in one two three four; do append eva@example.test INBOX $subject; done
    mkdir "$T/neomutt"
    cat >"$T/neomuttrc" <<EOF
set imap_user = eva@example.test
set imap_pass = $PASSWORD
set certificate_file = $CA
set ssl_verify_host = no
set folder = imaps://localhost:$IMAPS_PORT/
set spool_file = +INBOX
set imap_qresync = yes
set header_cache = $T/neomutt
set message_cachedir = $T/neomutt
set sleep_time = 0
set quit = yes
set delete = yes
set move = no
set confirm_append = no
set confirm_create = no
set record = ""
EOF
    # neomutt_run KEYS: a session of these
    neomutt_run() {
        { cat "$T/neomuttrc"; printf 'push "%s"\n' "$1"; } >"$T/neomuttrc-now"
        TERM=xterm timeout 180 script -qec "neomutt -n -F '$T/neomuttrc-now'" /dev/null </dev/null >"$T/neomutt.screen"
    }
    check 'neomutt fills its header cache' neomutt_run '<quit>'
    change eva@example.test INBOX store 1 +FLAGS '(\Deleted)'
    change eva@example.test INBOX store 1 +FLAGS '(\Flagged)'
    append eva@example.test INBOX five
    check 'and brings it up to date' neomutt_run '<tag-pattern>~F|~s five<enter><tag-prefix><copy-message>=Seen<enter><delete-pattern>~s three<enter><sync-mailbox><quit>'
    is 'by flags and news' "$(show eva@example.test Seen | sed 's/ Old//g')" 'five, two \Flagged'
    is 'and what is gone' "$(show eva@example.test INBOX | sed 's/ Old//g')" 'five, four, two \Flagged'
else
    for what in 'fills its header cache' 'and brings it up to date' 'by flags and news' 'and what is gone'; do ok "neomutt: $what # SKIP neomutt is not installed"; done
fi
no_crash 'no process crashed'
