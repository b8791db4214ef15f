/*
 * Puts lines into the log, as postlog(1) does: for scripts that want their words beside those of the
 * mail system. Each argument list, or each line of standard input, is one line of the log.
 */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "lib/service/logging.h"
#include "tools/caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* log_fatal would end us: the line is what counts here. */
static void say_fatal(const char *text)
{
    log_info("fatal: %s", text);
}

static void say_panic(const char *text)
{
    log_info("panic: %s", text);
}

static void say_error(const char *text)
{
    log_error("%s", text);
}

static void say_warning(const char *text)
{
    log_warning("%s", text);
}

static void say_info(const char *text)
{
    log_info("%s", text);
}

static const struct {
    const char *name;
    void (*say)(const char *text);
} priorities[] = {
    {"info",    say_info   },
    {"warn",    say_warning},
    {"warning", say_warning},
    {"error",   say_error  },
    {"err",     say_error  },
    {"fatal",   say_fatal  },
    {"crit",    say_fatal  },
    {"panic",   say_panic  },
};

struct options {
    const char *program;
    const char *directory;
    const char *tag;
    void (*say)(const char *text);
};

static void set_priority(struct options *options, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(priorities); i++) {
        if (strcasecmp(priorities[i].name, name) == 0) {
            options->say = priorities[i].say;
            return;
        }
    }
    log_fatal("bad severity: \"%s\"", name);
}

static struct options parse_options(int argc, char *argv[])
{
    struct options options = {.program = caller_program(argc, argv), .say = say_info};
    int option;

    caller_spare_stderr(options.program);
    if (strcmp(options.program, "postlog") == 0)
        log_name("postfix/postlog");
    while ((option = getopt(argc, argv, "+c:ip:t:v")) != -1) {
        if (option == 'c')
            options.directory = optarg;
        else if (option == 'p')
            set_priority(&options, optarg);
        else if (option == 't')
            options.tag = optarg;
        else if (option == 'v')
            log_verbose++;
        else if (option != 'i')
            log_fatal("usage: %s [-c config_dir] [-i] [-p priority] [-t tag] [-v] [text]",
                      options.program);
    }
    return options;
}

/* What cannot be printed would not arrive as it is. */
static void set_tag(const char *tag)
{
    char *name = mem_text(tag);

    caller_make_printable(name);
    log_name(name);
    mem_free(name);
}

/* Scripts of a mail system that cannot read its main.cf must be able to say so. */
static void open_log(const struct options *options)
{
    struct error err = {0};
    struct config *config = config_read_for("buzonlog", options->directory, &err);
    bool to_stderr = isatty(STDERR_FILENO) == 1;

    if (config == NULL || !logging_open(config, options->program, to_stderr, &err))
        log_warning("%s", err.text);
    if (options->tag != NULL)
        set_tag(options->tag);
    else if (config != NULL)
        set_tag(mem_printf("%s/%s", config->syslog_name, options->program));
    config_free(&config);
}

static char *join(char *const *words)
{
    struct buf text = BUF(BUF_UNLIMITED);

    for (size_t i = 0; words[i] != NULL; i++) {
        if (i > 0)
            buf_put_char(&text, ' ');
        buf_put_text(&text, words[i]);
    }
    return buf_take(&text);
}

static void say_lines(FILE *input, void (*say)(const char *text))
{
    char *line = NULL;
    size_t capacity = 0;

    while (getline(&line, &capacity, input) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        say(line);
    }
    free(line);
}

int main(int argc, char *argv[])
{
    struct options options;

    options = parse_options(argc, argv);
    open_log(&options);
    if (optind < argc) {
        char *text = join(argv + optind);

        options.say(text);
        mem_free(text);
    } else {
        say_lines(stdin, options.say);
    }
    return 0;
}
