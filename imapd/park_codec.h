/*
 * What the states of parked sessions are made of.
 *
 *   number = 7 bits an octet, the lowest first, the top bit says that there are more
 *   octets = number *octet
 */
#ifndef BUZON_IMAPD_PARK_CODEC_H
#define BUZON_IMAPD_PARK_CODEC_H

#include "imapd/session.h"

/* park_put_number, park_put_octets - false: past the limit of the buffer */
bool park_put_number(struct buf *out, uint64_t number) MUST_CHECK;
bool park_put_octets(struct buf *out, struct span octets) MUST_CHECK;

/* park_take_number, park_take_octets - never INCOMPLETE: an end in the middle is MALFORMED. TOO_BIG: past the
 * limit. Octets are borrowed. */
enum parse_result park_take_number(struct cursor *at, uint64_t limit,
                                   uint64_t *number_r) MUST_CHECK;
enum parse_result park_take_octets(struct cursor *at, struct span *octets_r) MUST_CHECK;

#endif
