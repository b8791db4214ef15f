"""ipc_hostile: a process that was broken into, and says anything to every socket of the other daemons.

    ipc_hostile.py --sockets DIR... --seconds N --seed N

Frames as lib/io/ipc.h has them, with names that exist and values that do not belong there, descriptors of all
kinds beside them, blocks, rubbish, halves, lengths without their octets, connections that are only held.
"""
import argparse, array, os, random, socket, struct, time

MESSAGES = {  # name: fields; what the tables in lib/ and auth/ have, and whatever else comes to mind
    "open": ["service", "origin", "sender", "dsn_envid", "dsn_ret", "flags", "overrides", "rewrite_local", "full_name",
             "arrival_us", "size_hint", "attributes[name,value]"],
    "message": ["aborted", "recipients[address,original,dsn_orcpt,dsn_notify]", "content", "more", "ordered"],
    "orders": ["discard", "hold", "filter", "redirect", "copies[address]"],
    "deliver": ["queue_id", "nexthop", "sender", "dsn_envid", "dsn_ret", "flags", "content_offset", "content_size",
                "arrival_us", "active_us", "!queue_file", "attributes[name,value]",
                "recipients[address,original,dsn_orcpt,dsn_notify,id]"],
    "notify": ["kind", "queue_id", "sender", "dsn_envid", "dsn_ret", "flags", "arrival_us", "content_offset",
               "content_size", "!queue_file",
               "recipients[address,original,dsn_orcpt,dsn_notify,action,status,text,remote_mta,diagnostic,action_address]"],
    "qmgr": ["verb", "queue_id", "!file", "site"],
    "flush": ["verb", "site", "queue_id"],
    "maps_find": ["list", "flags", "keys[octets,is_partial]"],
    "cache_ask": ["table", "verb", "key", "value"],
    "sasl_start": ["id", "protocol", "mechanism", "has_initial", "initial", "remote_address", "local_address",
                   "remote_port", "local_port", "secured", "session", "binding_exporter", "certificate_name"],
    "sasl_continue": ["id", "cancel", "response"],
    "redeem": ["ticket", "pass", "protocol", "session", "wants_pass"],
    "session_end": ["id"],
    "session_note": ["id", "protocol", "user", "remote_address"],
    "session": ["!client", "ticket", "pass", "protocol", "tag", "session", "remote_address", "local_address", "secured",
                "utf8", "input"],
    "resume": ["!client", "!notifier", "state", "pass", "session"],
    "check": ["id", "user", "password"],
    "reindex": ["type", "path"],
}
HEARD = {  # socket: what it listens to; the agents listen to "deliver"
    "cleanup": ["open", "message", "orders"], "qmgr": ["qmgr"], "flush": ["flush"], "proxymap": ["maps_find"],
    "proxywrite": ["cache_ask"], "bounce": ["notify"], "defer": ["notify"], "trace": ["notify"],
    "auth": ["sasl_start", "sasl_continue", "redeem", "session_end", "session_note"],
    "imapd": ["session", "resume"], "pop3d": ["session"],
    "nbdb_reindex": ["reindex"],
}
SENSE = {  # values that belong there, so that what stands behind them is read too
    "queue_id": [b"3Zk1Qw2bYzz1", b"4Zk1Qw2bYzz1"], "sender": [b"", b"ana@example.test"], "mechanism": [b"PLAIN", b"LOGIN"],
    "address": [b"ana@example.test", b"luis@example.test"], "original": [b"ana@example.test"], "status": [b"5.0.0", b"2.0.0"],
    "nexthop": [b"example.test", b"[127.0.0.1]:9"], "arrival_us": [b"\6\x40" + bytes(5)], "active_us": [b"\6\x40" + bytes(5)],
    "content_offset": [b"", b"\x40"], "content_size": [b"", b"\x40", b"\1\0\0"], "list": [b"hash:/etc/aliases", b"static:x"],
    "protocol": [b"imap", b"smtp"], "verb": [b"\1", b"\2", b"\3", b"\4"], "octets": [b"ana@example.test"],
    "type": [b"hash", b"btree"],
    "path": [b"/etc/aliases", b"/etc/passwd", b"/etc/../etc/passwd", b"/etc/" + b"x/" * 2000 + b"x", b"/etc//passwd", b"/etc/", b"/"],
}
for small in ("dsn_ret flags overrides kind origin dsn_notify action aborted more ordered discard hold has_initial cancel "
              "secured utf8 wants_pass is_partial rewrite_local remote_port local_port id size_hint").split():
    SENSE[small] = [b"", b"\1", b"\1", b"\2"]
TEXTS = [b"", b"x", b"ana@example.test", b"private/cleanup", b"../../etc/passwd", b"proxy:hash:/etc/aliases", b"hash:/etc/shadow",
         b"texthash:/etc/passwd", b"static:x", b"pcre:/dev/zero", b"proxy:unix:passwd.byname", b"btree:/tmp/made-by-a-foe",
         b"\0", b"\xff" * 40, b"%n%s", b"a\nb", b"A" * 5000, b"B" * 70000, b"5.0.0", b"3Zk1Qw2bYzz1", b"PLAIN",
         b"\0ana@example.test\0wrong", b"/tmp/made-by-a-foe", b"imap", b"smtp", b"*"]
NUMBERS = [b"", b"\1", b"\2", b"\3", b"\7", b"\x7f", b"\xff", b"\xff" * 4, b"\x7f" + b"\xff" * 7, b"\xff" * 8, b"\xff" * 9]


class Foe:
    def __init__(self, args):
        self.rng, self.args = random.Random(args.seed), args
        self.held = []
        self.files = [os.open(path, flags) for path, flags in (
            ("/dev/null", os.O_RDWR), ("/dev/zero", os.O_RDONLY), ("/dev/full", os.O_WRONLY), ("/tmp", os.O_RDONLY),
            ("/etc/passwd", os.O_RDONLY), ("/proc/self/mem", os.O_RDONLY), ("/tmp", os.O_PATH))]
        self.files += list(os.pipe()) + [socket.socketpair()[0].detach(), os.memfd_create("foe")]

    def value(self, name):
        if name in SENSE and self.rng.random() < 0.95:
            return self.rng.choice(SENSE[name])
        return self.rng.choice(self.rng.choice((TEXTS, NUMBERS)))

    def attribute(self, field):
        name, _, inner = field.rstrip("]").partition("[")
        name = name.lstrip("!").encode()
        if inner:
            value = b"".join(struct.pack("!I", len(element)) + element for element in (
                b"".join(self.attribute(part) for part in inner.split(",") if self.rng.random() < 0.9)
                for _ in range(self.rng.choice((0, 1, 1, 1, 1, 2, 2, 9)))))
        else:
            value = b"\1" if field.startswith("!") else self.value(name.decode())
        length = len(value) if self.rng.random() < 0.995 else self.rng.choice((0, 1, len(value) + 1, 2**31, 2**32 - 1))
        return bytes([len(name)]) + name + struct.pack("!I", length) + value

    def frame(self, listener):
        name = self.rng.choice(sorted(MESSAGES) if self.rng.random() < 0.1 else HEARD.get(listener, ["deliver"]))
        fields = [field for field in MESSAGES[name] if self.rng.random() < 0.9]
        if self.rng.random() < 0.1:
            self.rng.shuffle(fields)
        octets = bytes([len(name)]) + name.encode() + self.rng.choice((b"\0\1",) * 20 + (b"\0\2", b"\xff\xff"))
        octets += b"".join(map(self.attribute, fields * self.rng.choice((1, 1, 1, 1, 2))))
        length = len(octets) if self.rng.random() < 0.97 else self.rng.choice((0, 1, 2**24, 2**24 + 1, 2**32 - 1))
        return struct.pack("!I", length) + octets

    def rubbish(self):
        return bytes(self.rng.randrange(256) for _ in range(self.rng.choice((1, 3, 40, 3000))))

    def say(self, connection, listener):
        octets = self.rubbish() if self.rng.random() < 0.1 else self.frame(listener)
        if self.rng.random() < 0.1:
            octets = octets[:self.rng.randrange(len(octets) + 1)]
        takes_files = "!" in "".join(MESSAGES[HEARD.get(listener, ["deliver"])[0]])
        count = self.rng.choice((0,) + (1,) * 20 + (2, 5, 100)) if takes_files or self.rng.random() < 0.1 else 0
        given = self.rng.choices(self.files, k=count)
        beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", given))] if given and octets else []
        sent = connection.sendmsg([octets], beside)
        connection.sendall(octets[sent:])

    def talk(self, path):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(0.05)
        try:
            connection.connect(path)
            for _ in range(self.rng.choice((1, 1, 2, 5))):
                self.say(connection, os.path.basename(path))
            if self.rng.random() < 0.5:
                connection.recv(100000)
        except OSError:
            pass
        if self.rng.random() < 0.05 and len(self.held) < 20:
            self.held.append(connection)
        else:
            connection.close()

    def run(self):
        end, count = time.monotonic() + self.args.seconds, 0
        while time.monotonic() < end:
            paths = [os.path.join(directory, name) for directory in self.args.sockets for name in os.listdir(directory)]
            self.talk(self.rng.choice(sorted(paths)))
            count += 1
        print("%d conversations" % count)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sockets", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", required=True)
    Foe(parser.parse_args()).run()


main()
