/*
 * Prefix and message in large blocks, for the Maildir and the mbox writer. A message of ordinary size
 * is one block: one read and one write.
 */
#include "lib/delivery/content.h"

#include "lib/base/file.h"

static bool read_at(int file, char *octets, size_t len, uint64_t at, struct error *err)
{
    if (pread_all(file, octets, len, (off_t)at))
        return true;
    if (errno == 0)
        error_set(err, ERROR_TEMPORARY, "the message is shorter than announced");
    else
        error_errno(err, "read the message");
    return false;
}

bool delivery_content_next(struct delivery_reader *reader, struct span *block_r, struct error *err)
{
    const struct delivery_content *content = reader->content;
    uint64_t left = content->prefix.len + content->size - reader->done;
    size_t size = left < DELIVERY_BLOCK_MAX ? (size_t)left : DELIVERY_BLOCK_MAX;
    size_t len = 0;

    if (reader->block == NULL)
        reader->block = mem_alloc(size + 1);
    if (reader->done < content->prefix.len) {
        struct span rest = span_first(span_skip(content->prefix, (size_t)reader->done), size);
        memcpy(reader->block, rest.data, rest.len);
        len = rest.len;
    }
    if (len < size) {
        uint64_t at = content->offset + reader->done + len - content->prefix.len;

        if (!read_at(content->file, reader->block + len, size - len, at, err))
            return false;
    }
    reader->done += size;
    *block_r = span_of(reader->block, size);
    return true;
}

void delivery_reader_release(struct delivery_reader *reader)
{
    mem_free(reader->block);
    reader->block = NULL;
}

/* The fields of a block behind the first `known`, until it or the header ends. */
static enum parse_result visit_fields(struct span block, bool is_whole, size_t *known,
                                      delivery_header_visit *visit, void *context)
{
    struct cursor at = cursor_of(block);
    struct header_field field;
    enum parse_result result;

    for (size_t i = 0; (result = header_next(&at, is_whole, &field)) == PARSE_DONE; i++) {
        if (i < *known)
            continue;
        visit(context, field);
        (*known)++;
    }
    return result;
}

/* More of the message is read until its header block has ended. */
bool delivery_header_walk(int file, uint64_t offset, uint64_t size, delivery_header_visit *visit,
                          void *context, struct error *err)
{
    enum parse_result result = PARSE_INCOMPLETE;
    bool good = true;
    size_t known = 0;

    for (size_t room = 8192; good && result == PARSE_INCOMPLETE && room <= DELIVERY_HEADER_MAX;
         room *= 4) {
        const bool is_whole = size <= room;
        const size_t len = is_whole ? (size_t)size : room;
        char *block = mem_alloc(len + 1);

        good = read_at(file, block, len, offset, err);
        if (good)
            result = visit_fields(span_of(block, len), is_whole, &known, visit, context);
        mem_free(block);
    }
    return good;
}
