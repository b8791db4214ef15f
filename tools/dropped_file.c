/* Files of maildrop/ (tools/dropped_file.h). */
#include "lib/base/base.h"

#include "tools/dropped_file.h"

#include "lib/queue/maildrop.h"

#include <sys/stat.h>
#include <unistd.h>

#define INPUT_SIZE ((size_t)4 * MAILDROP_RECORD_MAX)

struct dropped {
    int file;
    struct arena *arena;
    struct queue_envelope *envelope;
    size_t recipient_capacity;
    const char *orcpt; /* of the next recipient */
    struct buf input;
    size_t used;     /* octets of it that are done with */
    uint64_t offset; /* in the file, of its first octet */
};

bool dropped_file_is(int file)
{
    static const unsigned char start[] = {MAILDROP_IS_VERSION, sizeof(MAILDROP_VERSION) - 1, 0, 0,
                                          0};
    unsigned char octets[sizeof(start)];

    return pread(file, octets, sizeof(octets), 0) == (ssize_t)sizeof(octets) &&
           memcmp(octets, start, sizeof(start)) == 0;
}

/* --- records ------------------------------------------------------------------------------------------------- */

static void add_recipient(struct dropped *dropped, struct span value, uint64_t offset)
{
    struct queue_envelope *envelope = dropped->envelope;

    if (envelope->recipient_count == dropped->recipient_capacity) {
        struct queue_recipient *old = envelope->recipients;

        dropped->recipient_capacity = 4 + 2 * dropped->recipient_capacity;
        envelope->recipients =
            arena_array(dropped->arena, struct queue_recipient, dropped->recipient_capacity);
        if (envelope->recipient_count > 0)
            memcpy(envelope->recipients, old, envelope->recipient_count * sizeof(*old));
    }
    envelope->recipients[envelope->recipient_count++] = (struct queue_recipient){
        .address = arena_text(dropped->arena, span_skip(value, 1)),
        .original = "",
        .dsn_orcpt = dropped->orcpt,
        .dsn_notify = (uint64_t)(value.data[0] - '@'),
        .status = RECIPIENT_PENDING,
        .status_offset = offset,
    };
    dropped->orcpt = "";
}

/* The reader lets none of them come twice, and there are fewer kinds of them than room. */
static void add_attribute(struct dropped *dropped, const char *name, const char *value)
{
    dropped->envelope->attributes[dropped->envelope->attribute_count++] =
        (struct queue_attribute){name, value};
}

static bool note(struct dropped *dropped, const struct maildrop_record *record, uint64_t offset,
                 FILE *content)
{
    struct queue_envelope *envelope = dropped->envelope;
    const char *text = record->type == MAILDROP_CONTENT || record->type == MAILDROP_RECIPIENT
                           ? ""
                           : arena_text(dropped->arena, record->value);

    switch (record->type) {
    case MAILDROP_SENDER:
        envelope->sender = text;
        break;
    case MAILDROP_FULL_NAME:
        add_attribute(dropped, DROPPED_FULL_NAME, text);
        break;
    case MAILDROP_ENVELOPE_ID:
        envelope->dsn_envid = text;
        break;
    case MAILDROP_RETURN:
        envelope->dsn_ret = text[0];
        break;
    case MAILDROP_BODY:
        add_attribute(dropped, "encoding", text);
        break;
    case MAILDROP_GATEWAY:
        add_attribute(dropped, "rewrite_context", "remote");
        break;
    case MAILDROP_VERIFY:
        add_attribute(dropped, QUEUE_ATTRIBUTE_VERIFY, "yes");
        break;
    case MAILDROP_TRACE:
        add_attribute(dropped, QUEUE_ATTRIBUTE_TRACE, "yes");
        break;
    case MAILDROP_VERP:
        add_attribute(dropped, QUEUE_ATTRIBUTE_VERP, text);
        break;
    case MAILDROP_ORCPT:
        dropped->orcpt = text;
        break;
    case MAILDROP_RECIPIENT:
        add_recipient(dropped, record->value, offset);
        break;
    case MAILDROP_CONTENT:
        envelope->content_size += record->value.len;
        return fwrite(record->value.data, 1, record->value.len, content) == record->value.len;
    case MAILDROP_IS_VERSION:
    case MAILDROP_END:
        break;
    }
    return true;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

/* False: there is no more, or an error. */
static bool read_more(struct dropped *dropped, struct error *err)
{
    char *room;
    ssize_t got;

    buf_remove(&dropped->input, dropped->used);
    dropped->offset += dropped->used;
    dropped->used = 0;
    room = buf_reserve(&dropped->input, INPUT_SIZE - dropped->input.len);
    if (room == NULL)
        return false;
    do
        got = read(dropped->file, room, INPUT_SIZE - dropped->input.len);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        buf_commit(&dropped->input, (size_t)got);
    else if (got < 0)
        error_errno(err, "read the message file");
    return got > 0;
}

static bool read_records(struct dropped *dropped, FILE *content, struct error *err)
{
    struct maildrop_reader reader = {0};
    struct maildrop_record record = {.type = MAILDROP_IS_VERSION};

    while (record.type != MAILDROP_END) {
        struct span rest = span_skip(buf_span(&dropped->input), dropped->used);
        uint64_t offset = dropped->offset + dropped->used;
        struct cursor at = cursor_of(rest);
        enum parse_result result = maildrop_next(&reader, &at, &record);

        if (result == PARSE_INCOMPLETE && read_more(dropped, err))
            continue;
        if (result != PARSE_DONE && err->kind == ERROR_NONE)
            error_set(err, ERROR_MALFORMED, "malformed message file");
        if (result != PARSE_DONE)
            return false;
        dropped->used += rest.len - cursor_left(at);
        if (!note(dropped, &record, offset, content)) {
            error_errno(err, "write a temporary file");
            return false;
        }
    }
    return true;
}

bool dropped_file_read(int file, struct arena *arena, struct queue_envelope *envelope_r,
                       FILE *content, struct error *err)
{
    struct dropped dropped = {
        .file = file,
        .arena = arena,
        .envelope = envelope_r,
        .orcpt = "",
        .input = BUF(INPUT_SIZE),
    };
    struct stat status;
    bool done;

    error_clear(err);
    *envelope_r = (struct queue_envelope){
        .sender = "", .dsn_envid = "", .attributes = arena_array(arena, struct queue_attribute, 8)};
    if (fstat(file, &status) == 0)
        envelope_r->arrival.tv_sec = status.st_mtime;
    done = read_records(&dropped, content, err);
    if (done && fflush(content) != 0) {
        error_errno(err, "write a temporary file");
        done = false;
    }
    buf_release(&dropped.input);
    return done;
}
