/*
 * A buffered, blocking stream over a socket or pipe, with or without TLS. Nothing waits without a
 * deadline. For programs that serve one peer at a time (smtpd, smtp, imapd, pop3d, tools).
 */
#ifndef BUZON_LIB_IO_STREAM_H
#define BUZON_LIB_IO_STREAM_H

#include "lib/base/base.h"
#include "lib/base/buf.h"

struct stream;
struct tls_session;

enum stream_status {
    STREAM_OK,
    STREAM_EOF,      /* the peer closed */
    STREAM_TIMEOUT,  /* the timeout or the deadline passed */
    STREAM_FAILED,   /* errno tells; TLS errors are EPROTO, and tls_failure tells more */
    STREAM_TOO_LONG, /* no line end within the limit; that part can be read with stream_fill */
};

/* stream_create - takes fd, which may be any socket or pipe; buffers start small and grow on use */
struct stream *stream_create(int fd) __attribute__((returns_nonnull));
/* stream_free - closes the descriptor; unsent output is dropped (flush first) */
void stream_free(struct stream **stream);
int stream_fd(const struct stream *stream);
/* stream_timeout - longest wait for one read or write, in ms; 0 waits for ever (pipes in tests) */
void stream_timeout(struct stream *stream, int timeout_ms);
/* stream_deadline - absolute monotonic ms after which every operation times out; 0 for none */
void stream_deadline(struct stream *stream, int64_t deadline_ms);

/*
 * stream_read_line - the next line without its end (CRLF or a lone LF)
 *
 *  limit   octets of a line without its end
 *  line_r  borrowed until the next read; may hold NULs and lone CRs
 *  bare_r  may be NULL; set to true when the line ended in LF without CR
 */
enum stream_status stream_read_line(struct stream *stream, size_t limit, struct span *line_r,
                                    bool *bare_r) MUST_CHECK;
/* stream_fill - wait until at least one octet is there; all that is buffered, not consumed */
enum stream_status stream_fill(struct stream *stream, struct span *available_r) MUST_CHECK;
/* stream_fill_more - read once beyond what is buffered; TOO_LONG when that is max octets already */
enum stream_status stream_fill_more(struct stream *stream, size_t max,
                                    struct span *available_r) MUST_CHECK;
/* stream_consume - the first len octets of what stream_fill showed are done with */
void stream_consume(struct stream *stream, size_t len);
/* stream_unread - put octets before what is read next: what another process had read already */
void stream_unread(struct stream *stream, struct span octets);
/* stream_read_exact - exactly len octets to `data` */
enum stream_status stream_read_exact(struct stream *stream, void *data, size_t len) MUST_CHECK;
/* stream_has_input - input is buffered here already (also decrypted by TLS) */
bool stream_has_input(const struct stream *stream);
/* stream_wait - until input or `timeout_ms` (0: the deadline alone); OK when there is input (or EOF
 * to be read). Buffers that are empty are given back: it is meant for sessions that idle. */
enum stream_status stream_wait(struct stream *stream, int timeout_ms) MUST_CHECK;
/* stream_discard_input - forget buffered plaintext (before STARTTLS: RFC 3207, CVE-2011-0411) */
void stream_discard_input(struct stream *stream);

/* stream_write... - buffered; an error sticks and shows at the next flush, so it need not be checked
 * after each piece */
void stream_write(struct stream *stream, struct span octets);
void stream_write_text(struct stream *stream, const char *text);
void stream_printf(struct stream *stream, const char *format, ...) PRINTF(2, 3);
enum stream_status stream_flush(struct stream *stream) MUST_CHECK;
/* stream_output_pending - octets written but not yet flushed */
size_t stream_output_pending(const struct stream *stream);
/* stream_write_file - octets from a file, after what is buffered; may leave some of them for the next
 * flush. Uses sendfile where there is no TLS, hence only in programs that ignore SIGPIPE. A file
 * that is shorter is FAILED with EIO. */
enum stream_status stream_write_file(struct stream *stream, int file, uint64_t offset,
                                     uint64_t len) MUST_CHECK;

/* Octets that went over the stream, as they are without TLS: for logs ("in=, out=") */
uint64_t stream_octets_in(const struct stream *stream);
uint64_t stream_octets_out(const struct stream *stream);

/* stream_start_deflate - from here on everything is compressed, both ways; what is buffered goes out
 * before, what came already counts as compressed. The stream keeps some 300 KiB for it. */
enum stream_status stream_start_deflate(struct stream *stream) MUST_CHECK;
/* stream_is_compressed - was it started? */
bool stream_is_compressed(const struct stream *stream);

/* stream_save_deflate - what stream_resume_deflate needs to go on with this stream in another process, once it
 * is flushed; false: just now it cannot be left (deflate.h) */
bool stream_save_deflate(const struct stream *stream, struct buf *out) MUST_CHECK;
/* stream_resume_deflate - what is unread counts as compressed; false: nothing of the kind was saved */
bool stream_resume_deflate(struct stream *stream, struct span saved) MUST_CHECK;

/*
 * stream_start_tls - handshake; afterwards everything goes through TLS
 *
 * Takes `session` (tls_session_server or tls_session_client) also when it fails. What is buffered
 * goes out before, plaintext input is forgotten. The whole handshake is bounded by the stream's
 * timeout and deadline. After false the stream is good for nothing but stream_free.
 */
bool stream_start_tls(struct stream *stream, struct tls_session *session,
                      struct error *err) MUST_CHECK;
/* stream_tls - the session, or NULL */
struct tls_session *stream_tls(const struct stream *stream);
/* stream_end_tls - send close_notify, best effort */
void stream_end_tls(struct stream *stream);

#endif
