/*
 * Compression of a stream (RFC 1951, as COMPRESS=DEFLATE of RFC 4978 has it): what goes through it, block
 * by block. Between stream_read.c, stream_write.c and the descriptor or TLS; nobody else uses it.
 */
#ifndef BUZON_LIB_IO_DEFLATE_H
#define BUZON_LIB_IO_DEFLATE_H

#include "lib/base/base.h"
#include "lib/base/buf.h"

struct deflate;

struct deflate *deflate_create(void) __attribute__((returns_nonnull));
void deflate_free(struct deflate **layer);

/*
 * deflate_save - what another process needs to go on with this connection: the octets that the peer may
 * refer back to, compressed; at most a little more than 32 KiB. What is written later refers to nothing before
 * (RFC 1951 lets it), as long as all went out with `flush`.
 *
 * false: it cannot be left here: there is input, or the peer is in the middle of a block.
 */
bool deflate_save(struct deflate *layer, struct buf *out) MUST_CHECK;
/* deflate_restore - goes on with what was saved; NULL: that makes no sense */
struct deflate *deflate_restore(struct span saved) MUST_CHECK;

/* --- what comes in ------------------------------------------------------------------------------- */

/* deflate_room - where the next compressed octets go, of which there must be none left; then
 * deflate_received how many came */
char *deflate_room(struct deflate *layer, size_t *size_r);
void deflate_received(struct deflate *layer, size_t len);
/* deflate_start_with - these came already */
void deflate_start_with(struct deflate *layer, struct span octets);
/* deflate_has_input - octets may come out of it without more being read */
bool deflate_has_input(const struct deflate *layer);

enum deflate_result {
    DEFLATE_DONE,  /* *got_r octets, at least one */
    DEFLATE_EMPTY, /* more must be read first */
    DEFLATE_ENDED, /* the peer ended its compression */
    DEFLATE_BROKEN /* these octets are no deflate */
};

enum deflate_result deflate_read(struct deflate *layer, void *data, size_t size,
                                 size_t *got_r) MUST_CHECK;

/* --- what goes out ------------------------------------------------------------------------------- */

/* deflate_write - the next octets are to be compressed, borrowed until deflate_next said that all are.
 * With `flush` everything up to here comes out. */
void deflate_write(struct deflate *layer, struct span octets, bool flush);
/* deflate_next - the next compressed octets, borrowed until the next call; empty: all came out */
struct span deflate_next(struct deflate *layer);

#endif
