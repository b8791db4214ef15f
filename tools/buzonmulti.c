/*
 * Several instances of the mail system on one machine (postmulti(1)): lists them, runs commands for each,
 * makes and removes them. The primary instance is the one of the default configuration directory; its
 * main.cf lists the others.
 */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "tools/caller.h"
#include "tools/multi.h"

#include <stdlib.h>
#include <unistd.h>

struct call {
    struct multi multi;
    char mode; /* 'l', 'p', 'x', 'e'; 0: none yet */
    unsigned modes;
    const char *action; /* of -e */
};

static NORETURN void usage(const struct call *call)
{
    const char *name = call->multi.program;

    log_fatal(
        "Usage:%s -l [-v] [-a] [-g group] [-i instance] | %s -p [-v] [-a] [-g group] [-i "
        "instance] command... | %s -x [-v] [-a] [-i name] [-g group] command... | %s -e action "
        "[-v] [-a] [-i name] [-g group] [-I name] [-G group] [param=value ...]",
        name, name, name, name);
}

static void set_mode(struct call *call, int mode)
{
    if (call->mode != (char)mode)
        call->modes++;
    call->mode = (char)mode;
}

static void select_by(struct call *call, enum multi_selection selection, const char *what)
{
    if (call->multi.selects)
        log_fatal("Specity no more than one of '-a', '-g', '-i'"); /* scripts may look for it */
    call->multi.selects = true;
    call->multi.selection = selection;
    call->multi.selected = what;
}

static const char *once(const char *before, const char *value, const char *option)
{
    if (before != NULL)
        log_fatal("Specify at most one '%s' option", option);
    return value;
}

static void take_option(struct call *call, int option)
{
    struct multi *multi = &call->multi;

    switch (option) {
    case 'a':
        select_by(call, SELECT_ALL, NULL);
        multi->selects_all = true;
        break;
    case 'e':
        call->action = optarg;
        set_mode(call, 'e');
        break;
    case 'g':
        select_by(call, SELECT_GROUP, optarg);
        break;
    case 'G':
        multi->new_group = once(multi->new_group, optarg, "-G");
        break;
    case 'i':
        select_by(call, SELECT_NAME, optarg);
        break;
    case 'I':
        multi->new_name = once(multi->new_name, optarg, "-I");
        break;
    case 'j':
        multi->json = true;
        break;
    case 'l':
    case 'p':
    case 'x':
        set_mode(call, option);
        break;
    case 'R':
        multi->reverse = true;
        break;
    case 'v':
        multi->verbose = true;
        log_verbose++;
        break;
    default:
        usage(call);
    }
}

static void check_combination(const struct call *call)
{
    const struct multi *multi = &call->multi;
    bool renames = multi->new_name != NULL || multi->new_group != NULL;

    if (call->modes != 1)
        log_fatal("Specify exactly one of '-e', '-l', '-p', '-x'");
    if (renames && call->mode != 'e')
        log_fatal("Cannot assign instance name or group without '-e assign'");
    if (multi->reverse && (call->mode == 'p' || call->mode == 'e'))
        log_fatal("The '-p' and '-e' options preclude the use of '-R'");
    if (call->mode == 'l' && multi->arguments[0] != NULL)
        log_fatal("Command not allowed with '-l'");
    if ((call->mode == 'p' || call->mode == 'x') && multi->arguments[0] == NULL)
        log_fatal("Command required with '-p' or '-x' option");
    if (multi->json && call->mode != 'l')
        log_fatal("JSON output available only with '-l'");
}

static void parse_options(struct call *call, int argc, char *argv[])
{
    int option;

    while ((option = getopt(argc, argv, "+ae:g:i:jG:I:lpRvx")) != -1)
        take_option(call, option);
    call->multi.arguments = argv + optind;
    check_combination(call);
}

/* An instance's commands run with MAIL_CONFIG: from there, nobody sees all of them. */
static void check_environment(void)
{
    const char *directory = getenv("MAIL_CONFIG");
    struct error err = {0};

    if (directory == NULL || strcmp(directory, CONFIG_DIRECTORY) == 0)
        return;
    if (config_read_for("buzonmulti", directory, &err) == NULL)
        log_fatal("%s", err.text);
    log_fatal("Non-default configuration directory: MAIL_CONFIG=%s", directory);
}

int main(int argc, char *argv[])
{
    struct call call = {.multi.program = caller_program(argc, argv)};
    struct multi *multi = &call.multi;

    caller_spare_stderr(multi->program);
    multi->is_postmulti = strcmp(multi->program, "postmulti") == 0;
    parse_options(&call, argc, argv);
    check_environment();
    multi_load(multi);
    switch (call.mode) {
    case 'l':
        return multi_list(multi);
    case 'p':
        return multi_run_buzon(multi);
    case 'x':
        return multi_run_command(multi);
    default:
        return multi_edit(multi, call.action);
    }
}
