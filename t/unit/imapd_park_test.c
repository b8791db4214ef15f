/* The state of a parked session: what is written is read again, and what is not right is refused. */
#include "lib/base/base.h"

#include "imapd/park_state.h"
#include "t/unit/unit.h"

static const struct uid_range known[] = {
    {1,       1         },
    {3,       10        },
    {1000000, UINT32_MAX}
};
static const struct uid_range recent[] = {
    {9, 10}
};

static const struct park_state whole = {
    .pid = 4711,
    .octets_in = UINT64_MAX,
    .octets_out = 1U << 31,
    .counters =
        {.deleted = 1,       .expunged = 2, .trashed = 3, .header_count = 127, .body_octets = 128},
    .bad_commands = 5,
    .idling = 1,
    .selected = 1,
    .read_only = 1,
    .told_keywords = 0x3ffffff,
    .uidvalidity = UINT32_MAX,
    .modseq = INT64_MAX,
    .enabled = ENABLED_CONDSTORE | ENABLED_QRESYNC,
    .tag = {"a7",                  2                           },
    .mailbox = {"INBOX",                 5             },
    .memory = {.known = known, .known_count = 3,              .recent = recent,                      .recent_count = 1             },
    .saved = recent,
    .saved_count = 1,
};

static struct buf written(const struct park_state *state)
{
    struct buf octets = BUF(BUF_UNLIMITED);

    assert_true(park_state_write(state, &octets));
    return octets;
}

static void comes_back(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct buf octets = written(&whole);
    struct park_state read;

    assert_int_equal(park_state_read(arena, buf_span(&octets), &read), PARSE_DONE);
    assert_int_equal(read.pid, whole.pid);
    assert_true(read.octets_in == whole.octets_in && read.octets_out == whole.octets_out);
    assert_memory_equal(&read.counters, &whole.counters, sizeof(whole.counters));
    assert_int_equal(read.told_keywords, whole.told_keywords);
    assert_int_equal(read.enabled, whole.enabled);
    assert_true(span_equal_text(read.tag, "a7") && span_equal_text(read.mailbox, "INBOX"));
    assert_int_equal(read.memory.uidvalidity, UINT32_MAX);
    assert_true(read.memory.modseq == INT64_MAX);
    assert_int_equal(read.memory.known_count, 3);
    assert_memory_equal(read.memory.known, known, sizeof(known));
    assert_memory_equal(read.memory.recent, recent, sizeof(recent));
    assert_int_equal(read.saved_count, 1);
    buf_release(&octets);
    arena_free(&arena);
}

/* Each prefix, on the heap, so that one octet too far is seen. */
static void no_part_is_whole(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct buf octets = written(&whole);
    struct park_state read;

    for (size_t len = 0; len < octets.len; len++) {
        struct span part = unit_copy(span_of(octets.data, len));

        assert_int_not_equal(park_state_read(arena, part, &read), PARSE_DONE);
        free((void *)(uintptr_t)part.data);
    }
    buf_release(&octets);
    arena_free(&arena);
}

static void a_mailbox_of_holes_is_too_much(void **state UNUSED)
{
    struct uid_range *holes = calloc(60000, sizeof(*holes));
    struct park_state big = {
        .memory = {.known = holes, .known_count = 60000}
    };
    struct buf octets = BUF(BUF_UNLIMITED);

    assert_non_null(holes);
    for (uint32_t i = 0; i < 60000; i++)
        holes[i] = (struct uid_range){2 * i + 1, 2 * i + 1};
    assert_false(park_state_write(&big, &octets));
    buf_release(&octets);
    free(holes);
}

static const struct refused {
    const char *name;
    const char *octets;
    size_t len;
    enum parse_result result;
} cases[] = {
    {"nothing",                            "",                                                           0,  PARSE_MALFORMED},
    {"another version",                    "\x02\0\0\0\0\0\0",                                           7,  PARSE_MALFORMED},
    {"a state without anything",           "\x01\0\0\0\0\0\0",                                           7,  PARSE_DONE     },
    {"more numbers than we know",          "\x01\x13\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7\7\0\0\0\0\0",   26,
     PARSE_DONE                                                                                                             },
    {"a number without end",               "\x01\x80",                                                   2,  PARSE_MALFORMED},
    {"a number past 64 bits",              "\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\0", 17,
     PARSE_TOO_BIG                                                                                                          },
    {"a tag longer than all that follows", "\x01\0\x7f\0\0\0\0",                                         7,  PARSE_TOO_BIG  },
    {"more ranges than octets",            "\x01\0\0\0\x7f\1\0\0\0",                                     9,  PARSE_TOO_BIG  },
    {"ranges that touch",                  "\x01\0\0\0\2\1\0\0\0\0\0",                                   11, PARSE_MALFORMED},
    {"a UID past 32 bits",                 "\x01\0\0\0\1\xff\xff\xff\xff\x0f\1\0\0",                     13, PARSE_TOO_BIG  },
};

static void run_case(void **state)
{
    const struct refused *c = *state;
    struct arena *arena = arena_create();
    struct span octets = unit_copy(span_of(c->octets, c->len));
    struct park_state read;

    assert_int_equal(park_state_read(arena, octets, &read), c->result);
    free((void *)(uintptr_t)octets.data);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 3] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(no_part_is_whole),
        cmocka_unit_test(a_mailbox_of_holes_is_too_much),
    };
    size_t used = 3;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("states of parked sessions", tests, used);
}
