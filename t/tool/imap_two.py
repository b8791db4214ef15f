#!/usr/bin/python3
"""Two sessions of one account at two IMAP servers that speak on standard input and output: the same commands in the same order
get the same answers.

    imap_two.py --template DIR --one MAILDIR COMMAND --other MAILDIR COMMAND CASES

The first server is buzon, the other one Dovecot. A line of CASES (commands are written as for imap_grammar.py):

    # ...        a comment
    == name      a scene: both servers begin anew with fresh copies of the template
    A command    of one session; B: of the other one. What is not asked for comes with the NOOP behind each command.
    ~reason / regular expression
                 the next one is answered differently for this reason, and ours matches
"""
import argparse, os, re, shutil, sys

from imap_grammar import Server, alike, lines_of


def fresh(template, maildir):
    shutil.rmtree(maildir, ignore_errors=True)
    shutil.copytree(template, maildir)
    owner = os.stat(template)
    if os.getuid() == 0:
        for path, _, files in os.walk(maildir):
            for name in [""] + files:
                os.chown(os.path.join(path, name), owner.st_uid, owner.st_gid)


class Scenes:
    def __init__(self, options):
        self.options, self.sessions, self.failed, self.compared = options, [], 0, 0

    def end(self):
        for pair in self.sessions:
            for server in pair.values():
                server.end()
        self.sessions = []

    def begin(self):
        self.end()
        for maildir, _ in self.options.one, self.options.other:
            fresh(self.options.template, maildir)
            self.sessions.append({})

    def ask(self, side, session, text):
        pair = self.sessions[side]
        if session not in pair or pair[session].gone:
            pair[session] = Server((self.options.one, self.options.other)[side][1])
        return alike(lines_of(pair[session].ask(text)))

    def run(self, name, line, reason):
        ours, theirs = (self.ask(side, line[:1], line[2:]) for side in (0, 1))
        self.compared += 1
        text = "\n".join(ours)
        if (ours == theirs) if reason is None else (ours != theirs and re.search(reason.split(" / ", 1)[1], text)):
            return
        self.failed += 1
        print("%s: %s%s\n  ours:\n    %s\n  theirs:\n    %s" % (name, line.decode(), "" if reason is None else "  (%s)" % reason,
                                                          "\n    ".join(ours), "\n    ".join(theirs)))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--template", required=True)
    parser.add_argument("--one", nargs=2, required=True)
    parser.add_argument("--other", nargs=2, required=True)
    parser.add_argument("cases")
    scenes = Scenes(parser.parse_args())
    name, reason = "", None
    for line in open(scenes.options.cases, "rb").read().split(b"\n"):
        if line.startswith(b"== "):
            name = line[3:].decode()
            scenes.begin()
        elif line.startswith(b"~"):
            reason = line[1:].decode()
        elif line and not line.startswith(b"#"):
            scenes.run(name, line, reason)
            reason = None
    scenes.end()
    print("%d answers, %d not as they should be" % (scenes.compared, scenes.failed))
    sys.exit(scenes.failed > 0 or scenes.compared == 0)


if __name__ == "__main__":
    main()
