"""Replies of a POP3 server: one for each line, as a client reads them.

    reply(peer, line)     # [b"+OK...\\r\\n", further lines...]; [] when nothing comes
"""


def has_many(line):
    """Is what follows +OK a list that ends with a dot?"""
    verb, _, arguments = line.rstrip(b"\r\n").upper().partition(b" ")
    if verb in (b"LIST", b"UIDL"):
        return arguments.strip(b" ") == b""
    if verb in (b"AUTH", b"LANG"):
        return arguments.strip() == b""
    return verb in (b"RETR", b"TOP", b"CAPA")


def reply(peer, line):
    lines = [peer.line()]
    if lines[0] is None:
        return [b"(nothing)"]
    if lines[0].startswith(b"+OK") and has_many(line):
        while lines[-1] not in (b".\r\n", b"", b"(nothing)"):
            lines.append(peer.line() or (b"" if peer.gone else b"(nothing)"))
    return lines
