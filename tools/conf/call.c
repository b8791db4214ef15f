/* The command line of buzonconf. */
#include "tools/conf/call.h"

#include "lib/base/log.h"
#include "tools/caller.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define OPTIONS "+aAbc:C:deEfFhHjlmMno:pPqs:tT:vxX#"

void call_refuse(const char *format, ...)
{
    char text[LOG_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_info("fatal: %s", text);
    exit(1);
}

static NORETURN void usage(const char *program)
{
    call_refuse(
        "usage: %s [-a (server SASL types)] [-A (client SASL types)] [-b (bounce templates)] "
        "[-c config_dir] [-C param_class] [-d (parameter defaults)] [-e (edit configuration)] "
        "[-E (explain addresses)] "
        "[-f (fold lines)] [-F (master.cf fields)] [-h (no names)] "
        "[-H (no values)] [-j (JSON)] [-l (lock types)] [-m (map types)] [-M (master.cf)] "
        "[-n (non-default parameters)] [-o name=value (override parameter value)] "
        "[-p (main.cf, default)] [-P (master.cf parameters)] [-q (no warnings)] "
        "[-s sender (for -E)] [-t (bounce templates)] "
        "[-T compile-version|run-version|public-key-algorithms] [-v (verbose)] "
        "[-x (expand parameter values)] [-X (exclude)] [-# (comment-out)] [name...]",
        program);
}

/* -C class,class */
static unsigned parse_classes(const char *text)
{
    static const struct {
        const char *name;
        unsigned classes;
    } names[] = {
        {"builtin", CLASS_BUILTIN                             },
        {"service", CLASS_SERVICE                             },
        {"user",    CLASS_USER                                },
        {"all",     CLASS_BUILTIN | CLASS_SERVICE | CLASS_USER},
    };
    struct strlist items = STRLIST_EMPTY;
    unsigned classes = 0;

    strlist_split(&items, text, ", \t");
    for (size_t i = 0; i < items.count; i++) {
        size_t at = 0;

        while (at < ARRAY_LENGTH(names) && strcasecmp(names[at].name, items.items[i]) != 0)
            at++;
        if (at == ARRAY_LENGTH(names))
            call_refuse("unknown -C option value \"%s\" in \"%s\"", items.items[i], text);
        classes |= names[at].classes;
    }
    strlist_release(&items);
    return classes;
}

#define WORDS_MAX 128

/* How many of these options were given; each is added to the words. */
static int add_given(const struct call *call, const char *options, char words[WORDS_MAX])
{
    int count = 0;

    for (; *options != '\0'; options++) {
        size_t len = strlen(words);

        if (!call_has(call, *options) || len + sizeof(" -a") > WORDS_MAX)
            continue;
        memcpy(words + len, (char[]){' ', '-', *options, '\0'}, sizeof(" -a"));
        count++;
    }
    return count;
}

/* At most one option of each row makes sense. */
static void check_exclusive(const struct call *call)
{
    static const char *const rows[] = {"aAbEFlmMpPtT", "deX#", "dn",   "do",   "efX#", "ehX#",
                                       "eHX#",         "enX#", "eoX#", "exX#", "hH"};

    if (call_has(call, 'b') && call_has(call, 't'))
        call_refuse("specify one of -b and -t");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char given[WORDS_MAX] = "specify one of";

        if (add_given(call, rows[i], given) > 1)
            call_refuse("%s", given);
    }
}

/* What has no meaning together with an option. */
static void check_allowed(const struct call *call)
{
    static const char none[] = "defhHjnoxX#";
    static const struct {
        char option;
        const char *refused;
    } rows[] = {
        {'M', "dhHn"     },
        {'F', "dnX#"     },
        {'P', "dn#"      },
        {'E', "defhHnxX#"},
        {'a', none       },
        {'A', none       },
        {'b', none       },
        {'l', none       },
        {'m', none       },
        {'t', none       },
        {'T', none       },
        {'j', "efhHX#"   },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char refused[WORDS_MAX] = "do not specify";

        if (call_has(call, rows[i].option) && add_given(call, rows[i].refused, refused) > 0)
            call_refuse("with option -%c, %s", rows[i].option, refused);
    }
    if (call_has(call, 's') && !call_has(call, 'E'))
        call_refuse("option -s requires -E");
}

static void read_options(struct call *call, int argc, char *argv[])
{
    static const struct option long_options[] = {
        {"explain", no_argument, NULL, 'E'},
        {NULL,      0,           NULL, 0  },
    };
    int option;

    while ((option = getopt_long(argc, argv, OPTIONS, long_options, NULL)) != -1) {
        if (option == '?')
            usage(call->program);
        if (option == 'P' && call_has(call, 'P'))
            call->conf.show |= SHOW_ALL;
        call->given[option & 127] = true;
        if (option == 'c')
            call->directory = optarg;
        else if (option == 'C')
            call->conf.classes = parse_classes(optarg);
        else if (option == 'o')
            strlist_add(&call->conf.overrides, optarg);
        else if (option == 's')
            call->sender = optarg;
        else if (option == 'T')
            call->tls_question = optarg;
        else if (option == 'v')
            log_verbose++;
    }
}

static unsigned shown_forms(const struct call *call)
{
    static const struct {
        char option;
        unsigned show;
    } forms[] = {
        {'f', SHOW_FOLDED   },
        {'h', SHOW_NO_NAMES },
        {'H', SHOW_NO_VALUES},
        {'x', SHOW_EXPANDED },
        {'n', SHOW_SET      },
        {'j', SHOW_JSON     },
    };
    unsigned show = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        if (call_has(call, forms[i].option))
            show |= forms[i].show;
    }
    return show;
}

/* A value behind a name says that it is meant to be set. */
static bool has_value(const struct call *call)
{
    return call->requests.count > 0 && strchr(call->requests.items[0], '=') != NULL &&
           !call_has(call, 'E');
}

void call_parse(struct call *call_r, int argc, char *argv[])
{
    const char *name = caller_program(argc, argv);

    *call_r = (struct call){
        .program = strcmp(name, "postconf") == 0 ? "postconf" : "buzonconf",
        .sender = "",
        .conf.classes = CLASS_BUILTIN | CLASS_SERVICE | CLASS_USER,
    };
    log_name(call_r->program);
    read_options(call_r, argc, argv);
    for (; optind < argc; optind++)
        strlist_add(&call_r->requests, argv[optind]);
    if (has_value(call_r))
        call_r->given['e'] = true;
    check_exclusive(call_r);
    check_allowed(call_r);
    call_r->conf.show |= shown_forms(call_r);
}

void call_release(struct call *call)
{
    strlist_release(&call->requests);
    strlist_release(&call->conf.overrides);
}
