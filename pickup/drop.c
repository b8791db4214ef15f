/*
 * One file of maildrop/: who wrote it may be anybody, and what is in it anything. It is a message when
 * it is a plain file with one name, marked as whole, whose records make sense to the end.
 */
#include "pickup/drop.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/message/address.h"
#include "lib/message/date.h"
#include "lib/queue/intake.h"
#include "lib/queue/maildrop.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define UNFINISHED_S (24 * 3600) /* nobody writes a message for that long */

struct drop {
    struct pickup *pickup;
    const char *name;
    int fd;
    struct stat status;
    struct maildrop_reader reader;
    size_t used; /* octets of input */

    struct intake_request request;
    struct queue_attribute attributes[4]; /* of the request */
    struct queue_recipient *recipients;
    size_t recipient_count, recipient_capacity;
    const char *orcpt; /* of the next one; NULL: none was said */
    const char *queue_id;
};

static enum drop_result bad(const struct drop *drop, const char *why)
{
    log_warning("maildrop/%s: uid=%ld: %s: the file is removed", drop->name,
                (long)drop->status.st_uid, why);
    return DROP_BAD;
}

/* --- the file ---------------------------------------------------------------------------------------- */

/* Not marked as whole: its writer is still there, or will never come back. */
static enum drop_result unfinished(const struct drop *drop)
{
    if (time(NULL) - drop->status.st_mtime > UNFINISHED_S)
        return bad(drop, "nobody finishes this message");
    return DROP_LATER;
}

/* What is not whole may be read by nobody but its writer. */
static enum drop_result not_opened(struct drop *drop)
{
    int saved = errno;

    if (saved == ELOOP || saved == ENXIO)
        return bad(drop, "not a regular file");
    if (saved == EACCES &&
        fstatat(drop->pickup->maildrop, drop->name, &drop->status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(drop->status.st_mode) && (drop->status.st_mode & S_IXUSR) == 0)
        return unfinished(drop);
    if (saved != ENOENT)
        log_warning("maildrop/%s: %s", drop->name, strerror(saved));
    return DROP_LATER;
}

static enum drop_result open_file(struct drop *drop)
{
    drop->fd = openat(drop->pickup->maildrop, drop->name,
                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (drop->fd < 0 || fstat(drop->fd, &drop->status) != 0)
        return not_opened(drop);
    if (!S_ISREG(drop->status.st_mode))
        return bad(drop, "not a regular file");
    if (drop->status.st_nlink != 1)
        return bad(drop, "the file has several names");
    if ((drop->status.st_mode & S_IXUSR) == 0)
        return unfinished(drop);
    return DROP_DONE;
}

/* More octets behind those that are not used up. */
static bool read_more(struct drop *drop, bool *at_end_r)
{
    struct buf *input = &drop->pickup->input;
    char *room = buf_reserve(input, input->limit - input->len);
    ssize_t got;

    ASSERT(room != NULL && input->len < input->limit);
    do
        got = read(drop->fd, room, input->limit - input->len);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        log_warning("maildrop/%s: read: %s", drop->name, strerror(errno));
        return false;
    }
    buf_commit(input, (size_t)got);
    *at_end_r = got == 0;
    return true;
}

/* --- records ----------------------------------------------------------------------------------------- */

static void add_recipient(struct drop *drop, struct span value)
{
    if (drop->recipient_count == drop->recipient_capacity) {
        struct queue_recipient *old = drop->recipients;

        drop->recipient_capacity = 4 + 2 * drop->recipient_capacity;
        drop->recipients =
            arena_array(drop->pickup->arena, struct queue_recipient, drop->recipient_capacity);
        if (drop->recipient_count > 0)
            memcpy(drop->recipients, old, drop->recipient_count * sizeof(*old));
    }
    drop->recipients[drop->recipient_count++] = (struct queue_recipient){
        .address = arena_text(drop->pickup->arena, span_skip(value, 1)),
        .dsn_orcpt = drop->orcpt,
        .dsn_notify = (uint64_t)(value.data[0] - '@'),
    };
    drop->orcpt = NULL;
}

/* The reader lets none of them come twice. */
static void add_attribute(struct drop *drop, const char *name, const char *value)
{
    ASSERT(drop->request.attribute_count < ARRAY_LENGTH(drop->attributes));
    drop->request.attributes = drop->attributes;
    drop->attributes[drop->request.attribute_count++] = (struct queue_attribute){name, value};
}

static void note(struct drop *drop, const struct maildrop_record *record)
{
    const char *text = record->type == MAILDROP_CONTENT || record->type == MAILDROP_RECIPIENT
                           ? ""
                           : arena_text(drop->pickup->arena, record->value);

    switch (record->type) {
    case MAILDROP_SENDER:
        drop->request.sender = text;
        break;
    case MAILDROP_FULL_NAME:
        drop->request.full_name = text;
        break;
    case MAILDROP_ENVELOPE_ID:
        drop->request.dsn_envid = text;
        break;
    case MAILDROP_RETURN:
        drop->request.dsn_ret = text[0];
        break;
    case MAILDROP_BODY:
        if (text[0] == '8')
            drop->request.flags |= QUEUE_BODY_8BITMIME;
        break;
    case MAILDROP_GATEWAY:
        drop->request.rewrite_local = false;
        break;
    case MAILDROP_VERIFY:
        add_attribute(drop, QUEUE_ATTRIBUTE_VERIFY, "yes");
        break;
    case MAILDROP_TRACE:
        add_attribute(drop, QUEUE_ATTRIBUTE_TRACE, "yes");
        break;
    case MAILDROP_VERP:
        add_attribute(drop, QUEUE_ATTRIBUTE_VERP, text);
        break;
    case MAILDROP_ORCPT:
        drop->orcpt = text;
        break;
    case MAILDROP_RECIPIENT:
        add_recipient(drop, record->value);
        break;
    case MAILDROP_IS_VERSION:
    case MAILDROP_CONTENT:
    case MAILDROP_END:
        break;
    }
}

/* --- to cleanup -------------------------------------------------------------------------------------- */

static bool put_received(struct drop *drop, struct intake *intake, struct error *err)
{
    const struct config *config = drop->pickup->config;
    char date[DATE_TEXT_MAX];
    const char *received =
        arena_printf(drop->pickup->arena, "Received: by %s (%s, from userid %ld)\n\tid %s; %s\n",
                     config->myhostname, config->mail_name, (long)drop->status.st_uid,
                     drop->queue_id, date_format(drop->request.arrival.tv_sec, date));

    return intake_content(intake, span_text(received), err);
}

/* Cleanup has hung up in the middle of this message, which may be why: others are taken all the same. */
static enum drop_result report_trouble(const struct drop *drop, const struct error *err)
{
    log_warning("maildrop/%s: %s", drop->name, err->text);
    return DROP_LATER;
}

/* What begins with white space is a body: it does not go on with our Received field. */
static bool put_border(struct intake *intake, struct span content, struct error *err)
{
    bool is_body = content.len > 0 && (content.data[0] == ' ' || content.data[0] == '\t');

    return !is_body || intake_content(intake, SPAN_LITERAL("\n"), err);
}

/* Once sender and recipients are known. There may be room for a smaller message. */
static enum drop_result begin(struct drop *drop, struct span content, struct intake **intake_r)
{
    struct pickup *pickup = drop->pickup;
    struct error err = {0};

    *intake_r = intake_open(&pickup->cleanup, &drop->request, &drop->queue_id, &err);
    if (*intake_r == NULL) {
        (void)report_trouble(drop, &err);
        return err.number == ENOSPC ? DROP_LATER : DROP_STOP;
    }
    log_info("%s: uid=%ld from=<%s>", drop->queue_id, (long)drop->status.st_uid,
             address_quote(pickup->arena, drop->request.sender));
    if (!intake_recipients(*intake_r, drop->recipients, drop->recipient_count, &err) ||
        !put_received(drop, *intake_r, &err) || !put_border(*intake_r, content, &err))
        return report_trouble(drop, &err);
    return DROP_DONE;
}

static enum drop_result report_outcome(const struct drop *drop,
                                       const struct intake_outcome *outcome)
{
    if (outcome->committed)
        return DROP_DONE;
    log_warning("maildrop/%s: error writing %s: %s %s", drop->name, drop->queue_id, outcome->status,
                outcome->text);
    return outcome->status[0] == '5' ? bad(drop, "the message was refused for good") : DROP_LATER;
}

/* The next record; PARSE_INCOMPLETE: the file ends in the middle of one. False: read error. */
static bool next_record(struct drop *drop, struct maildrop_record *record_r,
                        enum parse_result *result_r)
{
    struct buf *input = &drop->pickup->input;
    bool at_end = false;

    for (;;) {
        struct cursor at = cursor_of(span_skip(buf_span(input), drop->used));

        *result_r = maildrop_next(&drop->reader, &at, record_r);
        drop->used = input->len - cursor_left(at);
        if (*result_r != PARSE_INCOMPLETE || at_end)
            return true;
        buf_remove(input, drop->used);
        drop->used = 0;
        if (!read_more(drop, &at_end))
            return false;
    }
}

/* Record after record; cleanup hears of the message when its envelope is known. */
static enum drop_result hand_in_records(struct drop *drop, struct intake **intake)
{
    struct maildrop_record record = {.type = MAILDROP_IS_VERSION};
    enum parse_result result;
    struct error err = {0};

    while (record.type != MAILDROP_END) {
        if (!next_record(drop, &record, &result))
            return DROP_LATER;
        if (result != PARSE_DONE)
            return bad(drop, "malformed message file");
        note(drop, &record);
        if (*intake == NULL && (record.type == MAILDROP_CONTENT || record.type == MAILDROP_END)) {
            enum drop_result begun = begin(drop, record.value, intake);

            if (begun != DROP_DONE)
                return begun;
        }
        if (record.type == MAILDROP_CONTENT && !intake_content(*intake, record.value, &err))
            return report_trouble(drop, &err);
    }
    return DROP_DONE;
}

/* The file ends where its message does. That it cannot be read there is no fault of its own. */
static enum drop_result expect_end(struct drop *drop)
{
    bool at_end = false;

    buf_remove(&drop->pickup->input, drop->used);
    if (drop->pickup->input.len == 0 && !read_more(drop, &at_end))
        return DROP_LATER;
    return at_end ? DROP_DONE : bad(drop, "something follows the end of the message");
}

static enum drop_result hand_in(struct drop *drop)
{
    struct intake *intake = NULL;
    struct intake_outcome outcome;
    struct error err = {0};
    enum drop_result result = hand_in_records(drop, &intake);

    if (result == DROP_DONE)
        result = expect_end(drop);
    if (result == DROP_DONE)
        result = intake_finish(intake, drop->pickup->arena, &outcome, &err)
                     ? report_outcome(drop, &outcome)
                     : report_trouble(drop, &err);
    intake_free(&intake);
    return result;
}

enum drop_result drop_hand_in(struct pickup *pickup, const char *name)
{
    struct drop drop = {.pickup = pickup, .name = name, .fd = -1};
    enum drop_result result = open_file(&drop);

    arena_reset(pickup->arena);
    buf_clear(&pickup->input);
    if (result == DROP_DONE) {
        drop.request = (struct intake_request){
            .service = pickup->config->cleanup_service_name,
            .origin = INTAKE_LOCAL,
            .rewrite_local = true,
            .overrides = intake_overrides(pickup->config->receive_override_options),
            .arrival = {drop.status.st_mtim.tv_sec, drop.status.st_mtim.tv_nsec / 1000},
            .size_hint = (uint64_t)drop.status.st_size,
        };
        if (pickup->config->content_filter[0] != '\0')
            add_attribute(&drop, QUEUE_ATTRIBUTE_FILTER, pickup->config->content_filter);
        result = hand_in(&drop);
    }
    fd_close(&drop.fd);
    return result;
}
