"""dnsd: a small name server for tests.

    dnsd.py ADDRESS PORT ZONEFILE     (ZONEFILE.ready appears when it answers)

One record a line: `name TYPE data`, types A AAAA MX PTR CNAME TXT; `name SERVFAIL` makes every
question for that name fail, `name SILENT` leaves it unanswered. Names not in the zone are NXDOMAIN.
The file is read for every question, so a test may change it.
"""
import ipaddress, socket, struct, sys

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}


def encode_name(name):
    out = b""
    for label in name.strip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def read_zone(path):
    zone = {}
    with open(path) as f:
        for line in f:
            fields = line.split("#")[0].split(None, 2)
            if len(fields) >= 2:
                zone.setdefault(fields[0].strip(".").lower(), []).append(
                    (fields[1].upper(), fields[2].strip() if len(fields) > 2 else ""))
    return zone


def encode_data(kind, data):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(data).packed
    if kind == "MX":
        preference, host = data.split()
        return struct.pack("!H", int(preference)) + encode_name(host)
    if kind == "TXT":
        return bytes([len(data)]) + data.encode()
    return encode_name(data)


def question(packet):
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii", "replace"))
        at += 1 + packet[at]
    return ".".join(labels).lower(), struct.unpack("!H", packet[at + 1:at + 3])[0], at + 5


def answer(zone, packet):
    name, kind, end = question(packet)
    records = zone.get(name)
    if records and ("SILENT", "") in records:
        return None
    rcode, found, owner = 0, [], name
    if records is None:
        rcode = 3
    elif ("SERVFAIL", "") in records:
        rcode = 2
    else:
        for _ in range(8): # at most so many CNAMEs behind each other
            here = [(owner, r) for r in zone.get(owner, []) if TYPES.get(r[0]) == kind]
            alias = [r for r in zone.get(owner, []) if r[0] == "CNAME"]
            found += here
            if here or not alias:
                break
            found.append((owner, alias[0]))
            owner = alias[0][1].strip(".").lower()
    header = packet[:2] + struct.pack("!HHHHH", 0x8580 | rcode, 1, len(found), 0, 0)
    body = packet[12:end]
    for owner, (type_name, data) in found:
        data = encode_data(type_name, data)
        body += encode_name(owner) + struct.pack("!HHIH", TYPES[type_name], 1, 60, len(data)) + data
    return header + body


def main():
    address, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, port))
    open(path + ".ready", "w").close()
    while True:
        packet, peer = server.recvfrom(4096)
        try:
            reply = answer(read_zone(path), packet)
        except (IndexError, ValueError, OSError) as e:
            print("dnsd: %s" % e, file=sys.stderr)
            continue
        if reply is not None:
            server.sendto(reply, peer)


main()
