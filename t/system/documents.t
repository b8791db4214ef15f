#!/usr/bin/env python3
# What README.md, HACKING.md and bench/README.md name is there: files, functions, parameters; and HACKING.md names each room.
import os, re

top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Directories of the queue, functions of the kernel, and what is an example.
FOREIGN = {"maildrop/", "active/", "deferred/", "incoming/", "driver/", "find_inode_bit", "__schedule", "_QUEUE", "_MAPS", "_ROOT"}

files = []
for directory, folders, names in os.walk(top):
    folders[:] = [f for f in folders if not re.match(r"\.git$|build|autom4te|__pycache__", f)]
    files += [os.path.relpath(os.path.join(directory, name), top) for name in names]
folders = {os.path.dirname(file) for file in files} | {"lib"}
rooms = {os.path.dirname(file) + "/" for file in files if os.path.basename(file) == "local.mk"}
words = set()
for file in files:
    if re.search(r"\.([ch]|def|sh|py|t|mk|ac|in)$|^conf/|^[^/]*$", file):
        words |= set(re.findall(r"\w+", open(os.path.join(top, file), errors="replace").read()))


def is_path(name):
    """A file or a folder, by the end of its path; * is any part of a name."""
    pattern = re.compile("(.*/)?" + re.escape(name.rstrip("/")).replace(r"\*", "[^/]*") + "$")
    return any(pattern.match(path) for path in files) or any(pattern.match(path) for path in folders)


def is_there(term):
    if term in FOREIGN or re.search(r"[ =:]|^[/-]", term):
        return True  # a command, a setting, a path of the machine
    if "/" in term or re.search(r"\.(c|h|t|py|sh|def|mk|cf|md)$", term):
        return is_path(term) or term == "queue_directory/empty"
    return "_" not in term or set(re.findall(r"\w+_\w+", term)) <= words


results = []
for document in ("README.md", "HACKING.md", "bench/README.md"):
    wrong = []
    for number, line in enumerate(open(os.path.join(top, document)), 1):
        wrong += ["line %d: %s" % (number, term) for term in re.findall(r'`"?([^`"]+)"?`', line) if not is_there(term)]
    results.append(("what %s names is there" % document, wrong))
map_of_rooms = open(os.path.join(top, "HACKING.md")).read()
results.append(("HACKING.md names each room", sorted(room for room in rooms if "`%s`" % room not in map_of_rooms)))
print("1..%d" % len(results))
for number, (what, wrong) in enumerate(results, 1):
    print("%s %d - %s" % ("not ok" if wrong else "ok", number, what))
    for line in wrong:
        print("# " + line)
raise SystemExit(any(wrong for _, wrong in results))
