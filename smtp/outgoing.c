/* Content as it leaves: octets in memory, then those of the file. */
#include "smtp/outgoing.h"

#include "lib/base/file.h"
#include "lib/queue/content_flags.h"

bool outgoing_read(const struct outgoing *outgoing, char *octets, size_t len, uint64_t offset)
{
    const struct delivery_request *request = &outgoing->request;
    size_t header = outgoing->header.len;
    struct span ready =
        offset < header ? span_first(span_skip(outgoing->header, (size_t)offset), len) : SPAN_EMPTY;
    uint64_t from = request->content_offset + outgoing->replaced + offset + ready.len - header;

    if (ready.len > 0)
        memcpy(octets, ready.data, ready.len);
    return len == ready.len ||
           pread_all(request->queue_file, octets + ready.len, len - ready.len, (off_t)from);
}

/* The new octets may have what the old ones had not: 8 bits, long lines. */
void outgoing_replace(struct outgoing *outgoing, uint64_t replaced, struct span octets)
{
    struct delivery_request *request = &outgoing->request;
    struct span rest = replaced < outgoing->header.len
                           ? span_skip(outgoing->header, (size_t)replaced)
                           : SPAN_EMPTY;
    size_t len = octets.len + rest.len;
    char *text = arena_alloc(request->arena, len + 1);
    struct content_flags flags = {0};

    if (octets.len > 0)
        memcpy(text, octets.data, octets.len);
    if (rest.len > 0)
        memcpy(text + octets.len, rest.data, rest.len);
    if (replaced > outgoing->header.len)
        outgoing->replaced += replaced - outgoing->header.len;
    outgoing->header = span_of(text, len);
    request->content_size += octets.len;
    request->content_size -= replaced;
    content_flags_add(&flags, octets);
    request->flags |= flags.flags;
}
