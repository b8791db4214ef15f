/*
 * What is known of messages beyond flags: dates, sizes, ENVELOPE, BODYSTRUCTURE, header fields, PREVIEW. Read
 * from the index where it is there, else from the message file, which is then remembered. A record:
 *
 *   struct metadata_record   lengths of what follows, in this order
 *   struct mime_part[]       the parts
 *   envelope, bodystructure, body, header fields, preview   as they go over the wire
 *
 * Of header fields a record has the usual ones, and those that sessions of the account ever asked for: the index keeps
 * their names in a list that only grows, and a record tells how many of them were known when it was made.
 */
#ifndef BUZON_LIB_STORE_METADATA_H
#define BUZON_LIB_STORE_METADATA_H

#include "lib/store/driver.h"

struct metadata_cache;

void metadata_cache_free(struct metadata_cache **cache);

struct metadata_record {
    uint32_t format;
    uint32_t has; /* WANT_ENVELOPE, WANT_BODYSTRUCTURE, WANT_HEADERS, WANT_PREVIEW */
    uint32_t part_count;
    uint32_t envelope_len, bodystructure_len, body_len, headers_len, preview_len;
    uint32_t names; /* of the list of header names, how many are covered */
};

_Static_assert(sizeof(struct metadata_record) == 36, "layout of the index");

/* metadata_decode - check a record and show what is in it; parts are copied to the arena, or left out
 * when that is NULL. false: it makes no sense. */
bool metadata_decode(struct span octets, struct arena *arena, struct metadata_record *record_r,
                     struct message_metadata *metadata_r) MUST_CHECK;

#endif
