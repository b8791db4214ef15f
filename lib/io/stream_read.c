/* The reading half of streams: what was read stays in one buffer until it is consumed. */
#include "lib/io/stream_internal.h"

#include <stdlib.h>

static struct span buffered(const struct stream *stream)
{
    return span_skip(span_of(stream->in, stream->in_end), stream->in_start);
}

static enum stream_status read_tls(struct stream *stream, void *data, size_t size, size_t *got_r)
{
    enum stream_status status;

    while (!stream_tls_ended(stream, tls_read(stream->tls, data, size, got_r), &status))
        ;
    return status;
}

static enum stream_status read_plain(struct stream *stream, void *data, size_t size, size_t *got_r)
{
    ssize_t got = timed_fd_read(&stream->timed, data, size);

    *got_r = got < 0 ? 0 : (size_t)got;
    if (got < 0)
        return stream_io_failure(stream);
    return got == 0 ? STREAM_EOF : STREAM_OK;
}

static enum stream_status read_layer(struct stream *stream, void *data, size_t size, size_t *got_r)
{
    return stream->tls != NULL ? read_tls(stream, data, size, got_r)
                               : read_plain(stream, data, size, got_r);
}

static enum stream_status read_compressed(struct stream *stream, void *data, size_t size,
                                          size_t *got_r)
{
    for (;;) {
        enum deflate_result result = deflate_read(stream->deflate, data, size, got_r);
        enum stream_status status;
        size_t room, len;
        char *received;

        if (result == DEFLATE_DONE)
            return STREAM_OK;
        if (result == DEFLATE_ENDED)
            return STREAM_EOF;
        if (result == DEFLATE_BROKEN) {
            errno = EPROTO;
            return STREAM_FAILED;
        }
        received = deflate_room(stream->deflate, &room);
        status = read_layer(stream, received, room, &len);
        if (status != STREAM_OK)
            return status;
        deflate_received(stream->deflate, len);
    }
}

/* What there is, at least one octet. */
static enum stream_status read_some(struct stream *stream, void *data, size_t size, size_t *got_r)
{
    enum stream_status status;

    timed_fd_begin(&stream->timed);
    status = stream->deflate != NULL ? read_compressed(stream, data, size, got_r)
                                     : read_layer(stream, data, size, got_r);
    stream->octets_in += *got_r;
    return status;
}

static void resize_input(struct stream *stream, size_t capacity)
{
    stream->in = mem_resize(stream->in, capacity, 1);
    stream->in_capacity = capacity;
}

/* Room behind what is buffered: a quarter of the buffer at least. `max` octets may be wanted. */
static void make_room(struct stream *stream, size_t max)
{
    size_t len = stream->in_end - stream->in_start;
    size_t limit = max < STREAM_BUFFER_MAX ? STREAM_BUFFER_MAX : max;

    if (stream->in_start > 0 &&
        (len == 0 || stream->in_capacity - stream->in_end <= stream->in_capacity / 4)) {
        memmove(stream->in, stream->in + stream->in_start, len);
        stream->in_start = 0;
        stream->in_end = len;
    }
    if (stream->in_capacity == 0)
        resize_input(stream, STREAM_BUFFER_FIRST);
    else if ((stream->filled && stream->in_capacity < STREAM_BUFFER_MAX) ||
             (len == stream->in_capacity && len < limit))
        resize_input(stream, stream->in_capacity > limit / 2 ? limit : stream->in_capacity * 2);
}

static enum stream_status fill_buffer(struct stream *stream, size_t max)
{
    enum stream_status status;
    size_t room;
    size_t got;

    make_room(stream, max);
    room = stream->in_capacity - stream->in_end;
    status = read_some(stream, stream->in + stream->in_end, room, &got);
    stream->in_end += got;
    stream->filled = got == room;
    return status;
}

/* A line up to its LF is there. */
static enum stream_status take_line(struct stream *stream, struct span line, size_t limit,
                                    struct span *line_r, bool *bare_r)
{
    bool bare = line.len == 0 || line.data[line.len - 1] != '\r';
    size_t len = bare ? line.len : line.len - 1;

    if (len > limit)
        return STREAM_TOO_LONG;
    if (bare_r != NULL)
        *bare_r = bare;
    *line_r = span_first(line, len);
    stream_consume(stream, line.len + 1);
    return STREAM_OK;
}

enum stream_status stream_read_line(struct stream *stream, size_t limit, struct span *line_r,
                                    bool *bare_r)
{
    size_t seen = 0; /* octets in which there is no LF */

    for (;;) {
        struct span here = span_first(buffered(stream), limit + 2); /* with CR and LF */
        size_t end = seen + span_find(span_skip(here, seen), '\n');
        enum stream_status status;

        if (end < here.len)
            return take_line(stream, span_first(here, end), limit, line_r, bare_r);
        if (here.len == limit + 2)
            return STREAM_TOO_LONG;
        seen = here.len;
        status = fill_buffer(stream, limit + 2);
        if (status != STREAM_OK)
            return status;
    }
}

enum stream_status stream_fill(struct stream *stream, struct span *available_r)
{
    enum stream_status status = STREAM_OK;

    if (stream->in_start == stream->in_end)
        status = fill_buffer(stream, 0);
    *available_r = buffered(stream);
    return status;
}

enum stream_status stream_fill_more(struct stream *stream, size_t max, struct span *available_r)
{
    enum stream_status status = STREAM_TOO_LONG;

    if (stream->in_end - stream->in_start < max)
        status = fill_buffer(stream, max);
    *available_r = buffered(stream);
    return status;
}

void stream_consume(struct stream *stream, size_t len)
{
    ASSERT(len <= stream->in_end - stream->in_start);
    stream->in_start += len;
}

void stream_unread(struct stream *stream, struct span octets)
{
    struct span rest = buffered(stream);
    size_t capacity = octets.len + rest.len;
    char *joined;

    if (octets.len == 0)
        return;
    joined = mem_alloc(capacity);
    memcpy(joined, octets.data, octets.len);
    if (rest.len > 0)
        memcpy(joined + octets.len, rest.data, rest.len);
    mem_free(stream->in);
    stream->in = joined;
    stream->in_start = 0;
    stream->in_end = stream->in_capacity = capacity;
}

enum stream_status stream_read_exact(struct stream *stream, void *data, size_t len)
{
    char *next = data;

    while (len > 0) {
        struct span here = span_first(buffered(stream), len);
        enum stream_status status = STREAM_OK;
        size_t got = here.len;

        if (here.len > 0) {
            memcpy(next, here.data, here.len);
            stream_consume(stream, here.len);
        } else if (len >= STREAM_BUFFER_FIRST) {
            status = read_some(stream, next, len, &got);
        } else {
            status = fill_buffer(stream, 0);
        }
        if (status != STREAM_OK)
            return status;
        next += got;
        len -= got;
    }
    return STREAM_OK;
}

bool stream_has_input(const struct stream *stream)
{
    return stream->in_start < stream->in_end ||
           (stream->deflate != NULL && deflate_has_input(stream->deflate)) ||
           (stream->tls != NULL && tls_has_input(stream->tls));
}

/* A session that idles keeps no buffers. */
static void give_back_memory(struct stream *stream)
{
    if (stream->in_start == stream->in_end) {
        free(stream->in);
        stream->in = NULL;
        stream->in_start = stream->in_end = stream->in_capacity = 0;
        stream->filled = false;
    }
    if (stream->out_len == 0) {
        free(stream->out);
        stream->out = NULL;
        stream->out_capacity = 0;
    }
}

enum stream_status stream_wait(struct stream *stream, int timeout_ms)
{
    int own_timeout_ms = stream->timed.timeout_ms;
    bool ready;

    if (stream_has_input(stream))
        return STREAM_OK;
    give_back_memory(stream);
    stream->timed.timeout_ms = timeout_ms;
    timed_fd_begin(&stream->timed);
    stream->timed.timeout_ms = own_timeout_ms;
    ready = timed_fd_wait(&stream->timed);
    return ready ? STREAM_OK : stream_io_failure(stream);
}

void stream_discard_input(struct stream *stream)
{
    stream->in_start = 0;
    stream->in_end = 0;
}
