/* lib/message/preview: what a list of messages shows of one. */
#include "t/unit/unit.h"

#include "lib/message/preview.h"

struct preview_case {
    const char *name, *message, *preview;
};

#define HTML        "Content-Type: text/html; charset=utf-8\n\n"
#define MIXED       "Content-Type: multipart/mixed; boundary=b\n\n"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=b\n\n"

static const struct preview_case cases[] = {
    {"plain text is joined to one line",      "\nHello,\r\n\r\n  world \n",                                  "Hello, world"       },
    {"no text, no preview",                   "Subject: a\n\n \n",                                           ""                   },
    {"quoted text is passed over",            "\n> you said\nI say\n",                                       "I say"              },
    {"unless there is nothing else",          "\n> you said\n",                                              "> you said"         },
    {"base64 is decoded",                     "Content-Transfer-Encoding: base64\n\nSGVsbG8=\n",             "Hello"              },
    {"quoted-printable too",
     "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\n"
     "caf=C3=A9 =\nau lait\n",                                                                               "caf\xc3\xa9 au lait"},
    {"charsets are converted",                "Content-Type: text/plain; charset=iso-8859-1\n\ncaf\xe9\n",
     "caf\xc3\xa9"                                                                                                                },
    {"what is no UTF-8 is marked",
     "\na\xff"
     "b\n",                                                                                                  "a\xef\xbf\xbd"
     "b"                                                                                                               },
    {"HTML loses its marks",                  HTML "<p>Hello <b>w</b>orld<br>next</p>",                      "Hello world next"   },
    {"what is not shown is left out",
     HTML "<html><head><title>t</title><style>p{}</style></head><!-- c --><script>x<y</script>seen",
     "seen"                                                                                                                       },
    {"entities are characters",               HTML "a&nbsp;&amp;&#x41;&#66;&euro;&unknown;&",
     "a &AB\xe2\x82\xac&unknown;&"                                                                                                },
    {"a comparison is no mark",               HTML "1 < 2 &lt; 3",                                           "1 < 2 < 3"          },
    {"invisible padding is left out",
     "Content-Type: text/plain; charset=utf-8\n\n\xe2\x80\x8b"
     "a\xcd\x8f\n",                                                                                          "a"                  },
    {"of alternatives the plain one",
     ALTERNATIVE "--b\n" HTML "<p>html\n--b\nContent-Type: text/plain\n\nplain\n--b--\n",                    "plain"              },
    {"of alternatives the one with words",
     ALTERNATIVE "--b\nContent-Type: text/plain\n\n\n--b\n" HTML "<p>html\n--b--\n",                         "html"               },
    {"HTML before what a list adds below it",
     MIXED "--b\n" HTML "<p>html\n--b\nContent-Type: text/plain\n\nfooter\n--b--\n",                         "html"               },
    {"HTML when there is no other",           MIXED "--b\n" HTML "<p>html\n--b--\n",                         "html"               },
    {"an empty part is no text",              MIXED "--b\n\n\n--b\n\nsecond\n--b--\n",                       "second"             },
    {"a message that is an attachment alone", "Content-Disposition: attachment\n\nfile\n",                   "file"               },
    {"text of another subtype is plain",      MIXED "--b\nContent-Type: text/x-one\n\ntext\n--b--\n",
     "text"                                                                                                                       },
    {"but no better alternative",
     ALTERNATIVE "--b\n" HTML "<p>html\n--b\nContent-Type: text/x-amp-html\n\n<amp>\n--b--\n",
     "html"                                                                                                                       },
    {"quotes of HTML are passed over",
     HTML "<blockquote>a<blockquote>b</blockquote>c</blockquote><p>d",                                       "d"                  },
    {"unless they are all of it",             HTML "<blockquote>a",                                          "a"                  },
    {"attachments are not read",              MIXED "--b\nContent-Disposition: attachment\n\nfile\n--b--\n", ""                   },
    {"messages within are not read",
     MIXED "--b\nContent-Type: message/rfc822\n\nSubject: a\n\ninner\n--b--\n",                              ""                   },
    {"an unfinished comment ends it",         HTML "a<!-- ",                                                 "a"                  },
    {"an unfinished mark ends it",            HTML "a<b",                                                    "a"                  },
};

static void run_case(void **state)
{
    const struct preview_case *c = *state;
    struct span message = unit_copy(span_text(c->message));
    struct arena *arena = arena_create();
    struct buf out = BUF(BUF_UNLIMITED);
    size_t count;
    struct mime_part *parts = mime_parse(arena, message, &count);

    preview_put(&out, arena, message, parts, count);
    assert_string_equal(buf_text(&out), c->preview);
    buf_release(&out);
    arena_free(&arena);
    free((void *)(uintptr_t)message.data);
}

static void two_hundred_characters_are_enough(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct buf out = BUF(BUF_UNLIMITED), message = BUF(BUF_UNLIMITED);
    struct mime_part *parts;
    size_t count;

    buf_put_text(&message, "Content-Type: text/plain; charset=utf-8\n\n");
    for (int i = 0; i < 1000; i++)
        buf_put_text(&message, "\xc3\xa9");
    parts = mime_parse(arena, buf_span(&message), &count);
    preview_put(&out, arena, buf_span(&message), parts, count);
    assert_int_equal(out.len, 2 * PREVIEW_CHARACTERS);
    buf_release(&out);
    buf_release(&message);
    arena_free(&arena);
}

static void a_space_is_not_the_last_of_them(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct buf out = BUF(BUF_UNLIMITED), message = BUF(BUF_UNLIMITED);
    struct mime_part *parts;
    size_t count;

    buf_put_text(&message, "\n");
    for (int i = 0; i < 100; i++)
        buf_put_text(&message, "a ");
    buf_put_text(&message, "a");
    parts = mime_parse(arena, buf_span(&message), &count);
    preview_put(&out, arena, buf_span(&message), parts, count);
    assert_int_equal(out.len, PREVIEW_CHARACTERS - 1);
    assert_int_equal(out.data[out.len - 1], 'a');
    buf_release(&out);
    buf_release(&message);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(two_hundred_characters_are_enough);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(a_space_is_not_the_last_of_them);
    return unit_run("message_preview", tests, used);
}
