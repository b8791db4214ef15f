/* master.cf: the fields of an entry and their defaults. */
#include "t/unit/unit.h"

#include "lib/config/master_cf.h"

static struct master_cf *parse(const char *text, struct error *err)
{
    struct span copy = unit_copy(span_text(text));
    struct master_cf *master_cf = master_cf_parse("master.cf", copy, 100, err);

    mem_free(copy.data);
    return master_cf;
}

static const struct entry_case {
    const char *name;
    const char *text;
    struct master_service service;
    const char *arguments; /* each followed by "|" */
} entry_cases[] = {
    {"defaults",
     "error unix - - - - - error\n",                                                     {"error", SERVICE_UNIX, true, true, false, 0, false, 100, "error", {0}, 1},
     ""                                        },
    {"everything said",
     "#\n\nsmtp inet n n y 60 7 smtpd -v\n",                                             {"smtp", SERVICE_INET, false, false, true, 60, false, 7, "smtpd", {0}, 3},
     "-v|"                                     },
    {"a lazy wake-up and no limit",
     "tlsmgr unix - - y 1000? 0 tlsmgr",                                                 {"tlsmgr", SERVICE_UNIX, true, true, true, 1000, true, 0, "tlsmgr", {0}, 1},
     ""                                        },
    {"an address and a port",
     "[::1]:2525 inet n - n - - smtpd",                                                  {"[::1]:2525", SERVICE_INET, false, true, false, 0, false, 100, "smtpd", {0}, 1},
     ""                                        },
    {"pass, fifo and datagram sockets are types",
     "smtpd pass - - n - - smtpd\n",                                                     {"smtpd", SERVICE_PASS, true, true, false, 0, false, 100, "smtpd", {0}, 1},
     ""                                        },
    {"fifo",
     "pickup fifo n - n 60 1 pickup\n",                                                  {"pickup", SERVICE_FIFO, false, true, false, 60, false, 1, "pickup", {0}, 1},
     ""                                        },
    {"datagrams",
     "postlog unix-dgram n - n - 1 postlogd\n",                                          {"postlog", SERVICE_UNIX_DGRAM, false, true, false, 0, false, 1, "postlogd", {0}, 1},
     ""                                        },
    {"continuation lines, comments between them",
     "submission inet n\n - n - - smtpd\n# -o commented=out\n\n  -o a=b\n\t-o c=$d,e\n", {"submission", SERVICE_INET, false, true, false, 0, false, 100, "smtpd", {0}, 1},
     "-o|a=b|-o|c=$d,e|"                       },
    {"braces keep blanks together",
     "a unix - - n - - pipe -o { x = y z } {argv one} flags=DR -o {p={q r}}",            {"a", SERVICE_UNIX, true, true, false, 0, false, 100, "pipe", {0}, 1},
     "-o|x = y z|argv one|flags=DR|-o|p={q r}|"},
    {"a stray continuation line is left out",
     "   -o a=b\nerror unix - - - - - error",                                            {"error", SERVICE_UNIX, true, true, false, 0, false, 100, "error", {0}, 2},
     ""                                        },
    {"of two entries for a service the last counts",
     "error unix - - - - - discard -v\nerror unix - - - - - error -D\n",                 {"error", SERVICE_UNIX, true, true, false, 0, false, 100, "error", {0}, 2},
     "-D|"                                     },
};

static void run_entry_case(void **state)
{
    const struct entry_case *c = *state;
    struct error err = {0};
    struct master_cf *master_cf = parse(c->text, &err);
    const struct master_service *service;
    struct buf arguments = BUF(1000);

    assert_string_equal(err.text, "");
    assert_int_equal(master_cf->count, 1);
    service = &master_cf->services[0];
    assert_string_equal(service->name, c->service.name);
    assert_int_equal(service->type, c->service.type);
    assert_int_equal(service->private_socket, c->service.private_socket);
    assert_int_equal(service->unprivileged, c->service.unprivileged);
    assert_int_equal(service->chroot, c->service.chroot);
    assert_int_equal(service->wakeup_s, c->service.wakeup_s);
    assert_int_equal(service->wakeup_lazy, c->service.wakeup_lazy);
    assert_int_equal(service->process_limit, c->service.process_limit);
    assert_string_equal(service->command, c->service.command);
    assert_int_equal(service->line, c->service.line);
    for (size_t i = 0; i < service->arguments.count; i++)
        buf_put_printf(&arguments, "%s|", service->arguments.items[i]);
    assert_string_equal(buf_text(&arguments), c->arguments);
    buf_release(&arguments);
    master_cf_free(&master_cf);
}

static const struct refusal_case {
    const char *name;
    const char *text;
    const char *reason;
} refusal_cases[] = {
    {"too few fields",          "smtp inet n - - - -",                  "line 1: bad field count"                   },
    {"an unknown type",         "\nsmtp foo n - - - - smtpd",           "line 2: invalid type field \"foo\""        },
    {"private",                 "smtp inet x - - - - smtpd",            "line 1: invalid private field \"x\""       },
    {"unprivileged",            "smtp inet n yes - - - smtpd",          "line 1: invalid unprivileged field \"yes\""},
    {"chroot",                  "smtp inet n - Y - - smtpd",            "line 1: invalid chroot field \"Y\""        },
    {"wakeup",                  "smtp inet n - - 60x - smtpd",          "line 1: invalid wakeup field \"60x\""      },
    {"wakeup with two marks",   "smtp inet n - - 60?? - smtpd",
     "line 1: invalid wakeup field \"60??\""                                                                        },
    {"wakeup without a number", "smtp inet n - - ? - smtpd",            "line 1: invalid wakeup field \"?\""        },
    {"process limit",           "smtp inet n - - - -1 smtpd",           "line 1: invalid process_limit field \"-1\""},
    {"a program elsewhere",     "smtp inet n - - - - /bin/sh",
     "line 1: invalid command field \"/bin/sh\""                                                                    },
    {"a socket elsewhere",      "../x unix n - - - - smtpd",            "line 1: invalid service field \"../x\""    },
    {"an open brace",           "smtp inet n - - - - smtpd -o { a = b", "line 1: missing '}' in \"{ a = b\""        },
    {"text behind a brace",     "smtp inet n - - - - smtpd -o {a=b}c",
     "line 1: syntax error after '}' in \"{a=b}c\""                                                                 },
    {"two pairs of braces",     "smtp inet n - - - - smtpd x {a}b}",
     "line 1: syntax error after '}' in \"{a}b}\""                                                                  },
};

static void run_refusal_case(void **state)
{
    const struct refusal_case *c = *state;
    struct error err = {0};
    char *expected = mem_printf("master.cf, %s", c->reason);

    assert_null(parse(c->text, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_string_equal(err.text, expected);
    mem_free(expected);
}

static void services_are_found_by_name_and_type(void **state UNUSED)
{
    struct master_cf *master_cf =
        parse("smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\n", NULL);

    assert_int_equal(master_cf->count, 2);
    assert_string_equal(master_cf_find(master_cf, "smtp", SERVICE_INET)->command, "smtpd");
    assert_string_equal(master_cf_find(master_cf, "smtp", SERVICE_UNIX)->command, "smtp");
    assert_null(master_cf_find(master_cf, "smtp", SERVICE_PASS));
    master_cf_free(&master_cf);
}

static void append(void *context, const struct master_service *service UNUSED, struct span name,
                   struct span value)
{
    buf_put_printf(context, "%.*s=%.*s;", SPAN_PRINTF(name), SPAN_PRINTF(value));
}

static void what_a_service_sets_ends_with_its_options(void **state UNUSED)
{
    static const char *const ends[] = {"word -o c=3", "-- -o c=3", "-o"};

    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        char *line = mem_printf("a unix - - n - - smtp -v -oa=1 -o broken -o {b = 2 3} -o a=4 %s\n",
                                ends[i]);
        struct master_cf *master_cf = parse(line, NULL);
        struct strlist overrides = STRLIST_EMPTY;
        struct buf settings = BUF(BUF_UNLIMITED);

        master_cf_visit_settings(&master_cf->services[0], append, &settings);
        assert_string_equal(buf_text(&settings), "b=2 3;a=4;");
        master_cf_overrides(&master_cf->services[0], &overrides);
        assert_int_equal(overrides.count, 4);
        assert_string_equal(overrides.items[3], "a=4");
        strlist_release(&overrides);
        buf_release(&settings);
        master_cf_free(&master_cf);
        mem_free(line);
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(entry_cases) + ARRAY_LENGTH(refusal_cases) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, entry_cases, run_entry_case);
    UNIT_ADD_ROWS(tests, used, refusal_cases, run_refusal_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(services_are_found_by_name_and_type);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(what_a_service_sets_ends_with_its_options);
    return unit_run("master.cf", tests, used);
}
