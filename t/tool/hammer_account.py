"""hammer_account: holds what the hammer's clients were told against what has arrived.

    hammer_account.py --work DIR --log FILE --place NAME=PATH... --returned DIR

A place is a Maildir or a directory with a file a copy, or one mbox. Each accepted message must have arrived at
each of its places, whole, or come back to the sender if that is what its target is for; no refused one may have
arrived, none that is deliverable may have come back. A copy too many, and a refused message that arrived, need
a process that was killed before: one of those that had the message in hand then; or a recipient of local(8) of whom
one part was delivered and another could not be sent on, so that both were tried again.

Prints each problem, then a summary; exit status 0 only when there is no problem.
"""
import argparse, email, hashlib, json, os, re

import hammer_targets as targets

# Who, when killed, may leave the next one in doubt whether a copy was made: by the kind of place.
LOCAL, VIRTUAL, SMTP = {"local"}, {"virtual"}, {"smtp"}
AGENT_OF = {"alice": LOCAL, "bob": LOCAL, "carol": LOCAL, "command": LOCAL, "file": LOCAL, "sink": SMTP, "mx": SMTP}
# Mailboxes of accounts where something else is sent on in the same breath.
PARTS = {"bob", "carol"}
# These may have had any message in hand; local also forwards, to all kinds of places.
ANYWAY = {"qmgr", "cleanup", "pickup", "master", "all", "local", "bounce"}
INTAKE = {"cleanup", "master", "all", "smtpd", "imapd"}
EARLIER_S = 30  # a delivery may have begun so long before its copy was complete


def read_notes(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def messages_at(path):
    """(time, octets) of each copy at a place."""
    if os.path.isfile(path):
        with open(path, "rb") as f:
            for part in re.split(rb"^From (?=\S+ +[A-Z][a-z][a-z] )", f.read(), flags=re.M)[1:]:
                yield 0, re.sub(rb"^>From ", b"From ", part.partition(b"\n")[2], flags=re.M)[:-1]
        return
    for directory, _, names in os.walk(path):
        if os.path.basename(directory) == "tmp":
            continue
        for name in names:
            full = os.path.join(directory, name)
            if os.path.basename(directory) in ("new", "cur") or name.endswith(".msg"):
                with open(full, "rb") as f:
                    yield os.stat(full).st_mtime, f.read()


def half_forwarded(path):
    """The numbers of messages with a recipient that was to be sent on and was deferred."""
    marks, found = {}, set()
    with open(path, errors="replace") as f:
        for line in f:
            begin = re.search(r": (\w+): message-id=<(.*)@hammer>", line)
            if begin:
                marks[begin.group(1)] = begin.group(2)
            later = re.search(r"/local\[\d+\]: (\w+): to=.*status=deferred \(unable to forward message: ", line)
            if later:
                found.add(marks.get(later.group(1)))
    return found


class Account:
    def __init__(self, args):
        self.args, self.problems = args, []
        notes = read_notes(args.work + "/sent")
        self.sent = {note["id"]: note for note in notes if "state" in note}
        self.kills = [(note["time"], note["kill"]) for note in read_notes(args.work + "/events") if "kill" in note]
        self.problems += [note["problem"] for note in notes if "problem" in note]
        self.copies = {}  # (id, place): times
        self.returned = {}  # (id, address): how often
        self.half_forwarded = half_forwarded(args.log)
        self.extra = 0

    def problem(self, text, *args):
        self.problems.append(text % args)

    def read_place(self, place, path):
        for when, octets in messages_at(path):
            header, _, body = octets.replace(b"\r\n", b"\n").partition(b"\n\n")
            mark = re.search(rb"^Message-Id: <(.*)@hammer>$", header, re.M | re.I)
            proof = re.search(rb"^X-Proof: (\S+)$", header, re.M)
            if mark is None or proof is None:
                self.problem("%s has something else: %r", place, octets[:300])
                continue
            if hashlib.sha256(body).hexdigest() != proof.group(1).decode():
                self.problem("%s has a damaged copy of %s: %r ... %r", place, mark.group(1), body[:100], body[-100:])
            self.copies.setdefault((mark.group(1).decode(), place), []).append(when)

    def read_returned(self, path):
        for _, octets in messages_at(path):
            message = email.message_from_bytes(octets)
            mark = re.search(rb"^Message-Id: <(.*)@hammer>$", octets, re.M | re.I)
            if message.get_content_type() != "multipart/report" or mark is None:
                self.problem("the sender has something else: %r", octets[:300])
                continue
            for part in message.walk():
                if part.get_content_type() != "message/delivery-status":
                    continue
                for fields in part.get_payload()[1:]:
                    if fields["Action"] != "failed":
                        continue
                    given = {(fields[name] or "").partition(";")[2].strip() for name in
                             ("Final-Recipient", "Original-Recipient")}
                    key = mark.group(1).decode(), frozenset(given - {""})
                    self.returned[key] = self.returned.get(key, 0) + 1

    def came_back(self, mark, address):
        return sum(count for (other, given), count in self.returned.items() if other == mark and address in given)

    def killed(self, names, first, last):
        return any(first - EARLIER_S <= when <= last and name in names for when, name in self.kills)

    def check_copies(self, note, place):
        times = sorted(self.copies.get((note["id"], place), []))
        if not times and note["state"] == "accepted":
            self.problem("%s (%s) was accepted and is not at %s", note["id"], note["time"], place)
        if times and note["state"] == "refused" and not self.killed(INTAKE, note["time"], times[0] or 1e12):
            self.problem("%s was refused (%s) and is at %s", note["id"], note["said"], place)
        self.extra += max(0, len(times) - 1)
        for earlier, later in zip(times, times[1:]):
            if place in PARTS and note["id"] in self.half_forwarded:
                continue
            if not self.killed(ANYWAY | AGENT_OF.get(place, VIRTUAL), earlier, later or 1e12):
                self.problem("%s is more than once at %s (%s, %s), and nobody was killed",
                             note["id"], place, earlier, later)

    def check(self, note):
        for name in note["targets"]:
            if name != "append":
                back = self.came_back(note["id"], targets.ADDRESSES[name])
                if targets.PLACES[name] is None and back == 0 and note["state"] == "accepted":
                    self.problem("%s to %s was accepted and did not come back", note["id"], name)
                if targets.PLACES[name] is not None and back:
                    self.problem("%s to %s came back", note["id"], name)
            for place in targets.PLACES[name] or ():
                self.check_copies(note, place)

    def check_strangers(self):
        """Copies where none belongs: of nobody's message, or at a place which the message had not."""
        for mark, place in self.copies:
            note = self.sent.get(mark)
            if note is None or all(place not in (targets.PLACES[name] or ()) for name in note["targets"]):
                self.problem("%s has no business at %s (%s)", mark, place, note)

    def run(self):
        for pair in self.args.place:
            self.read_place(*pair.split("=", 1))
        self.read_returned(self.args.returned)
        for note in self.sent.values():
            self.check(note)
        self.check_strangers()
        for text in self.problems[:50]:
            print(text)
        states = [note["state"] for note in self.sent.values()]
        print("%d accepted, %d refused, %d unknown; %d kills; %d copies, %d too many; %d problems" % (
            states.count("accepted"), states.count("refused"), states.count("unknown"), len(self.kills),
            sum(map(len, self.copies.values())), self.extra, len(self.problems)))
        return not self.problems and states.count("accepted") > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--returned", required=True)
    parser.add_argument("--place", action="append", default=[])
    raise SystemExit(0 if Account(parser.parse_args()).run() else 1)


main()
