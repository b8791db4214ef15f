/* The command line of sendmail(1). */
#include "tools/sendmail_call.h"

#include "lib/base/log.h"
#include "lib/queue/queue_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

void sendmail_fail(int status, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_info("fatal: %s", text);
    exit(status);
}

static void take_mode(struct sendmail_call *call, const char *value)
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
        sendmail_fail(EX_UNAVAILABLE, "-bs: SMTP on standard input is not supported yet");
    if (strcmp(value, "v") == 0)
        sendmail_fail(EX_UNAVAILABLE, "-bv: verification of recipients is not supported yet");
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        if (value[0] == modes[i].letter && value[1] == '\0') {
            call->mode = modes[i].mode;
            return;
        }
    }
    sendmail_fail(EX_USAGE, "unsupported: -b%s", value);
}

/* -q with nothing behind it runs the queue; with a time it once set how often. */
static void take_queue(struct sendmail_call *call, const char *value)
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
        sendmail_fail(EX_USAGE, "-q%c is not implemented", value[0]);
    }
    call->argument = value == NULL ? NULL : value + 1;
    if (value != NULL && value[1] == '\0' && !is_digit(value[0]))
        sendmail_fail(EX_USAGE, "-q%c needs a value", value[0]);
}

/* Options of sendmail's own configuration are another program's; a few had a meaning of their own. */
static void take_old_option(struct sendmail_call *call, const char *value)
{
    if (strcmp(value, "i") == 0)
        call->submission.dot_ends = false;
    if (value[0] != 'A')
        return;
    if (value[1] == '\0')
        sendmail_fail(EX_USAGE, "-oA requires pathname");
    call->alias_database = value + 1;
}

/* "never", or a list of the others */
static void take_notify(struct sendmail_call *call, const char *value)
{
    static const struct {
        const char *name;
        unsigned flag;
    } names[] = {
        {"never",   NOTIFY_NEVER  },
        {"success", NOTIFY_SUCCESS},
        {"failure", NOTIFY_FAILURE},
        {"delay",   NOTIFY_DELAY  },
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
    if (!is_known || flags == 0 || ((flags & NOTIFY_NEVER) != 0 && flags != NOTIFY_NEVER))
        log_warning("bad -N option value -- ignored");
    else
        call->submission.dsn_notify = flags;
}

static void take_return(struct sendmail_call *call, const char *value)
{
    if (strcasecmp(value, "full") == 0)
        call->submission.dsn_return = 'F';
    else if (strcasecmp(value, "hdrs") == 0)
        call->submission.dsn_return = 'H';
    else
        log_warning("bad -R option value -- ignored");
}

static void take_body(struct sendmail_call *call, const char *value)
{
    if (strcasecmp(value, "7BIT") == 0)
        call->submission.body = "7BIT";
    else if (strcasecmp(value, "8BITMIME") == 0)
        call->submission.body = "8BITMIME";
    else
        sendmail_fail(EX_USAGE, "-B option needs 8BITMIME or 7BIT");
}

static void take_extension(const char *value)
{
    if (value[0] == 'V')
        sendmail_fail(EX_UNAVAILABLE, "-XV: variable envelope return paths are not supported yet");
    /* -X file: a log of the traffic, which is not our way of logging */
}

static void take_option(struct sendmail_call *call, int option, const char *value)
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
        sendmail_fail(EX_USAGE, "usage: sendmail [options]");
    default: /* -A, -L, -O, -U, -e, -h, -m, -n, -p, -c: nothing to be done here */
        break;
    }
}

/* The name by which it was called says what it is, the options what else. */
void sendmail_parse(struct sendmail_call *call, int argc, char *argv[])
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
