/* Dates as they occur in mail. */
#include "t/unit/unit.h"

#include "lib/message/date.h"

static const struct date_case {
    const char *name;
    const char *input;
    bool is_date;
    long long when;
    int zone_minutes;
} cases[] = {
    {"RFC 5322's own example",         "Fri, 21 Nov 1997 09:55:06 -0600",             true,  880127706,  -360},
    {"no day of the week, no seconds", "21 Nov 1997 09:55 -0600",                     true,  880127700,  -360},
    {"IMAP's date-time",               "17-Jul-1996 02:44:25 -0700",                  true,  837596665,  -420},
    {"IMAP's date-time with a space",  " 7-Feb-1994 21:52:25 -0800",                  true,  760686745,  -480},
    {"comments and folds",
     "Thu,\r\n 13 (thirteen)\r\n Feb\r\n 1969\r\n 23:32 -0330 (Newfoundland (Time))", true,
     -27723480,                                                                                          -210},
    {"a zone by name",                 "21 Nov 97 09:55:06 GMT",                      true,  880106106,  0   },
    {"a zone of North America",        "Fri, 21 Nov 1997 09:55:06 EST",               true,  880124106,  -300},
    {"no zone is UTC",                 "Fri, 21 Nov 1997 09:55:06",                   true,  880106106,  0   },
    {"an unknown zone is UTC",         "Fri, 21 Nov 1997 09:55:06 XYZT",              true,  880106106,  0   },
    {"a year of two digits before 50", "1 Jan 07 00:00:00 +0000",                     true,  1167609600, 0   },
    {"a year of three digits",         "1 Jan 107 00:00:00 +0000",                    true,  1167609600, 0   },
    {"a leap day",                     "29 Feb 2024 12:00:00 +0000",                  true,  1709208000, 0   },
    {"a leap second",                  "31 Dec 2016 23:59:60 +0000",                  true,  1483228800, 0   },
    {"half an hour east",              "1 Jan 2026 05:30:00 +0530",                   true,  1767225600, 330 },
    {"the full name of a month",       "1 January 2026 00:00:00 +0000",               true,  1767225600, 0   },
    {"no leap day",                    "29 Feb 2023 12:00:00 +0000",                  false, 0,          0   },
    {"the 31st of June",               "31 Jun 2023 12:00:00 +0000",                  false, 0,          0   },
    {"no day zero",                    "0 Jun 2023 12:00:00 +0000",                   false, 0,          0   },
    {"hour 24",                        "1 Jun 2023 24:00:00 +0000",                   false, 0,          0   },
    {"a zone with 60 minutes",         "1 Jun 2023 12:00:00 +0060",                   false, 0,          0   },
    {"a year of five digits",          "1 Jun 12023 12:00:00 +0000",                  false, 0,          0   },
    {"no time",                        "1 Jun 2023",                                  false, 0,          0   },
    {"an unknown month",               "1 Foo 2023 12:00:00 +0000",                   false, 0,          0   },
    {"a word",                         "yesterday",                                   false, 0,          0   },
    {"nothing",                        "",                                            false, 0,          0   },
    {"an open comment",                "(((1 Jun 2023 12:00:00 +0000",                false, 0,          0   },
};

static void parse(void **state)
{
    const struct date_case *c = *state;
    struct span input = unit_copy(span_text(c->input));
    time_t when = 0;
    int zone_minutes = 0;

    assert_int_equal(date_parse(input, &when, &zone_minutes), c->is_date);
    assert_int_equal(when, c->when);
    assert_int_equal(zone_minutes, c->zone_minutes);
    free((void *)(uintptr_t)input.data);
}

static void format(void **state UNUSED)
{
    char text[DATE_TEXT_MAX];

    setenv("TZ", "UTC0", 1);
    tzset();
    assert_string_equal(date_format(1167609600, text), "Mon,  1 Jan 2007 00:00:00 +0000 (UTC)");
    setenv("TZ", "NST3:30", 1);
    tzset();
    assert_string_equal(date_format(1480000000, text), "Thu, 24 Nov 2016 11:36:40 -0330 (NST)");
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 1] = {cmocka_unit_test(format)};
    size_t count = 1;

    UNIT_ADD_ROWS(tests, count, cases, parse);
    return unit_run("message_date", tests, count);
}
