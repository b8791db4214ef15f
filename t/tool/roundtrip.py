"""roundtrip: send a message over SMTP, read it back over IMAP and POP3, compare every octet.

The password comes in BUZON_PASSWORD. Says each step; exit status 0 only when both readers got the
message as it was sent, behind the trace fields that delivery puts before it.
"""
import argparse, imaplib, os, poplib, smtplib, ssl, sys, time, uuid


def say(text):
    print("  " + text, flush=True)


def message(user, mark):
    return "\r\n".join([
        "From: Visitor <visitor@remote.test>", "To: <%s>" % user, "Subject: round trip %s" % mark,
        "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime()), "Message-Id: <%s@remote.test>" % mark,
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "",
        "Buz\u00f3n: a line with a dot at its start follows.", ".", "..two", "\ttabs and trailing blanks  ", "", "End.", "",
    ]).encode()


def send(args, content):
    client = smtplib.SMTP("127.0.0.1", args.smtp, "visitor.test", timeout=60)
    client.starttls(context=args.context)
    client.ehlo("visitor.test")
    say("SMTP: connected, STARTTLS: %s" % client.sock.version())
    for code, text in (client.mail("visitor@remote.test", ["BODY=8BITMIME"]), client.rcpt(args.user), client.data(content)):
        if code >= 400:
            sys.exit("SMTP refused: %d %s" % (code, text.decode()))
    say("SMTP: %s" % text.decode())
    client.quit()


def connect_imap(args):
    plain = imaplib.IMAP4("localhost", args.imap)
    plain.starttls(args.context)
    say("IMAP with STARTTLS: %s" % plain.sock.version())
    plain.logout()
    client = imaplib.IMAP4_SSL("localhost", args.imaps, ssl_context=args.context)
    client.login(args.user, os.environ["BUZON_PASSWORD"])
    say("IMAPS: logged in as %s" % args.user)
    return client


def fetch_imap(args, mark):
    client = connect_imap(args)
    for _ in range(100):
        client.select("INBOX")
        found = client.search(None, "HEADER", "Subject", mark)[1][0].split()
        if found:
            break
        time.sleep(0.1)
    else:
        sys.exit("the message did not arrive in the mailbox")
    octets = client.fetch(found[0], "(UID BODY.PEEK[])")[1][0][1]
    say("IMAPS: message %s is there, %d octets" % (found[0].decode(), len(octets)))
    client.logout()
    return octets


def fetch_pop3(args, mark):
    client = poplib.POP3_SSL("localhost", args.pop3s, context=args.context, timeout=60)
    client.user(args.user)
    client.pass_(os.environ["BUZON_PASSWORD"])
    count = client.stat()[0]
    say("POP3S: logged in, %d messages" % count)
    for number in range(count, 0, -1):
        octets = b"".join(line + b"\r\n" for line in client.retr(number)[1])
        if mark.encode() in octets:
            client.quit()
            return octets
    sys.exit("the message is not in the maildrop")


def compare(name, sent, got):
    if not got.endswith(sent):
        sys.exit("%s: the message came back changed:\n%r" % (name, got))
    trace = got[:-len(sent)].decode()
    fields = [line.split(":")[0] for line in trace.split("\r\n") if line and not line[0].isspace()]
    say("%s: byte for byte the message that was sent, behind %s" % (name, ", ".join(fields)))


def main():
    parser = argparse.ArgumentParser()
    for port in "smtp", "imap", "imaps", "pop3s":
        parser.add_argument("--" + port, type=int, required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--user", required=True)
    args = parser.parse_args()
    args.context = ssl.create_default_context(cafile=args.ca)
    mark = uuid.uuid4().hex
    sent = message(args.user, mark)
    send(args, sent)
    compare("IMAP", sent, fetch_imap(args, mark))
    compare("POP3", sent, fetch_pop3(args, mark))


main()
