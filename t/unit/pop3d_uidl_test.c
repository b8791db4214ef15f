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

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("pop3_uidl_format", tests, used);
}
