/* The command line of buzonmap and buzonalias, and which of the four things is wanted. */
#include "tools/table_tool.h"

#include "lib/base/log.h"
#include "lib/service/service.h"
#include "tools/caller.h"
#include "tools/message_keys.h"

#include <unistd.h>

static NORETURN void usage(const struct table_tool *tool)
{
    log_fatal("usage: %s %s", tool->program, tool->command->usage);
}

static void take_option(struct table_tool *tool, int option, const char *value)
{
    switch (option) {
    case 'b':
        tool->message_keys |= MESSAGE_KEYS_BODY;
        break;
    case 'd':
        if (tool->lists || tool->query != NULL || tool->removal != NULL)
            log_fatal("specify only one of -s -q or -d");
        tool->removal = value;
        break;
    case 'f':
        tool->folds = false;
        break;
    case 'F':
        tool->values_are_files = true;
        break;
    case 'h':
        tool->message_keys |= MESSAGE_KEYS_HEADER;
        break;
    case 'i':
        tool->incremental = true;
        break;
    case 'j':
        tool->json = true;
        break;
    case 'm':
        tool->message_keys |= MESSAGE_KEYS_MIME;
        break;
    case 'N':
        tool->without_nul = false;
        break;
    case 'n':
        tool->without_nul = true;
        break;
    case 'o':
        tool->as_owner = false;
        break;
    case 'p':
        tool->inherits_mode = false;
        break;
    case 'q':
        if (tool->lists || tool->query != NULL || tool->removal != NULL)
            log_fatal("specify only one of -s -q or -d");
        tool->query = value;
        break;
    case 'r':
        tool->replaces = true;
        break;
    case 's':
        if (tool->query != NULL || tool->removal != NULL)
            log_fatal("specify only one of -s or -q or -d");
        tool->lists = true;
        break;
    case 'u':
        tool->utf8 = false;
        break;
    case 'U':
        break; /* queries are never checked for being UTF-8 */
    case 'v':
        log_verbose++;
        break;
    case 'w':
        tool->ignores_duplicates = true;
        break;
    default:
        usage(tool);
    }
}

/* -c and -u decide how the configuration is read, before anything else needs it. */
static void configure(struct table_tool *tool, const char *directory)
{
    struct error err = {0};

    tool->config = config_read_for(tool->command->reader, directory, &err);
    if (tool->config == NULL)
        log_fatal("%s", err.text);
    caller_log(tool->config, tool->program);
    if (!tool->utf8)
        tool->config->smtputf8_enable = false;
    tool->utf8 = tool->config->smtputf8_enable;
    if (!service_tool_open(tool->config, &err))
        log_debug("%s: proxy: tables cannot be asked", err.text);
}

static void check_combination(struct table_tool *tool)
{
    if (tool->json && tool->query == NULL && !tool->lists)
        log_fatal("option -j requires -q or -s");
    if (tool->message_keys != 0 && (tool->query == NULL || strcmp(tool->query, "-") != 0))
        log_fatal("specify -b -h or -m only with \"-q -\"");
    if (tool->message_keys == MESSAGE_KEYS_MIME) {
        log_warning("ignoring -m option without -b or -h");
        tool->message_keys = 0;
    }
}

static void read_options(struct table_tool *tool, int argc, char *argv[])
{
    const char *directory = NULL;
    int option;

    while ((option = getopt(argc, argv, tool->command->options)) != -1) {
        if (option == 'c')
            directory = optarg;
        else
            take_option(tool, option, optarg);
    }
    tool->tables = argv + optind;
    tool->replaces = tool->replaces && !tool->ignores_duplicates; /* -w counts more than -r */
    check_combination(tool);
    if (argv[optind] == NULL)
        usage(tool);
    configure(tool, directory);
}

char *table_tool_specification(const struct table_tool *tool, const char *table)
{
    return strchr(table, ':') != NULL
               ? mem_text(table)
               : mem_printf("%s:%s", tool->config->default_database_type, table);
}

int table_tool_main(const struct table_command *command, int argc, char *argv[])
{
    struct table_tool tool = {
        .command = command,
        .program = caller_program(argc, argv),
        .folds = true,
        .utf8 = true,
        .as_owner = true,
        .inherits_mode = true,
    };
    int status;

    read_options(&tool, argc, argv);
    if (tool.removal != NULL)
        status = table_tool_remove(&tool);
    else if (tool.query != NULL)
        status = table_tool_query(&tool);
    else if (tool.lists)
        status = table_tool_list(&tool);
    else
        status = table_tool_build(&tool);
    config_free(&tool.config);
    return status;
}
