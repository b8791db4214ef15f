/* Line ends: a memchr a line, and copies of whole lines. */
#include "lib/base/base.h"

#include "lib/message/crlf.h"

uint64_t crlf_length(struct span block, char *previous)
{
    uint64_t bare = 0;

    if (block.len == 0)
        return 0;
    bare += block.data[0] == '\n' && *previous != '\r';
    for (size_t i = 1; i < block.len; i++)
        bare += (uint64_t)((block.data[i] == '\n') & (block.data[i - 1] != '\r'));
    *previous = block.data[block.len - 1];
    return block.len + bare;
}

/* Lines are copied with the LF of the one before: "line1" "\r" "\nline2" "\r" "\n". */
void crlf_put(struct buf *out, struct span block, char *previous)
{
    char *to = buf_reserve(out, block.len * 2);
    const char *from = block.data, *end = block.data + block.len, *search = from;
    size_t len = 0;

    ASSERT(to != NULL);
    if (block.len == 0)
        return;
    for (;;) {
        const char *lf = memchr(search, '\n', (size_t)(end - search));
        if (lf == NULL)
            break;
        search = lf + 1;
        if ((lf == block.data ? *previous : lf[-1]) == '\r')
            continue;
        memcpy(to + len, from, (size_t)(lf - from));
        len += (size_t)(lf - from);
        to[len++] = '\r';
        from = lf;
    }
    memcpy(to + len, from, (size_t)(end - from));
    len += (size_t)(end - from);
    *previous = end[-1];
    buf_commit(out, len);
}

void crlf_remove(struct buf *out, struct span block, bool *pending_cr)
{
    char *to = buf_reserve(out, block.len + 1);
    const char *from = block.data, *end = block.data + block.len;
    size_t len = 0;

    ASSERT(to != NULL);
    while (from < end) {
        const char *cr = memchr(from, '\r', (size_t)(end - from));
        const char *stop = cr == NULL ? end : cr;

        if (*pending_cr && *from != '\n')
            to[len++] = '\r';
        *pending_cr = cr != NULL;
        memcpy(to + len, from, (size_t)(stop - from));
        len += (size_t)(stop - from);
        from = cr == NULL ? end : cr + 1;
    }
    buf_commit(out, len);
}
