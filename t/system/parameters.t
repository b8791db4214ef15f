#!/usr/bin/env python3
# The table of parameters and the code agree: whatever the code reads is marked WORKS and documented, so
# that nothing that is obeyed is reported as unsupported.
import glob, os, re

top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
rows = {}
for line in open(os.path.join(top, "lib/config/parameters.def")):
    match = re.match(r'(?:P\(\w+, |PARAMETER_NAMED\(\w+, )(\w+), .*, (WORKS|LATER), "([^"]*)", "(.*)"\)$', line)
    if match:
        rows[match.group(1)] = match.groups()[1:]
code = "".join(
    open(path, errors="replace").read() for pattern in ("*/*.[ch]", "lib/*/*.[ch]", "tools/*/*.[ch]")
    for path in glob.glob(os.path.join(top, pattern)))
read = {name for name in re.findall(r"\bconfig(?:->|\.)(\w+)", code) if name in rows}
checks = [
    ("the table has rows", not rows),
    ("every parameter that the code reads is marked as working", sorted(n for n in read if rows[n][0] != "WORKS")),
    ("every working parameter is documented", sorted(n for n in rows if rows[n][0] == "WORKS" and not rows[n][2])),
    ("every working parameter has readers", sorted(n for n in rows if rows[n][0] == "WORKS" and not rows[n][1])),
]
print("1..%d" % len(checks))
for number, (what, wrong) in enumerate(checks, 1):
    print("%s %d - %s" % ("not ok" if wrong else "ok", number, what))
    if wrong:
        print("# " + " ".join(wrong) if isinstance(wrong, list) else "#")
raise SystemExit(any(wrong for _, wrong in checks))
