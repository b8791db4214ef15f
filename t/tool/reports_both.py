"""reports_both: notifications that two mail systems sent for the same mail, compared; TAP without numbers.

    reports_both.py send PORT...        the messages, over SMTP, to each
    reports_both.py compare OURS THEIRS N   mboxes with N reports each, as they must come to be within a minute

Reports are told apart by subject, final recipients and sender. Dates, queue ids and the order of recipients, whose
deliveries end in any order, may differ, and nothing else.
"""
import re, smtplib, sys, time

HOST = "mail.example.test"
ALICE = "alice@" + HOST
TEXT = b"Subject: x\r\nMessage-Id: <a@b>\r\nFrom: me@there.test\r\nTo: you@here.test\r\n\r\nbody\r\n.dot\r\n"
CASES = [  # sender, recipients, parameters of MAIL, parameters of RCPT, message
    (ALICE, ["unknown"], [], [], TEXT),
    (ALICE, ["full", "two"], ["RET=HDRS", "ENVID=abc+2Bde"], [], TEXT),
    (ALICE, ["other@down.test"], [], [], TEXT),
    (ALICE, ["listy", "bob", "quiet"], [], ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;orig+40x@y.test"], TEXT),
    ("", ["unknown"], [], [], TEXT),
    (ALICE, ['"a b"'], [], [], b"Subject: 8 bits\r\nFrom: x@y.z\r\n\r\n\xc3\xa4\r\n"),
    (ALICE, ["half"], [], [], TEXT),
]


def send(port):
    client = smtplib.SMTP("127.0.0.1", port, "client.test", timeout=60)
    client.ehlo()
    for sender, recipients, of_mail, of_rcpt, message in CASES:
        client.mail(sender, of_mail)
        for name in recipients:
            client.rcpt(name if name.endswith(".test") else "%s@%s" % (name, HOST), of_rcpt)
        reply = client.data(message)
        if reply[0] != 250:
            sys.exit("%s: %s" % (recipients, reply))
    client.quit()


def neutral(text):
    text = re.sub(r"\b(\d{14}\.)?[0-9A-F]{10,20}(\.\d+)?\b", "QUEUEID", text)
    text = re.sub(r"\w{3}, +\d+ \w{3} \d{4} [\d:]{8} [+-]\d{4}( \(\w+\))?", "DATE", text)
    return sorted(text.strip().replace("\n\n\n", "\n\n(another empty line)\n\n").split("\n\n"))


def read(path):
    with open(path, encoding="latin1") as f:
        parts = re.split(r"(?m)^From \S+  .*\n", f.read())[1:]
    found = {}
    for part in parts:
        subject = re.search(r"(?m)^Subject: (.*)", part).group(1)
        to = ", ".join(sorted(re.findall(r"(?m)^Final-Recipient: rfc822; (.*)", part)))
        of = re.search(r"(?m)^X-Postfix-Sender: rfc822; (.*)", part)
        found["%s: %s, of %s" % (subject, to, of.group(1) if of else "nobody")] = neutral(part)
    return found


def has(path, count):
    try:
        return len(read(path)) >= count
    except (FileNotFoundError, AttributeError):
        return False


def compare(ours, theirs, count):
    end = time.monotonic() + 60
    while not (has(ours, count) and has(theirs, count)) and time.monotonic() < end:
        time.sleep(0.1)
    ours, theirs = read(ours), read(theirs)
    for name in sorted(set(ours) | set(theirs)):
        same = ours.get(name) == theirs.get(name)
        print("%s - %s" % ("ok" if same else "not ok", name))
        for side, mine, other in (("ours", ours, theirs), ("theirs", theirs, ours)):
            for block in mine.get(name, ["nothing"]):
                if not same and block not in other.get(name, []):
                    print("# %s: %s" % (side, block.replace("\n", "\n#       ")))


if sys.argv[1] == "send":
    for number in sys.argv[2:]:
        send(int(number))
else:
    compare(sys.argv[2], sys.argv[3], int(sys.argv[4]))
