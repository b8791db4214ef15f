#!/usr/bin/python3
"""A Maildir with messages and folders of all kinds: imap_template.py DIRECTORY."""
import os, sys
maildir = sys.argv[1]
deep = """Subject: multi
From: c@z.test
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b1

preamble
--b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

H\u00e4llo
--b1
Content-Type: message/rfc822

Subject: inner
From: i@i.test
Content-Type: multipart/alternative; boundary=b2

--b2
Content-Type: text/plain

inner plain
--b2
Content-Type: message/rfc822

Subject: deepest

deep body
--b2--
--b1
Content-Type: application/octet-stream; name=x.bin
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="x.bin"

AAECAwQ=
--b1--
epilogue
"""
messages = [
    ("S", b'From: "A B" <a@x.test>\nTo: b@y.test\nSubject: first\nDate: Mon, 2 Jan 2023 10:00:00 +0100\nMessage-ID: <1@x>\n\n'
          b"Hello body\nsecond line\n"),
    ("", b"Subject: no body header only\nFrom: x@x.test\n"),
    ("FS", b"\nno header at all\n"),
    ("T", deep.encode()),
    ("RS", b"Subject: =?utf-8?q?h=C3=A4?=\nFrom: raw \xe4\xf6 <e@e.test>\nTo: undisclosed-recipients:;\nX-Bin: \xff\xfe\n\n"
           b"body with \0 NUL\n"),
    ("", b"Subject: mp empty\nContent-Type: multipart/mixed; boundary=zz\n\nno parts at all\n"),
    ("D", b""),
    ("", b'Subject: folded\n subject line\nFrom: group: a@b.test, "q \\" z" <c@d.test>;, d@e.test\nReceived: one\nReceived: two\n'
         b'Content-Type: text/html; charset="iso-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\n'
         b"<html><body><p>Hi =E4 there</p></body></html>\n"),
    ("S", b"Subject: no newline at end\n\nabc"),
    ("", b"broken header line without colon\nSubject: after broken\n\nbody\n"),
]

def put(folder, number, flags, octets):
    path = "%s/%s/cur/%d.M%06dP1.host,S=%d:2,%s" % (maildir, folder, 1600000000 + number, number, len(octets), flags)
    with open(path, "wb") as file:
        file.write(octets)
    os.utime(path, (1600000000 + number * 86400,) * 2)

for folder in "", ".Sub", ".Sub.Deep", ".Trash":
    for name in "cur", "new", "tmp":
        os.makedirs(os.path.join(maildir, folder, name))
    if folder:
        open(os.path.join(maildir, folder, "maildirfolder"), "w").close()
for number, (flags, octets) in enumerate(messages):
    put("", number, flags, octets)
for number in 0, 1:
    put(".Sub", number, "", b"Subject: sub %d\n\nx\n" % number)
# Large, and with CRLF in its file: such a one goes from there to the socket, but for its NUL.
put(".Trash", 0, "S", b"Subject: large\r\n\r\n" + b"all the same again and again\r\n" * 40000 + b"a NUL \0 at the end\r\n")
with open(maildir + "/subscriptions", "w") as file:
    file.write("V\t2\n\nSub\nGone\n")
