"""For which reasons sessions and messages of smtp_random.py go otherwise than with Postfix."""
import re


def unfolded(lines):
    """What arrived, with each field in one line and single spaces."""
    text = re.sub(r"\\r'\n'( |\\t)", " ", "\n".join(lines))
    text = re.sub(r" +", " ", text.replace("\\t", " "))
    text = re.sub(r"(?m)^('[\w-]+:) ?", r"\1 ", text)
    return re.sub(r", ?", ", ", text.replace(": ;", ":;")).split("\n")


# A reason, and what of the lines on both sides is made equal for it.
KNOWN = [
    ("the next server is told of octets, not of what the client said of them", lambda lines: [re.sub(" BODY=(8BITMIME|7BIT)", "", line) for line in lines]),
    ("around an address that is replaced all stays as it is", unfolded),
]


def without_known(ours, theirs):
    """What remains on both sides, and the reasons for what was made equal."""
    reasons = []
    for reason, plain in KNOWN:
        if ours != theirs:
            ours, theirs = plain(ours), plain(theirs)
            reasons.append(reason)
    return ours, theirs, reasons
