/*
 * sendmail(1), mailq(1) and newaliases(1): the interface that programs on this machine know. Mail goes
 * to buzondrop(1); listing and flushing the queue, aliases, start-up are other tools of ours, which
 * take this process's place. It has no more rights than who runs it.
 */
#include "lib/base/base.h"

#include "tools/submission.h"

#include "lib/base/log.h"
#include "lib/message/address.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

enum mode {
    MODE_MAIL,          /* -bm, the default */
    MODE_LIST,          /* -bp, mailq */
    MODE_ALIASES,       /* -bi, -I, newaliases */
    MODE_DAEMON,        /* -bd, -bl */
    MODE_FLUSH,         /* -q */
    MODE_FLUSH_MESSAGE, /* -qI */
    MODE_FLUSH_SITE,    /* -qR */
    MODE_IGNORE,        /* -q30m, -bh, -bH: done, with success */
};

struct call {
    enum mode mode;
    const char *directory;      /* -C */
    const char *argument;       /* of -qI and -qR */
    const char *alias_database; /* -oA */
    const char *sender;         /* -f; NULL: the caller */
    bool has_name;              /* -F */
    int verbose;
    struct submission submission;
    struct arena *arena;
};

static NORETURN void fail(int status, const char *format, ...) PRINTF(2, 3);
static NORETURN void fail(int status, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_info("fatal: %s", text);
    exit(status);
}

/* --- options ------------------------------------------------------------------------------------------ */

static void take_mode(struct call *call, const char *value)
{
    static const struct {
        char letter;
        enum mode mode;
    } modes[] = {
        {'m', MODE_MAIL   },
        {'p', MODE_LIST   },
        {'i', MODE_ALIASES},
        {'d', MODE_DAEMON },
        {'l', MODE_DAEMON },
        {'h', MODE_IGNORE },
        {'H', MODE_IGNORE },
    };

    if (strcmp(value, "s") == 0)
        fail(EX_UNAVAILABLE, "-bs: SMTP on standard input is not supported yet");
    if (strcmp(value, "v") == 0)
        fail(EX_UNAVAILABLE, "-bv: verification of recipients is not supported yet");
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        if (value[0] == modes[i].letter && value[1] == '\0') {
            call->mode = modes[i].mode;
            return;
        }
    }
    fail(EX_USAGE, "unsupported: -b%s", value);
}

/* -q with nothing behind it runs the queue; with a time it once set how often. */
static void take_queue(struct call *call, const char *value)
{
    if (value == NULL) {
        call->mode = MODE_FLUSH;
    } else if (value[0] == 'I') {
        call->mode = MODE_FLUSH_MESSAGE;
    } else if (value[0] == 'R') {
        call->mode = MODE_FLUSH_SITE;
    } else if (is_digit(value[0])) {
        call->mode = MODE_IGNORE;
    } else {
        fail(EX_USAGE, "-q%c is not implemented", value[0]);
    }
    call->argument = value == NULL ? NULL : value + 1;
    if (value != NULL && value[1] == '\0' && !is_digit(value[0]))
        fail(EX_USAGE, "-q%c needs a value", value[0]);
}

/* Options of sendmail's own configuration are another program's; a few had a meaning of their own. */
static void take_old_option(struct call *call, const char *value)
{
    if (strcmp(value, "i") == 0)
        call->submission.dot_ends = false;
    if (value[0] != 'A')
        return;
    if (value[1] == '\0')
        fail(EX_USAGE, "-oA requires pathname");
    call->alias_database = value + 1;
}

/* "never", or a list of the others */
static void take_notify(struct call *call, const char *value)
{
    static const struct {
        const char *name;
        unsigned flag;
    } names[] = {
        {"never",   1},
        {"success", 2},
        {"failure", 4},
        {"delay",   8},
    };
    struct strlist words = STRLIST_EMPTY;
    unsigned flags = 0;
    bool is_known = true;

    strlist_split(&words, value, ", \t");
    for (size_t i = 0; i < words.count; i++) {
        size_t name = 0;

        while (name < ARRAY_LENGTH(names) && strcasecmp(words.items[i], names[name].name) != 0)
            name++;
        is_known = is_known && name < ARRAY_LENGTH(names);
        flags |= name < ARRAY_LENGTH(names) ? names[name].flag : 0;
    }
    strlist_release(&words);
    if (!is_known || flags == 0 || ((flags & 1) != 0 && flags != 1))
        log_warning("bad -N option value -- ignored");
    else
        call->submission.dsn_notify = flags;
}

static void take_return(struct call *call, const char *value)
{
    if (strcasecmp(value, "full") == 0)
        call->submission.dsn_return = 'F';
    else if (strcasecmp(value, "hdrs") == 0)
        call->submission.dsn_return = 'H';
    else
        log_warning("bad -R option value -- ignored");
}

static void take_body(struct call *call, const char *value)
{
    if (strcasecmp(value, "7BIT") == 0)
        call->submission.body = "7BIT";
    else if (strcasecmp(value, "8BITMIME") == 0)
        call->submission.body = "8BITMIME";
    else
        fail(EX_USAGE, "-B option needs 8BITMIME or 7BIT");
}

static void take_extension(const char *value)
{
    if (value[0] == 'V')
        fail(EX_UNAVAILABLE, "-XV: variable envelope return paths are not supported yet");
    /* -X file: a log of the traffic, which is not our way of logging */
}

static void take_option(struct call *call, int option, const char *value)
{
    switch (option) {
    case 'B':
        take_body(call, value);
        break;
    case 'C':
        call->directory = value;
        break;
    case 'F':
        call->submission.full_name = value;
        call->has_name = true;
        break;
    case 'G':
        call->submission.gateway = true;
        break;
    case 'I':
        call->mode = MODE_ALIASES;
        break;
    case 'N':
        take_notify(call, value);
        break;
    case 'R':
        take_return(call, value);
        break;
    case 'V':
        call->submission.envelope_id = value;
        break;
    case 'X':
        take_extension(value);
        break;
    case 'b':
        take_mode(call, value);
        break;
    case 'f':
    case 'r':
        call->sender = value;
        break;
    case 'i':
        call->submission.dot_ends = false;
        break;
    case 'o':
        take_old_option(call, value);
        break;
    case 'q':
        take_queue(call, value);
        break;
    case 't':
        call->submission.extract_recipients = true;
        break;
    case 'v':
        call->verbose++;
        break;
    case '?':
        fail(EX_USAGE, "usage: sendmail [options]");
    default: /* -A, -L, -O, -U, -e, -h, -m, -n, -p, -c: nothing to be done here */
        break;
    }
}

/* The name by which it was called says what it is, the options what else. */
static void parse(struct call *call, int argc, char *argv[])
{
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash == NULL ? argv[0] : slash + 1;
    int option;

    if (strcmp(name, "mailq") == 0)
        call->mode = MODE_LIST;
    else if (strcmp(name, "newaliases") == 0)
        call->mode = MODE_ALIASES;
    while ((option = getopt(argc, argv, "+A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:q::r:tv")) != -1)
        take_option(call, option, optarg);
    log_verbose = call->verbose > 1 ? call->verbose - 1 : 0;
}

/* --- other tools -------------------------------------------------------------------------------------- */

static NORETURN void become(const struct config *config, const char *program,
                            const char *const *arguments)
{
    char *path = mem_printf("%s/%s", config->command_directory, program);

    (void)execv(path, (char *const *)(uintptr_t)arguments);
    fail(EX_OSERR, "run %s: %s", path, strerror(errno));
}

static NORETURN void become_queue_tool(const struct call *call, const struct config *config)
{
    const char *const option = call->mode == MODE_LIST         ? "-p"
                               : call->mode == MODE_FLUSH      ? "-f"
                               : call->mode == MODE_FLUSH_SITE ? "-s"
                                                               : "-i";
    const char *const arguments[] = {"buzonqueue", option, call->argument, NULL};

    become(config, "buzonqueue", arguments);
}

/* The databases that are asked for, or all of alias_database. */
static NORETURN void become_alias_tool(const struct call *call, const struct config *config)
{
    struct strlist databases = STRLIST_EMPTY;
    const char **arguments;
    size_t count = 0;

    strlist_split(&databases,
                  call->alias_database == NULL ? config->alias_database : call->alias_database,
                  ", \t\r\n");
    if (databases.count == 0)
        exit(EX_OK); /* none is kept */
    arguments = mem_resize(NULL, databases.count + 3, sizeof(*arguments));
    arguments[count++] = "buzonalias";
    arguments[count++] = "--";
    for (size_t i = 0; i < databases.count; i++)
        arguments[count++] = databases.items[i];
    arguments[count] = NULL;
    become(config, "buzonalias", arguments);
}

static NORETURN void become_starter(const struct config *config)
{
    static const char *const arguments[] = {"buzon", "start", NULL};

    become(config, "buzon", arguments);
}

/* --- mail --------------------------------------------------------------------------------------------- */

/* The gecos field up to its first comma; "&" is the login name with a capital. */
static const char *name_of(struct arena *arena, const struct passwd *account)
{
    size_t login_len = strlen(account->pw_name);
    struct buf name = BUF(1000);
    const char *text;

    for (const char *octet = account->pw_gecos; *octet != '\0' && *octet != ','; octet++) {
        size_t start = name.len;

        if (!buf_append(&name, *octet == '&' ? account->pw_name : octet,
                        *octet == '&' ? login_len : 1))
            break;
        if (*octet == '&' && login_len > 0)
            name.data[start] = to_upper(name.data[start]);
    }
    text = arena_text(arena, buf_span(&name));
    buf_release(&name);
    return text;
}

/* Control characters end here, with a space: a record has none. */
static const char *on_one_line(struct arena *arena, const char *text)
{
    char *line = arena_text(arena, span_first(span_text(text), 1000));

    for (char *octet = line; *octet != '\0'; octet++) {
        if ((unsigned char)*octet < ' ' || *octet == 0x7f)
            *octet = ' ';
    }
    return line;
}

/* -f in external form, as lenient as with recipients; "" and "<>" are the null sender. */
static const char *parse_sender(struct call *call)
{
    struct strlist addresses = STRLIST_EMPTY;
    const char *sender = "";

    submission_add_recipients(&addresses, call->arena, span_text(call->sender));
    if (addresses.count > 1)
        log_warning("-f option specified malformed sender: %s", call->sender);
    if (addresses.count > 0)
        sender = arena_copy(call->arena, addresses.items[0]);
    strlist_release(&addresses);
    return sender;
}

static void complete(struct call *call, const struct passwd *account)
{
    struct submission *submission = &call->submission;
    const char *name = getenv("NAME");

    submission->user = account->pw_name;
    submission->sender = call->sender == NULL ? account->pw_name : parse_sender(call);
    if (!call->has_name)
        submission->full_name = name == NULL ? name_of(call->arena, account) : name;
    submission->full_name = on_one_line(call->arena, submission->full_name);
    submission->envelope_id = on_one_line(call->arena, submission->envelope_id);
    if (strcmp(submission->config->sendmail_fix_line_endings, "never") == 0)
        submission->line_ends = LINE_ENDS_NEVER;
    else if (strcmp(submission->config->sendmail_fix_line_endings, "strict") == 0)
        submission->line_ends = LINE_ENDS_STRICT;
}

static int send_mail(struct call *call, char *recipients[])
{
    struct submission *submission = &call->submission;
    const struct passwd *account = getpwuid(getuid());
    int status;

    if (account == NULL)
        fail(EX_NOUSER, "there is no account for user id %ld", (long)getuid());
    if (call->verbose > 0)
        log_warning("-v: a report on the delivery is not supported yet");
    complete(call, account);
    for (; *recipients != NULL; recipients++)
        submission_add_recipients(&submission->recipients, call->arena, span_text(*recipients));
    if (submission->recipients.count == 0 && !submission->extract_recipients)
        fail(EX_USAGE,
             "%s(%ld): Recipient addresses must be specified on the command line or via "
             "the -t option",
             account->pw_name, (long)getuid());
    status = submission_send(submission);
    strlist_release(&submission->recipients);
    return status;
}

/* --- main --------------------------------------------------------------------------------------------- */

/* -C names the directory or the file in it; the tools that we run shall read the same. */
static struct config *read_config(struct call *call)
{
    const char *directory = call->directory;
    struct error err = {0};
    struct config *config;

    if (directory != NULL && span_ends_with_nocase(span_text(directory), "/main.cf"))
        directory =
            arena_text(call->arena, span_first(span_text(directory), strlen(directory) - 8));
    if (directory != NULL)
        (void)setenv("MAIL_CONFIG", directory, 1);
    config = config_read(directory, NULL, NULL, &err);
    if (config == NULL)
        fail(EX_CONFIG, "%s", err.text);
    return config;
}

static int run(struct call *call, const struct config *config, char *recipients[])
{
    switch (call->mode) {
    case MODE_LIST:
    case MODE_FLUSH:
    case MODE_FLUSH_MESSAGE:
    case MODE_FLUSH_SITE:
        become_queue_tool(call, config);
    case MODE_ALIASES:
        become_alias_tool(call, config);
    case MODE_DAEMON:
        become_starter(config);
    case MODE_IGNORE:
        return EX_OK;
    case MODE_MAIL:
        break;
    }
    return send_mail(call, recipients);
}

int main(int argc, char *argv[])
{
    struct call call = {
        .submission = {.dot_ends = true, .full_name = "", .envelope_id = "", .body = ""},
        .arena = arena_create(),
    };
    struct config *config;
    int status;

    log_name("sendmail");
    parse(&call, argc, argv);
    config = read_config(&call);
    call.submission.config = config;
    status = run(&call, config, argv + optind);
    config_free(&config);
    arena_free(&call.arena);
    return status;
}
