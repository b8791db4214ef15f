#!/bin/sh
# pop3d and Dovecot's pop3 side by side: the same conversation with the same maildrop gives the same answers, unique
# ids in every format, and the same files are left.
. "$(dirname "$0")/../lib.sh"
need python3
[ -x /usr/lib/dovecot/pop3 ] || skip_all "Dovecot's pop3 is not installed"
plan 9
instance_prepare </dev/null
if [ $PRIVILEGED = yes ]; then
    chmod 755 "$CONF"
    chmod 644 "$CONF"/*
    AS="setpriv --reuid=alice --regid=alice --clear-groups env HOME=$T/home/alice USER=alice"
else
    AS="env USER=$(id -un)"
fi
cat >"$T/compare.py" <<'END'
import os, re, shutil, subprocess, sys
top, stage, conf, settings, variant = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5]

def message(n):
    body = ["Received: from host%d by mail; Thu, 1 Jan 2026 00:00:0%d +0000" % (n, n), "Date: Thu, 1 Jan 2026 00:00:00 +0000",
            "Message-ID: <%d@example.test>" % n, "X-UIDL: old%d" % n, "Subject: message %d" % n, "", ".dot", "..two", "", "line",
            "." * 70, "last %d" % n]
    return body[:4] + body[5:] if n == 3 else body

def make(path):
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, part))
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

script = """STAT
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
""".replace("\n", "\r\n")

def run(command):
    done = subprocess.run(command, input=script.encode(), capture_output=True, timeout=60)
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
    assert said.count(ours) == 1
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
if len(answers[0]) < 80:
    sys.exit("only %d lines: %r" % (len(answers[0]), answers[0]))
END
mkdir -p "$T/work"
[ $PRIVILEGED = no ] || chown alice: "$T/work"
same() { # same 'what' SETTINGS [VARIANT]
    check "$1" $AS python3 "$T/compare.py" "$T/work" "$BUZON_STAGE" "$CONF" "$2" "${3:-plain}"
}
same 'by default' 'pop3_uidl_format=%08Xu%08Xv'
same "Courier's ids, and no flags" 'pop3_uidl_format=UID%u-%v;pop3_no_flag_updates=yes'
same "names of files as ids" 'pop3_uidl_format=%f'
same 'GUIDs as ids' 'pop3_uidl_format=%g'
same 'ids in upper case and cut' 'pop3_uidl_format=%v.%05u'
same 'ids of the field X-UIDL' 'pop3_uidl_format=%v.%u;pop3_reuse_xuidl=yes'
same 'ids that another server left' 'pop3_uidl_format=%v.%u' kept
same 'LAST, and ids that are kept from now on' 'pop3_uidl_format=%v.%u;pop3_enable_last=yes;pop3_save_uidl=yes'
same 'deleting only hides' 'pop3_uidl_format=%v.%u;pop3_deleted_flag=$POP3Deleted;pop3_delete_type=flag'
