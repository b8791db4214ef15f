/* pop3_uidl_format: the unique ids by which clients know what they have downloaded. */
#include "t/unit/unit.h"

#include "pop3d/session.h"

static const struct uidl_case {
    const char *name;
    const char *format;
    const char *uidl; /* NULL: refused */
} cases[] = {
    {"Dovecot's default",                "%08Xu%08Xv",                             "0000001a6553f100"        },
    {"in the form of its version 2.4",   "%{uid | hex(8)}%{uidvalidity | hex(8)}",
     "0000001a6553f100"                                                                                      },
    {"Courier's form",                   "UID%u-%v",                               "UID26-1700000000"        },
    {"Courier's older form",             "%f",                                     "1700000000.M1P2.mail,S=9"},
    {"Cyrus' form",                      "%v.%u",                                  "1700000000.26"           },
    {"tpop3d's form",                    "%m",                                     "5ebe2294ecd0e0f0"        },
    {"the GUID",                         "%g",                                     "1600000000.M3P4.mail"    },
    {"decimal with zeros",               "%05u",                                   "00026"                   },
    {"a percent sign",                   "%%%u",                                   "%26"                     },
    {"a variable that nobody knows",     "%z",                                     NULL                      },
    {"a format that ends in the middle", "%08X",                                   NULL                      },
    {"a space may not stand in an id",   "%u %v",                                  NULL                      },
    {"an id has at least a character",   "",                                       NULL                      },
};

static void run_case(void **state)
{
    static const struct pop3_uidl_values values = {
        .uid = 26,
        .uidvalidity = 1700000000,
        .file = "1700000000.M1P2.mail,S=9",
        .guid = "1600000000.M3P4.mail",
        .md5 = "5ebe2294ecd0e0f0",
    };
    const struct uidl_case *c = *state;
    struct buf out = BUF(256);
    struct error err = {0};

    assert_int_equal(pop3_uidl(c->format, &values, &out, &err), c->uidl != NULL);
    if (c->uidl != NULL)
        assert_string_equal(buf_text(&out), c->uidl);
    else
        assert_int_equal(err.kind, ERROR_PERMANENT);
    buf_release(&out);
}

/* What Dovecot 2.3 answers for such messages of an mbox. */
static const struct md5_case {
    const char *name;
    const char *header;
    const char *md5;
} md5_cases[] = {
    {"Received counts more than what the sender wrote",
     "Received: from host1 by mail; Thu, 1 Jan 2026 00:00:01 +0000\n"
     "Date: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.test>\n\nDate: body\n", "9fefeb1ee090fc785f8df19d64ccb55a"},
    {"only the first Received, with its continuation",
     "Delivered-To: a@b\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: x\nMessage-ID:\n <4@x>\n"
     "Received: from a\n\tby b\nReceived: from c\n\nx\n",                                  "6cd6af65b034c19a6aa67836acefd074"},
    {"line ends do not count",
     "Received: from host1 by mail; Thu, 1 Jan 2026 00:00:01 +0000\r\n\r\nx\r\n",          "9fefeb1ee090fc785f8df19d64ccb55a"},
    {"nothing that would identify it",                  "Subject: x\n\n",                  "d41d8cd98f00b204e9800998ecf8427e"},
};

static void run_md5(void **state)
{
    const struct md5_case *c = *state;
    struct span header = unit_copy(span_text(c->header));
    char md5[33];

    pop3_header_md5(header, md5);
    assert_string_equal(md5, c->md5);
    free((void *)(uintptr_t)header.data);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + ARRAY_LENGTH(md5_cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    UNIT_ADD_ROWS(tests, used, md5_cases, run_md5);
    return unit_run("pop3_uidl_format", tests, used);
}
