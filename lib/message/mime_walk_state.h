/*
 * The state of a walk, for the files that make it: mime_walk.c (blocks and headers) and mime_walk_body.c (bodies
 * and the delimiters in them). Callers see lib/message/mime_walk.h only.
 */
#ifndef BUZON_LIB_MESSAGE_MIME_WALK_STATE_H
#define BUZON_LIB_MESSAGE_MIME_WALK_STATE_H

#include "lib/message/mime_walk.h"

/* A multipart that is open: a delimiter with this text begins its next part. */
struct boundary {
    struct boundary *outer;
    bool digest; /* its parts are messages, unless they say otherwise: RFC 2046 section 5.1.5 */
    size_t len;
    char text[];
};

enum place {
    IN_HEADER,
    IN_LONG_LINE,  /* of a field that is past field_max: dropped, up to its line's end */
    IN_LONG_FIELD, /* at the start of a line, which may still belong to that field */
    IN_BODY,
};

struct mime_walk {
    struct mime_settings settings;
    struct mime_listener listener;
    struct arena *scratch;
    struct buf waiting; /* what is not whole yet, behind... */
    size_t used;        /* ...octets that are done with */

    enum place place;
    enum mime_header header; /* the one that we are in, or were in last */
    enum mime_type type;
    enum mime_encoding encoding;
    bool digest;
    struct boundary *innermost;
    size_t nesting;

    bool lines;
    bool mid_line;   /* of a body: the next octet does not start a line */
    uint64_t offset; /* in the body of this part; as far as lines go */
    unsigned found;  /* faults that were told */
};

/* --- mime_walk.c --- */

/* mime_walk_begin_header - a header begins; until it says otherwise, what follows is plain text */
void mime_walk_begin_header(struct mime_walk *walk, enum mime_header header, enum mime_type type);
/* mime_walk_seeks - a fault that is wanted and was not told yet */
bool mime_walk_seeks(const struct mime_walk *walk, unsigned fault);
void mime_walk_tell_fault(struct mime_walk *walk, unsigned fault, struct span text);
/* mime_walk_seek_eight_bit - tell that fault, if the text has it and it is sought */
void mime_walk_seek_eight_bit(struct mime_walk *walk, unsigned fault, struct span text);

/* --- mime_walk_body.c --- */

/* mime_walk_open - a multipart with this boundary, announced by that field; beyond the limit, a fault */
void mime_walk_open(struct mime_walk *walk, struct span text, struct span field);
/* mime_walk_close - all that are open */
void mime_walk_close(struct mime_walk *walk);
/* mime_walk_tell_line - a line, or a piece of one, without its line end; which is behind it, if it has one */
void mime_walk_tell_line(struct mime_walk *walk, struct span line, bool has_end);
/* mime_walk_take_line - the next `len` octets as a line, which may be a delimiter */
void mime_walk_take_line(struct mime_walk *walk, struct span *rest, size_t len);
/* mime_walk_pass_body - some of a body; false: more octets must come first */
bool mime_walk_pass_body(struct mime_walk *walk, struct span *rest, bool at_end) MUST_CHECK;

#endif
