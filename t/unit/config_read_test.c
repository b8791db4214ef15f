/* main.cf: its grammar, its kinds of values, its computed defaults. */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "lib/config/config.h"
#include "lib/config/parameter.h"
#include "lib/config/service_parameter.h"
#include "lib/config/value.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <unistd.h>

/* A configuration directory of a test's own. */
static char directory[] = "/tmp/config_read_test.XXXXXX";

static void write_main_cf(const char *text)
{
    char path[sizeof(directory) + sizeof("/main.cf")];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/main.cf", directory);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(write_all(fd, span_text(text)));
    fd_close(&fd);
}

static struct config *read_for(const char *program, const char *text, struct error *err)
{
    write_main_cf(text);
    return config_read_for(program, directory, err);
}

/* Nothing at all may be malformed. */
static struct config *read_text(const char *text, struct error *err)
{
    return read_for(NULL, text, err);
}

static const struct value_case {
    const char *name;
    const char *main_cf;
    const char *parameter;
    const char *value; /* NULL: not set */
} value_cases[] = {
    {"a setting",                                        "relayhost = a\n",                                      "relayhost",         "a"           },
    {"no blanks are needed",                             "relayhost=a",                                          "relayhost",         "a"           },
    {"tabs and line ends of other systems",              "relayhost\t=\ta\tb\r\n",                               "relayhost",         "a\tb"        },
    {"an empty value",                                   "relayhost =\n",                                        "relayhost",         ""            },
    {"the value may have an equals sign",                "relayhost = a=b",                                      "relayhost",         "a=b"         },
    {"a # behind a value is part of it",                 "relayhost = a # b",                                    "relayhost",         "a # b"       },
    {"a continuation line",                              "relayhost = a\n  b\n",                                 "relayhost",         "a  b"        },
    {"comments and blank lines do not end a setting",
     "relayhost = \n\n\n  a\n\t\n#x\n # y\n   b   \n#z\n",                                                       "relayhost",         "a   b"       },
    {"the last setting wins",                            "relayhost = a\nrelayhost = b\n",                       "relayhost",         "b"           },
    {"a line that continues nothing is left out",        "  relayhost = a\nmyhostname = b",                      "relayhost",
     ""                                                                                                                                             },
    {"a default",                                        "",                                                     "default_transport", "smtp"        },
    {"a default that refers to another parameter",       "myhostname = mx.example.org",                          "mydestination",
     "mx.example.org, localhost.example.org, localhost"                                                                                             },
    {"a name of the user's own",                         "own = $myhostname!\nmyhostname = a.b",                 "own",               "a.b!"        },
    {"an unknown name has no value",                     "",                                                     "own",               NULL          },
    {"names that refer to names",                        "a = <$b>\nb = <$c>\nc = x",                            "a",                 "<<x>>"       },
    {"a raw value is not expanded",                      "luser_relay = $user@$mydomain",                        "luser_relay",
     "$user@$mydomain"                                                                                                                              },
    {"mydomain is myhostname without its first label",   "myhostname = mx.example.org",                          "mydomain",
     "example.org"                                                                                                                                  },
    {"also when only one label is left",                 "myhostname = example.org",                             "mydomain",          "org"         },
    {"mydomain of a host name without a dot",            "myhostname = mx",                                      "mydomain",          "localdomain" },
    {"mydomain as set",                                  "myhostname = mx\nmydomain = example.org",              "mydomain",          "example.org" },
    {"mynetworks_style follows the compatibility level", "compatibility_level = 3.6",
     "mynetworks_style",                                                                                                              "host"        },
    {"relay_domains of old",                             "mydestination = a",                                    "relay_domains",     "a"           },
    {"relay_domains today",                              "mydestination = a\ncompatibility_level = 2",           "relay_domains",     ""            },
    {"mynetworks of the loopback interface",
     "inet_interfaces = 127.0.0.1\nmynetworks_style = subnet",                                                   "mynetworks",        "127.0.0.0/8" },
    {"mynetworks of the host alone",                     "inet_interfaces = 127.0.0.1\nmynetworks_style = host",
     "mynetworks",                                                                                                                    "127.0.0.1/32"},
};

static void run_value_case(void **state)
{
    const struct value_case *c = *state;
    struct error err = {0};
    struct config *config = read_text(c->main_cf, &err);

    assert_string_equal(err.text, "");
    assert_non_null(config);
    if (c->value == NULL)
        assert_null(config_lookup(config, c->parameter));
    else
        assert_string_equal(config_lookup(config, c->parameter), c->value);
    config_free(&config);
}

static const struct refusal_case {
    const char *name;
    const char *main_cf;
    const char *text; /* ", ...": behind the name of main.cf */
} refusal_cases[] = {
    {"a line without an equals sign", "\nrelayhost",
     ", line 2: missing '=' after attribute name: \"relayhost\""                                                             },
    {"two words before it",           "relayhost a = c",
     ", line 1: missing '=' after attribute name: \"relayhost a = c\""                                                       },
    {"no name",                       "= c",                             ", line 1: missing attribute name: \"= c\""         },
    {"a malformed reference",         "#\nmyhostname = ${a",
     ", line 2: myhostname: truncated reference: \"${a\""                                                                    },
    {"yes or no",                     "\nlogin_tls_wrappermode = maybe",
     "bad boolean configuration: login_tls_wrappermode = maybe"                                                              },
    {"letters in a number",           "login_client_limit = 12x",
     "bad numerical configuration: login_client_limit = 12x"                                                                 },
    {"a negative number",             "login_client_limit = -1",
     "bad numerical configuration: login_client_limit = -1"                                                                  },
    {"a number past its type",        "login_client_limit = 2147483648",
     "bad numerical configuration: login_client_limit = 2147483648"                                                          },
    {"an empty number",
     "login_client_limit =",                                             "bad numerical configuration: login_client_limit = "},
    {"less than there may be",        "line_length_limit = 511",
     "invalid line_length_limit parameter value 511 < 512"                                                                   },
    {"no time where there must be",   "smtpd_timeout = 0",               "invalid smtpd_timeout: 0 (min 1)"                  },
    {"an unknown unit of time",       "login_timeout = 3y",
     "parameter login_timeout: bad time value or unit: 3y"                                                                   },
    {"a time past its type",          "login_timeout = 9999w",
     "parameter login_timeout: bad time value or unit: 9999w"                                                                },
    {"a word that is no choice",      "login_protocol = gopher",         "bad value: login_protocol = gopher"                },
};

static void run_refusal_case(void **state)
{
    const struct refusal_case *c = *state;
    struct error err = {0};
    char expected[256] = "";

    if (c->text[0] == ',')
        (void)snprintf(expected, sizeof(expected), "%s/main.cf", directory);
    (void)strncat(expected, c->text, sizeof(expected) - strlen(expected) - 1);
    assert_null(read_text(c->main_cf, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_string_equal(err.text, expected);
}

/* Which programs a mistake stops: those that read the parameter. */
static const struct reader_case {
    const char *name;
    const char *main_cf;
    const char *program;
    bool starts;
} reader_cases[] = {
    {"a time of smtpd stops smtpd",              "smtpd_timeout = 0",            "smtpd",      false},
    {"not qmgr",                                 "smtpd_timeout = 0",            "qmgr",       true },
    {"not master",                               "smtpd_timeout = 0",            "master",     true },
    {"not the tools",                            "smtpd_timeout = 0",            "buzonqueue", true },
    {"a number of smtp stops smtp",              "smtp_line_length_limit = x",   "smtp",       false},
    {"not lmtp, which is the same program",      "smtp_line_length_limit = x",   "lmtp",       true },
    {"ciphers of a grade stop smtp, too",        "tls_medium_cipherlist = ${x",  "smtp",       false},
    {"and lmtp",                                 "tls_medium_cipherlist = ${x",  "lmtp",       false},
    {"a word that is no choice: for its reader", "smtpd_tls_security_level = x", "smtpd",      false},
    {"not for others",                           "smtpd_tls_security_level = x", "imapd",      true },
    {"a reference of old rules: for its reader", "smtpd_banner = ${x",           "smtpd",      false},
    {"not for others",                           "smtpd_banner = ${x",           "cleanup",    true },
    {"whoever refers to it is stopped with it",  "myhostname = ${x",             "smtpd",      false},
    {"what all programs read stops all",         "ipc_timeout = 0",              "buzonmap",   false},
    {"a row that nothing obeys stops nobody",    "tlsproxy_enforce_tls = x",     "smtpd",      true },
};

static void run_reader_case(void **state)
{
    const struct reader_case *c = *state;
    struct error err = {0};
    struct config *config = read_for(c->program, c->main_cf, &err);

    if ((config != NULL) != c->starts)
        fail_msg("%s: %s: %s", c->program, c->main_cf, err.text);
    config_free(&config);
}

static int lookups; /* of a name for which no name server answers */

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **found_r)
{
    __typeof__(getaddrinfo) *real = (__typeof__(getaddrinfo) *)dlsym(RTLD_NEXT, "getaddrinfo");

    if (host == NULL || strcmp(host, "nobody-answers.test") != 0)
        return real(host, service, hints, found_r);
    lookups++;
    return EAI_AGAIN;
}

static void a_name_server_that_is_silent_is_waited_for_once(void **state UNUSED)
{
    static const char main_cf[] =
        "inet_interfaces = nobody-answers.test\nsmtpd_client_event_limit_exceptions = $mynetworks\n";
    struct error err = {0};
    struct config *config;

    lookups = 0;
    config = read_for("cleanup", main_cf, &err);
    assert_null(config);
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_equal(lookups, 1);
    config = read_for("buzonlog", main_cf, NULL);
    assert_non_null(config);
    config_free(&config);
}

/* It must be something: who does not read it does not look at it. */
static void malformed_values_count_as_their_defaults(void **state UNUSED)
{
    struct config *config = read_for("buzonlog",
                                     "myhostname = a.b\nsmtpd_timeout = 0\nsmtpd_banner = ${x\n"
                                     "smtpd_tls_ciphers = x\nbiff = maybe\n",
                                     NULL);

    assert_non_null(config);
    assert_int_equal(config->smtpd_timeout, 300);
    assert_string_equal(config->smtpd_banner, "a.b ESMTP buzon");
    assert_string_equal(config->smtpd_tls_ciphers, "medium");
    assert_true(config->biff);
    config_free(&config);
}

static void values_have_their_types(void **state UNUSED)
{
    struct config *config = read_text("login_tls_wrappermode = YES\n"
                                      "login_client_limit = 7\n"
                                      "message_size_limit = 5000000000\n"
                                      "login_protocol = POP3\n"
                                      "login_timeout = 2m\n"
                                      "maximal_queue_lifetime = 2\n"
                                      "queue_run_delay = 90\n",
                                      NULL);

    assert_true(config->login_tls_wrappermode);
    assert_int_equal(config->login_client_limit, 7);
    assert_int_equal(config->message_size_limit, 5000000000);
    assert_string_equal(config->login_protocol, "pop3");
    assert_int_equal(config->login_timeout, 120);
    assert_int_equal(config->maximal_queue_lifetime, 2 * 86400); /* the default's unit: days */
    assert_int_equal(config->queue_run_delay, 90);
    assert_int_equal(config->minimal_backoff_time, 300);
    assert_string_equal(config->twobounce_notice_recipient, "postmaster");
    assert_string_equal(config_directory(config), directory);
    config_free(&config);
}

static void missing_main_cf_is_an_error(void **state UNUSED)
{
    struct error err = {0};

    assert_null(config_read("/nonexistent", NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_string_equal(err.text, "open /nonexistent/main.cf: No such file or directory");
}

static void loops_are_named(void **state UNUSED)
{
    struct error err = {0};

    assert_null(read_text("myhostname = $a\na = $b\nb = ${c?$a}\nc = 1", &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_non_null(strstr(err.text, "line 2: a: the value refers to itself"));
    assert_null(read_text("myhostname = $mydomain", &err));
    assert_non_null(strstr(err.text, "myhostname: the value refers to itself"));
}

static void values_cannot_grow_without_limit(void **state UNUSED)
{
    struct buf text = BUF(100000);
    struct error err = {0};

    buf_put_text(&text, "a0 = 0123456789\n");
    for (int i = 1; i < 40; i++)
        buf_put_printf(&text, "a%d = $a%d$a%d$a%d$a%d\n", i, i - 1, i - 1, i - 1, i - 1);
    buf_put_text(&text, "myhostname = $a39\n");
    assert_null(read_text(buf_text(&text), &err));
    assert_non_null(strstr(err.text, "too long"));
    buf_release(&text);
}

static void overrides_win(void **state UNUSED)
{
    struct strlist overrides = STRLIST_EMPTY;
    struct error err = {0};
    struct config *config;

    strlist_add(&overrides, "login_timeout=5s");
    strlist_add(&overrides, "{ smtpd_banner = $own }");
    strlist_add(&overrides, "own=$service_name");
    write_main_cf("login_timeout = 7s\nown = x\n");
    config = config_read(directory, &overrides, "submission", &err);
    assert_string_equal(err.text, "");
    assert_int_equal(config->login_timeout, 5);
    assert_string_equal(config->smtpd_banner, "submission");
    config_free(&config);
    strlist_add(&overrides, "nonsense");
    assert_null(config_read(directory, &overrides, NULL, &err));
    assert_string_equal(err.text,
                        "invalid parameter override: nonsense: missing '=' after attribute name");
    strlist_release(&overrides);
}

static void myorigin_may_be_a_file(void **state UNUSED)
{
    char path[sizeof(directory) + sizeof("/mailname")];
    char text[256];
    struct config *config;
    struct error err = {0};
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/mailname", directory);
    file = fopen(path, "w");
    (void)fputs("# the name\nmail.example.org \nmore\n", file);
    (void)fclose(file);
    (void)snprintf(text, sizeof(text), "myorigin = %s\nlocal_transport = local:$myorigin", path);
    config = read_text(text, &err);
    assert_string_equal(err.text, "");
    assert_string_equal(config->myorigin, "mail.example.org");
    assert_string_equal(config->local_transport, "local:mail.example.org");
    config_free(&config);
    assert_int_equal(unlink(path), 0);
    assert_null(read_text(text, &err));
    assert_non_null(strstr(err.text, "mailname: No such file or directory"));
}

static void bad_values_that_nobody_obeys_are_harmless(void **state UNUSED)
{
    struct config *config = read_text("tlsproxy_enforce_tls = maybe\nlogin_client_limit = 3", NULL);

    assert_int_equal(parameters[INDEX_tlsproxy_enforce_tls].support, PARAMETER_LATER);
    assert_non_null(config);
    assert_false(config->tlsproxy_enforce_tls);
    assert_int_equal(config->login_client_limit, 3);
    config_free(&config);
}

static void transports_have_parameters_of_their_own(void **state UNUSED)
{
    struct config *config = read_text("slow_destination_concurrency_limit = $two\ntwo = 2\n"
                                      "slow_destination_rate_delay = 2m\n",
                                      NULL);
    struct error err = {0};
    int value;

    assert_true(
        service_parameter_value(config, "slow", "_destination_concurrency_limit", 9, &value, &err));
    assert_int_equal(value, 2);
    assert_true(
        service_parameter_value(config, "fast", "_destination_concurrency_limit", 9, &value, &err));
    assert_int_equal(value, 9);
    assert_true(
        service_parameter_value(config, "slow", "_destination_rate_delay", 9, &value, &err));
    assert_int_equal(value, 120);
    config_free(&config);
}

static void numbers_are_what_postfix_makes_of_them(void **state UNUSED)
{
    static const struct {
        const char *text;
        int seconds; /* -1: it is refused */
    } times[] = {
        {"1w1d",                 7 * 24 * 60 * 60    },
        {"1ss",                  1                   },
        {"+1",                   1                   },
        {"s",                    0                   },
        {"",                     -1                  },
        {"+s",                   -1                  },
        {"1 s",                  -1                  },
        {"-1",                   -1                  },
        {"1W",                   -1                  },
        {"1.5h",                 -1                  },
        {"24854d",               24854 * 24 * 60 * 60},
        {"24855d",               -1                  },
        {"3550w",                -1                  },
        {"2147483647",           INT_MAX             },
        {"2147483648",           -1                  },
        {"99999999999999999999", -1                  },
    };
    struct error err = {0};
    int value;

    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        value = -1;
        if (value_seconds("x", times[i].text, 's', 0, &value, &err) != (times[i].seconds >= 0) ||
            value != times[i].seconds)
            fail_msg("%s", times[i].text);
    }
    assert_true(value_int("x", "+5", 0, 0, &value, &err));
    assert_int_equal(value, 5);
    assert_false(value_int("x", "++5", 0, 0, &value, &err));
    assert_false(value_int("x", "-5", 1, 0, &value, &err));
    assert_string_equal(err.text, "invalid x parameter value -5 < 1");
    assert_false(value_int("x", "-5", 0, 0, &value, &err));
    assert_string_equal(err.text, "bad numerical configuration: x = -5");
}

static void malformed_parameters_of_transports_are_refused(void **state UNUSED)
{
    static const struct {
        const char *suffix;
        const char *text;
        const char *refusal;
    } cases[] = {
        {"_recipient_limit",        "x",           "bad numerical configuration: slow_recipient_limit = x"},
        {"_recipient_limit",        "99999999999",
         "bad numerical configuration: slow_recipient_limit = 99999999999"                                },
        {"_recipient_refill_limit", "0",
         "invalid slow_recipient_refill_limit parameter value 0 < 1"                                      },
        {"_delivery_slot_discount", "101",
         "invalid slow_delivery_slot_discount parameter value 101 > 100"                                  },
        {"_destination_rate_delay", "1y",
         "parameter slow_destination_rate_delay: bad time value or unit: 1y"                              },
        {"_recipient_refill_delay", "0s",          "invalid slow_recipient_refill_delay: 0 (min 1)"       },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *text = mem_printf("slow%s = %s\n", cases[i].suffix, cases[i].text);
        struct config *config = read_text(text, NULL);
        struct error err = {0};
        int value;

        assert_false(service_parameter_value(config, "slow", cases[i].suffix, 9, &value, &err));
        assert_string_equal(err.text, cases[i].refusal);
        config_free(&config);
        mem_free(text);
    }
}

static void table_is_in_order(void **state UNUSED)
{
    for (size_t i = 1; i < INDEX_OWN_FIRST; i++)
        assert_true(strcmp(parameters[i - 1].name, parameters[i].name) < 0);
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        assert_ptr_equal(parameter_find(span_text(parameters[i].name)), &parameters[i]);
}

static void table_knows_the_choices_of_enums(void **state UNUSED)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        assert_int_equal(parameters[i].kind == PARAMETER_ENUM,
                         parameter_choices(&parameters[i]) != NULL);
}

static void table_documents_every_row(void **state UNUSED)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        size_t len = strlen(parameter_docs[i]);

        if (len < 2 || parameter_docs[i][len - 1] != '.' || *parameters[i].readers == '\0')
            fail_msg("%s: \"%s\"", parameters[i].name, parameter_docs[i]);
    }
}

static bool is_value_of_kind(const struct parameter *parameter, const char *value)
{
    bool flag;
    int seconds;
    int64_t number;

    switch ((enum parameter_kind)parameter->kind) {
    case PARAMETER_TEXT:
    case PARAMETER_RAW:
        return true;
    case PARAMETER_ENUM:
        for (const char *const *at = parameter_choices(parameter); *at != NULL; at++)
            if (strcmp(*at, value) == 0)
                return true;
        return false;
    case PARAMETER_BOOL:
        return value_bool(value, &flag);
    case PARAMETER_INT:
        return value_number(value, INT_MAX, &number);
    case PARAMETER_TIME:
        return value_time(value, 's', &seconds);
    case PARAMETER_SIZE:
        return value_number(value, INT64_MAX, &number);
    }
    return false;
}

static void defaults_are_values_of_their_kind(void **state UNUSED)
{
    struct config *config = read_text("", NULL);

    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const char *value = config_lookup(config, parameters[i].name);

        if (!is_value_of_kind(&parameters[i], value))
            fail_msg("%s = %s", parameters[i].name, value);
    }
    config_free(&config);
}

static int make_directory(void **state UNUSED)
{
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state UNUSED)
{
    char path[sizeof(directory) + sizeof("/main.cf")];

    (void)snprintf(path, sizeof(path), "%s/main.cf", directory);
    return unlink(path) != 0 || rmdir(directory) != 0;
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(values_have_their_types),
        cmocka_unit_test(missing_main_cf_is_an_error),
        cmocka_unit_test(loops_are_named),
        cmocka_unit_test(values_cannot_grow_without_limit),
        cmocka_unit_test(overrides_win),
        cmocka_unit_test(myorigin_may_be_a_file),
        cmocka_unit_test(bad_values_that_nobody_obeys_are_harmless),
        cmocka_unit_test(a_name_server_that_is_silent_is_waited_for_once),
        cmocka_unit_test(malformed_values_count_as_their_defaults),
        cmocka_unit_test(transports_have_parameters_of_their_own),
        cmocka_unit_test(numbers_are_what_postfix_makes_of_them),
        cmocka_unit_test(malformed_parameters_of_transports_are_refused),
        cmocka_unit_test(table_is_in_order),
        cmocka_unit_test(table_knows_the_choices_of_enums),
        cmocka_unit_test(table_documents_every_row),
        cmocka_unit_test(defaults_are_values_of_their_kind),
    };
    struct CMUnitTest tests[ARRAY_LENGTH(value_cases) + ARRAY_LENGTH(refusal_cases) +
                            ARRAY_LENGTH(reader_cases) + ARRAY_LENGTH(others)];
    size_t used = 0;
    int failures;

    if (make_directory(NULL) != 0)
        return 1;
    UNIT_ADD_ROWS(tests, used, value_cases, run_value_case);
    UNIT_ADD_ROWS(tests, used, refusal_cases, run_refusal_case);
    UNIT_ADD_ROWS(tests, used, reader_cases, run_reader_case);
    memcpy(&tests[used], others, sizeof(others));
    used += ARRAY_LENGTH(others);
    failures = unit_run("main.cf", tests, used);
    return remove_directory(NULL) != 0 ? 1 : failures;
}
