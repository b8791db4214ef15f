/* The state of a parked session: what is written is read again, and what is not right is refused. */
#include "lib/base/base.h"

#include "imapd/notify_state.h"
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
        {.deleted = 1,         .expunged = 2,           .trashed = 3, .header_count = 127, .body_octets = 128},
    .bad_commands = 5,
    .idling = 1,
    .selected = 1,
    .read_only = 1,
    .told_keywords = 0x3ffffff,
    .uidvalidity = UINT32_MAX,
    .modseq = INT64_MAX,
    .enabled = ENABLED_CONDSTORE | ENABLED_QRESYNC,
    .tag = {"a7", 2     },
    .mailbox = {"INBOX",                 5                                      },
    .memory = {.known = known,              .known_count = 3,                    .recent = recent, .recent_count = 1},
    .saved = recent,
    .saved_count = 1,
    .compressed = 1,
    .deflate = {"a window",       8},
    .notify = {"a\0b",   3                         },
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
    assert_int_equal(read.compressed, 1);
    assert_true(span_equal(read.deflate, whole.deflate) && span_equal(read.notify, whole.notify));
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

/* --- NOTIFY ------------------------------------------------------------------------------------ */

static const struct span names[] = {
    {"One",     3},
    {"Two.Sub", 7},
};
static struct notify_group groups[] = {
    {.filter = NOTIFY_SELECTED, .events = NOTIFY_MESSAGE_EVENTS, .items = {"(UID)", 5}        },
    { .filter = NOTIFY_MAILBOXES,           .names = names,                 .name_count = 2, .events = NOTIFY_MAILBOX_NAME},
};
static struct notify_mailbox mailboxes[] = {
    {.name = "One",
     .told = {.messages = 7,
              .unseen = 3,
              .uidnext = UINT32_MAX,
              .uidvalidity = 1,
              .modseq = UINT64_MAX,
              .guid = "0123456789abcdef0123456789abcdef"},
     .events = NOTIFY_MAILBOX_NAME,
     .selectable = true},
    {.name = "Two.Sub",             .events = NOTIFY_MAILBOX_NAME,                                  .subscribed = true},
};
static const struct notify_annotation annotations[] = {
    {"/private/comment", UINT64_MAX}
};
static struct notify_annotated annotated[] = {
    {NULL,  NULL,        0},
    {"One", annotations, 1},
};
static const struct notify_state watched = {
    .request = {.groups = groups, .group_count = 2},
    .mailboxes = mailboxes,
    .mailbox_count = 2,
    .annotated = annotated,
    .annotated_count = 2,
};

static void notify_comes_back(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct buf octets = BUF(BUF_UNLIMITED);
    struct notify_state read;

    assert_true(notify_state_write(&watched, &octets));
    assert_int_equal(notify_state_read(arena, buf_span(&octets), &read), PARSE_DONE);
    assert_int_equal(read.request.group_count, 2);
    assert_int_equal(read.request.groups[0].filter, NOTIFY_SELECTED);
    assert_true(span_equal_text(read.request.groups[0].items, "(UID)"));
    assert_int_equal(read.request.groups[1].name_count, 2);
    assert_true(span_equal_text(read.request.groups[1].names[1], "Two.Sub"));
    assert_int_equal(read.request.groups[1].events, NOTIFY_MAILBOX_NAME);
    assert_int_equal(read.mailbox_count, 2);
    assert_memory_equal(&read.mailboxes[0].told, &mailboxes[0].told, sizeof(mailboxes[0].told));
    assert_true(read.mailboxes[0].selectable && !read.mailboxes[0].subscribed);
    assert_true(!read.mailboxes[1].selectable && read.mailboxes[1].subscribed);
    assert_string_equal(read.mailboxes[1].name, "Two.Sub");
    assert_int_equal(read.annotated_count, 2);
    assert_null(read.annotated[0].name);
    assert_string_equal(read.annotated[1].annotations[0].entry, "/private/comment");
    assert_true(read.annotated[1].annotations[0].digest == UINT64_MAX);
    for (size_t len = 0; len < octets.len; len++) {
        struct span part = unit_copy(span_of(octets.data, len));
        assert_int_not_equal(notify_state_read(arena, part, &read), PARSE_DONE);
        free((void *)(uintptr_t)part.data);
    }
    buf_release(&octets);
    arena_free(&arena);
}

static const struct notify_case {
    const char *name;
    struct span octets;
} notify_cases[] = {
    {"more groups than there are octets", {"\x30", 1}              },
    {"a filter that there is not",        {"\1\7\0\0\0\0\0", 7}    },
    {"an event that cannot be",           {"\1\0\x80\1\0\0\0\0", 8}},
    {"a NUL in a name",                   {"\1\6\1\0\1\1\0\0\0", 9}},
    {"an identity that is too long",
     {"\0\1\1x\0\0\0\0\0\0\0\x21"
      "0123456789abcdef0123456789abcdef0\0",
      46}                                                          },
    {"something behind it",               {"\0\0\0\0", 4}          },
};

static void refuse_notify(void **state)
{
    const struct notify_case *c = *state;
    struct arena *arena = arena_create();
    struct span octets = unit_copy(c->octets);
    struct notify_state read;

    assert_int_not_equal(notify_state_read(arena, octets, &read), PARSE_DONE);
    free((void *)(uintptr_t)octets.data);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + ARRAY_LENGTH(notify_cases) + 4] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(no_part_is_whole),
        cmocka_unit_test(a_mailbox_of_holes_is_too_much),
        cmocka_unit_test(notify_comes_back),
    };
    size_t used = 4;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    UNIT_ADD_ROWS(tests, used, notify_cases, refuse_notify);
    return unit_run("states of parked sessions", tests, used);
}
