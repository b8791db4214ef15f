/* lib/message: text as it is compared; base subjects; ENVELOPE read back. */
#include "t/unit/unit.h"

#include "lib/message/casemap.h"
#include "lib/message/envelope.h"
#include "lib/message/imap_text.h"
#include "lib/message/subject.h"

/* --- i;unicode-casemap ------------------------------------------------------------------------- */

static const struct casemap_case {
    const char *name;
    const char *text, *expected;
} casemap_cases[] = {
    {"letters become capitals",               "Hello, World {z}",               "HELLO, WORLD {Z}"              },
    {"long runs too",                         "abcdefghijklmnopqrstuvwxyz@[`{", "ABCDEFGHIJKLMNOPQRSTUVWXYZ@[`{"},
    {"accents are taken apart",               "\xc3\xa9\xc3\x89",
     "E\xcc\x81"
     "E\xcc\x81"                                                                                                },
    {"in the middle of ASCII",                "caf\xc3\xa9 noir",               "CAFE\xcc\x81 NOIR"             },
    {"a sharp s has no titlecase of its own", "\xc3\x9f",                       "\xc3\x9f"                      },
    {"Greek and Cyrillic",                    "\xce\xb1\xd0\xb6",               "\xce\x91\xd0\x96"              },
    {"ligatures and wide letters",            "\xef\xac\x81\xef\xbd\x81",       "fiA"                           },
    {"Hangul becomes its parts",              "\xea\xb0\x80",                   "\xe1\x84\x80\xe1\x85\xa1"      },
    {"titlecase, not uppercase",              "\xc7\x86",                       "Dz\xcc\x8c"                    },
    {"what is no UTF-8 stays",                "a\xff\xc3",                      "A\xff\xc3"                     },
    {"nothing",                               "",                               ""                              },
};

static void map_text(void **state)
{
    const struct casemap_case *c = *state;
    struct casemap *map = casemap_create();
    struct span text = unit_copy(span_text(c->text));
    struct buf out = BUF(200);

    casemap_put(map, &out, text);
    assert_string_equal(out.len == 0 ? "" : buf_text(&out), c->expected);
    buf_release(&out);
    casemap_free(&map);
    free((void *)(uintptr_t)text.data);
}

static void mapped_text_is_cut_at_the_limit(void **state UNUSED)
{
    struct casemap *map = casemap_create();
    struct buf out = BUF(11);

    casemap_put(map, &out, SPAN_LITERAL("0123456789abcdef"));
    assert_string_equal(buf_text(&out), "0123456789A");
    casemap_put(map, &out, SPAN_LITERAL("\xc3\xa9"));
    assert_int_equal(out.len, 11);
    buf_release(&out);
    casemap_free(&map);
}

/* --- base subjects ----------------------------------------------------------------------------- */

static const struct subject_case {
    const char *name;
    const char *subject, *base;
    bool reply;
} subject_cases[] = {
    {"a plain one",                     "Hello",                      "Hello",        false},
    {"a reply",                         "Re: Hello",                  "Hello",        true },
    {"a forward",                       "FWD: Fw:Hello",              "Hello",        true },
    {"replies to replies",              "Re: re:  RE :Hello",         "Hello",        true },
    {"a list's name stays away",        "[list] Hello",               "Hello",        false},
    {"also inside of a reply",          "[list] Re: [list] Hello",    "Hello",        true },
    {"a counter",                       "Re[2]: Hello",               "Hello",        true },
    {"a name alone is the subject",     "[list]",                     "[list]",       false},
    {"of two names the last stays",     "[a] [b]",                    "[b]",          false},
    {"a trailer",                       "Hello (fwd)",                "Hello",        true },
    {"trailers and spaces",             "Hello (FWD) (fwd)  ",        "Hello",        true },
    {"a wrapped forward",               "[Fwd: Hello]",               "Hello",        true },
    {"wrapped twice",                   "[fwd: [Fwd: Re: Hello]]",    "Hello",        true },
    {"white space is squeezed",         "  a \t\r\n b  ",             "a b",          false},
    {"a word that begins like a reply", "Regarding: x",               "Regarding: x", false},
    {"no colon",                        "Re Hello",                   "Re Hello",     false},
    {"nothing but a reply",             "Re:",                        "",             true },
    {"nothing",                         "",                           "",             false},
    {"names before a reply",            "[a][b] re: [c][d]re: Hello", "Hello",        true },
    {"names behind a reply",            "re: [a][b]Hello",            "Hello",        true },
    {"a bracket that is open",          "[a Hello",                   "[a Hello",     false},
    {"a bracket in a bracket",          "[a[b] Hello",                "[a[b] Hello",  false},
};

static void find_base(void **state)
{
    const struct subject_case *c = *state;
    struct span copy = unit_copy(span_text(c->subject));
    bool reply;
    struct span base = subject_base((char *)(uintptr_t)copy.data, copy.len, &reply);

    assert_true(span_equal_text(base, c->base));
    assert_int_equal(reply, c->reply);
    free((void *)(uintptr_t)copy.data);
}

/* Each name is looked at once, however many there are. */
static void names_without_end(void **state UNUSED)
{
    struct buf subject = BUF(4U * 1024 * 1024);
    struct span base;
    bool reply;
    size_t len;
    char *copy;

    for (size_t i = 0; i < 1000000; i++)
        buf_put_text(&subject, "[a]");
    buf_put_text(&subject, "b");
    len = subject.len;
    copy = mem_span(buf_span(&subject));
    base = subject_base(copy, len, &reply);
    assert_true(span_equal_text(base, "b"));
    mem_free(copy);
    buf_release(&subject);
}

/* --- ENVELOPE ---------------------------------------------------------------------------------- */

static void what_was_written_is_read(void **state UNUSED)
{
    static const char header[] = "Date: Mon, 1 Jan 2024 00:00:00 +0000\n"
                                 "Subject: a \"b\" \\c\n"
                                 "From: \xc3\xa9va <eva@example.test>\n"
                                 "To: one@a.test, team: \"x y\"@b.test;, <@r.test:z@c.test>\n"
                                 "Message-ID: <1@a>\n\n";
    struct arena *arena = arena_create();
    struct buf out = BUF(10000);
    struct envelope envelope;
    struct envelope_address address;
    struct cursor at;
    static const char *const mailboxes[] = {"one", "team", "x y", NULL, "z"};

    imap_put_envelope(&out, arena, span_text(header));
    assert_true(envelope_read(arena, buf_span(&out), ENVELOPE_MESSAGE_ID, &envelope));
    assert_true(span_equal_text(envelope.fields[ENVELOPE_SUBJECT], "a \"b\" \\c"));
    assert_true(span_equal_text(envelope.fields[ENVELOPE_MESSAGE_ID], "<1@a>"));
    assert_null(envelope.fields[ENVELOPE_CC].data);
    at = cursor_of(envelope.fields[ENVELOPE_FROM]);
    assert_true(envelope_next_address(arena, &at, &address));
    assert_true(span_equal_text(address.name, "\xc3\xa9va"));
    assert_true(span_equal_text(address.host, "example.test"));
    assert_false(envelope_next_address(arena, &at, &address));
    at = cursor_of(envelope.fields[ENVELOPE_TO]);
    for (size_t i = 0; i < ARRAY_LENGTH(mailboxes); i++) {
        assert_true(envelope_next_address(arena, &at, &address));
        if (mailboxes[i] == NULL)
            assert_null(address.mailbox.data);
        else
            assert_true(span_equal_text(address.mailbox, mailboxes[i]));
    }
    assert_false(envelope_next_address(arena, &at, &address));
    for (size_t len = 0; len < out.len; len++) { /* cut off anywhere it is none */
        struct span cut = unit_copy(span_first(buf_span(&out), len));
        bool read = envelope_read(arena, cut, ENVELOPE_MESSAGE_ID, &envelope);
        assert_int_equal(read, len == out.len - 1);
        free((void *)(uintptr_t)cut.data);
    }
    buf_release(&out);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[100];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, casemap_cases, map_text);
    UNIT_ADD_ROWS(tests, used, subject_cases, find_base);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(mapped_text_is_cut_at_the_limit);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(names_without_end);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(what_was_written_is_read);
    return unit_run("message_collation", tests, used);
}
