/*
 * Streams: beginning and end, with and without TLS. OpenSSL reads and writes through the same timed
 * descriptor as plain text, so that deadlines hold in the middle of a record too.
 */
#include "lib/io/stream_internal.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"

#include <stdlib.h>

#define GOODBYE_MS 1000 /* for a close_notify to a peer that does not read */

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
    deflate_free(&(*stream)->deflate);
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

static void start_with_input(struct stream *stream)
{
    deflate_start_with(stream->deflate,
                       span_skip(span_of(stream->in, stream->in_end), stream->in_start));
    stream_discard_input(stream);
}

enum stream_status stream_start_deflate(struct stream *stream)
{
    enum stream_status status = stream_flush(stream);

    if (status != STREAM_OK || stream->deflate != NULL)
        return status;
    stream->deflate = deflate_create();
    start_with_input(stream);
    return STREAM_OK;
}

bool stream_save_deflate(const struct stream *stream, struct buf *out)
{
    return stream->deflate != NULL && stream->in_start == stream->in_end && stream->out_len == 0 &&
           deflate_save(stream->deflate, out);
}

bool stream_resume_deflate(struct stream *stream, struct span saved)
{
    stream->deflate = deflate_restore(saved);
    if (stream->deflate == NULL)
        return false;
    start_with_input(stream);
    return true;
}

bool stream_is_compressed(const struct stream *stream)
{
    return stream->deflate != NULL;
}

enum stream_status stream_io_failure(const struct stream *stream)
{
    return stream->timed.timed_out ? STREAM_TIMEOUT : STREAM_FAILED;
}

bool stream_tls_ended(const struct stream *stream, enum tls_progress progress,
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
    while (status == STREAM_OK && !stream_tls_ended(stream, tls_handshake(session), &status))
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
