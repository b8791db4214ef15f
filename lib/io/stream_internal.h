/* What the files of streams share, for them alone. */
#ifndef BUZON_LIB_IO_STREAM_INTERNAL_H
#define BUZON_LIB_IO_STREAM_INTERNAL_H

#include "lib/io/deflate.h"
#include "lib/io/stream.h"
#include "lib/io/timed_fd.h"
#include "lib/io/tls.h"

#define STREAM_BUFFER_FIRST ((size_t)4 * 1024)
#define STREAM_BUFFER_MAX   ((size_t)64 * 1024) /* of input more, for what a caller wants whole */

struct stream {
    struct timed_fd timed;
    struct tls_session *tls;
    struct deflate *deflate; /* over TLS, when there is both; NULL: nothing is compressed */
    int tls_errno;           /* why the descriptor failed under TLS */

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

/* stream_io_failure - which failure the timed descriptor's -1 was */
enum stream_status stream_io_failure(const struct stream *stream);

/* stream_tls_ended - what became of a TLS operation, with errno; false: OpenSSL wants to go on */
bool stream_tls_ended(const struct stream *stream, enum tls_progress progress,
                      enum stream_status *status_r) MUST_CHECK;

#endif
