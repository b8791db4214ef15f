/* The writing half of streams: what is written gathers in one buffer and leaves by one call. */
#include "lib/io/stream_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COPY_MAX ((size_t)16 * 1024) /* a longer span leaves beside the buffer, uncopied */

static enum stream_status send_tls(struct stream *stream, struct span octets)
{
    while (octets.len > 0) {
        enum stream_status status;
        size_t sent;

        timed_fd_begin(&stream->timed);
        while (!stream_tls_ended(stream, tls_write(stream->tls, octets.data, octets.len, &sent),
                                 &status))
            ;
        if (status == STREAM_EOF) {
            errno = EPIPE;
            return STREAM_FAILED;
        }
        if (status != STREAM_OK)
            return status;
        octets = span_skip(octets, sent);
    }
    return STREAM_OK;
}

static enum stream_status send_plain(struct stream *stream, struct span first, struct span second,
                                     bool more)
{
    while (first.len + second.len > 0) {
        struct iovec parts[] = {
            {(void *)(uintptr_t)first.data,  first.len },
            {(void *)(uintptr_t)second.data, second.len}
        };
        ssize_t sent;
        size_t of_first;

        timed_fd_begin(&stream->timed);
        sent = timed_fd_writev(&stream->timed, parts, ARRAY_LENGTH(parts), more);
        if (sent < 0)
            return stream_io_failure(stream);
        of_first = (size_t)sent < first.len ? (size_t)sent : first.len;
        first = span_skip(first, of_first);
        second = span_skip(second, (size_t)sent - of_first);
    }
    return STREAM_OK;
}

static enum stream_status send_layer(struct stream *stream, struct span first, struct span second,
                                     bool more)
{
    enum stream_status status;

    if (stream->tls == NULL)
        return send_plain(stream, first, second, more);
    status = send_tls(stream, first);
    return status == STREAM_OK ? send_tls(stream, second) : status;
}

/* Everything up to here, so that the peer can read it all. */
static enum stream_status send_compressed(struct stream *stream, struct span first,
                                          struct span second)
{
    const struct span parts[] = {first, second};
    enum stream_status status = STREAM_OK;

    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        struct span octets;
        deflate_write(stream->deflate, parts[i], i + 1 == ARRAY_LENGTH(parts));
        while (status == STREAM_OK && (octets = deflate_next(stream->deflate)).len > 0)
            status = send_layer(stream, octets, SPAN_EMPTY, false);
    }
    return status;
}

static enum stream_status keep_failure(struct stream *stream, enum stream_status status)
{
    stream->out_status = status;
    stream->out_errno = errno;
    return status;
}

/* All that is buffered, and then `extra`. */
static enum stream_status send_all(struct stream *stream, struct span extra, bool more)
{
    struct span out = span_of(stream->out, stream->out_len);
    enum stream_status status = stream->out_status;

    if (status != STREAM_OK) {
        errno = stream->out_errno;
        return status;
    }
    status = stream->deflate != NULL ? send_compressed(stream, out, extra)
                                     : send_layer(stream, out, extra, more);
    stream->out_len = 0;
    if (status != STREAM_OK)
        return keep_failure(stream, status);
    stream->octets_out += out.len + extra.len;
    return STREAM_OK;
}

/* The buffer has room for len more octets, which keep it within STREAM_BUFFER_MAX. */
static char *reserve(struct stream *stream, size_t len)
{
    size_t needed = stream->out_len + len;
    size_t capacity = stream->out_capacity == 0 ? STREAM_BUFFER_FIRST : stream->out_capacity;

    while (capacity < needed)
        capacity *= 2;
    if (capacity != stream->out_capacity) {
        stream->out = mem_resize(stream->out, capacity, 1);
        stream->out_capacity = capacity;
    }
    return stream->out + stream->out_len;
}

void stream_write(struct stream *stream, struct span octets)
{
    if (octets.len == 0 || stream->out_status != STREAM_OK)
        return;
    if (octets.len >= COPY_MAX || stream->out_len + octets.len > STREAM_BUFFER_MAX) {
        (void)send_all(stream, octets, false); /* a failure sticks */
        return;
    }
    memcpy(reserve(stream, octets.len), octets.data, octets.len);
    stream->out_len += octets.len;
}

void stream_write_text(struct stream *stream, const char *text)
{
    stream_write(stream, span_text(text));
}

void stream_printf(struct stream *stream, const char *format, ...)
{
    char small[1024];
    char *large = NULL;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(small, sizeof(small), format, arguments);
    va_end(arguments);
    ASSERT(len >= 0);
    if ((size_t)len >= sizeof(small)) {
        large = mem_alloc((size_t)len + 1);
        va_start(arguments, format);
        (void)vsnprintf(large, (size_t)len + 1, format, arguments);
        va_end(arguments);
    }
    stream_write(stream, span_of(large == NULL ? small : large, (size_t)len));
    free(large);
}

enum stream_status stream_flush(struct stream *stream)
{
    return send_all(stream, SPAN_EMPTY, false);
}

size_t stream_output_pending(const struct stream *stream)
{
    return stream->out_len;
}

static enum stream_status file_failure(struct stream *stream, ssize_t result)
{
    if (result == 0)
        errno = EIO; /* the file is shorter than was promised */
    return keep_failure(stream, stream_io_failure(stream));
}

/* From the kernel's cache to the socket, behind what is buffered. */
static enum stream_status send_from_file(struct stream *stream, int file, off_t offset,
                                         uint64_t len)
{
    enum stream_status status = send_all(stream, SPAN_EMPTY, true);

    while (status == STREAM_OK && len > 0) {
        size_t piece = len < SSIZE_MAX ? (size_t)len : SSIZE_MAX;
        ssize_t sent;

        timed_fd_begin(&stream->timed);
        sent = timed_fd_sendfile(&stream->timed, file, &offset, piece);
        if (sent <= 0)
            return file_failure(stream, sent);
        len -= (uint64_t)sent;
        stream->octets_out += (uint64_t)sent;
    }
    return status;
}

/* Through the output buffer, where the rest stays, so that what follows can go with it. */
static enum stream_status copy_from_file(struct stream *stream, int file, off_t offset,
                                         uint64_t len)
{
    enum stream_status status = stream->out_status;

    while (status == STREAM_OK && len > 0) {
        size_t room = STREAM_BUFFER_MAX - stream->out_len;
        size_t piece = len < room ? (size_t)len : room;
        ssize_t got = pread(file, reserve(stream, piece), piece, offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            stream->timed.timed_out = false;
            return file_failure(stream, got);
        }
        stream->out_len += (size_t)got;
        offset += got;
        len -= (uint64_t)got;
        if (stream->out_len == STREAM_BUFFER_MAX)
            status = stream_flush(stream);
    }
    return status;
}

enum stream_status stream_write_file(struct stream *stream, int file, uint64_t offset, uint64_t len)
{
    if (offset > INT64_MAX || len > INT64_MAX - offset) {
        errno = EINVAL;
        return keep_failure(stream, STREAM_FAILED);
    }
    if (stream->tls == NULL && stream->deflate == NULL && !stream->timed.is_pipe &&
        len > STREAM_BUFFER_MAX)
        return send_from_file(stream, file, (off_t)offset, len);
    return copy_from_file(stream, file, (off_t)offset, len);
}
