#!/bin/sh
# pop3d and Dovecot's pop3 side by side: the same conversation with the same maildrop gives the same answers, unique
# ids in every format, and the same files are left.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../dovecot.sh"
need_dovecot pop3
plan 16
instance_prepare </dev/null
session_user
cat >"$T/compare.py" <<'END'
import os, re, shutil, subprocess, sys
top, stage, conf, settings, variant, script = sys.argv[1:]

def message(n):
    body = ["Received: from host%d by mail; Thu, 1 Jan 2026 00:00:0%d +0000" % (n, n), "Date: Thu, 1 Jan 2026 00:00:00 +0000",
            "Message-ID: <%d@example.test>" % n, "X-UIDL: old%d" % n, "Subject: message %d" % n, "", ".dot", "..two", "", "line",
            "." * 70, "last %d" % n]
    return body[:4] + body[5:] if n == 3 else body

# Octets that a client may not mistake for anything else. (Not here: a message of nothing, which Dovecot 2.3 sends as an
# empty line, and one that begins with a dot, which it does not double.)
HOSTILE = [b"Subject: nul\n\na\0b\0\n\0.\n.\0\n", b"Subject: no end", b"Subject: no end\n\nx", b"Subject: dot at end\n\n.",
           b"Subject: dots\n\n.\n..\n...\n.x\n", b"Subject: long\n\n" + b"x" * 10000000, b"Subject: dots\n\n" + b"." * 3000000 + b"\n.\n",
           b"Subject: crlf\r\n\r\n.a\r\nb\r\n\r\n.\r\n", b"Subject: bare cr\n\na\rb\r\n\rc\r\r\n.\r.\n", b"\n", b"\n\n\n.\n", b"\r\n",
           b"Subject: many\n\n" + b".\n" * 100000, b"Subject: cr at the end\n\nabc\r", b"no header at all\n\nbody\n", b"Subject: only\n",
           b"Subject: blocks\n\n" + b"y" * (8192 - 17) + b"\n.z\n" + b"y" * 65533 + b"\n.\n", b"X: " + b"h" * 200000 + b"\n\nb\n",
           b"Subject: eight bits\n\n\xff\x80\n"]

def make(path):
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, part))
    if variant == "hostile":
        for n, octets in enumerate(HOSTILE):
            with open(os.path.join(path, "cur", "17000000%02d.M%dP1.mail:2," % (n, n)), "wb") as f:
                f.write(octets)
        with open(os.path.join(path, "dovecot-uidlist"), "w") as f:
            f.write("3 V1700000000 N1 G0123456789abcdef0123456789abcdef\n")
        return
    for n in range(1, 8):
        text = "\n".join(message(n)) + ("\n" if n % 2 else "")
        if n == 5:
            text = "Subject: no body\n"
        name = "17000000%02d.M%dP1.mail" % (n, n) + (",S=%d" % len(text) if n > 4 else "") + (":2,S" if n == 2 else "")
        directory = "cur" if ":" in name else "new"
        with open(os.path.join(path, directory, name), "w") as f:
            f.write(text)
    with open(os.path.join(path, "dovecot-uidlist"), "w") as f:
        f.write("3 V1700000000 N8 G0123456789abcdef0123456789abcdef\n")
        for n in range(1, 8):
            extra = "Pkept-%d " % n if variant == "kept" and n in (2, 6) else ""
            extra += "Gguid%d " % n if n == 4 else ""
            size = len("Subject: no body\n") if n == 5 else len("\n".join(message(n)) + ("\n" if n % 2 else ""))
            f.write("%d %s:17000000%02d.M%dP1.mail%s\n" % (n, extra, n, n, ",S=%d" % size if n > 4 else ""))

script = open(script, newline="").read().replace("\n", "\r\n")

def run(command):
    done = subprocess.run(command, input=script.encode(), capture_output=True, timeout=180)
    return done.stdout.decode("latin-1")

def files(path):
    left = []
    for part in ("cur", "new"):
        for name in sorted(os.listdir(os.path.join(path, part))):
            base, _, flags = name.partition(":2,")
            left.append("%s %s" % (base.split(",")[0], "".join(sorted(flags))))
    return sorted(left)

def dovecot(path):
    options = dict(item.split("=", 1) for item in settings.split(";") if item)
    config = os.path.join(top, "dovecot.conf")
    with open(config, "w") as f:
        f.write("base_dir = %s/run\nlog_path = %s/dovecot.log\nmail_location = maildir:%s\nfirst_valid_uid = 0\n"
                "protocols = pop3\nssl = no\n" % (top, top, path))
        for name, value in options.items():
            f.write("%s = %s\n" % (name, '"%s"' % value if "$" in value else value))
    return run(["/usr/lib/dovecot/pop3", "-c", config])

def buzon(path):
    own = os.path.join(top, "conf")
    shutil.rmtree(own, ignore_errors=True)
    os.makedirs(own)
    shutil.copy(os.path.join(conf, "main.cf"), own)
    with open(os.path.join(own, "main.cf"), "a") as f:
        for item in settings.split(";"):
            f.write(item.replace("$", "$$").replace("=", " = ", 1) + "\n")
    said = run([stage + "/libexec/buzon/pop3d", "-s", "-c", own, "-m", path]).split("\r\n", 1)[1]
    ours = "\r\nLANG\r\nUTF8 USER\r\n"  # in CAPA, which Dovecot has not
    assert said.count(ours) == script.upper().count("CAPA")
    return said.replace(ours, "\r\n")

answers, left = [], []
for name, server in (("dovecot", dovecot), ("buzon", buzon)):
    path = os.path.join(top, name)
    shutil.rmtree(path, ignore_errors=True)
    make(path)
    text = server(path)
    answers.append(text.split("\r\n"))
    left.append(files(path))
if answers[0] != answers[1] or left[0] != left[1]:
    import difflib
    print("\n".join(difflib.unified_diff(answers[0] + left[0], answers[1] + left[1], "dovecot", "buzon", lineterm="")))
    sys.exit(1)
if len(answers[0]) < 50:
    sys.exit("only %d lines: %r" % (len(answers[0]), answers[0]))
END
cat >"$T/script" <<'END'
TOP 6 0
LAST
STAT
LIST
LIST 3
LIST 3 x
LIST 0
LIST 99
LIST x
UIDL
UIDL 2
UIDL 99
RETR 1
RETR 3
RETR 5
RETR 7
RETR
RETR 99
TOP 1 0
TOP 1 2
TOP 5 3
TOP 7 100
TOP 1
TOP 1 x
LAST
DELE 3
DELE 3
RETR 3
LIST
STAT
RSET
NOOP
NOOP x
DELE 1
DELE 6
UIDL
LAST
FOO
capa
list
QUIT
END
mkdir -p "$T/work"
[ $PRIVILEGED = no ] || chown alice: "$T/work"
same() { # same 'what' SETTINGS [VARIANT [SCRIPT]]
    check "$1" $AS python3 "$T/compare.py" "$T/work" "$BUZON_STAGE" "$CONF" "$2" "${3:-plain}" "$T/${4:-script}"
}
cat >"$T/odd" <<'END'
stat
STAT x
 STAT
STAT 
LIST  1
LIST 1 2
LIST 1x
LIST -1
LIST +1
LIST 01
LIST 4294967296
LIST 99999999999999999999
LIST 4294967295
LIST 4294967296 x
LIST 4294967296x
LIST x 1
LIST 1  
LIST	1
UIDL  2
UIDL 1 2
UIDL x
UIDL -1
RETR 1 x
RETR  1
RETR x
RETR -1
RETR 0
TOP
TOP 1
TOP 1 
TOP 1  1
TOP 99
TOP 99 1x
TOP 1x 1
TOP 1x
TOP 1 -1
TOP 1 1 1
TOP 1 1x
TOP x 1
TOP 0 1
TOP 99 1
TOP 1 4294967295
TOP 1 4294967296
TOP 1 18446744073709551615
TOP 1 18446744073709551616
TOP 1 99999999999999999999999
TOP 3 1
TOP 6 7
DELE
DELE x
DELE 0
DELE 99
DELE 2 x
DELE 2
DELE 2
RETR 2
TOP 2 0
LIST 2
UIDL 2
UIDL
STAT
NOOP x y
RSET x
STAT
LAST x
LAST
USER a
PASS b
STLS
AUTH
AUTH PLAIN
APOP a b
XTND x

FOO bar
FOO$LONG
LIST 1 $LONG
RETRX 1
CAPA x
QUIT x
END
LONG=$(printf '%0400d' 0) # a reply has room for it
sed -i "s/\$LONG/$LONG/" "$T/odd"
{ echo STAT; for n in 1 2 3 4 5 6 7; do echo "RETR $n"; done; yes FOO | head -n 25; } >"$T/nonsense"
{
    for n in 1 2 3 4 5 6 7; do echo "TOP $n 9"; done
    echo "NOOP $(printf '%02041d' 0)"
    echo UIDL
    echo "NOOP $(printf '%02042d' 0)"
    echo UIDL
} >"$T/long"
same 'by default' 'pop3_uidl_format=%08Xu%08Xv'
same "Courier's ids, and no flags" 'pop3_uidl_format=UID%u-%v;pop3_no_flag_updates=yes'
same "names of files as ids" 'pop3_uidl_format=%f'
same 'GUIDs as ids' 'pop3_uidl_format=%g'
same 'ids in upper case and cut' 'pop3_uidl_format=%v.%05u'
same 'ids of the field X-UIDL' 'pop3_uidl_format=%v.%u;pop3_reuse_xuidl=yes'
same 'ids that another server left' 'pop3_uidl_format=%v.%u' kept
same 'LAST, and ids that are kept from now on' 'pop3_uidl_format=%v.%u;pop3_enable_last=yes;pop3_save_uidl=yes'
same 'deleting only hides' 'pop3_uidl_format=%v.%u;pop3_deleted_flag=$POP3Deleted;pop3_delete_type=flag'
same 'what clients get wrong' 'pop3_uidl_format=%v.%u' plain odd
same 'the same with LAST' 'pop3_uidl_format=%v.%u;pop3_enable_last=yes' plain odd
{
    echo LIST
    for n in $(seq 19); do
        printf 'RETR %s\nTOP %s 0\nTOP %s 1\nTOP %s 4294967295\n' "$n" "$n" "$n" "$n"
    done
    echo QUIT
} >"$T/retrieve"
same 'every octet of odd messages' 'pop3_uidl_format=%v.%u' hostile retrieve
cat >"$T/slowly.py" <<'END'
import fcntl, os, re, socket, struct, subprocess, sys
# The script octet by octet, each of which the server has read before the next one comes.
command, script = sys.argv[1], open(sys.argv[2], "rb").read().replace(b"\n", b"\r\n")

def run(parts):
    ours, theirs = socket.socketpair()
    process = subprocess.Popen("exec " + command, shell=True, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
    theirs.close()
    heard = b""
    for part in parts:
        ours.sendall(part)
        while struct.unpack("i", fcntl.ioctl(ours, 0x5411, b"\0" * 4))[0] and process.poll() is None:
            pass
    ours.shutdown(socket.SHUT_WR)
    while part := ours.recv(65536):
        heard += part
    assert process.wait() == 0, process.returncode
    return heard

whole, slowly = run([script]), run(script[i:i + 1] for i in range(len(script)))
assert whole == slowly and len(whole) > 500, (whole, slowly)
END
printf '%s\n' STAT LIST UIDL 'TOP 1 2' 'RETR 3' 'FOO bar' 'LIST 99' 'UIDL 2' RSET NOOP 'RETR 5' CAPA >"$T/steady"
check 'a line may come octet by octet' python3 "$T/slowly.py" \
    "$AS $BUZON_STAGE/libexec/buzon/pop3d -s -c $CONF -m $T/work/buzon" "$T/steady"
same 'who talks nonsense is thrown out' 'pop3_uidl_format=%v.%u' plain nonsense
{ for n in 1 2 3 4 5 6 7; do echo "RETR $n"; done; yes 'LIST 99' | head -n 10; yes FOO | head -n 5; yes 'TOP 1 x' | head -n 10; } >"$T/absent"
same 'so is who asks for what is not there' 'pop3_uidl_format=%v.%u' plain absent
same 'so is who sends too long a line' 'pop3_uidl_format=%v.%u' plain long
