#!/bin/sh
# sendmail, mailq, newaliases and postdrop: the same invocations of Postfix's and ours.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../sides.sh"
need postqueue
need_root

cat >"$T/cases" <<'CASES'
# options
sendmail </dev/null
~theirs reads the options twice / ^sendmail: invalid option -- 'Z'\nsendmail: fatal: usage: sendmail .options.\n--- status 75$
sendmail -Z x </dev/null
~theirs reads the options twice / ^sendmail: invalid option -- '-'\nsendmail: fatal: usage: sendmail .options.\n--- status 75$
sendmail --version </dev/null
sendmail -b x
sendmail -bx a@b
sendmail -bd x
sendmail -bl x
sendmail -bi x
sendmail -bm </dev/null
sendmail -bm -t a@late.test -bp
sendmail -bs x
sendmail -bt x
sendmail -bD x
sendmail -bz x
sendmail -bh
sendmail -bH x
sendmail -ba x
sendmail -B x a@late.test <message
sendmail -B8bitmime -bh
sendmail -C /nonexistent a@late.test <message
sendmail -C /nonexistent/main.cf a@late.test <message
sendmail -C relative a@late.test <message
sendmail -N x -bh
sendmail -N never,success -bh
sendmail -N success,delay -bh
sendmail -N '' -bh
sendmail -R x -bh
sendmail -R full -bh
sendmail -V '' -bh
sendmail -V "$(head -c 200 /dev/zero | tr '\0' v)" -bh
sendmail -V 'a b' -bh
sendmail -XV -bh
sendmail -XVx -bh
sendmail -X V -bh
sendmail -XV+= -bh
sendmail -XV/a -bh
sendmail -XV+=- -bh
sendmail -V+= -bh
sendmail -Vab -bh
sendmail -V abc -bh
~theirs reads the options twice / ^sendmail: option requires an argument -- 'V'\nsendmail: fatal: usage: sendmail .options.\n--- status 75$
sendmail -bh -V
sendmail -bh -XV
sendmail -XV+= -XV -bh
sendmail -XV -bs </dev/null
sendmail -XVx -bs </dev/null
sendmail -XV -f '' a@late.test <message
sendmail -XV+= -f '<>' a@late.test <message
sendmail -Xfile -bh
sendmail -oA -bh
sendmail -oAx -bh
sendmail -oi -oem -om -o7 -o8 -odi -oxx -bh
sendmail -O x=y -bh
sendmail -O smtputf8=yes -bh
sendmail -O requiretls=no -bh
~who counts on it shall know that it is not there / ^sendmail: warning: -O RequireTLS=yes is not supported
sendmail -O RequireTLS=yes -bh
sendmail -O -bh
sendmail -q x
sendmail -qI
sendmail -qR
sendmail -qS
sendmail -qSx
sendmail -qIx
sendmail -qI0123456789 x
sendmail -qRlate.test x
sendmail -qRlate.test
sendmail -qRbad..name
sendmail -qx
sendmail -q5m
sendmail -q5m x
sendmail -bd -q5m x
sendmail -bp -t
sendmail -bv -t a@late.test
sendmail -bv -N never a@late.test
sendmail -bv -R full a@late.test
sendmail -bv -v a@late.test
sendmail -t -qI0123456789
sendmail -t -bd
sendmail -qRlate.test -bd
sendmail -qI0123456789 -bp
sendmail -qIa/b
sendmail -n -bh
sendmail -m -bh
sendmail -h5 -bh
sendmail -h 5 -bh
sendmail -L tag -bh
sendmail -A m -bh
sendmail -Am -bh
sendmail -e m -bh
sendmail -em -bh
sendmail -p smtp -bh
sendmail -U -bh
sendmail -G -bh
sendmail -i -bh
sendmail -c -bh
sendmail -x -bh
~theirs reads the options twice / ^sendmail: option requires an argument -- 'f'\nsendmail: fatal: usage: sendmail .options.\n--- status 75$
sendmail -f </dev/null
sendmail -t <no-recipients
sendmail -t </dev/null
sendmail -ti <message
sendmail -i <message
~nobody would get it; theirs bounces it later / ^sendmail: fatal: root\(0\): Recipient addresses must be
sendmail '' <message
sendmail -f 'a b, c d' a@late.test <message
sendmail -f ana@example.test -t <no-recipients
sendmail -f ana@example.test a@late.test </
cat $SIDE/conf/main.cf >main.cf; echo 'default_verp_delimiters = x' >>main.cf; sendmail -C $PWD -XV -f ana@example.test a@late.test <message
~the program that writes to maildrop says it / ^buzondrop: fatal: User root.0. is not allowed to submit mail\n--- status 75$
cat $SIDE/conf/main.cf >main.cf; echo 'authorized_submit_users = !root, static:all' >>main.cf; sendmail -C $PWD a@late.test <message
sendmail -I x
newaliases x
newaliases
mailq x
postdrop -Z
~each has records of its own between sendmail and postdrop / ^postdrop: fatal: uid=0: malformed input$
postdrop <message
postdrop -c /nonexistent </dev/null
sendmail -bi -oAhash:$PWD/aliases; ls $PWD/aliases.db
sendmail -I -oA$PWD/nothere
sendmail -bs </dev/null
~no extension that only a server on the network needs / ^250-SIZE [0-9]+\r\n250-VRFY\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 DSN\r\n221 2.0.0 Bye\r\n
printf 'EHLO x\r\nQUIT\r\n' | sendmail -bs
printf 'HELO x\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<a@b>\r\nDATA\r\nNOOP\r\nVRFY\r\nXYZ\r\nQUIT\r\n' | sendmail -bs
printf 'MAIL FROM:<a@b\r\nMAIL TO:x\r\nMAIL FROM:<> X=y\r\nMAIL FROM:<>\r\nRCPT FROM:<x>\r\nRCPT TO:<late@late.test>\r\nDATA\r\nSubject: x\r\n\r\n..x\r\n.\r\nRSET\r\nQUIT\r\n' | sendmail -bs
printf 'MAIL FROM:<a@b>\r\nRCPT TO:<>\r\nRCPT TO:<a@late.test>\r\nDATA\r\nunfinished\r\n' | sendmail -bs
printf 'MAIL FROM:<a@b> RET=X\r\nMAIL FROM:<a@b> ENVID=a+\r\nMAIL FROM:<a@b> RET=HDRS ENVID=a+2Bb\r\nRCPT TO:<a@late.test> NOTIFY=X\r\nRCPT TO:<a@late.test> ORCPT=x\r\nRCPT TO:<a@late.test> NOTIFY=NEVER,DELAY\r\nRCPT TO:<a@late.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z\r\nQUIT\r\n' | sendmail -bs
printf 'NOOP x\r\nRSET x\r\nRSET\r\nMAIL FROM:\r\nMAIL FROM: \r\nRCPT TO:\r\n \r\n\r\nQUIT x\r\nNOOP\r\n' | sendmail -bs
printf 'GET / HTTP/1.0\r\n\r\n' | sendmail -bs
printf 'HELO x\r\nFrom: x\r\nQUIT\r\n' | sendmail -bs
sendmail -bv </dev/null
sendmail -bv a@late.test
sendmail -bv -f ana@example.test a@late.test b@late.test
sendmail -v a@late.test <message
sendmail -v -f ana@example.test a@late.test <message
~theirs takes it for one name / ^postalias: fatal: open @WORK@/nothere: No such file or directory$
sendmail -bi -oAhash:$PWD/nothere,hash:$PWD/aliases
CASES
# What is taken, as it lies in the queue.
cat >"$T/messages" <<'CASES'
sendmail a@late.test <message; taken
 sendmail -f ana@example.test -F 'Ana B. C' a@late.test <message; taken
 sendmail -f '' a@late.test <message; taken
 sendmail -XV -f ana@example.test a@late.test b@late.test <message; taken
 sendmail -XV-+ -f ana@example.test a@late.test <message; taken
 sendmail -V -+ -f ana@example.test a@late.test <message; taken
 sendmail -V-= -f ana@example.test a@late.test <message; taken
 sendmail -f '<>' a@late.test <message; taken
 sendmail -f '"a b"@example.test' a@late.test, 'b@late.test c@late.test' '"d e"@late.test' <message; taken
 sendmail -t <headers; taken
 sendmail -t extra@late.test <headers; taken
 sendmail -t <resent; taken
 sendmail -G a@late.test <message; taken
 sendmail -i a@late.test <dots; taken
 sendmail a@late.test <dots; taken
 sendmail -oi a@late.test <from_; taken
 sendmail a@late.test <crlf; taken
 sendmail a@late.test <bare; taken
 sendmail a@late.test </dev/null; taken
 sendmail a@late.test <body; taken
 sendmail -B8BITMIME a@late.test <message; taken
 NAME='From Environment' sendmail a@late.test <message; taken
 sendmail -- a@late.test <message; taken
 printf 'Subject: x\n\na\r\r\nb\r\r\r\n.\r\r\n' | sendmail a@late.test; taken
 printf ' indented\nSubject: x\n\nbody\n' | sendmail a@late.test; taken
 printf '\tindented\n' | sendmail -f ana@example.test a@late.test; taken
 sendmail -f Mailer-Daemon a@late.test <message; taken
 sendmail -f MAILER-DAEMON@mail.example.test a@late.test <message; taken
 sendmail -f MAILER-DAEMON@example.test a@late.test <message; taken
~ours has no control characters in addresses / ^recipient: a@late.test$.*^recipient: b@late.test$.*first
 sendmail "$(printf '\001a@late.test')" "$(printf 'b@late.test\177')" <message; taken
 printf 'To: a@late.test\0b@late.test\n\nbody\n' | sendmail -t; taken | grep -a recipient:
 sendmail -f ana@example.test -vv a@late.test <message 2>/dev/null; taken | grep -v trace
 printf 'To: a@late.test>\nBcc: b@late.test>, c@late.test\n\nbody\n' | sendmail -t; taken | grep recipient:
 sendmail -f ana@ a@late.test <message; taken | grep sender:
~smtpd has no part in it / ^Received: by mail.example.test .Postfix, from userid 0.\nSubject: x\n.*\n\.y\n
 printf 'MAIL FROM:<>\r\nRCPT TO:<a@late.test>\r\nDATA\r\nSubject: x\r\n\r\n..y\r\n.\r\nQUIT\r\n' | sendmail -bs | tail -n 2; taken
CASES
plan $(($(sides_count "$T/cases") + $(sides_count "$T/messages")))
sides_prepare <<'END'
transport_maps = inline:{{late.test = retry:4.2.1 the road is closed}}
minimal_backoff_time = 1h
END
cd "$T/ours/work" || exit 1
printf 'Subject: one\n\nfirst\n' >message
printf 'Subject: one\nTo: undisclosed-recipients:;\n\nfirst\n' >no-recipients
printf 'root: alice\n' >aliases
printf 'From: Me <me@here.test>\nTo: a@late.test, "b c"@late.test\nCc: group: d@late.test;, E <e@late.test>\nBcc: f@late.test\nSubject: x\n\nbody\n' >headers
printf 'To: no@late.test\nResent-To: a@late.test\nResent-From: b@late.test\nBcc: no2@late.test\n\nbody\n' >resent
printf 'Subject: dots\n\none\n.\ntwo\n..\n.three\n' >dots
printf 'From me Mon Jan  1 00:00:00 2024\n>From you\n>>From them\nSubject: x\n\nFrom here\n' >from_
printf 'Subject: crlf\r\nX: y\r\n z\r\n\r\nbody\r\n' >crlf
printf 'Subject: no end' >bare
printf 'no header here\nsecond\n' >body
cp ./* "$T/theirs/work"
printf '^buzon(queue|alias):\tpost\\1:\n' >>"$T/ours/names" # run by their own names
for t_side in ours theirs; do
    printf 'queued as [0-9A-Za-z]+\tqueued\n' >>"$T/$t_side/names"
done
sides_start
sides_compare "$T/cases"
for t_side in ours theirs; do
    cat >"$T/$t_side/bin/taken" <<END
#!/bin/sh
# The envelope, wherever it is in the file, and the content of the one message in deferred/ that waits; then there is none.
n=0
until id=\$(find "$T/$t_side/queue/deferred" -type f -printf '%f\n' | head -n 1) && [ -n "\$id" ]; do
    n=\$((n + 1))
    [ \$n -lt 200 ] || break
    sleep 0.05
done
postcat -q "\$id" | grep -avE '^(message_size|message_arrival_time|create_time|sender_fullname|named_attribute: (rewrite_context|encoding)|Date|	id )|^\\*\\*\\*' |
    sed "s/\$id/ID/; s/<2[0-9]*\\./<DATE./; s/[0-9:]* +0000/TIME/" >"$T/$t_side/message"
grep -aE '^(sender|named_attribute|(original_)?recipient): ' "$T/$t_side/message"
grep -avE '^(sender|named_attribute|(original_)?recipient): ' "$T/$t_side/message"
emptied >/dev/null 2>&1
END
    cat >"$T/$t_side/bin/emptied" <<END
#!/bin/sh
# Until no message is left, also none that a report or a pickup has just put in.
n=0 quiet=0
until [ \$quiet = 3 ] || [ \$n = 100 ]; do
    n=\$((n + 1))
    postsuper -d ALL
    sleep 0.05
    quiet=\$((quiet + 1))
    (cd "$T/$t_side/queue" && find maildrop incoming active deferred -type f | grep -q .) && quiet=0
done
END
    chmod 755 "$T/$t_side/bin/taken" "$T/$t_side/bin/emptied"
done
sides_do emptied
sides_compare "$T/messages"
sides_stop
