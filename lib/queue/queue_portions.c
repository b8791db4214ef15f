/* Portions of recipients. Windows on the file, which move over it: one on texts, and one on status octets,
 * which stand behind all texts. */
#include "lib/queue/queue_portions.h"

#include "lib/queue/reader_internal.h"

#include <zlib.h>

#define WINDOW_MAX    ((size_t)64 * 1024) /* larger only for a text that does not fit */
#define STATUS_WINDOW ((size_t)4096)

struct window {
    char *octets;
    size_t capacity;
    uint64_t offset; /* of the first one in the file */
    size_t len;
};

struct queue_reader {
    uint64_t opened; /* files so far; */
    uint64_t shown;  /* whose octets are in the windows */
    struct window texts, statuses;
};

struct queue_reader *queue_reader_create(void)
{
    struct queue_reader *reader = mem_new(struct queue_reader);

    reader->texts.capacity = WINDOW_MAX;
    reader->texts.octets = mem_alloc(reader->texts.capacity);
    reader->statuses.capacity = STATUS_WINDOW;
    reader->statuses.octets = mem_alloc(reader->statuses.capacity);
    return reader;
}

void queue_reader_free(struct queue_reader **reader)
{
    if (*reader == NULL)
        return;
    mem_free((*reader)->texts.octets);
    mem_free((*reader)->statuses.octets);
    mem_free(*reader);
    *reader = NULL;
}

/* --- windows ---------------------------------------------------------------------------------------------- */

/* What the window shows from an offset on, up to another one. */
static struct span view(const struct window *window, uint64_t from, uint64_t to)
{
    size_t start, len;

    if (from < window->offset || from >= window->offset + window->len || from >= to)
        return span_of("", 0);
    start = (size_t)(from - window->offset);
    len = window->len - start;
    return span_of(window->octets + start, to - from < len ? (size_t)(to - from) : len);
}

/* The window begins at `from`, and is as wide as it can be; wider than before if it began there already. */
static bool move_window(struct window *window, int fd, uint64_t from, uint64_t to,
                        struct error *err)
{
    size_t wanted;

    if (from == window->offset && window->len == window->capacity) {
        window->capacity *= 2;
        window->octets = mem_resize(window->octets, window->capacity, 1);
    }
    wanted = to - from < window->capacity ? (size_t)(to - from) : window->capacity;
    window->offset = from;
    window->len = 0;
    if (!reader_read(fd, window->octets, wanted, from, &window->len, err))
        return false;
    return window->len == wanted || reader_malformed(err, "it is too short");
}

static void narrow(struct window *window)
{
    window->len = 0;
    if (window->capacity == WINDOW_MAX)
        return;
    window->capacity = WINDOW_MAX;
    window->octets = mem_resize(window->octets, window->capacity, 1);
}

/* Is all of the rest in view, and still something is missing? */
static bool is_cut_short(struct span in_view, uint64_t from, uint64_t to, struct error *err)
{
    return in_view.len == to - from && !reader_malformed(err, "the envelope makes no sense");
}

/* --- recipients --------------------------------------------------------------------------------------------- */

static bool next_status(struct queue_reader *reader, int fd, const struct queue_position *position,
                        enum recipient_status *status_r, struct error *err)
{
    const uint64_t from = position->end + position->next;
    const uint64_t to = position->end + position->count;
    struct span status = view(&reader->texts, from, to);

    if (status.len == 0)
        status = view(&reader->statuses, from, to);
    if (status.len == 0) {
        reader->statuses.len = 0;
        if (!move_window(&reader->statuses, fd, from, to, err))
            return false;
        status = view(&reader->statuses, from, to);
    }
    return reader_take_status(status.data[0], status_r) ||
           reader_malformed(err, "the envelope makes no sense");
}

/* The next recipient, whatever his status; the texts are in the window. */
static bool next_recipient(struct queue_reader *reader, int fd, struct queue_position *position,
                           struct queue_recipient *recipient_r, struct error *err)
{
    if (!next_status(reader, fd, position, &recipient_r->status, err))
        return false;
    while (true) {
        struct span in_view = view(&reader->texts, position->offset, position->end);
        struct cursor at = cursor_of(in_view);

        if (reader_take_recipient(&at, recipient_r)) {
            recipient_r->status_offset = queue_position_status_offset(position, position->next);
            position->offset += in_view.len - cursor_left(at);
            position->next++;
            return true;
        }
        if (is_cut_short(in_view, position->offset, position->end, err) ||
            !move_window(&reader->texts, fd, position->offset, position->end, err))
            return false;
    }
}

uint64_t queue_position_status_offset(const struct queue_position *position, size_t place)
{
    return position->end + place;
}

bool queue_reader_next(struct queue_reader *reader, int fd, struct queue_position *position,
                       struct arena *arena, size_t limit, struct queue_recipient *recipients_r,
                       size_t *count_r, struct error *err)
{
    *count_r = 0;
    if (position->opened != reader->shown) {
        reader->texts.len = reader->statuses.len = 0;
        reader->shown = position->opened;
    }
    while (*count_r < limit && position->pending > 0) {
        struct queue_recipient *recipient = &recipients_r[*count_r];

        if (position->next == position->count)
            return reader_malformed(err, "the status of recipients has changed");
        if (!next_recipient(reader, fd, position, recipient, err))
            return false;
        if (recipient->status == RECIPIENT_DONE)
            continue;
        recipient->address = arena_copy(arena, recipient->address);
        recipient->original = arena_copy(arena, recipient->original);
        recipient->dsn_orcpt = arena_copy(arena, recipient->dsn_orcpt);
        position->pending--;
        (*count_r)++;
    }
    return true;
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

/* Octets that are in view already are not read again. */
static bool envelope_is_whole(struct queue_reader *reader, int fd, const struct layout *layout,
                              struct error *err)
{
    const uint64_t end = layout->envelope_offset + layout->envelope_size;
    uint64_t at = layout->envelope_offset;
    uint32_t crc = 0;

    while (at < end) {
        struct span octets = view(&reader->texts, at, end);

        if (octets.len == 0) {
            if (!move_window(&reader->texts, fd, at, end, err))
                return false;
            continue;
        }
        crc = (uint32_t)crc32_z(crc, (const unsigned char *)octets.data, octets.len);
        at += octets.len;
    }
    return crc == layout->envelope_crc || reader_malformed(err, "the envelope is damaged");
}

/* What stands before the recipients, in the arena. */
static bool read_head(struct queue_reader *reader, int fd, struct arena *arena,
                      struct queue_envelope *envelope, struct queue_position *position,
                      struct error *err)
{
    envelope->attributes = arena_array(arena, struct queue_attribute, envelope->attribute_count);
    while (true) {
        struct span in_view = view(&reader->texts, position->offset, position->end);
        struct cursor at = cursor_of(in_view);
        size_t size;

        if (reader_take_head(&at, envelope)) {
            size = in_view.len - cursor_left(at);
            at = cursor_of(span_of(memcpy(arena_alloc(arena, size), in_view.data, size), size));
            position->offset += size;
            return reader_take_head(&at, envelope);
        }
        if (is_cut_short(in_view, position->offset, position->end, err) ||
            !move_window(&reader->texts, fd, position->offset, position->end, err))
            return false;
    }
}

/* Each recipient is looked at, so that what is read later can be believed. */
static bool count_recipients(struct queue_reader *reader, int fd, struct queue_position *position,
                             struct error *err)
{
    struct queue_position at = *position;

    while (at.next < at.count) {
        struct queue_recipient recipient;
        if (!next_recipient(reader, fd, &at, &recipient, err))
            return false;
        position->pending += recipient.status != RECIPIENT_DONE;
    }
    return at.offset == at.end || reader_malformed(err, "the envelope makes no sense");
}

bool queue_reader_open(struct queue_reader *reader, int fd, struct arena *arena,
                       struct queue_envelope *envelope_r, struct queue_position *position_r,
                       struct error *err)
{
    struct layout layout;

    reader->shown = ++reader->opened;
    reader->statuses.len = 0;
    narrow(&reader->texts);
    reader->texts.offset = 0;
    if (!reader_layout(fd, reader->texts.octets, &reader->texts.len, &layout, err))
        return false;
    *envelope_r = reader_envelope(&layout);
    *position_r = (struct queue_position){
        .opened = reader->opened,
        .offset = layout.envelope_offset,
        .end = layout.envelope_offset + layout.envelope_size,
        .count = layout.recipient_count,
    };
    return envelope_is_whole(reader, fd, &layout, err) &&
           read_head(reader, fd, arena, envelope_r, position_r, err) &&
           count_recipients(reader, fd, position_r, err);
}
