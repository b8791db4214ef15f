/* Flags of content. */
#include "lib/queue/content_flags.h"

#define LINE_MAX_SMTP 998 /* RFC 5321 section 4.5.3.1.6, without CRLF */

/* Eight octets at a time; the compiler makes it sixteen or more. */
static bool has_eight_bit(struct span block)
{
    uint64_t all = 0;
    size_t i = 0;

    for (; i + sizeof(all) <= block.len; i += sizeof(all)) {
        uint64_t word;
        memcpy(&word, block.data + i, sizeof(word));
        all |= word;
    }
    for (; i < block.len; i++)
        all |= (unsigned char)block.data[i];
    return (all & UINT64_C(0x8080808080808080)) != 0;
}

static void look_at_lines(struct content_flags *content, struct span block)
{
    while (block.len > 0) {
        size_t len = span_find(block, '\n');

        if (content->line == 0 && block.data[0] == '.')
            content->flags |= QUEUE_NEEDS_STUFFING;
        content->line += len;
        if (content->line > LINE_MAX_SMTP)
            content->flags |= QUEUE_LONG_LINE;
        if (len < block.len)
            content->line = 0;
        block = span_skip(block, len + 1);
    }
}

void content_flags_add(struct content_flags *content, struct span block)
{
    if ((content->flags & QUEUE_EIGHT_BIT) == 0 && has_eight_bit(block))
        content->flags |= QUEUE_EIGHT_BIT;
    look_at_lines(content, block);
}
