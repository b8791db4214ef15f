"""For which reasons buzon answers a command of imap_random.py otherwise than Dovecot 2.3."""
import re

from imap_grammar import category

LF = "lines end with CRLF, and sizes go by that"
STRICT = "no form of the grammar, and refused here alone"
# A reason; the command; lines that are left out on both sides.
LEFT_OUT = [(reason, re.compile(command), re.compile(line, re.S)) for reason, command, line in [
    ("a search makes no keyword, nor does what takes one away", "", r"\* FLAGS |\* OK \[PERMANENTFLAGS "),
    ("ENABLE is answered by ENABLED (RFC 5161 section 3.1)", "ENABLE", r"\* ENABLED$"),
    ("with QRESYNC the UID is told, too (RFC 7162 section 3.2.3)", "(?!.*UID)", r"\* \d+ FETCH UID "),
    ("of what is saved alone nothing is told (RFC 5182 section 2.1)", r"(UID )?(SEARCH|SORT) RETURN \(SAVE\)", r"\* ESEARCH "),
    ("what went before the UIDs were known may be told", r"SELECT .*QRESYNC", r"\* VANISHED \(EARLIER\) "),
    ("what is known is told, also when it is wanted lazily", r".*PREVIEW \(LAZY\)", r"\* \d+ FETCH PREVIEW "),
]]
# A reason; what in a line; what is put there.
PUT = [(reason, re.compile(pattern, re.S), put) for reason, pattern, put in [
    ("of a part that is not there BINARY is NIL (RFC 9051 section 6.4.5)", r'^(\* \d+ FETCH BINARY\[[\d.]+\]\S*) (NIL|"")$', r"\1 NIL"),
    ("INBOX is written so", r"^\* STATUS (?i:inbox) ", "* STATUS INBOX "),
    ("what is told anyway needs no CHILDINFO (RFC 5258 section 3)", r' \(CHILDINFO \("SUBSCRIBED"\)\)$', ""),
    ("LSUB tells no special use", r"^(\* LSUB) \((\\Trash)\)", r"\1 ()"),
    ("what is enabled is told once", r"^(\* ENABLED (\S+)) \2$", r"\1"),
    ("of a mailbox that is not there nothing is said about children", r"\\HasNoChildren (\\NonExistent)", r"\1"),
]]
# A reason; of two lines that differ, ours and theirs.
PAIRS = [(reason, re.compile(ours, re.S), re.compile(theirs, re.S)) for reason, ours, theirs in [
    ("what is shown of a message is the server's choice", r'\* \d+ FETCH (SNIPPET \(FUZZY "[^"]|PREVIEW "[^"])', r"\* \d+ FETCH (SNIPPET|PREVIEW) "),
    ("what is no type is text/plain (RFC 2045 section 5.2)", r'.*"text" "plain"', r'.*\("([^"]*)" "" '),
    ("a disposition without a type is none", r".*NIL", r'.*\("" NIL\)'),
    ("a part that is text has no parts", r'\* \d+ FETCH (BODY|BINARY|BINARY.SIZE)\[[\d.]*\.1[].]\S* (""|NIL|0)$', r"\* \d+ FETCH \S+\[[\d.]*\.1[].]"),
    ("a message in a message is as it is", r"\* \d+ FETCH BINARY", r"(?i).*Content-Transfer-Encoding: binary"),
    (LF, r"\* \d+ FETCH (RFC822|BODY|BINARY)", r".*[^\r]\n"),
    ("addresses that are none", r".*ENVELOPE", r".*(SYNTAX_ERROR|MISSING_(DOMAIN|MAILBOX))"),
]]
# A reason; the command; what ours must have where it differs; whether the mailboxes are the same afterwards.
ANSWERS = [(reason, re.compile(command, re.S), re.compile(ours, re.M), goes_on) for reason, command, ours, goes_on in [
    ("what makes no sense does not close a mailbox", "SELECT|EXAMINE", r"^TAG BAD", False),
    ("what cannot be decoded ends before that", r".*BINARY.*", r"^\* \d+ FETCH BINARY", False),
    ("a mailbox is looked at before a message in it is missing", "APPEND .* CATENATE", r"^TAG OK \[APPENDUID", False),
    ("a mailbox that is read only by EXAMINE stays so", "", r"^TAG NO \[READ-ONLY\]", False),
    ("which message changed last when a mailbox was looked at first is the server's choice: Dovecot may give the copies the lower MODSEQ, and"
     " those that lay there the higher one", "(UID )?(SEARCH|SORT|THREAD).* MODSEQ <modseq>", r"^\* (E?SEARCH|SORT|THREAD)", False),
    ("either refusal is right", "RENAME", r"^TAG NO \[", True),
    ("what copies nothing needs a mailbox, too", "(UID )?(COPY|MOVE)", r"^TAG NO \[(TRYCREATE|CANNOT)\]", True),
    ("a separator at the end counts for nothing", r"\S+ \S+\.($| )", r"^TAG OK", False),
    ("a charset that is none", "(UID )?(SEARCH|SORT|THREAD)", r"^TAG NO \[BADCHARSET\]", True),
]]


def threads(line):
    """The threads of a response, in one order: of those with the same date either may be the first."""
    if not line.startswith("* THREAD "):
        return line
    depth, at, found = 0, 0, []
    for i, c in enumerate(line):
        depth += (c == "(") - (c == ")")
        if c == "(" and depth == 1:
            at = i
        elif c == ")" and depth == 0:
            found.append(line[at:i + 1])
    return "* THREAD " + "".join(sorted(found))


def without_known(command, ours, theirs):
    """What remains on both sides, and the reasons for what was left out or changed."""
    reasons = set()
    for reason, wanted, line in LEFT_OUT:
        if wanted.match(command) and [l for l in ours if line.match(l)] != [l for l in theirs if line.match(l)]:
            ours, theirs = ([l for l in lines if not line.match(l)] for lines in (ours, theirs))
            reasons.add(reason)
    for reason, pattern, put in PUT:
        changed = [[pattern.sub(put, line) for line in lines] for lines in (ours, theirs)]
        if changed != [ours, theirs]:
            reasons.add(reason)
        ours, theirs = changed
    if "THREAD REF" in command and ours != theirs:
        ours, theirs = ([threads(line) for line in lines] for lines in (ours, theirs))
        reasons.add("threads with the same date")
    ours, theirs = (sorted(l for l in lines if l not in other) for lines, other in ((ours, theirs), (theirs, ours)))
    if len(ours) == len(theirs):
        pairs = list(zip(ours, theirs))
        for reason, mine, other in PAIRS:
            left = [(a, b) for a, b in pairs if not (mine.match(a) and other.match(b)) and a.lower() != b.lower()]
            if left != pairs:
                reasons.add(reason)
            pairs = left
        ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    return ours, theirs, reasons


def without_told_again(ours, theirs):
    """Without what ours tells of messages that Dovecot's STORE tells nothing of, as their flags were so before."""
    told = {line.split()[1] for line in theirs if re.match(r"\* \d+ FETCH (FLAGS|MODSEQ) ", line)}
    return [l for l in ours if re.match(r"\* (\d+) FETCH (FLAGS|MODSEQ|UID) ", l) is None or l.split()[1] in told]


def reason(command, right, ours, theirs):
    """Why, and whether both mailboxes are the same after it; (None, False): for no reason that is known."""
    kind = category(ours, theirs)
    if not right:
        ours, theirs = ([line for line in lines if line != "* BAD"] for lines in (ours, theirs))
    if kind == "strict" and not right:
        return STRICT, False
    if not right and any(l.startswith("TAG NO") for l in ours) and "TAG BAD" in theirs:
        return "of two faults another one is told", True
    if kind == "code" and not any(line.startswith("TAG NO [") for line in theirs):
        return "a response code here alone", True
    gone = set()
    if re.match("(UID )?STORE", command) and ours != without_told_again(ours, theirs):
        ours, gone = without_told_again(ours, theirs), {"flags are told also when they were so"}
    if "* GONE" in theirs and "* GONE" not in ours:
        return "Dovecot ends the session", False
    if ours == theirs:
        return (gone | {"a line of nonsense is answered, too"}).pop(), True
    one, other, reasons = without_known(command, ours, theirs)
    if [" ".join(line.split()) for line in one] == [" ".join(line.split()) for line in other]:
        return "; ".join(sorted(reasons | gone)) or "white space in texts is as it is", LF not in reasons
    for text, pattern, wanted, goes_on in ANSWERS:
        if pattern.match(command) and wanted.search("\n".join(ours)):
            return text, goes_on
    return None, False
