/*
 * A message on its way to buzondrop(1): envelope, then content, as records (lib/queue/maildrop.h) into
 * a pipe. Recipients that stand in the header are collected first; until then the header waits here.
 */
#include "tools/submission.h"

#include "tools/content_input.h"
#include "tools/recipient_list.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/message/header.h"
#include "lib/queue/maildrop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define HEADER_MAX                                                                                 \
    ((size_t)16 * 1024 * 1024) /* octets of a header whose recipients are looked for */
#define OUTPUT_SIZE ((size_t)256 * 1024)

struct sending {
    struct submission *submission;
    struct content_input input;
    struct buf header;  /* lines that wait until all recipients are known */
    struct buf content; /* of the next content record */
    struct buf output;  /* records that were not yet written */
    uint64_t size;      /* octets of content */
    bool in_header;     /* whose recipients are wanted */
    pid_t buzondrop;    /* 0 as long as everything is in `output` */
    int pipe;
    bool is_too_big;
    bool is_broken; /* buzondrop has hung up: its exit status tells why */
};

/* The value is the exit status: callers keep what they have (sendmail_fail). */
static int refuse(const struct sending *sending, const char *text)
{
    log_info("fatal: %s(%ld): %s", sending->submission->sender, (long)getuid(), text);
    return EX_TEMPFAIL;
}

/* --- buzondrop ------------------------------------------------------------------------------------- */

static NORETURN void run_buzondrop(const struct submission *submission, int input)
{
    char *program = mem_printf("%s/buzondrop", submission->config->command_directory);
    char *arguments[] = {program, NULL};

    if (dup2(input, STDIN_FILENO) >= 0)
        (void)execv(program, arguments);
    log_error("run %s: %s", program, strerror(errno));
    _exit(EX_TEMPFAIL);
}

static void start_buzondrop(struct sending *sending)
{
    int ends[2];

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL);
    if (pipe2(ends, O_CLOEXEC) != 0 || (sending->buzondrop = fork()) < 0)
        exit(refuse(sending, strerror(errno)));
    if (sending->buzondrop == 0)
        run_buzondrop(sending->submission, ends[0]);
    (void)close(ends[0]);
    sending->pipe = ends[1];
}

/* It has said why its exit status is not zero; ours is one for all reasons, as with Postfix: programs keep the message. */
static int await_buzondrop(struct sending *sending)
{
    int status = 0;

    fd_close(&sending->pipe);
    while (waitpid(sending->buzondrop, &status, 0) < 0) {
        if (errno != EINTR)
            return EX_TEMPFAIL;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == EX_OK ? EX_OK : EX_TEMPFAIL;
}

/* The message will not be whole. A buzondrop that runs already removes what it has. */
static int give_up(struct sending *sending, const char *text)
{
    if (sending->buzondrop > 0) {
        (void)kill(sending->buzondrop, SIGTERM);
        (void)await_buzondrop(sending);
    }
    return refuse(sending, text);
}

/* --- records ----------------------------------------------------------------------------------------- */

static void flush(struct sending *sending)
{
    if (sending->buzondrop == 0)
        start_buzondrop(sending);
    if (!sending->is_broken && !write_all(sending->pipe, buf_span(&sending->output)))
        sending->is_broken = true;
    buf_clear(&sending->output);
}

static void put(struct sending *sending, enum maildrop_type type, struct span value)
{
    if (sending->output.limit - sending->output.len < value.len + 5)
        flush(sending);
    maildrop_put(&sending->output, type, value);
}

static void put_optional(struct sending *sending, enum maildrop_type type, const char *value)
{
    if (value[0] != '\0')
        put(sending, type, span_text(value));
}

static void put_recipient(struct sending *sending, const char *address, const char *notify)
{
    char *value = mem_printf(
        "%c%s", notify == NULL ? '@' + (int)sending->submission->dsn_notify : notify[0], address);

    if (notify != NULL)
        put_optional(sending, MAILDROP_ORCPT, notify + 1);
    put(sending, MAILDROP_RECIPIENT, span_text(value));
    mem_free(value);
}

static void put_envelope(struct sending *sending)
{
    const struct submission *submission = sending->submission;
    const struct strlist *recipients = &submission->recipients;
    const char dsn_return[] = {submission->dsn_return, '\0'};

    put(sending, MAILDROP_IS_VERSION, span_text(MAILDROP_VERSION));
    put(sending, MAILDROP_SENDER, span_text(submission->sender));
    put_optional(sending, MAILDROP_FULL_NAME, submission->full_name);
    put_optional(sending, MAILDROP_ENVELOPE_ID, submission->envelope_id);
    put_optional(sending, MAILDROP_RETURN, dsn_return);
    put_optional(sending, MAILDROP_BODY, submission->body);
    if (submission->gateway)
        put(sending, MAILDROP_GATEWAY, SPAN_EMPTY);
    if (submission->verifies)
        put(sending, MAILDROP_VERIFY, SPAN_EMPTY);
    if (submission->traces)
        put(sending, MAILDROP_TRACE, SPAN_EMPTY);
    if (submission->verp != NULL)
        put(sending, MAILDROP_VERP, span_text(submission->verp));
    for (size_t i = 0; i < recipients->count; i++)
        put_recipient(sending, recipients->items[i],
                      i < submission->notify.count ? submission->notify.items[i] : NULL);
}

static void flush_content(struct sending *sending)
{
    if (sending->content.len > 0)
        put(sending, MAILDROP_CONTENT, buf_span(&sending->content));
    buf_clear(&sending->content);
}

static void put_content(struct sending *sending, struct span octets)
{
    while (octets.len > 0) {
        size_t room = sending->content.limit - sending->content.len;

        buf_put(&sending->content, span_first(octets, room));
        octets = span_skip(octets, room);
        if (sending->content.len == sending->content.limit)
            flush_content(sending);
    }
}

/* --- recipients in the header ---------------------------------------------------------------------- */

static bool is_named(struct span name, const char *const *names)
{
    while (*names != NULL && !span_equal_text_nocase(name, *names))
        names++;
    return *names != NULL;
}

/* The addresses of all fields with these names; false: there is no such field. */
static bool extract(struct sending *sending, const char *const *names)
{
    struct cursor at = cursor_of(buf_span(&sending->header));
    struct arena *arena = arena_create();
    struct header_field field;
    bool found = false;

    while (header_next(&at, true, &field) == PARSE_DONE) {
        if (!is_named(field.name, names))
            continue;
        found = true;
        recipient_list_add(&sending->submission->recipients, arena, field.body);
    }
    arena_free(&arena);
    return found;
}

/* Of a message that was resent only the recipients of that count: RFC 5322 section 3.6.6. */
static void extract_recipients(struct sending *sending)
{
    static const char *const resent[] = {"Resent-To", "Resent-Cc", "Resent-Bcc", NULL};
    static const char *const original[] = {"To", "Cc", "Bcc", NULL};

    if (!extract(sending, resent))
        (void)extract(sending, original);
}

/* A field's first line, or a line that goes on with it. */
static bool belongs_to_header(const struct sending *sending, struct span line)
{
    struct cursor at = cursor_of(line);
    struct header_field field;

    if (sending->header.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
        return true;
    return header_next(&at, true, &field) == PARSE_DONE;
}

/* --- the message -------------------------------------------------------------------------------------- */

static bool is_too_big(struct sending *sending, size_t more)
{
    int64_t limit = sending->submission->config->message_size_limit;

    sending->size += more;
    return limit > 0 && sending->size > (uint64_t)limit;
}

/* All recipients are known, or there are none. The value is an exit status. */
static int end_header(struct sending *sending)
{
    sending->in_header = false;
    extract_recipients(sending);
    if (sending->submission->recipients.count == 0)
        return give_up(sending, "No recipient addresses found in message header");
    put_envelope(sending);
    put_content(sending, buf_span(&sending->header));
    return EX_OK;
}

static int take_line(struct sending *sending, struct span line, bool continues)
{
    int status = EX_OK;

    if (is_too_big(sending, line.len))
        return give_up(sending, "message file too big");
    if (sending->in_header && (continues || belongs_to_header(sending, line))) {
        if (!buf_append_span(&sending->header, line))
            status = give_up(sending, "the message header is too big");
        return status;
    }
    if (sending->in_header)
        status = end_header(sending);
    if (status == EX_OK)
        put_content(sending, line);
    return status;
}

static int fail_reading(struct sending *sending)
{
    char *text = mem_printf("error reading input: %s", strerror(errno));
    int status = give_up(sending, text);

    mem_free(text);
    return status;
}

static int read_message(struct sending *sending)
{
    bool is_first = true;
    int status = EX_OK;
    struct span line;

    while (status == EX_OK && !sending->is_broken) {
        bool continues = sending->input.in_line;

        if (!content_input_next(&sending->input, &line))
            return fail_reading(sending);
        if (line.len == 0)
            break;
        if (is_first && header_is_mailbox_line(line))
            continue;
        is_first = false;
        status = take_line(sending, line, continues);
    }
    if (status == EX_OK && sending->in_header)
        status = end_header(sending);
    return status;
}

/* The last record, and what buzondrop says. */
static int finish(struct sending *sending)
{
    flush_content(sending);
    put(sending, MAILDROP_END, SPAN_EMPTY);
    flush(sending);
    return await_buzondrop(sending);
}

static void release(struct sending *sending)
{
    buf_release(&sending->input.buffer);
    buf_release(&sending->header);
    buf_release(&sending->content);
    buf_release(&sending->output);
}

static struct sending new_sending(struct submission *submission)
{
    return (struct sending){
        .submission = submission,
        .input = {.fd = STDIN_FILENO,
                  .line_ends = submission->line_ends,
                  .dot_ends = submission->dot_ends,
                  .buffer = BUF(CONTENT_INPUT_SIZE)},
        .header = BUF(HEADER_MAX),
        .content = BUF(MAILDROP_CONTENT_MAX),
        .output = BUF(OUTPUT_SIZE),
        .in_header = submission->extract_recipients,
        .pipe = -1,
    };
}

int submission_send(struct submission *submission)
{
    struct sending sending = new_sending(submission);
    int status;

    if (!sending.in_header)
        put_envelope(&sending);
    status = read_message(&sending);
    if (status == EX_OK)
        status = finish(&sending);
    release(&sending);
    return status;
}

/* --- in pieces ------------------------------------------------------------------------------------------ */

struct sending *submission_begin(struct submission *submission)
{
    struct sending *sending = mem_new(struct sending);

    *sending = new_sending(submission);
    put_envelope(sending);
    return sending;
}

bool submission_content(struct sending *sending, struct span octets)
{
    sending->is_too_big = sending->is_too_big || is_too_big(sending, octets.len);
    if (!sending->is_too_big)
        put_content(sending, octets);
    return !sending->is_too_big && !sending->is_broken;
}

void submission_abandon(struct sending **sending)
{
    if (*sending == NULL)
        return;
    if ((*sending)->buzondrop > 0) {
        (void)kill((*sending)->buzondrop, SIGTERM);
        (void)await_buzondrop(*sending);
    }
    release(*sending);
    mem_free(*sending);
    *sending = NULL;
}

int submission_end(struct sending **sending)
{
    int status = EX_DATAERR;

    if (!(*sending)->is_too_big) {
        status = finish(*sending);
        (*sending)->buzondrop = 0;
    }
    submission_abandon(sending);
    return status;
}
