#!/usr/bin/env python3
# The table of parameters and the code agree: whatever the code reads is marked WORKS and documented, so
# that nothing that is obeyed is reported as unsupported; and whatever is marked WORKS is read by the code.
import glob, os, re

top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Values that are for people and their scripts, or for a queue manager of the past; no program of Postfix acts on them
# either.
FOR_INFORMATION = {
    "html_directory", "mail_release_date", "mailq_path", "manpage_directory", "newaliases_path",
    "qmgr_fudge_factor", "readme_directory", "sample_directory", "sendmail_path",
}
# Read by the name of their transport: service_parameter_value.
OF_TRANSPORTS = re.compile(r"(local|relay|lmtp|smtp|virtual)_(destination|transport|delivery|initial)_")

# Folders whose programs have other names than they, and those whose programs read different rows: any of them will do.
PROGRAMS = {
    "error": {"error", "discard"}, "smtp": {"smtp", "lmtp"}, "lib/service": {"all", "master"},
    "lib/route": {"cleanup", "qmgr", "smtpd"}, "lib/delivery": {"local"},
}
DAEMONS = "auth bounce cleanup flush imapd local login pickup pop3d proxymap qmgr showq smtpd virtual".split()
# Read where a program of that room is not meant: logging for the daemons of mail readers, mailboxes by other agents.
ELSEWHERE = {"login_syslog_name", "virtual_minimum_uid"}
rows = {}
defaults = ""
for line in open(os.path.join(top, "lib/config/parameters.def")):
    match = re.match(r'(?:P\(\w+, |PARAMETER_NAMED\(\w+, )(\w+), .*, (WORKS|LATER), "([^"]*)", "(.*)"\)$', line)
    if match:
        rows[match.group(1)] = match.groups()[1:]
        defaults += line if match.group(2) == "WORKS" else ""
code = "".join(
    open(path, errors="replace").read() for pattern in ("*/*.[ch]", "lib/*/*.[ch]", "tools/*/*.[ch]")
    for path in glob.glob(os.path.join(top, pattern))
    if not path.startswith(os.path.join(top, "t/")) and not path.endswith("/unsupported.c"))  # it only names them
code = re.sub(r"/\*.*?\*/", " ", code, flags=re.S)
words = set(re.findall(r"\w+", code)) | set(re.findall(r"\$\{?\{?\$?(\w+)", defaults))
for name in re.findall(r"\bOURS\((\w+)\)", code):  # smtp/settings.c
    words |= {"smtp_" + name, "lmtp_" + name}

def reads(path):
    text = re.sub(r"/\*.*?\*/", " ", open(path, errors="replace").read(), flags=re.S)
    return set(re.findall(r"\bconfig(?:->|\.)(\w+)", text)) & set(rows)


unlisted = sorted(
    "%s:%s" % (folder, name) for folder in DAEMONS + list(PROGRAMS)
    for path in glob.glob(os.path.join(top, folder, "*.c")) for name in reads(path) - ELSEWHERE
    if not set(rows[name][1].split(",")) & ({"all"} | PROGRAMS.get(folder, {folder})))
read = {name for name in re.findall(r"\bconfig(?:->|\.)(\w+)", code) if name in rows}
checks = [
    ("the table has rows", not rows),
    ("every parameter that the code reads is marked as working", sorted(n for n in read if rows[n][0] != "WORKS")),
    ("every parameter that is marked as working is read by the code",
     sorted(n for n in rows if rows[n][0] == "WORKS" and n not in words | FOR_INFORMATION and not OF_TRANSPORTS.match(n))),
    ("nothing is for information alone that the code reads", sorted(n for n in FOR_INFORMATION if n in read or n not in rows)),
    ("every working parameter is documented", sorted(n for n in rows if rows[n][0] == "WORKS" and not rows[n][2])),
    ("whoever reads a parameter is among its readers", unlisted),
    ("every working parameter has readers", sorted(n for n in rows if rows[n][0] == "WORKS" and not rows[n][1])),
]
print("1..%d" % len(checks))
for number, (what, wrong) in enumerate(checks, 1):
    print("%s %d - %s" % ("not ok" if wrong else "ok", number, what))
    if wrong:
        print("# " + " ".join(wrong) if isinstance(wrong, list) else "#")
raise SystemExit(any(wrong for _, wrong in checks))
