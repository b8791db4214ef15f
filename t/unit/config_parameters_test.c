/* The table of parameters has all that Postfix has, with its defaults, and says why something is without
 * effect. */
#include "t/unit/unit.h"

#include "lib/config/parameter.h"
#include "lib/config/service_parameter.h"

static const struct row {
    const char *name;
    const char *value;
} rows[] = {
#define D(name, value) {name, value},
#include "t/unit/postfix_parameters.def"
#undef D
};

/* What configure was told or found: a package may have Postfix's places, or no Berkeley DB. */
static const char by_build[] = "as it was built";

/* Defaults that are meant to differ. */
static const struct {
    const char *name;
    const char *why;
} own_defaults[] = {
    {"address_verify_map",                   "follows default_cache_db_type"                         },
    {"postscreen_cache_map",                 "follows default_cache_db_type"                         },
    {"alias_database",                       "follows default_database_type"                         },
    {"alias_maps",                           "follows default_database_type; no NIS"                 },
    {"command_directory",                    by_build                                                },
    {"config_directory",                     by_build                                                },
    {"daemon_directory",                     by_build                                                },
    {"default_database_type",                by_build                                                },
    {"data_directory",                       by_build                                                },
    {"hash_queue_names",                     "bounce and trace may become large, incoming is quicker"},
    {"html_directory",                       by_build                                                },
    {"mail_name",                            "a name"                                                },
    {"mail_owner",                           "a name"                                                },
    {"meta_directory",                       by_build                                                },
    {"queue_directory",                      by_build                                                },
    {"readme_directory",                     by_build                                                },
    {"sample_directory",                     by_build                                                },
    {"setgid_group",                         "a name"                                                },
    {"shlib_directory",                      by_build                                                },
    {"smtpd_forbid_bare_newline",            "smuggling is refused, as since 3.9"                    },
    {"smtpd_forbid_bare_newline_exclusions", "of nobody, then"                                       },
    {"syslog_name",                          "a name"                                                },
};

/* NULL: Postfix's default */
static const char *why_own_default(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(own_defaults); i++) {
        if (strcmp(own_defaults[i].name, name) == 0)
            return own_defaults[i].why;
    }
    return NULL;
}

/* As postconf prints it: one blank between words. */
static void append_words(struct buf *out, const char *text)
{
    for (struct span rest = span_trim(span_text(text)); rest.len > 0; rest = span_trim(rest)) {
        size_t len = 0;

        while (len < rest.len && !is_space((unsigned char)rest.data[len]))
            len++;
        if (out->len > 0)
            buf_put_char(out, ' ');
        buf_put(out, span_first(rest, len));
        rest = span_skip(rest, len);
    }
}

static void has_every_parameter(void **state)
{
    const struct row *row = *state;
    const struct parameter *parameter = parameter_find(span_text(row->name));
    const char *why = why_own_default(row->name);
    struct buf value = BUF(10000);

    if (parameter == NULL)
        fail_msg("%s is not in the table", row->name);
    append_words(&value, parameter->value);
    if (strcmp(row->value, "(computed)") == 0)
        assert_true(buf_text(&value)[0] == '(' || strncmp(row->name, "mail_", 5) == 0);
    else if (why != NULL && why != by_build)
        assert_string_not_equal(buf_text(&value), row->value);
    else if (why == NULL)
        assert_string_equal(buf_text(&value), row->value);
    buf_release(&value);
}

/* local_destination_recipient_limit and the like have rows where their default is none of a transport. */
static bool is_named_for_a_service(const char *name)
{
    for (size_t i = 0; i < service_parameter_count; i++) {
        if (span_ends_with_nocase(span_text(name), service_parameters[i].suffix))
            return true;
    }
    return false;
}

static void has_no_other_in_its_first_part(void **state UNUSED)
{
    for (size_t i = 0; i < INDEX_OWN_FIRST; i++) {
        size_t at = 0;

        while (at < ARRAY_LENGTH(rows) && strcmp(rows[at].name, parameters[i].name) != 0)
            at++;
        if (at == ARRAY_LENGTH(rows) && !is_named_for_a_service(parameters[i].name))
            fail_msg("%s is none of Postfix's", parameters[i].name);
        if (i > 0 && strcmp(parameters[i - 1].name, parameters[i].name) >= 0)
            fail_msg("%s is out of order", parameters[i].name);
    }
}

static void says_who_reads_what_and_why_not(void **state UNUSED)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const char *doc = parameter_docs[i];
        bool works = parameters[i].support == PARAMETER_WORKS;

        if (*parameters[i].readers == '\0' || *doc == '\0' || doc[strlen(doc) - 1] != '.')
            fail_msg("%s is not documented", parameters[i].name);
        if (works != (parameter_unsupported(&parameters[i]) == NULL))
            fail_msg("%s: works, and has a reason not to", parameters[i].name);
        if (!works && strcmp(parameter_unsupported(&parameters[i]), "nothing obeys it yet") == 0)
            fail_msg("%s: no reason why not", parameters[i].name);
    }
}

int main(void)
{
    static struct CMUnitTest tests[ARRAY_LENGTH(rows) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, rows, has_every_parameter);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(has_no_other_in_its_first_part);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(says_who_reads_what_and_why_not);
    return unit_run("parameters", tests, used);
}
