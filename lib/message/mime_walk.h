/*
 * A walk through a message while it passes by in blocks: its header, the headers of its parts and of the
 * messages in it, and the bodies between them. For those who look at content on its way and do not keep
 * it: cleanup and the SMTP client. (mime.h is for readers, who have all of a message.)
 *
 * Content has LF line ends. Every octet of it comes by once, in order: as a field, as a line or among
 * other octets. Bodies go in blocks as large as they come; only delimiters of parts are looked for. Lines are
 * told one by one only while somebody wants them. What is a header, a part, a delimiter is decided as Postfix
 * does: header_checks(5), RFC 2045, RFC 2046, RFC 5322.
 */
#ifndef BUZON_LIB_MESSAGE_MIME_WALK_H
#define BUZON_LIB_MESSAGE_MIME_WALK_H

#include "lib/base/buf.h"
#include "lib/message/header.h"
#include "lib/message/mime_type.h"

/* Whose header a field is in. */
enum mime_header { MIME_HEADER_MESSAGE, MIME_HEADER_PART, MIME_HEADER_NESTED };

/* What may be wrong with the structure; each is told once. */
enum {
    MIME_FAULT_NESTING = 1,     /* parts within parts beyond the limit; they are not looked into */
    MIME_FAULT_8BIT_HEADER = 2, /* octets of 8 bits in a header */
    MIME_FAULT_8BIT_BODY = 4,   /* and in a body that does not announce them */
    MIME_FAULT_ENCODING = 8,    /* base64 or quoted-printable around parts or a message */
};

/* mime_fault_text - what it is called in log and replies */
const char *mime_fault_text(unsigned fault);

/* What is told; any but `octets` may be NULL. Spans are borrowed until mime_walk returns, and octets that
 * follow each other in content mostly do so in memory, too. */
struct mime_listener {
    void *context;
    /* a field; `whole` has no line end when it was cut at the limit, or is the last of all */
    void (*field)(void *context, enum mime_header header, const struct header_field *field);
    /* the message's own header is over */
    void (*header_end)(void *context);
    /* a line of a body without its line end, or the next piece of a long one; with has_end the line end is
     * the octet behind it */
    void (*line)(void *context, struct span line, bool has_end);
    void (*octets)(void *context, struct span octets);
    void (*fault)(void *context, unsigned fault, struct span text);
};

struct mime_settings {
    bool structure;      /* look into multiparts and messages; else there is a header and a body */
    size_t field_max;    /* header_size_limit: pieces of a field that begin beyond it are dropped */
    size_t line_max;     /* line_length_limit: longer lines come in pieces */
    size_t nesting_max;  /* mime_nesting_limit */
    size_t boundary_max; /* mime_boundary_length_limit: only so many octets of a boundary count */
    uint64_t
        lines_within; /* body_checks_size_limit: octets of a body part that come as lines; 0: all */
    unsigned faults;  /* MIME_FAULT_... that are wanted */
};

struct mime_walk;

struct mime_walk *mime_walk_create(const struct mime_settings *settings,
                                   const struct mime_listener *listener);
void mime_walk_free(struct mime_walk **walk);

/* mime_walk_begin - a new message, whatever was before
 *  lines  bodies come line by line, as far as settings.lines_within goes */
void mime_walk_begin(struct mime_walk *walk, bool lines);
/* mime_walk_lines - lines are not wanted any more, or again; may be called from a listener */
void mime_walk_lines(struct mime_walk *walk, bool lines);
/* mime_walk - the next block, at most IPC_BLOCK_MAX octets or so: one whole block may be copied */
void mime_walk(struct mime_walk *walk, struct span block);
/* mime_walk_end - there is no more */
void mime_walk_end(struct mime_walk *walk);

#endif
