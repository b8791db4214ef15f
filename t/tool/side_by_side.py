#!/usr/bin/env python3
"""Run the same shell lines on two sides and compare all that a user sees, as TAP without numbers.

side_by_side.py [--user] OURS THEIRS CASES

OURS and THEIRS are directories, in which everything of a side lies; bin/ there comes first in PATH.
A line of CASES is a case: both sides must give the same standard output, standard error and exit
status. Each case has a copy of the side's work/ to itself, but one that is indented goes on where the
case before it stopped. Before they are compared, a side's directory, and what its file `names` says
(a regular expression, a tab and its replacement a line), is made equal. preload.so there is loaded into
its programs.

    #        a comment
    ?root    the next case needs root
    ~reason / regular expression
             the next case differs, for this reason: theirs is not ours, and ours matches
"""
import concurrent.futures
import difflib
import os
import re
import shutil
import subprocess
import sys

TIMEOUT_S = 100
AT_ONCE = 12  # without preload.so, Postfix's tools sleep for a second after a fatal error
SHOWN = 1500  # octets of an output that failed


class Side:
    def __init__(self, directory):
        self.directory = os.path.realpath(directory)
        self.names = []
        path = os.path.join(directory, "names")
        if os.path.exists(path):
            with open(path) as file:
                for line in file:
                    pattern, _, replacement = line.rstrip("\n").partition("\t")
                    self.names.append((re.compile(pattern, re.M), replacement))

    def copy_work(self, number):
        work = "%s/work.%d" % (self.directory, number)
        shutil.copytree(self.directory + "/work", work, symlinks=True)
        return work

    def start(self, work, line):
        environment = dict(os.environ)
        environment["PATH"] = self.directory + "/bin:/usr/bin:/bin"
        if os.path.isdir(self.directory + "/conf"):
            environment["MAIL_CONFIG"] = self.directory + "/conf"
        environment["SIDE"] = self.directory
        if os.path.exists(self.directory + "/preload.so"):
            environment["LD_PRELOAD"] = self.directory + "/preload.so"
        return subprocess.Popen(
            ["/bin/sh", "-c", line], cwd=work, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process, work):
        try:
            output, errors = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            output, errors = process.communicate()
            errors += b"--- killed: it takes too long\n"
        text = "%s--- stderr\n%s--- status %d" % (
            output.decode("utf-8", "backslashreplace"),
            errors.decode("utf-8", "backslashreplace"), process.returncode)
        text = text.replace(work, "@WORK@").replace(self.directory, "@SIDE@")
        for pattern, replacement in self.names:
            text = pattern.sub(replacement, text)
        return text


class Case:
    def __init__(self, line, difference, skipped):
        self.line, self.difference, self.skipped = line, difference, skipped
        self.report = []

    def say(self, good, name, *details):
        self.report.append("%s - %s" % ("ok" if good else "not ok", name.replace("#", "\\#")))
        if not good:
            for detail in details:
                self.report += ["# " + line for line in detail[:SHOWN].split("\n")]

    def run(self, ours, theirs, works):
        if self.skipped:
            self.say(True, self.line)
            self.report[-1] += " # SKIP needs root"
            return
        processes = ours.start(works[0], self.line), theirs.start(works[1], self.line)
        our, their = ours.finish(processes[0], works[0]), theirs.finish(processes[1], works[1])
        if self.difference is None:
            if max(len(our), len(their)) > SHOWN:
                self.say(our == their, self.line, *difflib.unified_diff(
                    our.split("\n"), their.split("\n"), "ours", "theirs", lineterm="", n=0))
            else:
                self.say(our == their, self.line, "ours:", our, "theirs:", their)
            return
        reason, pattern = self.difference
        name = "%s (differs: %s)" % (self.line, reason)
        if our == their:
            self.say(False, name, "it does not differ:", our)
        else:
            self.say(re.search(pattern, our, re.M | re.S) is not None, name, "ours:", our,
                     "must match: " + pattern, "theirs:", their)


def read_groups(path):
    groups, difference, skipped = [], None, False
    with open(path) as file:
        for line in file:
            line = line.rstrip("\n")
            if line == "" or line.startswith("#"):
                continue
            if line == "?root":
                skipped = "--user" in sys.argv
            elif line.startswith("~"):
                reason, _, pattern = line[1:].partition(" / ")
                difference = (reason.strip(), pattern)
            else:
                case = Case(line.strip(), difference, skipped)
                if line[0] in " \t":
                    groups[-1].append(case)
                else:
                    groups.append([case])
                difference, skipped = None, False
    return groups


def run_group(numbered, ours, theirs):
    number, group = numbered
    works = ours.copy_work(number), theirs.copy_work(number)
    for case in group:
        case.run(ours, theirs, works)
    for work in works:
        shutil.rmtree(work, ignore_errors=True)
    return group


def main():
    ours, theirs = (Side(name) for name in sys.argv[-3:-1])
    groups = enumerate(read_groups(sys.argv[-1]))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for group in pool.map(lambda numbered: run_group(numbered, ours, theirs), groups):
            for case in group:
                print("\n".join(case.report))


main()
