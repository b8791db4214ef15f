#!/bin/sh
# An edit that is killed at any of its system calls has been made or not begun, and is no hindrance to the next one.
. "$(dirname "$0")/../lib.sh"
need strace python3
plan 2
mkdir "$T/edited"
cat >"$T/kill.py" <<'END'
import collections, os, subprocess, sys

program, work = sys.argv[1:]
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # not under strace
# What changes files, directories and locks: between these, nothing can be seen.
CALLS = "openat,write,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,flock,fchmod,fchown"
OLD = {"main.cf": "a = b\n# c\nown = x\n  y\n", "master.cf": "a unix - - n - - error\nb unix - - n - - error\n"}


def reset():
    for name in os.listdir(work):
        os.unlink(os.path.join(work, name))
    for name, text in OLD.items():
        with open(os.path.join(work, name), "w", encoding="utf-8") as file:
            file.write(text)


def edit(arguments, *tracer):
    return subprocess.run([*tracer, program, "-c", work, *arguments], capture_output=True, check=False, timeout=120).returncode


def content(name):
    with open(os.path.join(work, name), encoding="utf-8") as file:
        return file.read()


def try_all(name, new, arguments):
    """For the number of kills; what went wrong is told."""
    reset()
    edit(arguments, "strace", "-f", "-qq", "-o", work + ".trace", "-e", "trace=" + CALLS)
    with open(work + ".trace", encoding="utf-8", errors="replace") as file:
        calls = collections.Counter(line.split(None, 1)[1].split("(")[0] for line in file if "(" in line)
    found = collections.Counter()
    for call, count in calls.items():
        for number in range(1, count + 1):
            reset()
            edit(arguments, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=%s:signal=KILL:when=%d" % (call, number))
            found["new" if content(name) == new else "old"] += 1
            if content(name) not in (OLD[name], new):
                print("# %s %d: %r" % (call, number, content(name)))
            if edit(arguments) != 0 or content(name) != new or sorted(os.listdir(work)) != sorted(OLD):
                print("# after %s %d: %s" % (call, number, os.listdir(work)))
    if not found["old"] or not found["new"]:
        print("# all kills came too early, or too late: %r" % found)


try_all("main.cf", "a = b\n# c\nown = new\n", ["-e", "own=new"])
print("--")
try_all("master.cf", "b unix - - n - - error\n", ["-MX", "a/unix"])
END
python3 "$T/kill.py" "$BUZON_STAGE/sbin/buzonconf" "$T/edited" >"$T/wrong" 2>&1
is 'main.cf is whole whenever its editor is killed, and the next one leaves nothing behind' "$(sed '/^--/,$d' "$T/wrong")" ''
is 'so is master.cf' "$(sed '1,/^--/d' "$T/wrong")" ''
