#!/usr/bin/env python3
"""Measure POP3 sessions: buzon's pop3d and Dovecot's pop3, alternating, over copies of one Maildir.

    bench/pop3.py POP3D [DOVECOT_POP3] [--messages 10000] [--rounds 3]

Each server is run directly on a socket pair, as the user who calls this, so that nothing but the session is
measured: processor time of the whole process (user and system), for STAT + LIST + UIDL with a warm index, and for
RETR of every message.
"""
import argparse, os, shutil, socket, subprocess, tempfile, threading

BODY = ("x" * 70 + "\n") * 50


def make_maildir(path, messages):
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, part))
    for n in range(messages):
        text = "Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\nFrom: a@b\nSubject: message %d\n\n%s" % (n, BODY)
        name = "17%08d.M%dP1.mail,S=%d,W=%d:2,S" % (n, n, len(text), len(text) + text.count("\n"))
        with open(os.path.join(path, "cur", name), "w") as f:
            f.write(text)


def run(command, lines):
    """Processor seconds of a session, and how much it sent."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
    theirs.close()
    threading.Thread(target=ours.sendall, args=(lines.encode(),), daemon=True).start()
    sent = 0
    while data := ours.recv(1 << 20):
        sent += len(data)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit("%s failed" % command[0])
    return usage.ru_utime + usage.ru_stime, sent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pop3d")
    parser.add_argument("dovecot", nargs="?", default="/usr/lib/dovecot/pop3")
    parser.add_argument("--messages", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="buzon-pop3-") as top:
        first, second = os.path.join(top, "buzon"), os.path.join(top, "dovecot")
        make_maildir(first, args.messages)
        shutil.copytree(first, second)
        with open(os.path.join(top, "main.cf"), "w") as f:
            f.write("compatibility_level = 3.6\nmyhostname = mail.example\nmaillog_file = %s/log\n"
                    "maillog_file_prefixes = %s\nqueue_directory = %s\n" % (top, top, top))
        with open(os.path.join(top, "dovecot.conf"), "w") as f:
            f.write("base_dir = %s/run\nmail_location = maildir:%s\nprotocols = pop3\nssl = no\nfirst_valid_uid = 0\n"
                    % (top, second))
        servers = {"buzon": [args.pop3d, "-s", "-c", top, "-m", first]}
        if os.path.exists(args.dovecot):
            servers["dovecot"] = [args.dovecot, "-c", os.path.join(top, "dovecot.conf")]
        scripts = {
            "STAT+LIST+UIDL": "STAT\r\nLIST\r\nUIDL\r\nQUIT\r\n",
            "RETR of all": "".join("RETR %d\r\n" % n for n in range(1, args.messages + 1)) + "QUIT\r\n",
        }
        for what, lines in scripts.items():
            best = {}
            for _ in range(args.rounds + 1):  # the first one makes the indices
                for name, command in servers.items():
                    seconds, sent = run(command, lines)
                    best[name] = min(best.get(name, seconds), seconds)
            print("%-16s" % what, "  ".join("%s %.3f s" % item for item in best.items()), end="")
            print("  ratio %.1f" % (best["dovecot"] / best["buzon"]) if "dovecot" in best else "")


main()
