/*
 * Prefix and message in large blocks, for the Maildir and the mbox writer. A message of ordinary size
 * is one block: one read and one write.
 */
#include "lib/base/base.h"

#include "lib/delivery/content.h"

#include "lib/base/file.h"

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
        if (!pread_all(content->file, reader->block + len, size - len, (off_t)at)) {
            if (errno == 0)
                error_set(err, ERROR_TEMPORARY, "the message is shorter than announced");
            else
                error_errno(err, "read the message");
            return false;
        }
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
