/* Transcripts for the postmaster: which class a refusal is of, and how lines are kept. */
#include "t/unit/unit.h"

#include "lib/queue/transcript.h"

static const struct class_case {
    const char *name;
    const char *reply;
    unsigned class;
} class_cases[] = {
    {"an unknown command",            "500 5.5.2 Error: command not recognized",     TRANSCRIPT_PROTOCOL},
    {"a command out of order",        "503 5.5.1 Error: need RCPT command",          TRANSCRIPT_PROTOCOL},
    {"an address that is none",       "501 5.1.3 Bad recipient address syntax",      TRANSCRIPT_PROTOCOL},
    {"parameters that are unknown",   "555 5.5.4 Unsupported option: X",             TRANSCRIPT_PROTOCOL},
    {"a client of bad manners",       "554 5.5.0 Error: transaction failed",         TRANSCRIPT_PROTOCOL},
    {"nobody of that name",           "550 5.1.1 <a@b>: Recipient address rejected", TRANSCRIPT_BOUNCE  },
    {"nobody we know of yet",         "450 4.1.1 <a@b>: Recipient address rejected", TRANSCRIPT_BOUNCE  },
    {"a stranger who wants to relay", "554 5.7.1 <a@b>: Relay access denied",        TRANSCRIPT_POLICY  },
    {"no space",                      "452 4.3.1 Insufficient system storage",       TRANSCRIPT_RESOURCE},
    {"a table out of reach",          "451 4.3.0 <a@b>: Temporary lookup failure",   TRANSCRIPT_SOFTWARE},
    {"a setting that is wrong",       "451 4.3.5 Server configuration error",        TRANSCRIPT_SOFTWARE},
    {"good news",                     "250 2.1.5 Ok",                                0                  },
    {"what is no reply",              "5",                                           0                  },
};

static void finds_class(void **state)
{
    const struct class_case *c = *state;

    assert_int_equal(transcript_class_of(c->reply), c->class);
}

static const struct line_case {
    const char *name;
    const char *classes;
    bool is_ours;
    const char *said, *kept;
} line_cases[] = {
    {"what the other side says",       "protocol",       false, "EHLO a.test",                   " In:  EHLO a.test\n"},
    {"what we say, in several lines",  "policy",         true,  "250-a.test\r\n250 SIZE",
     " Out: 250-a.test\n Out: 250 SIZE\n"                                                                             },
    {"nothing that nobody wants",      "delay, 2bounce", false, "EHLO a.test",                   ""                   },
    {"no secrets",                     "software",       false, "auth plain AGFuYQBzZWNyZXQ=",   " In:  auth plain\n" },
    {"nothing that is not printable",  "resource",       false, "X\x01\xff y",                   " In:  X?? y\n"      },
    {"long lines are folded at words", "bounce",         false,
     "RCPT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bb", " In:  RCPT\n     aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
     "     bb\n"      },
};

static void keeps_line(void **state)
{
    const struct line_case *c = *state;
    const struct config config = {.notify_classes = c->classes};
    struct transcript transcript;

    transcript_begin(&transcript, &config);
    transcript_line(&transcript, c->is_ours, unit_copy(span_text(c->said)));
    assert_string_equal(buf_text(&transcript.text), c->kept);
    transcript_release(&transcript);
}

static void has_an_end(void **state UNUSED)
{
    const struct config config = {.notify_classes = "protocol"};
    struct transcript transcript;

    transcript_begin(&transcript, &config);
    for (int i = 0; i < 100000; i++)
        transcript_line(&transcript, false, SPAN_LITERAL("NOOP again and again"));
    assert_true(transcript.text.len <= 256 * 1024);
    transcript_release(&transcript);
}

int main(void)
{
    static struct CMUnitTest tests[ARRAY_LENGTH(class_cases) + ARRAY_LENGTH(line_cases) + 1];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, class_cases, finds_class);
    UNIT_ADD_ROWS(tests, used, line_cases, keeps_line);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(has_an_end);
    return unit_run("transcripts", tests, used);
}
