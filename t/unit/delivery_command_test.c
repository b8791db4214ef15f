/* What the exit status and the output of a delivery command mean (Postfix local(8), sysexits.h). */
#include "t/unit/unit.h"

#include "lib/delivery/command.h"

#include <sysexits.h>

static const struct command_case {
    const char *name;
    int status; /* as waitpid tells it */
    const char *output;
    enum delivery_outcome outcome;
    const char *dsn, *text;
} cases[] = {
    {"exit status 0 is sent, whatever was said",                0,                "5.7.1 no",             DELIVERY_SENT,     "2.0.0", NULL               },
    {"EX_TEMPFAIL defers",                                      EX_TEMPFAIL << 8, "",                     DELIVERY_DEFERRED, "4.3.0", "temporary failure"},
    {"EX_NOUSER bounces as an unknown user",                    EX_NOUSER << 8,   "",                     DELIVERY_BOUNCED,  "5.1.1",
     "user unknown"                                                                                                                                      },
    {"output is shown to the sender",                           EX_NOPERM << 8,   "go\naway\n",           DELIVERY_BOUNCED,  "5.7.0",
     "permission denied. Command output: go away "                                                                                                       },
    {"a status code in the output goes before the exit status", 1 << 8,           "4.2.2 mailbox full\n",
     DELIVERY_DEFERRED,                                                                                                      "4.2.2", "mailbox full "    },
    {"a status code of success does not make a failure one",    EX_TEMPFAIL << 8, "2.0.0 fine",
     DELIVERY_DEFERRED,                                                                                                      "4.3.0", NULL               },
    {"an exit status without a meaning bounces",                1 << 8,           "",                     DELIVERY_BOUNCED,  "5.3.0",
     "Command died with status 1: \"filter\""                                                                                                            },
    {"death by a signal defers",                                9,                "",                     DELIVERY_DEFERRED, "4.3.0",
     "Command died with signal 9: \"filter\""                                                                                                            },
};

static void run_case(void **state)
{
    const struct command_case *c = *state;
    struct arena *arena = arena_create();
    struct deposit_outcome done = command_outcome(arena, "filter", c->status, span_text(c->output));

    assert_int_equal(done.outcome, c->outcome);
    assert_string_equal(done.status, c->dsn);
    if (c->text != NULL)
        assert_string_equal(done.text, c->text);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("delivery commands", tests, used);
}
