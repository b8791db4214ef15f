/* Variable envelope return paths: who is the sender of whose copy. */
#include "t/unit/unit.h"

#include "lib/message/address.h"
#include "lib/message/verp.h"

static const struct path_case {
    const char *name;
    const char *delimiters, *sender, *recipient;
    const char *path;
} paths[] = {
    {"as in the manual",              "+=", "owner-list@your.test", "bob@far.test",
     "owner-list+bob=far.test@your.test"                                                                            },
    {"other delimiters",              "-+", "list@your.test",       "bob@far.test",    "list-bob+far.test@your.test"},
    {"the same delimiter twice",      "==", "list@your.test",       "bob@far.test",
     "list=bob=far.test@your.test"                                                                                  },
    {"an extension of the sender",    "+=", "list+x@your.test",     "bob@far.test",
     "list+x+bob=far.test@your.test"                                                                                },
    {"an extension of the recipient", "+=", "list@your.test",       "bob+x@far.test",
     "list+bob+x=far.test@your.test"                                                                                },
    {"a recipient without a domain",  "+=", "list@your.test",       "bob",             "list+bob@your.test"         },
    {"with an empty domain",          "+=", "list@your.test",       "bob@",            "list+bob@your.test"         },
    {"a sender without a domain",     "+=", "list",                 "bob@far.test",    "list+bob=far.test"          },
    {"with an empty one",             "+=", "list@",                "bob@far.test",    "list+bob=far.test"          },
    {"nobody has a domain",           "+=", "list",                 "bob",             "list+bob"                   },
    {"@ in the recipient's user",     "+=", "list@your.test",       "q@r@far.test",
     "list+q@r=far.test@your.test"                                                                                  },
    {"@ in the sender's user",        "+=", "a@b@your.test",        "bob@far.test",    "a@b+bob=far.test@your.test" },
    {"a space in the user",           "+=", "a b@your.test",        "c d@far.test",    "a b+c d=far.test@your.test" },
    {"delimiters in the recipient",   "+=", "list@your.test",       "a=b@far.test",
     "list+a=b=far.test@your.test"                                                                                  },
    {"an address literal",            "+=", "list@your.test",       "bob@[192.0.2.1]",
     "list+bob=[192.0.2.1]@your.test"                                                                               },
    {"a recipient with no user",      "+=", "list@your.test",       "@far.test",       "list+=far.test@your.test"   },
};

static void run_path(void **state)
{
    const struct path_case *c = *state;
    struct arena *arena = arena_create();

    assert_string_equal(verp_sender(arena, c->delimiters, c->sender, c->recipient), c->path);
    arena_free(&arena);
}

/* What comes out is an address that others can read, with the quotes that it needs. */
static void quoted(void **state UNUSED)
{
    struct arena *arena = arena_create();
    const char *path = verp_sender(arena, "+=", "list@your.test", "q@r@far.test");

    assert_string_equal(address_quote(arena, path), "\"list+q@r=far.test\"@your.test");
    arena_free(&arena);
}

static void too_long(void **state UNUSED)
{
    char recipient[ADDRESS_MAX];
    struct arena *arena = arena_create();
    size_t room = ADDRESS_MAX - 1 - strlen("l+=b@c");

    memset(recipient, 'a', sizeof(recipient));
    memcpy(recipient + room, "@b", sizeof("@b"));
    assert_int_equal(strlen(verp_sender(arena, "+=", "l@c", recipient)), ADDRESS_MAX - 1);
    memcpy(recipient + room, "a@b", sizeof("a@b"));
    assert_null(verp_sender(arena, "+=", "l@c", recipient));
    arena_free(&arena);
}

static const struct pair_case {
    const char *name;
    const char *delimiters, *filter;
    bool is_pair;
} pairs[] = {
    {"the usual ones",            "+=",  "-=+", true },
    {"the same twice",            "--",  "-=+", true },
    {"one",                       "+",   "-=+", false},
    {"none",                      "",    "-=+", false},
    {"three",                     "+=-", "-=+", false},
    {"the first is not allowed",  "a=",  "-=+", false},
    {"the second is not allowed", "+a",  "-=+", false},
    {"nothing is allowed",        "+=",  "",    false},
};

static void run_pair(void **state)
{
    const struct pair_case *c = *state;

    assert_int_equal(verp_is_pair(span_text(c->delimiters), c->filter), c->is_pair);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(paths) + ARRAY_LENGTH(pairs) + 2] = {
        cmocka_unit_test(quoted),
        cmocka_unit_test(too_long),
    };
    size_t count = 2;

    UNIT_ADD_ROWS(tests, count, paths, run_path);
    UNIT_ADD_ROWS(tests, count, pairs, run_pair);
    return unit_run("message_verp", tests, count);
}
