/*
 * The walk through a message: which fields are told of, in whose header, which lines and octets; in blocks of
 * every size, with the same result. Where Postfix 3.7 was asked the same (t/system/checks-postfix.t), it
 * agreed.
 */
#include "t/unit/unit.h"

#include "lib/base/memory.h"
#include "lib/message/mime_walk.h"

static struct buf told = BUF(BUF_UNLIMITED);   /* what was told of, in words */
static struct buf passed = BUF(BUF_UNLIMITED); /* all octets that came by */

/* --- the listener --------------------------------------------------------------------------------- */

static void on_field(void *context UNUSED, enum mime_header header,
                     const struct header_field *field)
{
    static const char marks[] = "HPN";

    buf_put_printf(&told, "%c:%.*s ", marks[header], SPAN_PRINTF(field->name));
    buf_put(&passed, field->whole);
}

static void on_header_end(void *context UNUSED)
{
    buf_put_text(&told, "| ");
}

static void on_line(void *context UNUSED, struct span line, bool has_end)
{
    buf_put_printf(&told, "(%.*s)%s ", SPAN_PRINTF(line), has_end ? "" : "~");
    buf_put(&passed, span_of(line.data, line.len + has_end));
}

static void on_octets(void *context UNUSED, struct span octets)
{
    assert_int_not_equal(octets.len, 0);
    buf_put(&passed, octets);
}

static void on_fault(void *context UNUSED, unsigned fault, struct span text)
{
    buf_put_printf(&told, "!%u<%.*s> ", fault, SPAN_PRINTF(text));
}

static const struct mime_listener listener = {
    .field = on_field,
    .header_end = on_header_end,
    .line = on_line,
    .octets = on_octets,
    .fault = on_fault,
};

/* --- cases ---------------------------------------------------------------------------------------- */

static const struct walk_case {
    const char *name;
    bool lines;
    bool structure;
    const char *message;
    const char *told;
    const char *passed; /* NULL: the message */
} cases[] = {
    {"a header and a body",                                   true,  true,  "A: 1\nB: 2\n c\n\nx\ny\n",                     "H:A H:B | () (x) (y) ",                                                                           NULL},
    {"no lines are told when none are wanted",                false, true,  "A: 1\n\nx\ny\n",                               "H:A | ",                                                                                          NULL},
    {"only a header",                                         true,  true,  "A: 1\n",                                       "H:A | ",                                                                                          NULL},
    {"nothing",                                               true,  true,  "",                                             "| ",                                                                                              NULL},
    {"a last line without its end",                           true,  true,  "A: 1\n\nx",                                    "H:A | () (x)~ ",                                                                                  NULL},
    {"a last field without its end",                          true,  true,  "A: 1\nB: 2",                                   "H:A H:B | ",                                                                                      NULL},
    {"the empty line is added where it is missing",           true,  true,  "A: 1\ntext\n",                                 "H:A | () (text) ",
     "A: 1\n\ntext\n"                                                                                                                                                                                                              },
    {"a long line comes in pieces",                           true,  true,  "A: 1\n\n0123456789012345678\n0123456789\nx\n",
     "H:A | () (0123456789)~ (012345678) (0123456789) (x) ",                                                                                                                                                                   NULL},
    {"a field is cut behind the piece that passes the limit", true,  true,
     "A: 1\n0: 345678\n 012345678\n 012345678\n 012345678\n 0123\nB: 2\n\n",                                                "H:A H:0 H:B | () ",
     "A: 1\n0: 345678\n 012345678\n 012345678\nB: 2\n\n"                                                                                                                                                                           },
    {"lines are told up to the limit of a part",              true,  true,
     "A: 1\n\n012345678\n012345678\n012345678\n012345678\n012345678\n012345678\n",                                          "H:A | () (012345678) (012345678) (012345678) ",                                                   NULL},
    {"parts",                                                 true,  true,
     "Content-Type: multipart/x; boundary=b\n\n--b\nP: 1\n\nx\n--b\n\ny\n--b--\nz\n",                                       "H:Content-Type | () (--b) P:P () (x) (--b) () (y) (--b--) (z) ",                                  NULL},
    {"parts, without lines",                                  false, true,
     "Content-Type: multipart/x; boundary=b\n\n-\n-x\n--b\nP: 1\n\nx--b\n--\n--b\nQ: 1\n\ny\n--b--\nz\n",
     "H:Content-Type | P:P P:Q ",                                                                                                                                                                                              NULL},
    {"the structure is not looked at",                        true,  false,
     "Content-Type: multipart/x; boundary=b\n\n--b\nP: 1\n\nx\n",                                                           "H:Content-Type | () (--b) (P: 1) () (x) ",                                                        NULL},
    {"a message in a message",                                true,  true,
     "Content-Type: Message/RFC822\n\nA: 1\nContent-Type: text/x\n\nB: 2\n",                                                "H:Content-Type | () N:A N:Content-Type () (B: 2) ",                                               NULL},
    {"a digest",                                              true,  true,
     "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: 1\n\n--b\nContent-Type: text/x\n\nB: 2\n",
     "H:Content-Type | () (--b) () N:A () (--b) P:Content-Type () (B: 2) ",                                                                                                                                                    NULL},
    {"an outer delimiter ends what is in it",                 false, true,
     "Content-Type: multipart/x; boundary=o\n\n--o\nContent-Type: multipart/x; boundary=i\n\n--i\nA: 1\n\n--o\n"
     "B: 2\n\n--i\nC: 3\n\n",                                                                                               "H:Content-Type | P:Content-Type P:A P:B ",                                                        NULL},
    {"a boundary that begins like another one",               false, true,
     "Content-Type: multipart/x; boundary=b\n\n--bc\nA: 1\n\n--b-\nB: 1\n\n--b--c\nC: 1\n\n",                               "H:Content-Type | P:A P:B ",                                                                       NULL},
    {"only so much of a boundary counts",                     false, true,
     "Content-Type: multipart/x; boundary=abcdefgh\n\n--abcdX\nA: 1\n\n--abc\nB: 1\n\n",                                    "H:Content-Type | P:A ",                                                                           NULL},
    {"text in the header of a part gets no empty line",       true,  true,
     "Content-Type: multipart/x; boundary=b\n\n--b\nA: 1\ntext\nB: 2\n--b\n--b\nC: 3\n\n",                                  "H:Content-Type | () (--b) P:A (text) (B: 2) (--b) (--b) P:C () ",                                 NULL},
    {"a delimiter is found where a body ends",                true,  true,
     "Content-Type: multipart/x; boundary=b\n\n--b\n\n--b",                                                                 "H:Content-Type | () (--b) () (--b)~ ",
     NULL                                                                                                                                                                                                                          },
    {"8 bits",                                                true,  true,  "A: \xe9\nB: \xe9\n\nx\xe9\n\xe9\n",
     "!2<A: \xe9> H:A H:B | () !4<x\xe9> (x\xe9) (\xe9) ",                                                                                                                                                                     NULL},
    {"8 bits that are announced",                             true,  true,  "Content-Transfer-Encoding: 8bit\n\n\xe9\n",
     "H:Content-Transfer-Encoding | () (\xe9) ",                                                                                                                                                                               NULL},
    {"8 bits in a body, without lines",                       false, true,  "A: 1\n\nx\n\xe9\ny\n",                         "H:A | !4<\xe9> ",
     NULL                                                                                                                                                                                                                          },
    {"base64 around parts",                                   false, true,
     "Content-Type: multipart/x\nContent-Transfer-Encoding: base64\n\n",                                                    "H:Content-Type H:Content-Transfer-Encoding | !8<base64> ",                                        NULL},
    {"too many parts within each other",                      false, true,
     "Content-Type: multipart/x; boundary=a; boundary=b; boundary=c; boundary=d\n\n",                                       "!1<Content-Type: multipart/x; boundary=a; boundary=b; boundary=c; boundary=d> H:Content-Type | ",
     NULL                                                                                                                                                                                                                          },
};

static void walk_in_blocks(const struct walk_case *c, size_t size)
{
    const struct mime_settings settings = {
        .structure = c->structure,
        .field_max = strstr(c->message, "0: ") != NULL ? 30 : 1000,
        .line_max = strchr(c->message, '0') != NULL ? 10 : 1000,
        .nesting_max = 1,
        .boundary_max = 4,
        .lines_within = strstr(c->told, "(012345678) (012345678) (012345678)") != NULL ? 30 : 0,
        .faults = 15,
    };
    struct mime_walk *walk = mime_walk_create(&settings, &listener);
    struct span rest = span_text(c->message);

    /* Twice: what is left of the first time must not matter. */
    for (int time = 0; time < 2; time++) {
        buf_clear(&told);
        buf_clear(&passed);
        mime_walk_begin(walk, c->lines);
        for (rest = span_text(c->message); rest.len > 0; rest = span_skip(rest, size)) {
            struct span block = unit_copy(span_first(rest, size));

            mime_walk(walk, block);
            free((void *)(uintptr_t)block.data);
        }
        mime_walk_end(walk);
    }
    assert_string_equal(buf_text(&told), c->told);
    assert_string_equal(buf_text(&passed), c->passed == NULL ? c->message : c->passed);
    mime_walk_free(&walk);
}

static void run_case(void **state)
{
    const struct walk_case *c = *state;

    for (size_t size = 1; size <= strlen(c->message) + 1; size++)
        walk_in_blocks(c, size);
}

/* --- Content-Type --------------------------------------------------------------------------------- */

static const struct type_case {
    const char *name;
    const char *body;
    bool found;
    enum mime_type type;
    const char *boundaries; /* each between < and > */
} types[] = {
    {"a multipart",               " multipart/mixed; boundary=b",                   true,  MIME_TYPE_MULTIPART,      "<b>"  },
    {"a quoted boundary",         " multipart/mixed; boundary=\"b c\\\"d\"",        true,  MIME_TYPE_MULTIPART,
     "<b c\"d>"                                                                                                             },
    {"a folded boundary",         " multipart/mixed;\n boundary=\"b\n c\"",         true,  MIME_TYPE_MULTIPART,
     "<b c>"                                                                                                                },
    {"several boundaries",        "multipart/mixed;boundary=a;x=y;boundary=b",      true,  MIME_TYPE_MULTIPART,
     "<a><b>"                                                                                                               },
    {"comments",                  "(a(b)) multipart (c) / mixed; boundary (d) = b", true,  MIME_TYPE_MULTIPART,
     "<b>"                                                                                                                  },
    {"a sign ends a boundary",    "multipart/mixed; boundary=--=_b",                true,  MIME_TYPE_MULTIPART,
     "<-->"                                                                                                                 },
    {"a name in quotes",          "multipart/mixed; \"boundary\"=b",                true,  MIME_TYPE_MULTIPART,      ""     },
    {"no subtype",                "Multipart; boundary=b",                          true,  MIME_TYPE_MULTIPART,      "<b>"  },
    {"a message",                 "message/rfc822",                                 true,  MIME_TYPE_MESSAGE,        ""     },
    {"a global message",          "message/global",                                 true,  MIME_TYPE_GLOBAL_MESSAGE, ""     },
    {"a part of a message",       "message/partial; id=1",                          true,  MIME_TYPE_CUT_MESSAGE,    ""     },
    {"a message somewhere else",  "message/external-body",                          true,  MIME_TYPE_CUT_MESSAGE,    ""     },
    {"a notification",            "message/delivery-status",                        true,  MIME_TYPE_OTHER,          ""     },
    {"text",                      "TEXT/html",                                      true,  MIME_TYPE_TEXT,           ""     },
    {"something else",            "image/png",                                      true,  MIME_TYPE_OTHER,          ""     },
    {"nothing",                   "  ",                                             false, MIME_TYPE_OTHER,          ""     },
    {"a comment without its end", "(a",                                             false, MIME_TYPE_OTHER,          ""     },
    {"a quote without its end",   "multipart/x; boundary=\"b\\",                    true,  MIME_TYPE_MULTIPART,      "<b\\>"},
};

static void run_type(void **state)
{
    const struct type_case *c = *state;
    struct span body = unit_copy(span_text(c->body));
    struct arena *arena = arena_create();
    struct cursor at = cursor_of(body);
    enum mime_type type = MIME_TYPE_OTHER;
    struct span boundary;
    bool digest;

    buf_clear(&told);
    assert_int_equal(mime_type_read(&at, &type, &digest), c->found);
    assert_int_equal(type, c->type);
    while (c->found && mime_type_boundary(&at, arena, &boundary))
        buf_put_printf(&told, "<%.*s>", SPAN_PRINTF(boundary));
    assert_string_equal(buf_text(&told), c->boundaries);
    arena_free(&arena);
    free((void *)(uintptr_t)body.data);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + ARRAY_LENGTH(types)] = {{0}};
    size_t count = 0;

    UNIT_ADD_ROWS(tests, count, cases, run_case);
    UNIT_ADD_ROWS(tests, count, types, run_type);
    return unit_run("message_walk", tests, count);
}
