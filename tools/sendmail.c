/*
 * sendmail(1), mailq(1) and newaliases(1): the interface that programs on this machine know. Mail goes
 * to buzondrop(1); listing and flushing the queue, aliases, start-up are other tools of ours, which
 * take this process's place. It has no more rights than who runs it.
 */
#include "lib/base/base.h"

#include "tools/sendmail_call.h"
#include "tools/sendmail_smtp.h"

#include "lib/base/log.h"
#include "lib/message/address.h"
#include "lib/message/verp.h"
#include "lib/queue/queue_file.h"
#include "tools/caller.h"
#include "tools/recipient_list.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

/* --- other tools -------------------------------------------------------------------------------------- */

static NORETURN void become(const struct config *config, const char *program,
                            const char *const *arguments)
{
    char *path = mem_printf("%s/%s", config->command_directory, program);

    (void)execv(path, (char *const *)(uintptr_t)arguments);
    sendmail_fail("run %s: %s", path, strerror(errno));
}

static NORETURN void become_queue_tool(const struct sendmail_call *call,
                                       const struct config *config)
{
    const char *const option = call->mode == MODE_LIST         ? "-p"
                               : call->mode == MODE_FLUSH      ? "-f"
                               : call->mode == MODE_FLUSH_SITE ? "-s"
                                                               : "-i";
    const char *argument =
        call->mode == MODE_FLUSH_SITE ? call->flushed_site : call->flushed_id; /* else NULL */
    const char *const arguments[] = {"buzonqueue", option, argument, NULL};

    become(config, "buzonqueue", arguments);
}

/* The databases that are asked for, or all of alias_database. */
static NORETURN void become_alias_tool(const struct sendmail_call *call,
                                       const struct config *config)
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
static const char *parse_sender(struct sendmail_call *call)
{
    struct strlist addresses = STRLIST_EMPTY;
    const char *sender = "";

    recipient_list_add(&addresses, call->arena, span_text(call->sender));
    if (addresses.count > 1)
        log_warning("-f option specified malformed sender: %s", call->sender);
    if (addresses.count > 0)
        sender = arena_copy(call->arena, addresses.items[0]);
    strlist_release(&addresses);
    return sender;
}

static void complete(struct sendmail_call *call, const struct passwd *account)
{
    struct submission *submission = &call->submission;
    const char *name = getenv("NAME");

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

/* Once a message was taken that asks for a report. */
static void announce_report(const struct submission *submission)
{
    (void)printf("Mail Delivery Status Report will be mailed to <%s>.\n", submission->sender);
    (void)fflush(stdout);
}

/* -XV */
static void ask_for_verp(struct sendmail_call *call)
{
    struct submission *submission = &call->submission;

    if (call->verp == NULL)
        return;
    if (submission->sender[0] == '\0')
        sendmail_fail("%s(%ld): -V option requires non-null sender address", submission->sender,
                      (long)getuid());
    submission->verp =
        call->verp[0] == '\0' ? submission->config->default_verp_delimiters : call->verp;
    if (strlen(submission->verp) < 2) /* what was given here was checked already */
        sendmail_fail("bad string length %zu < 2: default_verp_delimiters = %s",
                      strlen(submission->verp), submission->verp);
}

/* -bv: a message that says what is asked, for the report to be about. */
static int send_probe(struct sendmail_call *call)
{
    struct submission *submission = &call->submission;
    const struct strlist *recipients = &submission->recipients;
    struct buf content = BUF(BUF_UNLIMITED);
    struct sending *sending;

    submission->verifies = true;
    buf_put_printf(&content,
                   "From: %s\nSubject: probe\nTo:", address_quote(call->arena, submission->sender));
    for (size_t i = 0; i < recipients->count; i++)
        buf_put_printf(&content, "%s\n\t%s", i == 0 ? "" : ",",
                       address_quote(call->arena, recipients->items[i]));
    buf_put_text(&content, "\n\n");
    sending = submission_begin(submission);
    (void)submission_content(sending, buf_span(&content));
    buf_release(&content);
    return submission_end(&sending);
}

/* Here we are what smtpd is elsewhere. */
static int serve_smtp(const struct config *config)
{
    struct error err;

    if (!config_check(config, "smtpd", &err))
        sendmail_fail("%s", err.text);
    return sendmail_smtp(config);
}

static int send_mail(struct sendmail_call *call, char *recipients[])
{
    struct submission *submission = &call->submission;
    const struct passwd *account = getpwuid(getuid());
    int status;

    if (account == NULL)
        sendmail_fail("there is no account for user id %ld", (long)getuid());
    if (call->mode == MODE_SMTP)
        return serve_smtp(submission->config);
    complete(call, account);
    ask_for_verp(call);
    submission->traces = call->verbose == 1 && call->mode == MODE_MAIL;
    for (; *recipients != NULL; recipients++)
        recipient_list_add(&submission->recipients, call->arena, span_text(*recipients));
    if (submission->recipients.count == 0 && !submission->extract_recipients)
        sendmail_fail("%s(%ld): Recipient addresses must be specified on the command line or via "
                      "the -t option",
                      submission->sender, (long)getuid());
    status = call->mode == MODE_VERIFY ? send_probe(call) : submission_send(submission);
    if (status == EX_OK && (submission->verifies || submission->traces))
        announce_report(submission);
    strlist_release(&submission->recipients);
    return status;
}

/* --- main --------------------------------------------------------------------------------------------- */

/* -C names the directory or the file in it; the tools that we run shall read the same. */
static struct config *read_config(struct sendmail_call *call)
{
    const char *directory = call->directory;
    struct error err = {0};
    struct config *config;

    if (directory != NULL && span_ends_with_nocase(span_text(directory), "/main.cf"))
        directory =
            arena_text(call->arena, span_first(span_text(directory), strlen(directory) - 8));
    if (directory != NULL)
        (void)setenv("MAIL_CONFIG", directory, 1);
    config = config_read_for("sendmail", directory, &err);
    if (config == NULL)
        sendmail_fail("%s", err.text);
    return config;
}

/* What else was asked for has nothing to do with recipients. */
static void refuse_recipients(const struct sendmail_call *call, char *const recipients[])
{
    static const char *const what[] = {
        [MODE_LIST] = "display queue mode",      [MODE_ALIASES] = "alias initialization mode",
        [MODE_DAEMON] = "daemon mode",           [MODE_FLUSH] = "flush queue mode",
        [MODE_FLUSH_MESSAGE] = "flush queue_id", [MODE_FLUSH_SITE] = "flush site",
        [MODE_SMTP] = "stand-alone mode",
    };

    if (recipients[0] != NULL && call->mode < ARRAY_LENGTH(what) && what[call->mode] != NULL)
        sendmail_fail("%s requires no recipient", what[call->mode]);
}

/* Two octets, which addresses do not have in this place otherwise. */
static void check_verp(const struct sendmail_call *call, const struct config *config)
{
    const char *filter = config->verp_delimiter_filter;

    if (call->verp != NULL && call->verp[0] != '\0' && !verp_is_pair(span_text(call->verp), filter))
        sendmail_fail("-V requires two characters from %s", filter);
}

static int run(struct sendmail_call *call, const struct config *config, char *recipients[])
{
    check_verp(call, config);
    refuse_recipients(call, recipients);
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
    case MODE_SMTP:
    case MODE_VERIFY:
    case MODE_MAIL:
        break;
    }
    return send_mail(call, recipients);
}

int main(int argc, char *argv[])
{
    struct sendmail_call call = {
        .submission = {.dot_ends = true, .full_name = "", .envelope_id = "", .body = ""},
        .arena = arena_create(),
        .verbose = getenv("MAIL_VERBOSE") != NULL ? 1 : 0,
    };
    struct config *config;
    int status;

    call.program = caller_program(argc, argv);
    sendmail_parse(&call, argc, argv);
    config = read_config(&call);
    call.submission.config = config;
    status = run(&call, config, argv + optind);
    config_free(&config);
    arena_free(&call.arena);
    return status;
}
