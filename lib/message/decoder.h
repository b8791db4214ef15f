/*
 * Transfer encodings undone block by block, for content that is too large for memory: RFC 2045 section 6.
 * What is no encoding is passed over (base64) or stays as it is (quoted-printable).
 */
#ifndef BUZON_LIB_MESSAGE_DECODER_H
#define BUZON_LIB_MESSAGE_DECODER_H

#include "lib/base/buf.h"

enum transfer_encoding {
    TRANSFER_IDENTITY, /* 7bit, 8bit, binary, or no field */
    TRANSFER_BASE64,
    TRANSFER_QUOTED_PRINTABLE,
    TRANSFER_UNKNOWN,
};

/* transfer_encoding_of - by the body of Content-Transfer-Encoding; data NULL when there is none */
enum transfer_encoding transfer_encoding_of(struct span field);

/* Begin with {.encoding = ...}. */
struct decoder {
    enum transfer_encoding encoding;
    uint32_t bits;   /* base64: digits that wait for their group */
    unsigned digits; /* how many */
    char held[80]; /* quoted-printable: what stands behind '=', or white space before a line end */
    size_t held_len;
};

/* decoder_put - append what the next octets stand for; decoder_end - and what is left at the end. `out`
 * has no limit that they reach: a block makes at most as many octets and 80. */
void decoder_put(struct decoder *decoder, struct span octets, struct buf *out);
void decoder_end(struct decoder *decoder, struct buf *out);

#endif
