/*
 * Writing of queue files. One buffer holds header, content and envelope of a small message, which
 * therefore costs one write; a larger message goes to its file in large pieces, the header last.
 */
#include "lib/queue/queue_file.h"

#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/queue/content_flags.h"
#include "lib/queue/layout.h"
#include "lib/queue/queue_id.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_SIZE ((size_t)128 * 1024) /* of header and content before the file is needed */

struct queue_writer {
    int queue_directory;
    const struct config *config;
    struct queue_id_source ids;

    /* The message: */
    char id[QUEUE_ID_MAX]; /* "" when none was begun */
    int directory;         /* where its file is; -1 as long as everything is in the buffer, */
    int fd;                /* like this */
    uint64_t content_size;
    uint32_t content_crc;
    struct content_flags content;
    struct buf buffer; /* what is not yet in the file; starts as the file does, with a header */
};

struct queue_writer *queue_writer_create(int queue_directory, const struct config *config)
{
    struct queue_writer *writer = mem_new(struct queue_writer);

    writer->queue_directory = queue_directory;
    writer->config = config;
    writer->directory = -1;
    writer->fd = -1;
    writer->buffer = BUF(BUFFER_SIZE + QUEUE_ENVELOPE_MAX + QUEUE_RECIPIENTS_MAX);
    return writer;
}

void queue_writer_free(struct queue_writer **writer)
{
    if (*writer == NULL)
        return;
    queue_writer_abandon(*writer);
    buf_release(&(*writer)->buffer);
    mem_free(*writer);
    *writer = NULL;
}

void queue_writer_abandon(struct queue_writer *writer)
{
    if (writer->fd >= 0 && unlinkat(writer->directory, writer->id, 0) != 0 && errno != ENOENT)
        log_warning("remove unfinished queue file %s: %s", writer->id, strerror(errno));
    fd_close(&writer->fd);
    fd_close(&writer->directory);
    writer->id[0] = '\0';
}

void queue_writer_begin(struct queue_writer *writer)
{
    static const struct layout_header no_header;

    queue_writer_abandon(writer);
    queue_id_make(&writer->ids, writer->config->enable_long_queue_ids, writer->id);
    writer->content_size = 0;
    writer->content_crc = (uint32_t)crc32(0, NULL, 0);
    writer->content = (struct content_flags){0};
    buf_clear(&writer->buffer);
    buf_put(&writer->buffer, span_of(&no_header, sizeof(no_header)));
}

const char *queue_writer_id(const struct queue_writer *writer)
{
    return writer->id;
}

uint64_t queue_writer_content_size(const struct queue_writer *writer)
{
    return writer->content_size;
}

/* --- content --------------------------------------------------------------------------------------- */

static bool create_file(struct queue_writer *writer, struct error *err)
{
    writer->directory =
        queue_open_directory(writer->queue_directory, writer->config, "incoming", writer->id, err);
    if (writer->directory >= 0) {
        writer->fd =
            openat(writer->directory, writer->id, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        if (writer->fd >= 0)
            return true;
        error_errno(err, "create queue file %s", writer->id);
    }
    err->kind = ERROR_TEMPORARY; /* whatever it is, the message itself is not at fault */
    return false;
}

static bool write_out(struct queue_writer *writer, struct span octets, struct error *err)
{
    if (writer->fd < 0 && !create_file(writer, err))
        return false;
    if (write_all(writer->fd, octets))
        return true;
    error_errno(err, "write queue file %s", writer->id);
    err->kind = ERROR_TEMPORARY;
    return false;
}

bool queue_writer_content(struct queue_writer *writer, struct span octets, struct error *err)
{
    ASSERT(writer->id[0] != '\0');
    if (octets.len == 0)
        return true;
    writer->content_size += octets.len;
    writer->content_crc =
        (uint32_t)crc32_z(writer->content_crc, (const unsigned char *)octets.data, octets.len);
    content_flags_add(&writer->content, octets);
    if (octets.len <= BUFFER_SIZE - writer->buffer.len) {
        buf_put(&writer->buffer, octets);
        return true;
    }
    /* What waits goes first. */
    if (!write_out(writer, buf_span(&writer->buffer), err))
        return false;
    buf_clear(&writer->buffer);
    if (octets.len > BUFFER_SIZE / 2)
        return write_out(writer, octets, err);
    buf_put(&writer->buffer, octets);
    return true;
}

/* --- envelope and header ------------------------------------------------------------------------- */

/* Into buffer: the envelope as layout.h has it. False past QUEUE_ENVELOPE_MAX. */
static bool put_text(struct buf *to, const char *text)
{
    unsigned char len[4];
    size_t octets = text == NULL ? 0 : strlen(text);

    if (octets > QUEUE_ENVELOPE_MAX)
        return false;
    layout_put_u32(len, (uint32_t)octets);
    return buf_append(to, len, sizeof(len)) && buf_append(to, text == NULL ? "" : text, octets + 1);
}

static bool put_recipient(struct buf *to, const struct queue_recipient *recipient)
{
    return put_text(to, recipient->address) && put_text(to, recipient->original) &&
           put_text(to, recipient->dsn_orcpt) && buf_append_char(to, (char)recipient->dsn_notify);
}

static bool put_envelope(struct buf *to, const struct queue_envelope *envelope)
{
    size_t start = to->len;
    bool fits = put_text(to, envelope->sender) && put_text(to, envelope->dsn_envid);

    for (size_t i = 0; fits && i < envelope->attribute_count; i++)
        fits = put_text(to, envelope->attributes[i].name) &&
               put_text(to, envelope->attributes[i].value);
    for (size_t i = 0; fits && i < envelope->recipient_count; i++)
        fits = put_recipient(to, &envelope->recipients[i]);
    return fits && to->len - start <= QUEUE_ENVELOPE_MAX;
}

static bool put_status(struct buf *to, const struct queue_envelope *envelope)
{
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        if (!buf_append_char(to, RECIPIENT_PENDING))
            return false;
    }
    return true;
}

static struct layout_header make_header(const struct queue_writer *writer,
                                        const struct queue_envelope *envelope, struct span octets)
{
    struct layout_header header = {.magic = LAYOUT_MAGIC,
                                   .dsn_ret = (unsigned char)envelope->dsn_ret};
    int64_t arrival_us = (int64_t)envelope->arrival.tv_sec * 1000000 + envelope->arrival.tv_usec;

    layout_put_u32(header.version, LAYOUT_VERSION);
    layout_put_u32(header.flags, envelope->flags);
    layout_put_u64(header.arrival_us, (uint64_t)arrival_us);
    layout_put_u64(header.content_offset, envelope->content_offset);
    layout_put_u64(header.content_size, envelope->content_size);
    layout_put_u64(header.envelope_offset, envelope->content_offset + envelope->content_size);
    layout_put_u64(header.envelope_size, octets.len);
    layout_put_u32(header.attribute_count, (uint32_t)envelope->attribute_count);
    layout_put_u32(header.recipient_count, (uint32_t)envelope->recipient_count);
    layout_put_u32(header.content_crc, writer->content_crc);
    layout_put_u32(header.envelope_crc,
                   (uint32_t)crc32_z(0, (const unsigned char *)octets.data, octets.len));
    layout_put_u32(header.header_crc,
                   (uint32_t)crc32_z(0, header.magic, offsetof(struct layout_header, header_crc)));
    return header;
}

/* --- the end --------------------------------------------------------------------------------------- */

/* Everything that is not yet in the file, and the header, which makes it a queue file. */
static bool write_rest(struct queue_writer *writer, const struct queue_envelope *envelope,
                       struct error *err)
{
    struct buf *buffer = &writer->buffer;
    size_t start = buffer->len;
    struct layout_header header;

    if (envelope->recipient_count > QUEUE_RECIPIENTS_MAX || !put_envelope(buffer, envelope)) {
        error_set(err, ERROR_PERMANENT, "queue file %s: the envelope is too large", writer->id);
        return false;
    }
    header = make_header(writer, envelope, span_skip(buf_span(buffer), start));
    if (!put_status(buffer, envelope)) {
        error_set(err, ERROR_PERMANENT, "queue file %s: the envelope is too large", writer->id);
        return false;
    }
    if (writer->fd < 0) {
        memcpy(buffer->data, &header, sizeof(header));
        return write_out(writer, buf_span(buffer), err);
    }
    if (!write_out(writer, buf_span(buffer), err))
        return false;
    if (pwrite_all(writer->fd, &header, sizeof(header), 0))
        return true;
    error_errno(err, "write the header of queue file %s", writer->id);
    err->kind = ERROR_TEMPORARY;
    return false;
}

/* The mode says that the file is whole; durable with file and directory. */
static bool make_durable(struct queue_writer *writer, mode_t mode, struct error *err)
{
    if (fchmod(writer->fd, mode) == 0 && fsync(writer->fd) == 0 && fsync(writer->directory) == 0)
        return true;
    error_errno(err, "sync queue file %s", writer->id);
    err->kind = ERROR_TEMPORARY;
    return false;
}

static bool write_all_of_it(struct queue_writer *writer, struct queue_envelope *envelope,
                            struct error *err)
{
    ASSERT(writer->id[0] != '\0');
    envelope->content_offset = sizeof(struct layout_header);
    envelope->content_size = writer->content_size;
    envelope->flags |= writer->content.flags;
    return write_rest(writer, envelope, err);
}

bool queue_writer_commit(struct queue_writer *writer, struct queue_envelope *envelope, int *fd_r,
                         struct error *err)
{
    if (!write_all_of_it(writer, envelope, err) || !make_durable(writer, 0700, err)) {
        queue_writer_abandon(writer);
        return false;
    }
    *fd_r = writer->fd;
    writer->fd = -1;
    fd_close(&writer->directory);
    writer->id[0] = '\0';
    return true;
}

/* Whole before it is moved, so that nothing unfinished ever lies in hold; but with a mode by which it is no message in
 * incoming yet: if we end in between, it goes as what was never accepted. */
bool queue_writer_hold(struct queue_writer *writer, struct queue_envelope *envelope,
                       struct error *err)
{
    const int queues = writer->queue_directory;
    const struct config *config = writer->config;
    bool written = write_all_of_it(writer, envelope, err);
    bool moved = written && make_durable(writer, 0700 | QUEUE_MODE_HOLD, err) &&
                 queue_move(queues, config, writer->id, "incoming", "hold", err);
    bool held = moved && queue_sync_entry(queues, config, "hold", writer->id, err);

    if (written && !held)
        err->kind = ERROR_TEMPORARY; /* whatever it is, the message itself is not at fault */
    if (held)
        (void)!fchmod(writer->fd, 0700); /* where it lies says so now */
    if (moved) {
        struct error ignored;

        if (!held && !queue_remove(queues, config, "hold", writer->id, &ignored))
            log_warning("%s", ignored.text);
        fd_close(&writer->fd);
        writer->id[0] = '\0';
    }
    queue_writer_abandon(writer);
    return held;
}
