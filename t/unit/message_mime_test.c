/* lib/message: MIME structure, BODYSTRUCTURE, ENVELOPE, line ends, decoded text. */
#include "t/unit/unit.h"

#include "lib/message/crlf.h"
#include "lib/message/encoding.h"
#include "lib/message/imap_text.h"

/* --- BODYSTRUCTURE ----------------------------------------------------------------------------- */

static const struct structure_case {
    const char *name;
    const char *message;
    const char *expected;
} structure_cases[] = {
    {"a message without Content-Type is plain text",             "A: b\n\nx\ny\n",
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 6 2 NIL NIL NIL NIL)"                                                  },
    {"sizes are the same with CRLF",                             "A: b\r\n\r\nx\r\ny\r\n",
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 6 2 NIL NIL NIL NIL)"                                                  },
    {"parameters may be quoted, spaced and commented",
     "Content-Type: TEXT/html (web); Charset = \"utf-8\" ; format=flowed;\n\nx",                                "(\"TEXT\" \"html\" (\"Charset\" \"utf-8\" \"format\" \"flowed\") NIL NIL \"7bit\" 1 0 NIL NIL NIL "
     "NIL)"                                                  },
    {"parameters in pieces are joined",
     "Content-Type: text/plain; name*1=two; a=b; NAME*0=one; u*0*=utf-8''%41; u*1=b; m*0=x; m*1*=%42; gap*0=1;"
     " gap*2=3; late*1=l; M*0=z\n\nx",                                                                          "(\"text\" \"plain\" (\"a\" \"b\" \"gap*2\" \"3\" \"late*1\" \"l\" \"M*0\" \"z\" \"NAME\" \"onetwo\" \"u*\" \"utf-8''%41b\" \"m*\" "
     "\"''x%42\" \"gap\" \"1\" \"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL)"        },
    {"a Content-Type without a subtype is none",                 "Content-Type: text\n\nx\n",
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1 NIL NIL NIL NIL)"                                                  },
    {"all fields of a part have their places",
     "Content-Type: image/png\nContent-ID: <i>\nContent-Description: a \"d\"\n"
     "Content-Transfer-Encoding: base64\nContent-MD5: m\nContent-Disposition: inline; filename=f\n"
     "Content-Language: de, en\nContent-Location: l\n\nAAAA\n",                                                 "(\"image\" \"png\" NIL \"<i>\" \"a \\\"d\\\"\" \"base64\" 6 \"m\" (\"inline\" (\"filename\" \"f\")) "
     "(\"de\" \"en\") \"l\")"                                                 },
    {"the line end before a boundary is not the part's",
     "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\n\ntwo\n\n--b--\nepilogue\n",
     "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0 NIL NIL NIL NIL)"
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 5 1 NIL NIL NIL NIL)"
     " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"                                                                                          },
    {"a boundary that begins like another is not that one",
     "Content-Type: multipart/mixed; boundary=b\n\n--bb\n\nno\n--b\n\nyes\n--b--\n",                            "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0 NIL NIL NIL NIL)"
     " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"      },
    {"an outer boundary ends an inner multipart without an end",
     "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/alternative; "
     "boundary=i\n\n--i\n\nx\n--o\n\ny\n--o--\n",                                                               "(((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL)"
     " \"alternative\" (\"boundary\" \"i\") NIL NIL NIL)"
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL)"
     " \"mixed\" (\"boundary\" \"o\") NIL NIL NIL)"                                         },
    {"a multipart without its boundary has an empty text",
     "Content-Type: multipart/mixed; boundary=b\n\nnothing\n",                                                  "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)"
     " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"                            },
    {"a digest's parts are messages",
     "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: s\n\nx\n--b--\n",                           "((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 15 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL)"
     " (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL) 2 NIL NIL NIL "
     "NIL) \"digest\" (\"boundary\" \"b\") NIL NIL NIL)"},
    {"a header without an end is all header",                    "A: b\nC: d\n",
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)"                                                  },
    {"an empty message has a structure too",                     "",
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)"                                                  },
    {"eight-bit names are literals",                             "Content-Type: text/plain; name=\xc3\xa9\n\n",
     "(\"text\" \"plain\" (\"name\" {2}\r\n\xc3\xa9 \"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL "
     "NIL NIL)"                                                                                                                              },
};

static void describe(void **state)
{
    const struct structure_case *c = *state;
    struct arena *arena = arena_create();
    struct span message = unit_copy(span_text(c->message));
    struct buf out = BUF(100000);
    size_t count;
    struct mime_part *parts = mime_parse(arena, message, &count);

    assert_true(mime_parts_are_sound(parts, count, message.len));
    imap_put_bodystructure(&out, arena, message, parts, true);
    assert_string_equal(buf_text(&out), c->expected);
    buf_release(&out);
    arena_free(&arena);
    free((void *)(uintptr_t)message.data);
}

/* --- part numbers ------------------------------------------------------------------------------ */

static const char nested[] =
    "Content-Type: multipart/mixed; boundary=o\n\n--o\n\none\n--o\nContent-Type: message/rfc822\n\n"
    "Subject: in\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\ntwo.one\n--i\n\ntwo.two\n--i--\n"
    "--o\nContent-Type: message/rfc822\n\nSubject: plain\n\nthree.one\n--o--\n";

static const struct part_case {
    const char *name;
    uint32_t numbers[4];
    size_t depth;
    const char *body; /* NULL: there is no such part */
} part_cases[] = {
    {"1 is the first part",                               {1},    1, "one"      },
    {"2.1 is the first part of the message in part 2",    {2, 1}, 2, "two.one"  },
    {"2.2 is its second part",                            {2, 2}, 2, "two.two"  },
    {"3.1 is the text of a message that is no multipart", {3, 1}, 2, "three.one"},
    {"3.2 is nothing",                                    {3, 2}, 2, NULL       },
    {"4 is nothing",                                      {4},    1, NULL       },
    {"1.1 is nothing",                                    {1, 1}, 2, NULL       },
    {"0 is nothing",                                      {0},    1, NULL       },
};

static void find_part(void **state)
{
    const struct part_case *c = *state;
    struct arena *arena = arena_create();
    struct span message = span_text(nested);
    size_t count;
    struct mime_part *parts = mime_parse(arena, message, &count);
    uint16_t part = mime_find_part(parts, c->numbers, c->depth);

    if (c->body == NULL) {
        assert_int_equal(part, MIME_NONE);
    } else {
        struct span body = span_of(message.data + parts[part].body_start,
                                   parts[part].body_end - parts[part].body_start);
        assert_true(span_equal_text(body, c->body));
    }
    arena_free(&arena);
}

/* --- ENVELOPE ---------------------------------------------------------------------------------- */

static const struct envelope_case {
    const char *name;
    const char *header;
    const char *expected;
} envelope_cases[] = {
    {"everything is missing",                               "\n",                                     "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"sender and reply-to are from, unless they are there",
     "From: A <a@x>\nReply-To: b@y\nDate: d\nSubject: s\nMessage-ID: <m>\nIn-Reply-To: <i>\n\n",      "(\"d\" \"s\" ((\"A\" NIL \"a\" \"x\")) ((\"A\" NIL \"a\" \"x\")) ((NIL NIL \"b\" \"y\")) NIL NIL NIL "
     "\"<i>\" \"<m>\")"                          },
    {"a group is opened and closed",                        "To: g: a@x;, b@y\n\n",
     "(NIL NIL NIL NIL NIL ((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL NIL NIL)(NIL NIL \"b\" "
     "\"y\")) NIL NIL NIL NIL)"                                                                                                                  },
    {"an address without a domain is no group",             "Cc: root\n\n",
     "(NIL NIL NIL NIL NIL NIL ((NIL NIL \"root\" \"MISSING_DOMAIN\")) NIL NIL NIL)"                                                             },
    {"two To fields are one list",                          "To: a@x\nTo: b@y\n\n",
     "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"y\")) NIL NIL NIL NIL)"                                                        },
    {"of two subjects the first counts, unfolded",          "Subject: one\n two\nSubject: three\n\n",
     "(NIL \"one two\" NIL NIL NIL NIL NIL NIL NIL NIL)"                                                                                         },
    {"quotes and backslashes are escaped",                  "Subject: \"a\\b\"\n\n",
     "(NIL \"\\\"a\\\\b\\\"\" NIL NIL NIL NIL NIL NIL NIL NIL)"                                                                                  },
};

static void make_envelope(void **state)
{
    const struct envelope_case *c = *state;
    struct arena *arena = arena_create();
    struct span header = unit_copy(span_text(c->header));
    struct buf out = BUF(100000);

    imap_put_envelope(&out, arena, header);
    assert_string_equal(buf_text(&out), c->expected);
    buf_release(&out);
    arena_free(&arena);
    free((void *)(uintptr_t)header.data);
}

/* As many as a header may have: time and memory must not grow with the square of that. */
static void many_fields_are_one_list(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct buf header = BUF(4096 * 1024);
    struct buf out = BUF(4096 * 1024);

    for (size_t i = 0; i < 200000; i++)
        buf_put_text(&header, "To:\n");
    buf_put_text(&header, "To: a@x\n\n");
    imap_put_envelope(&out, arena, buf_span(&header));
    assert_string_equal(buf_text(&out),
                        "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"x\")) NIL NIL NIL NIL)");
    assert_true(arena_size(arena) < 16U * 1024 * 1024);
    buf_release(&out);
    buf_release(&header);
    arena_free(&arena);
}

/* --- line ends --------------------------------------------------------------------------------- */

static const struct crlf_case {
    const char *name;
    const char *stored, *sent;
} crlf_cases[] = {
    {"LF gets its CR",  "a\nb\n\nc",  "a\r\nb\r\n\r\nc"},
    {"CRLF stays",      "a\r\nb\r\n", "a\r\nb\r\n"     },
    {"a lone CR stays", "a\rb\n\r",   "a\rb\r\n\r"     },
    {"LF at the start", "\n\nx",      "\r\n\r\nx"      },
    {"nothing",         "",           ""               },
};

/* Whole, and cut in two at every place. */
static void convert_lines(void **state)
{
    const struct crlf_case *c = *state;
    size_t len = strlen(c->stored);

    for (size_t cut = 0; cut <= len; cut++) {
        struct buf out = BUF(1000);
        char previous = '\0', counting = '\0';
        struct span first = unit_copy(span_of(c->stored, cut));
        struct span second = unit_copy(span_of(c->stored + cut, len - cut));
        uint64_t length = crlf_length(first, &counting) + crlf_length(second, &counting);

        crlf_put(&out, first, &previous);
        crlf_put(&out, second, &previous);
        assert_string_equal(buf_text(&out) == NULL ? "" : buf_text(&out), c->sent);
        assert_int_equal(length, strlen(c->sent));
        buf_release(&out);
        free((void *)(uintptr_t)first.data);
        free((void *)(uintptr_t)second.data);
    }
}

static void store_lines(void **state)
{
    const struct crlf_case *c = *state;
    size_t len = strlen(c->sent);
    struct buf expected = BUF(1000);

    for (size_t i = 0; i < len; i++) {
        if (c->sent[i] != '\r' || c->sent[i + 1] != '\n')
            buf_put_char(&expected, c->sent[i]);
    }
    for (size_t cut = 0; cut <= len; cut++) {
        struct buf out = BUF(1000);
        bool pending = false;

        crlf_remove(&out, span_of(c->sent, cut), &pending);
        crlf_remove(&out, span_of(c->sent + cut, len - cut), &pending);
        if (pending)
            buf_put_char(&out, '\r');
        assert_true(span_equal(buf_span(&out), buf_span(&expected)));
        buf_release(&out);
    }
    buf_release(&expected);
}

/* --- decoded text ------------------------------------------------------------------------------ */

static const struct header_case {
    const char *name;
    const char *body, *expected;
} header_cases[] = {
    {"plain text is unfolded and trimmed",        " a\r\n b ",                       "a b"             },
    {"Q encoding with an underscore",             "=?utf-8?Q?gr=C3=BC_n?=",          "gr\xc3\xbc n"    },
    {"B encoding",                                "=?UTF-8?B?w6k=?= x",              "\xc3\xa9 x"      },
    {"another charset becomes UTF-8",             "=?iso-8859-1?q?=E9?=",            "\xc3\xa9"        },
    {"white space between two words is none",     "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"              },
    {"what is no word stays",                     "=?utf-8?x?a?= =?",                "=?utf-8?x?a?= =?"},
    {"an unknown charset is taken as it is",      "=?no-such?q?a?=",                 "a"               },
    {"a letter that might be joined is not lost", "=?windows-1255?q?=F9=E5?=",       "\xd7\xa9\xd7\x95"},
    {"so in Vietnamese",                          "=?windows-1258?q?ta?= b",         "ta b"            },
};

static void decode_header(void **state)
{
    const struct header_case *c = *state;
    struct buf out = BUF(1000);
    struct span body = unit_copy(span_text(c->body));

    encoding_put_header(&out, body);
    assert_string_equal(buf_text(&out), c->expected);
    buf_release(&out);
    free((void *)(uintptr_t)body.data);
}

static const struct printable_case {
    const char *name;
    const char *text, *expected;
} printable_cases[] = {
    {"digits",                         "a=3Db",      "a=b"    },
    {"a soft line end",                "a= \t\r\nb", "ab"     },
    {"one at the end of the text",     "a= ",        "a"      },
    {"no digits",                      "a=xy",       "a=xy"   },
    {"white space and more behind it", "a= b\nc",    "a= b\nc"},
    {"nothing but signs",              "===",        "=="     },
};

static void decode_printable(void **state)
{
    const struct printable_case *c = *state;
    struct buf out = BUF(100);
    struct span text = unit_copy(span_text(c->text));

    encoding_put_quoted_printable_decoded(&out, text, false);
    assert_string_equal(buf_text(&out), c->expected);
    buf_release(&out);
    free((void *)(uintptr_t)text.data);
}

/* Each sign once: what stands behind it must not be looked at to its end. */
static void signs_without_end(void **state UNUSED)
{
    struct buf text = BUF(8U * 1024 * 1024);
    struct buf out = BUF(8U * 1024 * 1024);

    for (size_t i = 0; i < 2000000; i++)
        buf_put_text(&text, "=x ");
    encoding_put_quoted_printable_decoded(&out, buf_span(&text), false);
    assert_true(span_equal(buf_span(&out), buf_span(&text)));
    buf_release(&out);
    buf_release(&text);
}

int main(void)
{
    struct CMUnitTest tests[100];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, structure_cases, describe);
    UNIT_ADD_ROWS(tests, used, part_cases, find_part);
    UNIT_ADD_ROWS(tests, used, envelope_cases, make_envelope);
    UNIT_ADD_ROWS(tests, used, crlf_cases, convert_lines);
    UNIT_ADD_ROWS(tests, used, crlf_cases, store_lines);
    UNIT_ADD_ROWS(tests, used, header_cases, decode_header);
    UNIT_ADD_ROWS(tests, used, printable_cases, decode_printable);
    tests[used++] = (struct CMUnitTest){.name = "many fields are one list",
                                        .test_func = many_fields_are_one_list};
    tests[used++] = (struct CMUnitTest){.name = "signs that begin nothing, without an end",
                                        .test_func = signs_without_end};
    return unit_run("message_mime", tests, used);
}
