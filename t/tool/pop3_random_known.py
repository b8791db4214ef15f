"""For which reasons buzon answers in a session of pop3_random.py otherwise than Dovecot 2.3."""
import re


def is_refused(reply):
    return reply.startswith(b"-ERR ")


def begins_so(ours, theirs):
    """Theirs ends earlier."""
    return theirs.endswith(b".\r\n") and ours.startswith(theirs[:-3])


# A reason; the command; what of both replies, whole, must be so; whether the maildrops are the same after it.
KNOWN = [(reason, re.compile(command, re.S | re.I), holds, goes_on) for reason, command, holds, goes_on in [
    ("LANG and UTF8 are ours alone (RFC 6856)", rb"CAPA", lambda ours, theirs: ours.replace(b"LANG\r\nUTF8 USER\r\n", b"") == theirs, True),
    ("an octet of NUL ends no line", rb".*\0", lambda ours, theirs: is_refused(ours), False),
    ("a reply has 512 octets (RFC 1939 section 3)", rb".*\S{400}", lambda ours, theirs: is_refused(ours) and theirs.startswith(ours[:-2]) and len(theirs) > 440, True),
    ("an id is of visible characters (RFC 1939 section 7)", rb"UIDL",
     lambda ours, theirs: re.fullmatch(rb"[!-~\s]+", ours) and re.search(rb"\d+ [!-~]*([^\r!-~]|\r\n)", theirs.replace(b"+OK ", b"")), False),
    ("a CR alone at the beginning of a line does not end the header", rb"RETR|TOP", lambda ours, theirs: re.search(rb"\n\r[^\n]", ours) and begins_so(ours, theirs), True),
    ("a message of nothing has no line", rb"RETR|TOP", lambda ours, theirs: ours[:-3] + b"\r\n.\r\n" == theirs and ours.count(b"\n") == 2, True),
    ("also the first line's dot is doubled (RFC 1939 section 3)", rb"RETR|TOP", lambda ours, theirs: ours.replace(b"\n..", b"\n.", 1) == theirs, True),
]]


def reason(line, ours, theirs):
    """Why, and whether both maildrops are the same after it; (None, False): for no reason that is known."""
    ours, theirs = b"".join(ours), b"".join(theirs)
    for text, command, holds, goes_on in KNOWN:
        if command.match(line) and holds(ours, theirs):
            return text, goes_on
    return None, False
