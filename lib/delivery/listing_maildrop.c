/* Listing what was handed in and not yet picked up: records of maildrop/ instead of queue files. */
#include "lib/base/base.h"

#include "lib/delivery/listing_internal.h"

#include "lib/queue/maildrop.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Append the next octets of the file; false: there are none, or there is no room for more. */
static bool read_more(int fd, struct buf *content)
{
    char *to = buf_reserve(content, MAILDROP_RECORD_MAX);
    ssize_t got;

    if (to == NULL)
        return false;
    do
        got = read(fd, to, MAILDROP_RECORD_MAX);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        buf_commit(content, (size_t)got);
    return got > 0;
}

static void take_record(const struct listing_walk *walk, const struct maildrop_record *record,
                        struct listing_entry *entry)
{
    if (record->type == MAILDROP_SENDER) {
        entry->sender = arena_text(walk->arena, record->value);
    } else if (record->type == MAILDROP_RECIPIENT && record->value.len > 0) {
        entry->recipients[entry->recipient_count++] = (struct listing_recipient){
            .address = arena_text(walk->arena, span_skip(record->value, 1)),
            .reason = "",
            .original = "",
        };
    }
}

/* As many recipients as its size allows for: a record is not shorter than this. */
static size_t most_recipients(uint64_t size)
{
    uint64_t most = size / 7;

    return most < QUEUE_RECIPIENTS_MAX ? (size_t)most : QUEUE_RECIPIENTS_MAX;
}

/* Up to its content; false: this is no message. */
static bool read_envelope(const struct listing_walk *walk, int fd, struct listing_entry *entry)
{
    size_t most = most_recipients(entry->size);
    struct buf content = BUF(QUEUE_ENVELOPE_MAX);
    struct maildrop_reader reader = {0};
    struct maildrop_record record = {.type = MAILDROP_IS_VERSION};
    enum parse_result result = PARSE_DONE;
    size_t used = 0;

    entry->recipients = arena_array(walk->arena, struct listing_recipient, most);
    while (result == PARSE_DONE && record.type != MAILDROP_CONTENT && record.type != MAILDROP_END) {
        struct span rest = span_skip(buf_span(&content), used);
        struct cursor at = cursor_of(rest);

        result = maildrop_next(&reader, &at, &record);
        if (result == PARSE_INCOMPLETE && read_more(fd, &content)) {
            result = PARSE_DONE;
            record.type = MAILDROP_IS_VERSION;
            continue;
        }
        if (result != PARSE_DONE || entry->recipient_count == most)
            break;
        used += rest.len - cursor_left(at);
        take_record(walk, &record, entry);
    }
    buf_release(&content);
    return result == PARSE_DONE && entry->sender != NULL;
}

bool listing_maildrop_file(const struct listing_walk *walk, const char *queue_id, const char *path,
                           struct error *err)
{
    int fd = openat(walk->queue_directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct listing_entry entry = {.queue = "maildrop", .queue_id = queue_id};
    struct stat status;
    bool good;

    if (fd == -1)
        return true; /* gone meanwhile */
    good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IXUSR) != 0;
    if (good) {
        entry.arrival_s = (uint64_t)status.st_mtime;
        entry.size = (uint64_t)status.st_size;
        good = read_envelope(walk, fd, &entry);
    }
    fd_close(&fd);
    if (!good)
        return true; /* still being written, or pickup's business */
    return listing_hand_out(walk, &entry, err);
}

/* Who may not read the directory sees what is behind it all the same. */
bool listing_maildrop(const struct listing_walk *walk, struct error *err)
{
    struct error unreadable;
    struct queue_scan *scan = queue_scan_open(walk->queue_directory, "maildrop", &unreadable);
    char queue_id[QUEUE_ID_MAX];
    bool good = true;

    if (scan == NULL)
        return true;
    while (good && queue_scan_next(scan, queue_id, err)) {
        good = listing_maildrop_file(walk, queue_id, queue_scan_path(scan), err);
        arena_reset(walk->arena);
    }
    queue_scan_close(&scan);
    return good && err->kind == ERROR_NONE;
}
