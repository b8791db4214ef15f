/* The command line of daemons. */
#include "t/unit/unit.h"

#include "lib/service/options.h"

#define WORDS_MAX 12

static const struct options_case {
    const char *name;
    const char *words[WORDS_MAX];
    bool is_good;
    enum service_type type;
    unsigned sockets, slot;
    size_t overrides;
    const char *first_argument;
} cases[] = {
    {"nothing at all",                    {"smtpd"},                          true,  SERVICE_INET, 0, 0, 0, NULL        },
    {"what master writes",
     {"smtpd", "-n", "smtp", "-t", "inet", "-s", "2", "-b", "7", "-u", "-c"},
     true,                                                                           SERVICE_INET,
     2,                                                                                               7,
     0,                                                                                                     NULL        },
    {"overrides are kept in their order",
     {"smtpd", "-o", "stress=", "-o", "syslog_name=x"},
     true,                                                                           SERVICE_INET,
     0,                                                                                               0,
     2,                                                                                                     NULL        },
    {"what follows is the daemon's own",
     {"pipe", "-t", "unix", "-o", "a=b", "user=vmail", "-v"},
     true,                                                                           SERVICE_UNIX,
     0,                                                                                               0,
     1,                                                                                                     "user=vmail"},
    {"a type that does not exist",        {"smtpd", "-t", "tcp"},             false, 0,            0, 0, 0, NULL        },
    {"a number that is none",             {"smtpd", "-s", "2x"},              false, 0,            0, 0, 0, NULL        },
    {"too many sockets",                  {"smtpd", "-s", "65"},              false, 0,            0, 0, 0, NULL        },
    {"a slot behind the scoreboard",      {"smtpd", "-b", "8192"},            false, 0,            0, 0, 0, NULL        },
    {"an option that does not exist",     {"smtpd", "-x"},                    false, 0,            0, 0, 0, NULL        },
    {"an option without its value",       {"smtpd", "-n"},                    false, 0,            0, 0, 0, NULL        },
};

static void run_case(void **state)
{
    const struct options_case *c = *state;
    char *words[WORDS_MAX + 1] = {NULL};
    struct service_options options;
    struct error err = {0};
    int count = 0;

    for (; count < WORDS_MAX && c->words[count] != NULL; count++)
        words[count] = mem_text(c->words[count]);
    assert_int_equal(service_options_parse(count, words, &options, &err), c->is_good);
    if (c->is_good) {
        assert_int_equal(options.type, c->type);
        assert_int_equal(options.sockets, c->sockets);
        assert_int_equal(options.slot, c->slot);
        assert_int_equal(options.overrides.count, c->overrides);
        assert_true((options.arguments[0] == NULL) == (c->first_argument == NULL));
        if (c->first_argument != NULL)
            assert_string_equal(options.arguments[0], c->first_argument);
    } else {
        assert_int_equal(err.kind, ERROR_PERMANENT);
    }
    strlist_release(&options.overrides);
    for (int i = 0; i < count; i++)
        mem_free(words[i]);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("service_options", tests, used);
}
