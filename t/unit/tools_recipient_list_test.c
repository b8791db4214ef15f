/* tools/recipient_list: recipients as people write them. */
#include "t/unit/unit.h"

#include "lib/base/buf.h"
#include "tools/recipient_list.h"

static const struct list_case {
    const char *name;
    const char *list;
    const char *expected; /* separated by '|' */
} cases[] = {
    {"one address",                   "a@b",                  "a@b"            },
    {"commas",                        "a@b, c@d,e",           "a@b|c@d|e"      },
    {"a comma that is missing",       "a@b c@d",              "a@b|c@d"        },
    {"several that are missing",      "a@b c@d\te@f , g@h",   "a@b|c@d|e@f|g@h"},
    {"words without a domain",        "alice bob",            "alice|bob"      },
    {"a name and an address",         "Me <a@b>, You <c@d>",  "a@b|c@d"        },
    {"an address as the name of one", "a@b <c@d>",            "c@d"            },
    {"a name that is quoted",         "\"me@x you@y\" <a@b>", "a@b"            },
    {"a localpart that is quoted",    "\"a b\"@c d@e",        "a b@c|d@e"      },
    {"a comment with addresses",      "a@b (x@y z@w), c@d",   "a@b|c@d"        },
    {"behind an angle bracket",       "Me <a@b> c@d",         "a@b|c@d"        },
    {"a group",                       "g: a@b, c@d;",         "a@b|c@d"        },
    {"a backslash at the end",        "a@b c\\",              NULL             },
    {"a quote that never ends",       "a@b \"c@d e@f",        NULL             },
    {"a bracket that closes nothing", "a@b> c@d>,e@f>",       "a@b|c@d|e@f"    },
    {"a domain that is missing",      "a@, b@ c",             "a@|b@c"         },
    {"control characters",            "\001a@b\001c@d\177",   "a@b|c@d"        },
    {"nothing",                       " , ,",                 ""               },
};

static void run_case(void **state)
{
    const struct list_case *c = *state;
    struct strlist recipients = STRLIST_EMPTY;
    struct arena *arena = arena_create();
    char *list = mem_text(c->list); /* of just that length: the sanitizer sees one octet too far */
    struct buf got = BUF(BUF_UNLIMITED);

    recipient_list_add(&recipients, arena, span_text(list));
    for (size_t i = 0; i < recipients.count; i++)
        buf_put_printf(&got, "%s%s", i == 0 ? "" : "|", recipients.items[i]);
    if (c->expected != NULL)
        assert_string_equal(buf_text(&got), c->expected);
    buf_release(&got);
    mem_free(list);
    strlist_release(&recipients);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t count = 0;

    UNIT_ADD_ROWS(tests, count, cases, run_case);
    return unit_run("tools_recipient_list", tests, count);
}
