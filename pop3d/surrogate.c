/*
 * What goes out in place of headers that a client would not understand (RFC 6856 section 2.1), where an internationalized
 * message has them: its header is looked at, in its first few kilobytes nearly always.
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/file.h"
#include "lib/message/mime.h"
#include "lib/message/surrogate.h"

#define FIRST_LOOK  16384U /* octets: nearly all headers end within them */
#define HEADERS_MAX (1024U * 1024) /* of one message together: what we make of them is in memory */

static bool read_extent(const struct message_file *file, uint64_t start, size_t len,
                        struct buf *octets, struct error *err)
{
    char *room;

    buf_clear(octets);
    room = buf_reserve(octets, len);
    ASSERT(room != NULL);
    if (!pread_all(file->fd, room, len, (off_t)(file->offset + start))) {
        error_errno(err, "read a message");
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    buf_commit(octets, len);
    return true;
}

/* The header as it is, or its first HEADERS_MAX octets. */
static bool read_header(const struct message_file *file, struct buf *octets, struct span *header_r,
                        struct error *err)
{
    for (size_t look = FIRST_LOOK;; look *= 4) {
        size_t len = file->size < look ? (size_t)file->size : look;

        if (!read_extent(file, 0, len, octets, err))
            return false;
        *header_r = span_first(buf_span(octets), (size_t)mime_header_size(buf_span(octets)));
        if (header_r->len < len || len == file->size || len >= HEADERS_MAX)
            return true;
    }
}

static void replace(struct pop3_surrogate *surrogate, const struct mime_part *part,
                    struct span header)
{
    struct pop3_replacement *replacement = &surrogate->replacements[surrogate->count++];

    *replacement = (struct pop3_replacement){
        .start = part->header_start,
        .end = part->body_start,
        .text = surrogate->text.len,
    };
    surrogate_put_header(&surrogate->text, header);
    replacement->len = surrogate->text.len - replacement->text;
}

/* Of the message and its parts, in the order in which they stand there. */
static bool replace_headers(struct pop3_surrogate *surrogate, const struct message_file *file,
                            const struct message_metadata *metadata, struct buf *octets,
                            struct error *err)
{
    uint64_t done = 0, total = 0;

    surrogate->replacements =
        mem_alloc((metadata->part_count + 1) * sizeof(*surrogate->replacements));
    for (size_t i = 0; i < metadata->part_count; i++) {
        const struct mime_part *part = &metadata->parts[i];

        if (part->header_start < done || part->body_start > file->size)
            continue; /* another program changes the file */
        done = part->body_start;
        total += part->body_start - part->header_start;
        if (total > HEADERS_MAX) {
            error_set(err, ERROR_MALFORMED, "headers of more than %u octets", HEADERS_MAX);
            return false;
        }
        if (!read_extent(file, part->header_start, (size_t)(part->body_start - part->header_start),
                         octets, err))
            return false;
        if (surrogate_is_needed(buf_span(octets)))
            replace(surrogate, part, buf_span(octets));
    }
    return true;
}

static bool replace_by_structure(struct pop3_session *session, const struct pop3_message *message,
                                 const struct message_file *file, struct buf *octets,
                                 struct pop3_surrogate *surrogate, struct error *err)
{
    struct message_metadata metadata;
    bool done;

    if (!mailbox_begin_reading(session->mailbox, err))
        return false;
    done = mailbox_metadata(session->mailbox, message->index, WANT_BODYSTRUCTURE, NULL, &metadata,
                            err) &&
           replace_headers(surrogate, file, &metadata, octets, err);
    mailbox_end_reading(session->mailbox);
    return done;
}

/* --- is it needed? --------------------------------------------------------------------------------------- */

static bool find_need(const struct message_file *file, struct buf *octets, bool *is_needed_r,
                      struct error *err)
{
    struct span header;

    if (!read_header(file, octets, &header, err))
        return false;
    *is_needed_r = surrogate_is_due(header);
    return true;
}

bool pop3_surrogate_make(struct pop3_session *session, const struct pop3_message *message,
                         const struct message_file *file, struct pop3_surrogate *surrogate_r,
                         struct error *err)
{
    struct buf octets = BUF(HEADERS_MAX);
    bool made, is_needed;

    *surrogate_r = (struct pop3_surrogate){.text = BUF(BUF_UNLIMITED)};
    made = find_need(file, &octets, &is_needed, err) &&
           (!is_needed || replace_by_structure(session, message, file, &octets, surrogate_r, err));
    buf_release(&octets);
    if (!made)
        pop3_surrogate_release(surrogate_r);
    return made;
}

void pop3_surrogate_release(struct pop3_surrogate *surrogate)
{
    mem_free(surrogate->replacements);
    buf_release(&surrogate->text);
    surrogate->replacements = NULL;
    surrogate->count = 0;
}
