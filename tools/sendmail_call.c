/* The command line of sendmail(1). */
#include "tools/sendmail_call.h"

#include "lib/base/log.h"
#include "lib/queue/queue_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define ENVELOPE_ID_MAX 100

void sendmail_fail(const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_info("fatal: %s", text);
    exit(EX_TEMPFAIL);
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
        {'s', MODE_SMTP   },
        {'v', MODE_VERIFY },
        {'h', MODE_IGNORE },
        {'H', MODE_IGNORE },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        if (value[0] == modes[i].letter) {
            call->mode = modes[i].mode;
            return;
        }
    }
    sendmail_fail("unsupported: -b%c", value[0]);
}

/* -q with nothing behind it runs the queue; with a time it once set how often. */
static void take_queue(struct sendmail_call *call, const char *value)
{
    if (value == NULL) {
        call->mode = MODE_FLUSH;
    } else if (value[0] == 'I') {
        if (value[1] == '\0')
            sendmail_fail("specify: -qIqueueid");
        call->flushed_id = value + 1;
    } else if (value[0] == 'R') {
        if (value[1] == '\0')
            sendmail_fail("specify: -qRsitename");
        call->flushed_site = value + 1;
    } else if (!is_digit((unsigned char)value[0])) {
        sendmail_fail("-q%c is not implemented", value[0]);
    } else {
        call->has_interval = true;
    }
}

/* Options of sendmail's own configuration are another program's; a few had a meaning of their own. */
static void take_old_option(struct sendmail_call *call, const char *value)
{
    if (strcmp(value, "i") == 0)
        call->submission.dot_ends = false;
    if (value[0] != 'A')
        return;
    if (value[1] == '\0')
        sendmail_fail("-oA requires pathname");
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
        if (name == ARRAY_LENGTH(names))
            log_warning("unknown DSN NOTIFY command value \"%s\" in \"%s\"", words.items[i], value);
        is_known = is_known && name < ARRAY_LENGTH(names);
        flags |= name < ARRAY_LENGTH(names) ? names[name].flag : 0;
    }
    strlist_release(&words);
    if (!is_known || flags == 0 || ((flags & NOTIFY_NEVER) != 0 && flags != NOTIFY_NEVER))
        log_warning("bad -N option value -- ignored");
    else
        call->submission.dsn_notify = flags;
    call->has_notify = true;
}

static void take_return(struct sendmail_call *call, const char *value)
{
    if (strcasecmp(value, "full") == 0)
        call->submission.dsn_return = 'F';
    else if (strcasecmp(value, "hdrs") == 0)
        call->submission.dsn_return = 'H';
    else
        log_warning("bad -R option value -- ignored");
    call->has_return = true;
}

/* RFC 3461 section 4.4: at most 100 octets that can be printed */
static void take_envelope_id(struct sendmail_call *call, const char *value)
{
    bool is_printable = value[0] != '\0';

    for (const char *octet = value; *octet != '\0'; octet++)
        is_printable = is_printable && *octet >= ' ' && *octet < 0x7f;
    if (strlen(value) > ENVELOPE_ID_MAX)
        log_warning("too long -V option value -- ignored");
    else if (!is_printable)
        log_warning("bad syntax in -V option value -- ignored");
    else
        call->submission.envelope_id = value;
}

static void take_body(struct sendmail_call *call, const char *value)
{
    if (strcmp(value, "7BIT") == 0)
        call->submission.body = "7BIT";
    else if (strcmp(value, "8BITMIME") == 0)
        call->submission.body = "8BITMIME";
    else
        sendmail_fail("-B option needs 8BITMIME or 7BIT");
}

/* The two octets around the recipient's address; which may be used is known later. "-XV" alone does not come here; as two
 * words it is no pair. */
static void take_extension(struct sendmail_call *call, const char *value)
{
    if (value[0] != 'V')
        sendmail_fail("unsupported: -X%c", value[0]);
    call->verp = value[1] == '\0' ? "V" : value + 1;
}

/* Sendmail's own settings are for another program. One that Postfix 3.11 obeys is missed by whoever counts on it. */
static void take_setting(const char *value)
{
    if (strcasecmp(value, "requiretls=yes") == 0)
        log_warning("-O %s is not supported: the message may be sent without TLS", value);
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
    case 'O':
        take_setting(value);
        break;
    case 'R':
        take_return(call, value);
        break;
    case 'V':
        take_envelope_id(call, value);
        break;
    case 'X':
        take_extension(call, value);
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
    case 'n':
        sendmail_fail("-n option not supported");
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
        sendmail_fail("usage: %s [options]", call->program);
    default: /* -A, -L, -U, -e, -h, -m, -p, -c, -x: nothing to be done here */
        break;
    }
}

/* Delimiters without -X before them, as it once was. */
static void warn_of_old_form(const char *argument)
{
    log_warning("option %s is deprecated with Postfix 2.3; specify -X%s instead", argument,
                argument + 1);
}

/* -XV; and -V, which is DSN's today, where it looks like what it once was: -Vxy, or -V before a word of
 * two octets. Such an argument is taken here, before getopt sees it. */
static bool take_verp(struct sendmail_call *call, char *const argv[])
{
    const char *argument = argv[optind];
    const char *next = argument == NULL ? NULL : argv[optind + 1];

    if (argument == NULL)
        return false;
    if (strcmp(argument, "-XV") == 0) {
        call->verp = "";
    } else if (strcmp(argument, "-V") == 0 && next != NULL && strlen(next) == 2) {
        warn_of_old_form(argument);
        call->verp = "";
    } else if (strncmp(argument, "-V", 2) == 0 && strlen(argument) == 4) {
        warn_of_old_form(argument);
        call->verp = argument + 2;
    } else {
        return false;
    }
    optind++;
    return true;
}

/* What does not go together. */
static void check_combination(const struct sendmail_call *call)
{
    bool verifies = call->mode == MODE_VERIFY;
    bool delivers = call->mode == MODE_MAIL || verifies;

    if (call->submission.extract_recipients && !delivers)
        sendmail_fail("-t can be used only in delivery mode");
    if (call->flushed_site != NULL && !delivers)
        sendmail_fail("-qR can be used only in delivery mode");
    if (call->flushed_id != NULL && !delivers)
        sendmail_fail("-qI can be used only in delivery mode");
    if (verifies && call->submission.extract_recipients)
        sendmail_fail("-t option cannot be used with -bv");
    if (verifies && call->has_notify)
        sendmail_fail("-N option cannot be used with -bv");
    if (verifies && call->has_return)
        sendmail_fail("-R option cannot be used with -bv");
    if (verifies && call->verbose > 0)
        sendmail_fail("-v option cannot be used with -bv");
}

static void settle_mode(struct sendmail_call *call)
{
    check_combination(call);
    if (call->flushed_site != NULL)
        call->mode = MODE_FLUSH_SITE;
    else if (call->flushed_id != NULL)
        call->mode = MODE_FLUSH_MESSAGE;
    else if (call->has_interval && call->mode == MODE_MAIL)
        call->mode = MODE_IGNORE;
}

/* The name by which it was called says what it is, the options what else. */
void sendmail_parse(struct sendmail_call *call, int argc, char *argv[])
{
    int option = 0;

    if (strcmp(call->program, "mailq") == 0)
        call->mode = MODE_LIST;
    else if (strcmp(call->program, "newaliases") == 0)
        call->mode = MODE_ALIASES;
    while (option != -1) {
        if (take_verp(call, argv))
            continue;
        option = getopt(argc, argv, "+A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:q::r:tvx");
        if (option != -1)
            take_option(call, option, optarg);
    }
    settle_mode(call);
    log_verbose = call->verbose > 1 ? call->verbose - 1 : 0;
}
