#!/usr/bin/env python3
# The manuals of tools and daemons tell the options that these take: each option is in its page, in the list of options and in
# the synopsis, and nothing else is. smtpd(8) has the restrictions.
import os, re

top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# page: the file with its options
PAGES = {
    "master/master.8": "master/master.c",
    "tools/buzon.8": "tools/buzon.c",
    "tools/buzonalias.1": "tools/buzonalias.c",
    "tools/buzoncat.1": "tools/buzoncat.c",
    "tools/buzonconf.1": "tools/conf/call.c",
    "tools/buzondrop.1": "tools/buzondrop.c",
    "tools/buzonkick.1": "tools/buzonkick.c",
    "tools/buzonlock.1": "tools/buzonlock.c",
    "tools/buzonlog.1": "tools/buzonlog.c",
    "tools/buzonmap.1": "tools/buzonmap.c",
    "tools/buzonmulti.1": "tools/buzonmulti.c",
    "tools/buzonqueue.1": "tools/buzonqueue.c",
    "tools/buzonsuper.1": "tools/buzonsuper.c",
    "tools/sendmail.1": "tools/sendmail_call.c",
}
ELSEWHERE = {"tools/buzonalias.1": "tools/buzonmap.1"}  # where the options of a page are explained


def read(path):
    return open(os.path.join(top, path)).read()


def letters(source):
    """The string of getopt: what stands between + and the quote."""
    found = re.findall(r'(?:getopt(?:_long)?\(\w+, \w+, |OPTIONS |\.options = )"([^"]*)"', read(source))
    return {letter for letter in found[0] if letter not in "+:"}


def long_options(path):
    return set(re.findall(r'^\s+\{"([a-z-]+)",\s+\w+_argument', read(path), re.M))


def flags(lines, words):
    """The letters behind Fl on these lines of mdoc; of words, as sendmail's -bp, the first one."""
    single, double = set(), set()
    for line in lines:
        behind = before = ""
        for word in line.lstrip(".").split():
            if word == "Fl":
                behind = "FlFl" if before == "Fl" else "Fl"
            elif word in ("Ar", "Ns", "Op", "Cm", "Ql", "Xr", "Pq"):
                behind = ""
            elif behind == "FlFl":
                double.add(word)
                behind = ""
            elif behind and re.match(r"[\w#]", word):
                single |= set(word[0] if words else word)
            before = word
    return single, double


def sections(page):
    text = read(page)
    return dict(re.findall(r"^\.Sh (.*)\n((?:(?!\.Sh ).*\n)*)", text, re.M))


def differences(page):
    parts = sections(page)
    words = page == "tools/sendmail.1"
    taken, taken_long = letters(PAGES[page]), LONG.get(page, set())
    body = [line for name, part in sections(ELSEWHERE.get(page, page)).items() if name != "SYNOPSIS" for line in part.splitlines()]
    listed, listed_long = flags([line for line in body if line.startswith(".It Fl") or line.startswith(".Fl ") and " , " in line], words)
    synopsis, _ = flags(parts["SYNOPSIS"].splitlines(), words)
    sets = [("not explained", taken | taken_long, listed | listed_long)]
    if page not in ELSEWHERE:
        sets.append(("explained, but not taken", listed | listed_long, taken | taken_long))
    if ".Op Ar option ..." not in parts["SYNOPSIS"]:
        sets += [("not in the synopsis", taken, synopsis), ("in the synopsis, but not taken", synopsis, taken)]
    return ["%s: %s" % (what, " ".join(sorted(a - b))) for what, a, b in sets if a - b]


LONG = {
    "tools/buzonconf.1": long_options("tools/conf/call.c"),
    "tools/buzonqueue.1": long_options("tools/selection.c"),
    "tools/buzonsuper.1": long_options("tools/selection.c") - {"shape"},  # of buzonqueue alone
}
results = [(page + " tells all options and no others", differences(page)) for page in sorted(PAGES)]
restrictions = set(re.findall(r'^    \{"(\w+)", ', read("smtpd/access_rules.c"), re.M))
told = restrictions - set(re.findall(r"\w+", sections("smtpd/smtpd.8")["DESCRIPTION"]))
results.append(("smtpd.8 tells all restrictions", ["missing: " + " ".join(sorted(told))] if told or not restrictions else []))
print("1..%d" % len(results))
for number, (what, wrong) in enumerate(results, 1):
    print("%s %d - %s" % ("not ok" if wrong else "ok", number, what))
    for line in wrong:
        print("# " + line)
raise SystemExit(any(wrong for _, wrong in results))
