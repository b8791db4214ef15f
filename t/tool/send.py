"""send: one message over SMTP.    send.py --port N FROM TO[,TO...] [FILE]

FILE holds the message with LF or CRLF line ends; without it, a small one with a unique Message-Id is
sent. Prints the server's last reply; exit status 0 only when it is 250.
"""
import argparse, re, smtplib, sys, time, uuid


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("sender")
    parser.add_argument("recipients")
    parser.add_argument("file", nargs="?")
    args = parser.parse_args()
    if args.file:
        with open(args.file, "rb") as f:
            message = re.sub(rb"\r?\n", b"\r\n", f.read())
    else:
        message = ("From: %s\r\nTo: %s\r\nSubject: a test\r\nDate: %s\r\nMessage-Id: <%s@test>\r\n\r\nHello.\r\n" % (
            args.sender, args.recipients, time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime()),
            uuid.uuid4())).encode()
    client = (smtplib.SMTP_SSL if args.tls else smtplib.SMTP)(args.host, args.port, "client.test", timeout=60)
    client.ehlo()
    for step in [client.mail(args.sender)] + [client.rcpt(r) for r in args.recipients.split(",")]:
        if step[0] >= 400:
            sys.exit("%d %s" % (step[0], step[1].decode()))
    code, text = client.data(message)
    client.quit()
    print(code, text.decode())
    sys.exit(0 if code == 250 else 1)


main()
