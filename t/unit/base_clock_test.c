/* lib/base/clock: seconds of settings as milliseconds. */
#include "lib/base/clock.h"
#include "t/unit/unit.h"

static const struct ms_case {
    const char *name;
    int seconds;
    int ms;
} ms_cases[] = {
    {"nothing is nothing",                    0,          0         },
    {"five minutes",                          300,        300000    },
    {"the most that has its milliseconds",    2147483,    2147483000},
    {"one second more is as long as it gets", 2147484,    INT_MAX   },
    {"four weeks",                            4 * 604800, INT_MAX   },
    {"the longest time that main.cf can say", INT_MAX,    INT_MAX   },
};

static void run_ms(void **state)
{
    const struct ms_case *c = *state;

    assert_int_equal(clock_ms(c->seconds), c->ms);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(ms_cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, ms_cases, run_ms);
    return unit_run("base_clock", tests, used);
}
