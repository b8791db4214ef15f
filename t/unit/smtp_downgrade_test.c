/* 8-bit content made fit for 7 bits. */
#include "t/unit/unit.h"

#include "smtp/downgrade.h"

static const struct downgrade_case {
    const char *name;
    const char *message;
    const char *wanted; /* NULL: as it was */
} cases[] = {
    {"what is not MIME stays",           "Subject: x\n\nf\xc3\xbcr\n",               NULL                                                                                        },
    {"a declared text",
     "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
     "Content-Transfer-Encoding: 8bit\nSubject: x\n\nf\xc3\xbcr = 1\n",              "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
     "Content-Transfer-Encoding: quoted-printable\nSubject: x\n\nf=C3=BCr =3D 1\n"                        },
    {"white space at the end of a line",
     "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n\xe9 \na\tb\t\n", "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n=E9=20\na\tb=09\n"},
    {"a long line is broken",
     "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n"
     "1234567890123456789012345678901234567890123456789012345678901234567890123\xe9"
     "4567\n",                                                                       "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
     "1234567890123456789012345678901234567890123456789012345678901234567890123=\n"
     "=E94567\n"                                                                                                                                                   },
    {"parts, one of which needs it",
     "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\nfirst\n--b\n"
     "Content-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n"
     "Content-Transfer-Encoding: 8bit\n\n<p>\xe9</p>\n--b--\nlast\n",                "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 7bit\n\nfirst\n--b\n"
     "Content-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n"
     "Content-Transfer-Encoding: quoted-printable\n\n<p>=E9</p>\n--b--\nlast\n"                             },
    {"a message in a message",
     "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nSubject: in\n"
     "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\n\xe9\n",          "Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: in\n"
     "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n=E9\n"                 },
};

static void run_case(void **state)
{
    const struct downgrade_case *c = *state;
    struct span message = unit_copy(span_text(c->message));
    struct buf out = BUF(10000);

    downgrade(message, &out);
    assert_string_equal(buf_text(&out), c->wanted == NULL ? c->message : c->wanted);
    buf_release(&out);
    free((void *)(uintptr_t)message.data);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("smtp downgrade", tests, used);
}
