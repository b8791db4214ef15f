/* The command line of a daemon. */
#include "lib/base/base.h"

#include "lib/service/options.h"
#include "lib/service/scoreboard.h"

#include <unistd.h>

static bool parse_number(const char *text, unsigned limit, unsigned *number_r)
{
    uint64_t number;

    if (!span_to_u64(span_text(text), limit, &number))
        return false;
    *number_r = (unsigned)number;
    return true;
}

static bool take_option(int option, const char *value, struct service_options *options)
{
    switch (option) {
    case 'n':
        options->name = value;
        return true;
    case 't':
        return service_type_parse(value, &options->type);
    case 's':
        return parse_number(value, SERVICE_SOCKETS_MAX, &options->sockets);
    case 'b':
        return parse_number(value, SCOREBOARD_SLOTS - 1, &options->slot);
    case 'o':
        strlist_add(&options->overrides, value);
        return true;
    case 'l':
        options->alone = true;
        return true;
    case 'D':
        options->debugger = true;
        return true;
    case 'S':
        options->standalone = true;
        return true;
    case 'v':
        options->verbose++;
        return true;
    default:
        return option == 'u' || option == 'c';
    }
}

bool service_options_parse(int argc, char *argv[], struct service_options *options_r,
                           struct error *err)
{
    int option;

    *options_r = (struct service_options){.name = NULL};
    opterr = 0;
    optind = 0; /* GNU: forget everything of an earlier call */
    while ((option = getopt(argc, argv, "+n:t:s:b:o:lucDSv")) != -1) {
        if (!take_option(option, optarg, options_r)) {
            error_set(
                err, ERROR_PERMANENT,
                "bad argument %s; usage: %s [-lucDSv] [-n name] [-t type] [-s sockets] [-b slot] "
                "[-o name=value] [argument...]",
                argv[optind - 1], argv[0]);
            return false;
        }
    }
    options_r->arguments = argv + optind;
    return true;
}
