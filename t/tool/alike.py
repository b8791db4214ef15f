"""alike: two programs with the same arguments on the same configuration, and what differs.

    alike.py [--preload LIBRARY] --reference PROGRAM --ours PROGRAM --name NAME --configs DIRECTORY --work DIRECTORY CASES

A line of CASES is "configuration: arguments", quoted as in a shell; the configuration is copied for each
program alone, which finds it as "conf" in its working directory and runs in NAME's name. Output,
messages, exit status and the files afterwards must be the same. A line "~ WHY" begins cases that differ
and why: of these the exit status must be the same and the rest must differ; below "~~ WHY" the exit
status differs, too. Below "? WHY" all but the messages must be the same. A line "=" ends that. Blank lines and comments count for nothing. $LONG is a long word.
A file "modes" of a configuration has lines "NAME OCTAL", which permissions its files have.

Messages are compared as a set, without what ours adds by design: parameters that are not supported, the
name that an unknown one was probably meant to be, the place of a line that continues nothing, and what
stands in the usage. The LIBRARY, where it is there, is loaded into the reference. TAP goes to standard output.
"""
import argparse, concurrent.futures, os, re, shlex, shutil, subprocess

IGNORED = re.compile(r"not supported, (has no effect|puts mail off): | \(read by [a-z, ]+\)$|/master.cf, line \d+: service \S+: (bad|invalid|parameter|file) ")
CHANGES = [
    (re.compile(r" \(is \S+ meant\?\)$"), ""),
    (re.compile(r"(: usage: \S+) .*"), r"\1"),
    (re.compile(r"(/(main|master)\.cf), line \d+(: logical line must not start)"), r"\1\3"),
    (re.compile(r"^postfix/bounce: "), "postconf: "),
    # of which file it is told first, and that the new one has another name
    (re.compile(r": fatal: (\S+: )?(open|create) \S*\b(main|master)\.cf(\.tmp|\.lock|\.[0-9a-f]+\.new| for reading)?: "), ": fatal: open FILE: "),
]


def messages(text):
    lines = set()
    for line in text.splitlines():
        if IGNORED.search(line):
            continue
        for pattern, replacement in CHANGES:
            line = pattern.sub(replacement, line)
        lines.add(line)
    return sorted(lines)


def files(directory):
    found = {}
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if os.path.islink(path):
            found[name + "@"] = os.readlink(path)
        if name.endswith(".tmp") or not os.path.isfile(path):  # the reference leaves one when it gives up
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            found[name] = file.read()
    return found


def set_modes(directory):
    if os.path.exists(os.path.join(directory, "modes")):
        with open(os.path.join(directory, "modes"), encoding="utf-8") as file:
            for line in file:
                name, mode = line.split()
                os.chmod(os.path.join(directory, name), int(mode, 8))


def restore_modes(directory):
    os.chmod(directory, 0o755)
    for name in os.listdir(directory):
        if os.path.isfile(os.path.join(directory, name)):
            os.chmod(os.path.join(directory, name), 0o644)


def run(program, name, source, work, arguments, environment):
    conf = os.path.join(work, "conf")
    shutil.copytree(source, conf, symlinks=True)
    set_modes(conf)
    result = subprocess.run([name, "-c", "conf", *arguments], executable=program, cwd=work, encoding="utf-8",
                            errors="replace", stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment)
    restore_modes(conf)
    outcome = {"status": result.returncode, "output": result.stdout, "messages": messages(result.stderr),
               "files": files(conf)}
    shutil.rmtree(work)
    return outcome


def both(options, number, case):
    configuration, arguments = case.split(":", 1)
    source = os.path.join(options.configs, configuration)
    words = [word.replace("$LONG", "x" * 100000) for word in shlex.split(arguments)]
    outcomes = []
    preloaded = dict(os.environ)
    if os.path.exists(options.preload):
        preloaded["LD_PRELOAD"] = options.preload
    for program, environment in (options.reference, preloaded), (options.ours, None):
        work = os.path.join(options.work, f"{number}-{os.path.basename(program)}")
        os.mkdir(work)
        outcomes.append(run(program, options.name, source, work, words, environment))
    return outcomes


def read_cases(path):
    differs = ""
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith(("~", "?", "=")):
                differs = line.split(" ")[0].strip("=")
            elif line.strip() and not line.startswith("#"):
                yield differs, line


def judge(differs, reference, ours):
    if differs == "":
        return reference == ours
    if differs == "?":
        return all(reference[part] == ours[part] for part in ("status", "output", "files"))
    if differs == "~":
        return reference["status"] == ours["status"] and reference != ours
    return reference["status"] != ours["status"]


def main():
    parser = argparse.ArgumentParser()
    for name in "reference", "ours", "name", "configs", "work":
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--preload", default="")
    parser.add_argument("cases")
    options = parser.parse_args()
    cases = list(read_cases(options.cases))
    print(f"1..{len(cases)}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        outcomes = pool.map(lambda numbered: both(options, numbered[0], numbered[1][1]), enumerate(cases))
        for number, ((differs, case), (reference, ours)) in enumerate(zip(cases, outcomes), 1):
            good = judge(differs, reference, ours)
            print(f"{'ok' if good else 'not ok'} {number} - {case}".replace("#", "\\#"))
            for part in reference if not good else ():
                if reference[part] != ours[part]:
                    print(f"#  {part} of the reference: {reference[part]!r}")
                    print(f"#  {part} of ours:          {ours[part]!r}")


main()
