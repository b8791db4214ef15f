/*
 * The addresses in header fields, and replacing them: cleanup does it to what comes in, the SMTP client to
 * what goes out. A field of which nothing is replaced stays as it is, octet for octet; another one is
 * written anew (lib/message/header_fold.h), with the same words around the addresses.
 */
#ifndef BUZON_LIB_MESSAGE_HEADER_ADDRESSES_H
#define BUZON_LIB_MESSAGE_HEADER_ADDRESSES_H

#include "lib/message/header.h"

enum header_addresses { HEADER_NO_ADDRESSES, HEADER_SENDERS, HEADER_RECIPIENTS };

/* header_addresses - whose addresses stand in a field of this name, of those that are rewritten on
 * the way */
enum header_addresses header_addresses(struct span name);

/* How addresses are replaced, and where the field goes. */
struct header_rewriter {
    struct arena *scratch; /* reset behind each field: `replace` may use it for what it returns */
    size_t limit;          /* header_address_token_limit: addresses past it stay */
    bool drop_routes;      /* <@a,@b:c@d> becomes <c@d>; else only when c@d itself is replaced */
    void *context;
    /* the address that `address` becomes, both in internal form; NULL: it stays */
    const char *(*replace)(void *context, const char *address, bool is_sender);
    /* the field stays as it is, where it is in the caller's memory */
    void (*keep)(void *context, struct span field);
    /* a field in its place, with a line end if it had one; valid for the call */
    void (*put)(void *context, struct span field);
};

/* header_rewrite - a field that has addresses: it goes to keep or put */
void header_rewrite(const struct header_rewriter *rewriter, const struct header_field *field,
                    bool is_sender);

#endif
