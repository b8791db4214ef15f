/* imapd: THREAD's algorithms, at messages that are told in a line each. */
#include "t/unit/unit.h"

#include "imapd/thread_key.h"

#include <stdio.h>

/* "id;references;in-reply-to;subject;date": a '!' before the subject makes it a reply. Messages are
 * numbered as they stand here. */
static void add(struct threads *threads, uint32_t number, const char *line)
{
    struct span rest = span_text(line), date;
    struct thread_message message = {.number = number};
    uint64_t when = 0;

    message.message_id = span_take_until(&rest, ';');
    message.references = span_take_until(&rest, ';');
    message.in_reply_to = span_take_until(&rest, ';');
    message.subject = span_take_until(&rest, ';');
    if (span_starts_with(message.subject, "!")) {
        message.is_reply = true;
        message.subject = span_skip(message.subject, 1);
    }
    date = rest;
    assert_true(date.len == 0 || span_to_u64(date, INT32_MAX, &when));
    message.date = date.len == 0 ? (int64_t)number : (int64_t)when;
    threads_add(threads, &message);
}

#define MESSAGES 8

static const struct thread_case {
    const char *name;
    enum thread_kind kind;
    const char *messages[MESSAGES];
    const char *threads;
} thread_cases[] = {
    {"nothing",                                                      THREAD_REFERENCES, {NULL},                                                                               ""       },
    {"messages that know nothing of each other",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;one;", "<b@x>;;;two;"},
     " (1)(2)"                                                                                                                                                                         },
    {"a chain",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;s;", "<b@x>;<a@x>;;!s;", "<c@x>;<a@x> <b@x>;;!s;"},
     " (1 2 3)"                                                                                                                                                                        },
    {"a chain that arrives the other way round",
     THREAD_REFERENCES,                                                                 {"<c@x>;<a@x> <b@x>;;!s;3", "<b@x>;<a@x>;;!s;2", "<a@x>;;;s;1"},
     " (3 2 1)"                                                                                                                                                                        },
    {"branches, by date",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;s;1", "<b@x>;<a@x>;;!s;9", "<c@x>;<a@x>;;!s;3", "<d@x>;<a@x> <c@x>;;!s;4"},
     " (1 (3 4)(2))"                                                                                                                                                                   },
    {"the example of RFC 5256",
     THREAD_REFERENCES,                                                                 {"<1@x>;;;a;1", "<2@x>;;;b;2", "<3@x>;<2@x>;;!b;3", "<4@x>;<2@x> <3@x>;;!b;4",
      "<5@x>;<2@x> <3@x> <4@x>;;!b;5", "<6@x>;<2@x> <3@x>;;!b;6", "<7@x>;<2@x> <3@x> <6@x>;;!b;7"},
     " (1)(2 3 (4 5)(6 7))"                                                                                                                                                            },
    {"siblings whose parent is not there",
     THREAD_REFERENCES,                                                                 {"<b@x>;<a@x>;;!s;1", "<c@x>;<a@x>;;!s;2"},
     " ((1)(2))"                                                                                                                                                                       },
    {"a single child takes the place of a parent that is not there",
     THREAD_REFERENCES,                                                                 {"<c@x>;<a@x> <b@x>;;!s;"},
     " (1)"                                                                                                                                                                            },
    {"missing links within are skipped",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;s;", "<d@x>;<a@x> <b@x> <c@x>;;!s;", "<e@x>;<a@x> <b@x>;;!s;"},
     " (1 (2)(3))"                                                                                                                                                                     },
    {"In-Reply-To counts where References are missing",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;s;", "<b@x>;;\"my mail\" <a@x> of today;!s;", "<c@x>;none;<a@x>;!s;"},
     " (1 (2)(3))"                                                                                                                                                                     },
    {"a message's own References count more than those of others",
     THREAD_REFERENCES,                                                                 {"<c@x>;<a@x> <b@x>;;!s;3", "<b@x>;<z@x>;;!s;2", "<a@x>;;;t;1", "<z@x>;;;s;1"},
     " (3)(4 2 1)"                                                                                                                                                                     },
    {"nobody is above himself",
     THREAD_REFERENCES,                                                                 {"<a@x>;<b@x>;;s;1", "<b@x>;<a@x>;;t;2", "<c@x>;<c@x>;;u;3"},
     " (2 1)(3)"                                                                                                                                                                       },
    {"longer rings do not close either",
     THREAD_REFERENCES,                                                                 {"<a@x>;<c@x>;;s;1", "<b@x>;<a@x>;;t;2", "<c@x>;<b@x>;;u;3"},
     " (3 1 2)"                                                                                                                                                                        },
    {"an id that comes twice is another message",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;s;1", "<a@x>;;;t;2", "<b@x>;<a@x>;;!s;3"},
     " (1 3)(2)"                                                                                                                                                                       },
    {"quotes in ids do not matter",
     THREAD_REFERENCES,                                                                 {"<\"a b\"@x>;;;s;", "<b@x>;<a b@x>;;!s;"},
     " (1 2)"                                                                                                                                                                          },
    {"no ids at all",                                                THREAD_REFERENCES, {";;;s;", ";;;t;"},                                                                   " (1)(2)"},
    {"a reply joins its subject",                                    THREAD_REFERENCES, {"<a@x>;;;s;1", "<b@x>;;;!s;2"},                                                      " (1 2)" },
    {"also when it is older",                                        THREAD_REFERENCES, {"<b@x>;;;!s;1", "<a@x>;;;s;2"},                                                      " (2 1)" },
    {"two of one subject get a head",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;s;1", "<b@x>;;;s;2"},
     " ((1)(2))"                                                                                                                                                                       },
    {"and a third joins them",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;s;1", "<b@x>;;;s;2", "<c@x>;;;s;3", "<d@x>;;;!s;4"},
     " ((1)(2)(3)(4))"                                                                                                                                                                 },
    {"heads join too",
     THREAD_REFERENCES,                                                                 {"<b@x>;<a@x>;;!s;1", "<c@x>;<a@x>;;!s;2", "<e@x>;<d@x>;;!s;3", "<f@x>;<d@x>;;!s;4"},
     " ((1)(2)(3)(4))"                                                                                                                                                                 },
    {"an empty subject joins nothing",                               THREAD_REFERENCES, {"<a@x>;;;;1", "<b@x>;;;;2"},                                                         " (1)(2)"},
    {"threads are ordered by their first message",
     THREAD_REFERENCES,                                                                 {"<a@x>;;;s;5", "<b@x>;;;t;2", "<c@x>;<b@x>;;!t;9"},
     " (2 3)(1)"                                                                                                                                                                       },
    {"REFS orders them by their latest",
     THREAD_REFS,                                                                       {"<a@x>;;;s;5", "<b@x>;;;t;2", "<c@x>;<b@x>;;!t;9"},
     " (1)(2 3)"                                                                                                                                                                       },
    {"REFS joins no subjects",                                       THREAD_REFS,       {"<a@x>;;;s;1", "<b@x>;;;!s;2"},                                                      " (1)(2)"},
    {"ORDEREDSUBJECT: the first, and all others below it",
     THREAD_ORDERED_SUBJECT,                                                            {";;;b;1", ";;;a;2", ";;;!a;3", ";;;!a;4", ";;;!b;0"},
     " (5 1)(2 (3)(4))"                                                                                                                                                                },
};

static void thread(void **state)
{
    const struct thread_case *c = *state;
    struct threads *threads = threads_create(c->kind);
    struct buf out = BUF(1000);

    for (uint32_t i = 0; i < MESSAGES && c->messages[i] != NULL; i++)
        add(threads, i + 1, c->messages[i]);
    threads_put(threads, &out);
    assert_string_equal(out.len == 0 ? "" : buf_text(&out), c->threads);
    buf_release(&out);
    threads_free(&threads);
}

/* --- many messages, as deep or wide as can be, in a time that does not grow with their square ----- */

#define MANY 100000

enum shape { A_CHAIN, A_CHAIN_BACKWARDS, SIBLINGS, LOOPS, ONE_SUBJECT };

static void make_line(char line[200], enum shape shape, int i)
{
    switch (shape) {
    case A_CHAIN:
        snprintf(line, 200, "<%d@x>;<%d@x>;;!s;%d", i, i - 1, i);
        return;
    case A_CHAIN_BACKWARDS:
        snprintf(line, 200, "<%d@x>;<%d@x>;;!s;%d", MANY - i, MANY - i - 1, MANY - i);
        return;
    case SIBLINGS:
        snprintf(line, 200, "<%d@x>;<missing@x>;;!s;%d", i, MANY - i);
        return;
    case LOOPS: /* each closes the ring that all before it make */
        snprintf(line, 200, "<%d@x>;<%d@x> <%d@x> <0@x> <%d@x>;;!s;%d", i, i + 1, i + 2, i - 1, i);
        return;
    case ONE_SUBJECT:
        snprintf(line, 200, "<%d@x>;;;s;%d", i, i);
        return;
    }
}

static void thread_many(enum shape shape)
{
    struct threads *threads = threads_create(THREAD_REFERENCES);
    struct buf out = BUF(10000000);
    char line[200];
    size_t numbers = 0;

    for (int i = 0; i < MANY; i++) {
        make_line(line, shape, i);
        add(threads, (uint32_t)i + 1, line);
    }
    threads_put(threads, &out);
    for (size_t i = 0; i < out.len; i++)
        numbers += is_digit(out.data[i]) && !is_digit(out.data[i + 1]);
    assert_int_equal(numbers, MANY); /* each message once */
    buf_release(&out);
    threads_free(&threads);
}

static void many_in_any_shape_take_no_square_of_time(void **state UNUSED)
{
    for (enum shape shape = A_CHAIN; shape <= ONE_SUBJECT; shape++)
        thread_many(shape); /* their square would take hours */
}

/* --- what the index keeps ---------------------------------------------------------------------- */

static void message_is_kept_as_a_key(void **state UNUSED)
{
    const struct thread_message message = {
        .date = -5,
        .is_reply = true,
        .subject = SPAN_LITERAL("s"),
        .message_id = SPAN_LITERAL("<a@x>"),
        .references = SPAN_LITERAL("<b@x> <c@x>"),
    };
    struct thread_message again = {0};
    struct buf key = BUF(60), small = BUF(30);

    assert_false(thread_key_put(&small, &message));
    assert_int_equal(small.len, 0);
    assert_true(thread_key_put(&key, &message));
    assert_true(thread_key_read(buf_span(&key), &again));
    assert_true(again.date == -5 && again.is_reply);
    assert_true(span_equal_text(again.subject, "s"));
    assert_true(span_equal_text(again.message_id, "<a@x>"));
    assert_int_equal(again.in_reply_to.len, 0);
    assert_true(span_equal_text(again.references, "<b@x> <c@x>"));
    for (size_t len = 0; len < key.len; len++) {
        char *part = mem_span(span_of(key.data, len));
        assert_false(thread_key_read(span_of(part, len), &again));
        mem_free(part);
    }
    buf_release(&key);
    buf_release(&small);
}

int main(void)
{
    struct CMUnitTest tests[100];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, thread_cases, thread);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(many_in_any_shape_take_no_square_of_time);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(message_is_kept_as_a_key);
    return unit_run("imapd_thread", tests, used);
}
