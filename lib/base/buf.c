/* Growable octets. Memory doubles, never past the limit, and always has room for the NUL. */
#include "lib/base/buf.h"

#include "lib/base/log.h"

#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_FIRST 64

static bool fits(const struct buf *buf, size_t len)
{
    return buf->len <= buf->limit && len <= buf->limit - buf->len;
}

/* Room for len more octets and the NUL; len has passed fits(). */
static void grow(struct buf *buf, size_t len)
{
    size_t needed = buf->len + len + 1;
    size_t capacity = buf->capacity < CAPACITY_FIRST ? CAPACITY_FIRST : buf->capacity;

    if (needed <= buf->capacity)
        return;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > buf->limit + 1)
        capacity = buf->limit + 1;
    buf->data = mem_resize(buf->data, capacity, 1);
    buf->capacity = capacity;
}

void buf_release(struct buf *buf)
{
    free(buf->data);
    *buf = BUF(buf->limit);
}

void buf_clear(struct buf *buf)
{
    buf_truncate(buf, 0);
}

bool buf_append(struct buf *buf, const void *data, size_t len)
{
    if (!fits(buf, len))
        return false;
    grow(buf, len);
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_append_span(struct buf *buf, struct span octets)
{
    return buf_append(buf, octets.data, octets.len);
}

bool buf_append_text(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

bool buf_append_char(struct buf *buf, char c)
{
    return buf_append(buf, &c, 1);
}

/* Straight into the free room; a second time when that was too small. */
PRINTF(2, 0)
static bool append_formatted(struct buf *buf, const char *format, va_list arguments)
{
    size_t room = buf->capacity - buf->len;
    va_list again;
    int len;

    va_copy(again, arguments);
    len = vsnprintf(buf->data == NULL ? NULL : buf->data + buf->len, room, format, arguments);
    if (len < 0)
        log_panic("buf_printf cannot format \"%s\"", format);
    if (!fits(buf, (size_t)len)) {
        if (buf->data != NULL)
            buf->data[buf->len] = '\0';
        va_end(again);
        return false;
    }
    if ((size_t)len >= room) {
        grow(buf, (size_t)len);
        (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    }
    va_end(again);
    buf->len += (size_t)len;
    return true;
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    bool done;

    va_start(arguments, format);
    done = append_formatted(buf, format, arguments);
    va_end(arguments);
    return done;
}

void buf_put(struct buf *buf, struct span octets)
{
    ASSERT(buf_append_span(buf, octets));
}

void buf_put_text(struct buf *buf, const char *text)
{
    ASSERT(buf_append_text(buf, text));
}

void buf_put_char(struct buf *buf, char c)
{
    ASSERT(buf_append_char(buf, c));
}

void buf_put_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    bool done;

    va_start(arguments, format);
    done = append_formatted(buf, format, arguments);
    va_end(arguments);
    ASSERT(done);
}

char *buf_reserve(struct buf *buf, size_t len)
{
    if (!fits(buf, len))
        return NULL;
    grow(buf, len);
    buf->data[buf->len] = '\0';
    return buf->data + buf->len;
}

void buf_commit(struct buf *buf, size_t len)
{
    ASSERT(len < buf->capacity - buf->len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_remove(struct buf *buf, size_t len)
{
    ASSERT(len <= buf->len);
    if (len == 0)
        return;
    memmove(buf->data, buf->data + len, buf->len - len + 1);
    buf->len -= len;
}

void buf_truncate(struct buf *buf, size_t len)
{
    ASSERT(len <= buf->len);
    buf->len = len;
    if (buf->data != NULL)
        buf->data[len] = '\0';
}

const char *buf_text(const struct buf *buf)
{
    return buf->data == NULL ? "" : buf->data;
}

char *buf_take(struct buf *buf)
{
    char *text = buf->data == NULL ? mem_text("") : buf->data;

    *buf = BUF(buf->limit);
    return text;
}
