#!/bin/sh
# cleanup: header_checks, body_checks and their kin: what tables order is done, for mail from the network and from
# here, and not for notices. What is logged and replied word by word is in checks-postfix.t.
. "$(dirname "$0")/../lib.sh"
plan 26
cat >"$T/header.pcre" <<'END'
/^Subject: .*(viagra)/   REJECT 5.7.3 no $1
/^Subject: later/        REJECT 4.7.3 not now
/^Subject: hold/         HOLD
/^Subject: discard/      DISCARD
/^Subject: redirect/     REDIRECT eva@example.test
/^Subject: copy/         BCC luis@example.test
/^Subject: filter/       FILTER discard:filtered
/^X-Secret:/             IGNORE
/^X-Old: (.*)/           REPLACE X-New: $1
/^X-Mark:/               PREPEND X-Before: yes
END
cat >"$T/body.pcre" <<'END'
/^bad words/             REJECT
/^secret: (.*)/          REPLACE secret: ...
END
chmod 644 "$T/header.pcre" "$T/body.pcre"
instance_start <<END
header_checks = pcre:$T/header.pcre
body_checks = pcre:$T/body.pcre
END
mail() { # recipient: the message on standard input; prints the reply
    cat >"$T/message"
    send_mail a@remote.test "$1" "$T/message"
}
arrived() { # user subject: the message file
    grep -ls "^Subject: $2\$" "$(virtual_maildir "$1")"/new/* 2>/dev/null
}
is_there() { [ -n "$(arrived "$1" "$2")" ]; }

# --- orders --------------------------------------------------------------------------------------------
like 'a field is refused' "$(printf 'Subject: cheap Viagra\n\nx\n' | mail ana@example.test)" '^550 5\.7\.3 no Viagra$'
log_has 'and logged' ': reject: header Subject: cheap Viagra from [^ ]*\[127\.0\.0\.1\]; from=<a@remote\.test> to=<ana@example\.test> proto=ESMTP helo=<client\.test>: 5\.7\.3 no Viagra'
like 'a field is refused for now' "$(printf 'Subject: later\n\nx\n' | mail ana@example.test)" '^451 4\.7\.3 not now$'
like 'a line is refused' "$(printf 'Subject: s\n\nx\nbad words\n' | mail ana@example.test)" '^550 5\.7\.1 message content rejected$'
like 'what is thrown away is accepted' "$(printf 'Subject: discard\n\nx\n' | mail ana@example.test)" '^250 2\.0\.0 Ok: queued as'
printf 'Subject: changed\nX-Secret: one\n two\nX-Old: three\nX-Mark: four\n\nsecret: five\nsix\n' | mail ana@example.test >/dev/null
eventually 'a message is changed' is_there ana changed
is 'as the tables say' "$(sed -n '/^Subject:/,$p' "$(arrived ana changed)" | grep -vE '^(Message-Id|Date|From): ' | paste -sd'|')" \
    'Subject: changed|X-New: three|X-Before: yes|X-Mark: four||secret: ...|six'
printf 'Subject: redirect\n\nx\n' | mail ana@example.test,luis@example.test >/dev/null
eventually 'a message is redirected' is_there eva redirect
printf 'Subject: copy\n\nx\n' | mail ana@example.test >/dev/null
eventually 'somebody gets a copy' is_there luis copy
eventually 'and so does the recipient' is_there ana copy
printf 'Subject: filter\n\nx\n' | mail ana@example.test >/dev/null
log_has 'a message goes to a filter' 'to=<ana@example\.test>, relay=none, .*status=sent \(filtered\)'
queue_is_empty 'nothing is left'
check 'what was redirected, filtered and thrown away did not arrive' \
    sh -c '! grep -lsE "^Subject: (redirect|filter|discard|later)" "$1"/new/*' sh "$(virtual_maildir ana)"

# --- hold ----------------------------------------------------------------------------------------------
reply=$(printf 'Subject: hold\n\nx\n' | mail ana@example.test)
like 'a message is held' "$reply" '^250 2\.0\.0 Ok: queued as'
id=${reply##* }
like 'it is in the listing' "$(tool buzonqueue -p)" "^$id!"
buzon stop >/dev/null 2>&1
instance_run
like 'also after a restart' "$(tool buzonqueue -p)" "^$id!"
tool buzonsuper -H "$id" 2>/dev/null
tool buzonqueue -f
eventually 'and goes when it is released' is_there ana hold

# --- mail from here --------------------------------------------------------------------------------------
printf 'Subject: viagra\n\nx\n' | tool sendmail -f ana@example.test luis@example.test
eventually 'what was handed in here is returned' is_there ana 'Undelivered Mail Returned to Sender'
like 'with the reason' "$(cat "$(arrived ana 'Undelivered Mail Returned to Sender')")" '.*no viagra'
printf 'Subject: s\n\nbad words\n' | tool sendmail -f eva@example.test luis@example.test
eventually 'for its body too' is_there eva 'Undelivered Mail Returned to Sender'
check 'and did not arrive' sh -c '! grep -lsE "viagra|bad words" "$1"/new/*' sh "$(virtual_maildir luis)"

# --- tables that change, or are not there ----------------------------------------------------------------------
printf '/^Subject: new rule/ REJECT\n' >"$T/header.new"
touch -d '1 hour' "$T/header.new"
chmod 644 "$T/header.new"
mv "$T/header.new" "$T/header.pcre"
like 'a table that changed counts for the next message' \
    "$(printf 'Subject: new rule\n\nx\n' | mail ana@example.test)" '^550 5\.7\.1'
mv "$T/header.pcre" "$T/elsewhere"
buzon reload 2>/dev/null
like 'while a table is not there no message is taken' \
    "$(printf 'Subject: s\n\nx\n' | mail ana@example.test)" '^451 4\.3\.0 Error: queue file write error$'
log_has 'and the log says why' 'warning: [0-9A-Za-z]+: header_checks map lookup problem -- message not accepted, try again later'
mv "$T/elsewhere" "$T/header.pcre"

# --- large content goes by ----------------------------------------------------------------------------------
buzon reload 2>/dev/null
python3 - "$T/message" <<'END'
import sys
with open(sys.argv[1], "w") as file:
    file.write("Subject: large\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n")
    for n in range(40000):
        file.write("line %d of a message that has many of them\n" % n)
    file.write("bad words are beyond what is looked at\n--b\n\nsecret: five\n--b--\n")
END
send_mail a@remote.test ana@example.test "$T/message" >/dev/null
eventually 'a large message arrives' is_there ana large
is 'the next part is looked at again' "$(sed -n '/^secret/p; /^bad/p' "$(arrived ana large)" | paste -sd'|')" \
    'bad words are beyond what is looked at|secret: ...'
