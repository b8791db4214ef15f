/* pop3_uidl_format: the unique ids by which clients know what they have downloaded. */
#include "t/unit/unit.h"

#include "pop3d/session.h"

static const struct uidl_case {
    const char *name;
    const char *format;
    bool is_good;
    const char *uidl; /* of UID 26 with UIDVALIDITY 1700000000 */
} cases[] = {
    {"Dovecot's default",                "%08Xu%08Xv",    true,  "0000001a6553f100"},
    {"Courier's form",                   "UID%u-%v",      true,  "UID26-1700000000"},
    {"Cyrus' form",                      "%v.%u",         true,  "1700000000.26"   },
    {"decimal with zeros",               "%05u",          true,  "00026"           },
    {"a percent sign",                   "%%%u",          true,  "%26"             },
    {"a variable that nobody knows",     "%z",            false, NULL              },
    {"a format that ends in the middle", "%08X",          false, NULL              },
    {"a width past all reason",          "%99999999999u", false, NULL              },
    {"a space may not stand in an id",   "%u %v",         false, NULL              },
};

static void run_case(void **state)
{
    const struct uidl_case *c = *state;
    struct buf out = BUF(256);

    assert_int_equal(pop3_uidl(c->format, 26, 1700000000, &out), c->is_good);
    if (c->is_good)
        assert_string_equal(buf_text(&out), c->uidl);
    buf_release(&out);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("pop3_uidl_format", tests, used);
}
