/* The arguments of LOGIN and of other commands: what the client may send before anybody knows it. */
#ifndef BUZON_LOGIN_IMAP_LOGIN_H
#define BUZON_LOGIN_IMAP_LOGIN_H

#include "lib/base/base.h"

#define IMAP_LOGIN_LITERAL_MAX 1024 /* octets of a user name or password */

/* One astring = 1*ASTRING-CHAR / quoted / literal (RFC 9051 section 9); arena's copy. */
struct imap_astring {
    struct span value;
    bool announced;      /* by a literal for which the client should wait for "+ " */
    size_t announced_at; /* offset behind the announcement's CRLF, from the start of the input */
};

/*
 * imap_astring_parse - an astring at the cursor
 *
 * PARSE_INCOMPLETE: more octets are needed.
 */
enum parse_result imap_astring_parse(struct arena *arena, struct cursor *at,
                                     struct imap_astring *string_r);

/*
 * imap_rest_parse - the rest of a line, up to its end, or behind the literal that it ends with
 *
 * *goes_on_r: behind *literal_r there is another line of the command. PARSE_INCOMPLETE and PARSE_TOO_BIG are of that literal.
 */
enum parse_result imap_rest_parse(struct arena *arena, struct cursor *at,
                                  struct imap_astring *literal_r, bool *goes_on_r);

#endif
