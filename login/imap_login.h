/* The arguments of LOGIN: what the client may send before anybody knows it. */
#ifndef BUZON_LOGIN_IMAP_LOGIN_H
#define BUZON_LOGIN_IMAP_LOGIN_H

#include "lib/base/base.h"

#define IMAP_LOGIN_LITERAL_MAX 1024 /* octets of a user name or password */

/* One astring = 1*ASTRING-CHAR / quoted / literal (RFC 9051 section 9); arena's copy. */
struct imap_astring {
    struct span value;
    bool announced; /* INCOMPLETE only: the client waits for "+ " before it sends the literal */
    size_t announced_at; /* offset behind the announcement's CRLF, from the start of the input */
};

/*
 * imap_astring_parse - an astring at the cursor
 *
 * PARSE_INCOMPLETE: more octets are needed; `announced` says whether the client must be told to go on.
 */
enum parse_result imap_astring_parse(struct arena *arena, struct cursor *at,
                                     struct imap_astring *string_r);

#endif
