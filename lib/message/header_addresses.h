/*
 * The addresses in header fields, and replacing them where they stand: cleanup does it to what comes
 * in, the SMTP client to what goes out. Everything around an address stays as it is, octet for octet.
 */
#ifndef BUZON_LIB_MESSAGE_HEADER_ADDRESSES_H
#define BUZON_LIB_MESSAGE_HEADER_ADDRESSES_H

#include "lib/message/header.h"

enum header_addresses { HEADER_NO_ADDRESSES, HEADER_SENDERS, HEADER_RECIPIENTS };

/* header_addresses - whose addresses stand in a field of this name, of those that are rewritten on
 * the way */
enum header_addresses header_addresses(struct span name);

/* How addresses are replaced, and where the field goes, piece by piece. */
struct header_rewriter {
    struct arena *scratch; /* reset behind each field: `replace` may use it for what it returns */
    size_t limit;          /* header_address_token_limit: addresses past it stay */
    void *context;
    /* the address that `address` becomes, both in internal form; NULL: it stays */
    const char *(*replace)(void *context, const char *address, bool is_sender);
    /* octets of the field that stay; they are where they were in the caller's memory */
    void (*keep)(void *context, struct span octets);
    /* octets in the place of an address; valid for the call */
    void (*put)(void *context, struct span octets);
};

/* header_rewrite - a field that has addresses: all of it goes to keep and put, in order */
void header_rewrite(const struct header_rewriter *rewriter, const struct header_field *field,
                    bool is_sender);

#endif
