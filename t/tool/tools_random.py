#!/usr/bin/env python3
"""Invocations of Postfix's tools that are made by chance, as cases for side_by_side.py.

tools_random.py KIND SEED COUNT

KIND is tables (postmap, postalias), others (postlock, postkick), lists (postqueue, postcat), logs (postlog; each goes on where
the one before it stopped), orders (postsuper; likewise) or letters (sendmail; likewise). The test that runs them brings the
files and the commands that they name.
"""
import random
import shlex
import sys

WORDS = ["", " ", "x", "a b", "-", "--", "abc", "ABC", "a@b", "@", "*", "0", "x y z", "ALL", "all", "../x", "/nonexistent", "."]


def some(chance, of, most):
    """Up to `most` of them, in any order, also twice."""
    return [chance.choice(of) for _ in range(chance.randint(0, most))]


def call(*words):
    return " ".join(shlex.quote(word) if not word.startswith("$") else word for word in words)


def tables(chance):
    tool = chance.choice(["postmap", "postmap", "postalias"])
    colon = ":" if tool == "postalias" else ""
    flags = "bfhimnNoprsuUvw" if tool == "postmap" else "finNoprsuvw"
    flags = flags.replace("v", "").replace("s", "") + "s"
    lines = []
    for _ in range(chance.randint(0, 4)):
        key = chance.choice(["abc", "ABC", "Def", "x@y.test", "a b", '"a b"', "k%d" % chance.randint(0, 3), "#c", " more", "\\303\\251"])
        lines.append(key + colon + chance.choice([" ", "\\t", ": ", ""]) + chance.choice(["value", "v w", "", "a, b", '"q"', "1"]))
    asked = chance.choice(["abc", "ABC", "k1", "", "-", "nokey", "a b"])
    how = chance.choice(["build", "build", "query", "query", "delete", "list"])
    if how != "build":  # ours finds keys with and without a NUL
        flags = flags.replace("n", "").replace("N", "")
    words = [tool] + ["-" + option for option in some(chance, flags, 2)]
    kinds = ["hash:", "hash:", "btree:"] if how != "query" else \
        ["hash:", "hash:", "texthash:", "static:", "inline:", "nosuch:", "", "regexp:", "cdb:", "lmdb:"]
    kind = chance.choice(kinds)
    if kind == "texthash:" and tool == "postalias":  # theirs wonders whether the source is one of aliases
        kind = "hash:"
    if how == "query":
        words += ["-q", asked]
    if how == "delete":
        words += ["-d", asked]
    if how == "list":
        words.append("-s")
    names = ["table", "table", "table", "new", "nothere"] if kind not in ("static:", "inline:") else ["{a=b}", "{abc=x, k1=y}", "x"]
    words.append(kind + chance.choice(names))
    source = "printf '%s' >table; " % "".join(line + "\\n" for line in lines).replace("'", "'\\''")
    before = "" if how == "build" else "%s %stable; " % (tool, "hash:" if how == "query" else kind)
    line = source + before + "printf 'abc\\nk1 x\\nnokey\\n' | " + call(*words)
    if how == "build":
        line += "; echo $?; %s -s %stable | sort" % (tool, kind)
    return line + (" | sort" if how == "list" else "")


def logs(chance):
    words = ["postlog"]
    for option in some(chance, ["-i", "-p", "-t", "-c", "-z"], 3):
        words.append(option)
        if option == "-p":
            words.append(chance.choice(["info", "warn", "warning", "error", "fatal", "panic", "INFO", "nosuch", ""]))
        elif option == "-t":
            words.append(chance.choice(WORDS))
        elif option == "-c":
            words.append("$SIDE/conf")
    words += some(chance, WORDS, 3)
    return "printf 'one\\ntwo\\n' | tty " + call(*words) + "; log"


def others(chance):
    tool = chance.choice(["postlock", "postkick"])
    words = [tool]
    if tool == "postlock":
        for option in some(chance, ["-l", "-l", "-c", "-z"], 2):
            words.append(option)
            if option == "-l":
                words.append(chance.choice(["dotlock", "fcntl", "flock", "fcntl,dotlock", "flock dotlock", "x", ""]))
            elif option == "-c":
                words.append(chance.choice(["$SIDE/conf", "$SIDE/conf", "/nonexistent"]))
        words += [chance.choice(["mbox", "new", "./mbox", "--"])] if chance.random() < 0.9 else []
        words += chance.choice([[], ["true"], ["false"], ["echo", "a", "b c"], ["sh", "-c", "exit 9"], ["ls"], ["nosuch"], ["cat", "mbox"]])
        return call(*words) + "; ls"
    for option in some(chance, ["-c", "-z", "--"], 1):
        words.append(option)
        if option == "-c":
            words.append(chance.choice(["$SIDE/conf", "/nonexistent"]))
    words += [chance.choice(["public", "private", "nosuch", ""]), chance.choice(["pickup", "qmgr", "nosuch", "", "../x"])]
    words += some(chance, ["W", "", "x"], 2)
    return call(*words) + " 2>/dev/null; echo $? | sed s/^141$/0/"  # theirs dies of a pickup that does not wait for the request


def lists(chance):
    if chance.random() < 0.4:
        words = ["postqueue"] + some(chance, ["-p", "-j", "-c", "$SIDE/conf", "-s", "late.test", "-z", "--", "x", "$(cat $SIDE/a)"], 3)
        return call(*words) + " | entries"
    words = ["postcat"] + ["-" + "".join(chance.sample("bdehoq", chance.randint(1, 3))) for _ in range(chance.randint(0, 2))]
    if chance.random() < 0.8 and not any("q" in word for word in words[1:]):
        words.append("-q")
    words += some(chance, ["$(cat $SIDE/a)", "$(cat $SIDE/b)", "$(cat $SIDE/c)", "$(cat $SIDE/d)", "nosuch", "ABC", "a/b"], 2) or ["$(cat $SIDE/a)"]
    return call(*words) + " </dev/null"


def orders(chance):
    words = ["postsuper"]
    for option in some(chance, ["-d", "-e", "-f", "-h", "-H", "-d", "-h", "-H", "-s", "-S", "-p", "-z"], 3) or ["-h"]:
        words.append(option)
        if option in ("-d", "-e", "-f", "-h", "-H"):
            which = chance.random()
            if option in ("-e", "-f"):  # what expires is each queue manager's affair: these messages are not compared any more
                words.append(chance.choice(["$(id %02d)" % chance.randint(20, 29), "0123456789"]))
            elif which < 0.6:
                words.append("$(id %02d)" % chance.randint(0, 19))
            elif which < 0.75:
                words.append("-")
            elif which < 0.8 and option != "-d":
                words.append("ALL")
            else:
                words.append(chance.choice(["all", "0123456789", "a b", "", "../x", "ABC"]))
    words += some(chance, ["hold", "deferred", "incoming", "active", "maildrop"], 2) if chance.random() < 0.3 else []
    given = ["$(id %02d)" % chance.randint(0, 19) if chance.random() < 0.7 else chance.choice(["", "x y", "0123456789", "ALL"])
             for _ in range(chance.randint(0, 4))]
    lines = "".join("printf '%s\\n' " + (word if word.startswith("$") else shlex.quote(word)) + "; " for word in given).replace("%s", "%s")
    return "{ %s:; } | %s; settled; postqueue -p | entries | grep -v -e '#' -e MAILER" % (lines, call(*words))


def letters(chance):
    words = ["sendmail"]
    for option in some(chance, ["-f", "-F", "-i", "-t", "-G", "-N", "-R", "-V", "-oi", "-oem", "-o7", "-B", "-bm", "-XV", "-m", "-U", "-r", "-L", "-h",
                                "-A", "-e", "-O", "-p", "-X", "-b", "-q"], 4):
        words.append(option)
        values = {
            "-f": ["ana@x.test", "<>", "", "Name <ana@x.test>", '"a b"@x.test', "a, b", "ana"], "-r": ["bob@x.test", "<bob@x.test>"],
            "-F": ["Name", "Na (me)", '"Na" me', "", "a@b"], "-N": ["never", "success", "delay,failure", "Success, Delay", "x", "never,delay"],
            "-R": ["full", "hdrs", "HDRS", "x"], "-V": ["id", "a b", "id+=", ""], "-B": ["7BIT", "8BITMIME", "x"], "-L": ["tag"], "-h": ["3"],
            "-A": ["m", "c"], "-e": ["m"], "-O": ["a=b", "x"], "-p": ["smtp"], "-X": ["V+-"], "-b": ["m", "h", "z"],
        }
        if option in values:
            words.append(chance.choice(values[option]))
    words += some(chance, ["a@late.test", "b@late.test", "Name <c@late.test>", '"d e"@late.test', "a@late.test, f@late.test", "A@LATE.TEST"], 3)
    header = ["%s: %s" % (chance.choice(["To", "Cc", "Bcc", "Resent-To", "Resent-Bcc", "Subject", "X-Some", "From"]),
                          chance.choice(["a@late.test", "g@late.test, h@late.test", "Name <i@late.test>", "", "group: j@late.test;", "k@late.test (c)"]))
              for _ in range(chance.randint(0, 4))]
    body = ["", chance.choice(["text", ".", "..", "From x", ".\\r", "a\\r"]), chance.choice(["end", ".", ""])]
    ends = chance.choice(["\\n", "\\n", "\\n", "\\r\\n"])
    text = "".join(line + ends for line in header + body)
    return "printf '%s' | %s; echo $?; taken" % (text, call(*words))


KINDS = {"tables": tables, "others": others, "logs": logs, "lists": lists, "orders": orders, "letters": letters}


def main():
    kind, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random("%s %d" % (kind, seed))
    made = set()
    while len(made) < count:
        line = KINDS[kind](chance)
        if line not in made or kind in ("orders", "letters", "logs"):
            print((" " if made and kind in ("orders", "letters", "logs") else "") + line)
        made.add(line)


main()
