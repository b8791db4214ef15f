/* The words of notifications: what a file may say, what is passed over, what is refused. */
#include "t/unit/unit.h"

#include "lib/delivery/bounce_template.h"

static const char *look_up(void *context UNUSED, const char *name)
{
    static const char *const values[][2] = {
        {"myhostname",             "mx.example"},
        {"delay_warning_time",     "90m"       },
        {"maximal_queue_lifetime", "5d"        },
        {"bounce_queue_lifetime",  "7"         },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        if (strcmp(values[i][0], name) == 0)
            return values[i][1];
    }
    return NULL;
}

static const struct file_case {
    const char *name;
    const char *file;
    const char *failure; /* the template as it is printed then; NULL: our own */
    const char *said;    /* warnings, or the error */
} file_cases[] = {
    {"an empty file changes nothing",           "",                                              NULL,                                                                                               ""},
    {"a whole template",
     "# comment\n\nfailure_template = <<END\nCharset: utf-8\nFrom: a <b>\nSubject: s\n"
     "Postmaster-Subject: p\n\none\n\ntwo $x\nEND\n",                                            "failure_template = <<EOF\nCharset: utf-8\nFrom: a <b>\nSubject: s\n"
     "Postmaster-Subject: p\n\none\n\ntwo $x\nEOF\n",                                                                                           ""},
    {"fields that are left out are ours",       "failure_template=<<  E  \nsubject:s\n\nt\nE\n",
     "failure_template = <<EOF\nCharset: utf-8\nFrom: Mail Delivery System <MAILER-DAEMON>\n"
     "Subject: s\nPostmaster-Subject: Postmaster Copy: Undelivered Mail\n\nt\nEOF\n",                                                                                                                ""},
    {"a line that is no field begins the text", "failure_template=<<E\nSubject: s\n more\nE\n",
     "failure_template = <<EOF\nCharset: utf-8\nFrom: Mail Delivery System <MAILER-DAEMON>\n"
     "Subject: s\nPostmaster-Subject: Postmaster Copy: Undelivered Mail\n\n more\nEOF\n",                                                                                                            ""},
    {"an end mark that is missing",
     "failure_template=<<E\nFrom: f\nSubject: s\nPostmaster-Subject: p\n\nt\n",                  "failure_template = <<EOF\nCharset: utf-8\nFrom: f\nSubject: s\nPostmaster-Subject: p\n\nt\nEOF\n",
     "f, line 6: missing \"E\" end marker"                                                                                                                                                             },
    {"a template that nobody knows",            "other_template = <<E\nx\nE\n",                  NULL,
     "f, line 3: unknown template name: other_template -- ignoring this template"                                                                                                                      },
    {"a field that nobody knows",               "failure_template = <<E\nTo: x\n\nt\nE\n",       NULL,
     "f: unknown \"To\" header label in failure template -- ignoring this template"                                                                                                                    },
    {"a template without text",                 "failure_template = <<E\nSubject: x\nE\n",       NULL,
     "f: missing message text in failure template -- ignoring this template"                                                                                                                           },
    {"a line that defines nothing",             "failure_template\n",                            NULL,
     "f, line 1: missing '=' after attribute name: \"failure_template\""                                                                                                                               },
    {"a value that is no block",                "\nfailure_template = x\n",                      NULL,
     "f, line 2: expected \"<<\" and an end marker behind \"=\": \"failure_template = x\""                                                                                                             },
};

static void read_file(void **state)
{
    const struct file_case *c = *state;
    struct span text = unit_copy(span_text(c->file));
    struct bounce_templates templates;
    struct bounce_templates ours = bounce_templates_builtin();
    struct strlist warnings = STRLIST_EMPTY;
    struct error err = {0};
    struct buf printed = BUF(10000);
    struct buf expected = BUF(10000);

    if (!bounce_templates_parse("f", text, &templates, &warnings, &err)) {
        assert_string_equal(err.text, c->said);
    } else {
        bounce_template_print(&templates.items[BOUNCE_TEMPLATE_FAILURE], &printed);
        bounce_template_print(&ours.items[BOUNCE_TEMPLATE_FAILURE], &expected);
        assert_string_equal(buf_text(&printed),
                            c->failure == NULL ? buf_text(&expected) : c->failure);
        assert_string_equal(warnings.count == 0 ? "" : warnings.items[0], c->said);
        bounce_templates_release(&templates);
    }
    buf_release(&printed);
    buf_release(&expected);
    strlist_release(&warnings);
    free((char *)(uintptr_t)text.data);
}

static const struct text_case {
    const char *name;
    const char *text;
    const char *expanded; /* NULL: refused */
    const char *error;
} text_cases[] = {
    {"a parameter",             "at $myhostname.\n",                                            "at mx.example.\n", NULL                                            },
    {"a dollar sign",           "$$5\n",                                                        "$5\n",             NULL                                            },
    {"a time in units",
     "$delay_warning_time_seconds $delay_warning_time_minutes ${delay_warning_time_hours}\n",   "5400 90 1\n",      NULL                                            },
    {"long times",              "$maximal_queue_lifetime_days $maximal_queue_lifetime_weeks\n", "5 0\n",            NULL                                            },
    {"as people say it",        "$maximal_queue_lifetime_text, $delay_warning_time_text\n",
     "5 day(s), 1 hour(s)\n",                                                                                       NULL                                            },
    {"the unit of the default", "$bounce_queue_lifetime_days\n",                                "7\n",              NULL                                            },
    {"a name without a value",  "one\n$nothere\n",                                              NULL,
     "failure template: undefined name $nothere"                                                                                                                    },
    {"a time that is none",     "$myhostname_days",                                             NULL,
     "failure template: undefined name $myhostname_days"                                                                                                            },
    {"a unit that is none",     "$delay_warning_time_years",                                    NULL,
     "failure template: undefined name $delay_warning_time_years"                                                                                                   },
    {"a malformed reference",   "${x",                                                          NULL,               "failure template: truncated reference: \"${x\""},
};

static void expand_text(void **state)
{
    const struct text_case *c = *state;
    struct bounce_template words = {.kind = "failure", .text = c->text};
    struct buf out = BUF(1000);
    struct error err = {0};

    if (bounce_template_expand(&words, look_up, NULL, &out, &err))
        assert_string_equal(buf_text(&out), c->expanded);
    else
        assert_string_equal(err.text, c->error);
    buf_release(&out);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(file_cases) + ARRAY_LENGTH(text_cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, file_cases, read_file);
    UNIT_ADD_ROWS(tests, used, text_cases, expand_text);
    return unit_run("bounce templates", tests, used);
}
