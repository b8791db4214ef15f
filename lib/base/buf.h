/*
 * A growable buffer of octets with a hard limit. Always NUL-terminated behind its length, so that
 * buf_text() is free; the NUL is not counted.
 */
#ifndef BUZON_LIB_BASE_BUF_H
#define BUZON_LIB_BASE_BUF_H

#include "lib/base/base.h"

struct buf {
    char *data;
    size_t len;
    size_t capacity;
    size_t limit;
};

#define BUF_UNLIMITED (SIZE_MAX / 4) /* only for content that we made ourselves */

/* Usable as an initialiser: struct buf line = BUF(4096); nothing is allocated yet. */
#define BUF(max) ((struct buf){.limit = (max)})

/* buf_release - free the memory; the buffer can be used again */
void buf_release(struct buf *buf);
/* buf_clear - len 0, memory kept */
void buf_clear(struct buf *buf);
/* buf_append... - false, and nothing appended, when the limit would be passed */
bool buf_append(struct buf *buf, const void *data, size_t len) MUST_CHECK;
bool buf_append_span(struct buf *buf, struct span octets) MUST_CHECK;
bool buf_append_text(struct buf *buf, const char *text) MUST_CHECK;
bool buf_append_char(struct buf *buf, char c) MUST_CHECK;
bool buf_printf(struct buf *buf, const char *format, ...) PRINTF(2, 3) MUST_CHECK;
/* buf_put... - the same for buffers whose limit our own code cannot reach: passing it is a panic */
void buf_put(struct buf *buf, struct span octets);
void buf_put_text(struct buf *buf, const char *text);
void buf_put_char(struct buf *buf, char c);
void buf_put_printf(struct buf *buf, const char *format, ...) PRINTF(2, 3);
/* buf_reserve - room for len more octets: pointer to write to, NULL past the limit; then buf_commit */
char *buf_reserve(struct buf *buf, size_t len) MUST_CHECK;
void buf_commit(struct buf *buf, size_t len);
/* buf_remove - drop len octets at the front */
void buf_remove(struct buf *buf, size_t len);
void buf_truncate(struct buf *buf, size_t len);
/* buf_text - the content as NUL-terminated text, borrowed until the next change */
const char *buf_text(const struct buf *buf);
/* buf_take - the content as owned text; the buffer is empty afterwards */
char *buf_take(struct buf *buf) MUST_CHECK;

static inline struct span buf_span(const struct buf *buf)
{
    return (struct span){buf->data, buf->len};
}

#endif
