/*
 * What servers of tables reply, taken apart: tcp_table(5), socketmap_table(5), memcached's and
 * Redis's protocols. Each parser is a peer_parse (lib/map/peer.h) of the struct named with it; what
 * it hands out points into the octets.
 */
#ifndef BUZON_LIB_MAP_REPLIES_H
#define BUZON_LIB_MAP_REPLIES_H

#include "lib/base/buf.h"
#include "lib/map/peer.h"

/* "200 text", "400 text", "500 text", white space of any kind between, LF at the end; the text is still encoded */
struct tcp_reply {
    unsigned status; /* three digits */
    struct span text;
};
peer_parse tcp_reply_parse;

/* Text as tcp_table(5) has it, each octet that is no visible character as %XX. */
void tcp_text_encode(struct span text, struct buf *encoded_r);
/* tcp_text_decode - false: a % without two digits, or past the limit of the buffer */
bool tcp_text_decode(struct span encoded, struct buf *text_r) MUST_CHECK;

/* A netstring with "OK data", "NOTFOUND ", "TEMP reason", "TIMEOUT reason" or "PERM reason" */
struct socketmap_reply {
    size_t limit; /* of what is in the netstring; the caller sets it */
    struct span status, text;
    bool is_bare; /* there is a status alone, without a blank behind it */
};
peer_parse socketmap_reply_parse;

/* "END", or "VALUE key flags length", the value and "END"; or a line of another word */
struct memcache_reply {
    size_t limit; /* of a value; the caller sets it */
    bool found;
    struct span line; /* the first one; "END": there is no value */
    struct span value;
};
peer_parse memcache_get_parse;
peer_parse memcache_line_parse; /* one line, whatever it says */

/* RESP, version 2: one value or an array of values. */
#define REDIS_VALUES_MAX 10000
struct redis_reply {
    struct span failure; /* the text of an error; its data is NULL where there was none */
    size_t count;
    /* value - called for each value in order, again from the first one whenever the parser starts
     * anew; only what came last for each index counts. NULL data: there is none. */
    void (*value)(void *context, size_t index, struct span value);
    void *context;
};
peer_parse redis_reply_parse;

#endif
