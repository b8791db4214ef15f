"""For which reasons buzon answers in a session of login_random.py otherwise than Dovecot 2.3."""
import re

# A reason; what was said; ours and theirs, lines; whether the session goes on.
KNOWN = [(reason, re.compile(said, re.S | re.I), re.compile(ours, re.S), re.compile(theirs, re.S), goes_on) for reason, said, ours, theirs, goes_on in [
    ("an octet of NUL ends no line", r".*\0", r".*(-ERR|BAD|NO)", r"", False),
    ("what was said behind STARTTLS, before TLS, is no part of TLS", r"(<T> STARTTLS|STLS)\r\n.", r"", r".*(\(no TLS\)|\n)$", False),
    ("between arguments there is a space", r".*LOGIN.*(\"|\}\r\n)", r".*BAD", r".*(OK|NO)", False),
    ("a literal is asked for when its line has ended", r".*\{\d+\}[^\r\n]", r"\S+ BAD", r"\+ OK\n\S+ BAD", True),
    ("a literal8 of a command that is none is its own (RFC 3516 section 3)", r".*~\{\d+\+\}\r\n", r".*Logged in", r".*Logged in", False),
    ("arguments of which no notice is taken may be anything", r".*<T> (ENABLE|NOOP|CAPABILITY|LOGOUT|STARTTLS) .*[\t\0\"()]", r".*OK", r".*BAD", False),
    ("Dovecot does not find the end of a list of ID that it reads in two", r".*<T> ID .*\(", r".*OK ID completed", r".*BAD", False),
    ("a backslash is in no atom", r".*LOGIN.*\\", r".*BAD", r".*(OK|NO)", False),
    ("a name that nobody can have is refused with its password", r"", r".*\+ UGFzc3dvcmQ6", r".*Authentication failed", False),
    ("a line may be longer here", r".*\S{1000}", r"", r".*Input buffer full|(.*\n)?$", False),
    ("what counts as a wrong command, and what forgives those before it; with PASS, Dovecot itself is not steady", r"", r"", r".*Too many invalid", False),
    ("what counts as a wrong command, and what forgives those before it; with PASS, Dovecot itself is not steady", r"", r".*Too many invalid", r"", False),
    ("capabilities come in a response code (RFC 9051 section 7.1)", r"", r".*OK \[CAPABILITY\] Logged in", r".*\[CAPABILITY\]\n.*OK Logged in", True),
    ("nothing follows the list of ID", r".*ID .*\)", r".*BAD", r".*OK ID", False),
    ("a tag may have a ] (RFC 9051 section 9)", r".*\]", r".*OK", r".*BAD", False),
    ("a reply has 512 octets (RFC 1939 section 3)", r".*\S{400}", r".*-ERR Unknown command: .{440}\b", r".*-ERR .{441}", True),
]]


def reason(said, ours, theirs):
    """Why, and whether both servers are in the same state after it; (None, False): for no reason that is known."""
    for text, what, mine, yours, goes_on in KNOWN:
        if what.match(said) and mine.match("\n".join(ours)) and yours.match("\n".join(theirs)):
            return text, goes_on
    return None, False
