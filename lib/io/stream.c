/*
 * Streams: what is read stays in one buffer until it is consumed, what is written gathers in
 * another and leaves by one call. Under TLS, OpenSSL reads and writes through the same timed
 * descriptor, so that deadlines hold in the middle of a record too.
 */
#include "lib/io/stream.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/io/timed_fd.h"
#include "lib/io/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER_FIRST ((size_t)4 * 1024)
#define BUFFER_MAX   ((size_t)64 * 1024) /* of input more, for a line or view that is asked for */
#define COPY_MAX     ((size_t)16 * 1024) /* a longer span leaves beside the buffer, uncopied */
#define GOODBYE_MS   1000                /* for a close_notify to a peer that does not read */

struct stream {
    struct timed_fd timed;
    struct tls_session *tls;
    int tls_errno; /* why the descriptor failed under TLS */

    char *in; /* octets at in_start..in_end are not consumed */
    size_t in_start, in_end, in_capacity;
    bool filled; /* the last read took all the room: there is more, as a rule */
    uint64_t octets_in;

    char *out;
    size_t out_len, out_capacity;
    enum stream_status out_status; /* the first failure */
    int out_errno;
    uint64_t octets_out;
};

struct stream *stream_create(int fd)
{
    struct stream *stream = mem_new(struct stream);

    timed_fd_init(&stream->timed, fd);
    return stream;
}

void stream_free(struct stream **stream)
{
    if (*stream == NULL)
        return;
    tls_session_free(&(*stream)->tls);
    fd_close(&(*stream)->timed.fd);
    free((*stream)->in);
    free((*stream)->out);
    free(*stream);
    *stream = NULL;
}

int stream_fd(const struct stream *stream)
{
    return stream->timed.fd;
}

void stream_timeout(struct stream *stream, int timeout_ms)
{
    stream->timed.timeout_ms = timeout_ms;
}

void stream_deadline(struct stream *stream, int64_t deadline_ms)
{
    stream->timed.deadline_ms = deadline_ms;
}

uint64_t stream_octets_in(const struct stream *stream)
{
    return stream->octets_in;
}

uint64_t stream_octets_out(const struct stream *stream)
{
    return stream->octets_out;
}

static enum stream_status io_failure(const struct stream *stream)
{
    return stream->timed.timed_out ? STREAM_TIMEOUT : STREAM_FAILED;
}

/* What became of a TLS operation. false: OpenSSL wants to go on. */
static bool tls_ended(const struct stream *stream, enum tls_progress progress,
                      enum stream_status *status_r)
{
    switch (progress) {
    case TLS_DONE:
        *status_r = STREAM_OK;
        return true;
    case TLS_CLOSED:
        *status_r = STREAM_EOF;
        return true;
    case TLS_WANT_READ:
    case TLS_WANT_WRITE:
        *status_r = STREAM_TIMEOUT;
        errno = ETIMEDOUT;
        return stream->timed.timed_out;
    case TLS_FAILED:
        break;
    }
    *status_r = STREAM_FAILED;
    errno = stream->tls_errno != 0 ? stream->tls_errno : EPROTO;
    return true;
}

/* --- reading --------------------------------------------------------------------------------- */

static struct span buffered(const struct stream *stream)
{
    return span_skip(span_of(stream->in, stream->in_end), stream->in_start);
}

static enum stream_status read_tls(struct stream *stream, void *data, size_t size, size_t *got_r)
{
    enum stream_status status;

    while (!tls_ended(stream, tls_read(stream->tls, data, size, got_r), &status))
        ;
    return status;
}

static enum stream_status read_plain(struct stream *stream, void *data, size_t size, size_t *got_r)
{
    ssize_t got = timed_fd_read(&stream->timed, data, size);

    *got_r = got < 0 ? 0 : (size_t)got;
    if (got < 0)
        return io_failure(stream);
    return got == 0 ? STREAM_EOF : STREAM_OK;
}

/* What there is, at least one octet. */
static enum stream_status read_some(struct stream *stream, void *data, size_t size, size_t *got_r)
{
    enum stream_status status;

    timed_fd_begin(&stream->timed);
    status = stream->tls != NULL ? read_tls(stream, data, size, got_r)
                                 : read_plain(stream, data, size, got_r);
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
    size_t limit = max < BUFFER_MAX ? BUFFER_MAX : max;

    if (stream->in_start > 0 &&
        (len == 0 || stream->in_capacity - stream->in_end < stream->in_capacity / 4)) {
        memmove(stream->in, stream->in + stream->in_start, len);
        stream->in_start = 0;
        stream->in_end = len;
    }
    if (stream->in_capacity == 0)
        resize_input(stream, BUFFER_FIRST);
    else if ((stream->filled && stream->in_capacity < BUFFER_MAX) ||
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
        } else if (len >= BUFFER_FIRST) {
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
    return stream->in_start < stream->in_end || (stream->tls != NULL && tls_has_input(stream->tls));
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
    return ready ? STREAM_OK : io_failure(stream);
}

void stream_discard_input(struct stream *stream)
{
    stream->in_start = 0;
    stream->in_end = 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static enum stream_status send_tls(struct stream *stream, struct span octets)
{
    while (octets.len > 0) {
        enum stream_status status;
        size_t sent;

        timed_fd_begin(&stream->timed);
        while (!tls_ended(stream, tls_write(stream->tls, octets.data, octets.len, &sent), &status))
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
            return io_failure(stream);
        of_first = (size_t)sent < first.len ? (size_t)sent : first.len;
        first = span_skip(first, of_first);
        second = span_skip(second, (size_t)sent - of_first);
    }
    return STREAM_OK;
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
    if (stream->tls == NULL)
        status = send_plain(stream, out, extra, more);
    else
        status = send_tls(stream, out);
    if (status == STREAM_OK && stream->tls != NULL)
        status = send_tls(stream, extra);
    stream->out_len = 0;
    if (status != STREAM_OK)
        return keep_failure(stream, status);
    stream->octets_out += out.len + extra.len;
    return STREAM_OK;
}

/* The buffer has room for len more octets, which keep it within BUFFER_MAX. */
static char *reserve(struct stream *stream, size_t len)
{
    size_t needed = stream->out_len + len;
    size_t capacity = stream->out_capacity == 0 ? BUFFER_FIRST : stream->out_capacity;

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
    if (octets.len >= COPY_MAX || stream->out_len + octets.len > BUFFER_MAX) {
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
    return keep_failure(stream, io_failure(stream));
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
        size_t room = BUFFER_MAX - stream->out_len;
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
        if (stream->out_len == BUFFER_MAX)
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
    if (stream->tls == NULL && !stream->timed.is_pipe && len > BUFFER_MAX)
        return send_from_file(stream, file, (off_t)offset, len);
    return copy_from_file(stream, file, (off_t)offset, len);
}

/* --- TLS ------------------------------------------------------------------------------------- */

/* A time-out looks like "would wait" to OpenSSL: the session stays good for a last reply. */
static ssize_t note_failure(struct stream *stream, ssize_t result)
{
    if (result >= 0)
        return result;
    if (stream->timed.timed_out)
        errno = EAGAIN;
    else
        stream->tls_errno = errno;
    return -1;
}

static ssize_t transport_read(void *context, void *data, size_t size)
{
    struct stream *stream = context;

    return note_failure(stream, timed_fd_read(&stream->timed, data, size));
}

static ssize_t transport_write(void *context, const void *data, size_t len)
{
    struct stream *stream = context;
    struct iovec part = {(void *)(uintptr_t)data, len};

    return note_failure(stream, timed_fd_writev(&stream->timed, &part, 1, false));
}

bool stream_start_tls(struct stream *stream, struct tls_session *session, struct error *err)
{
    struct tls_transport transport = {transport_read, transport_write, stream};
    enum stream_status status = stream_flush(stream);

    stream_discard_input(stream);
    tls_attach_transport(session, &transport);
    timed_fd_begin(&stream->timed);
    while (status == STREAM_OK && !tls_ended(stream, tls_handshake(session), &status))
        ;
    if (status == STREAM_OK) {
        stream->tls = session;
        return true;
    }
    error_set(err, ERROR_TEMPORARY, "TLS handshake: %s",
              status == STREAM_EOF              ? "connection closed"
              : status == STREAM_TIMEOUT        ? "timed out"
              : tls_failure(session)[0] == '\0' ? "connection lost"
                                                : tls_failure(session));
    tls_session_free(&session);
    return false;
}

struct tls_session *stream_tls(const struct stream *stream)
{
    return stream->tls;
}

void stream_end_tls(struct stream *stream)
{
    int64_t latest = clock_monotonic_ms() + GOODBYE_MS;

    if (stream->tls == NULL)
        return;
    timed_fd_begin(&stream->timed);
    if (stream->timed.give_up_ms == 0 || stream->timed.give_up_ms > latest)
        stream->timed.give_up_ms = latest;
    (void)tls_shutdown(stream->tls);
}
