/*
 * The MIME structure of a message: where its parts are, and what their Content-* fields say. Content
 * may have LF or CRLF line ends, even mixed. Nothing here fails on a broken message: like mail readers
 * it makes the best of it, within limits. Sources: RFC 2045, 2046, 2231 (continuations are not joined:
 * IMAP shows parameters as they are), RFC 3501 section 6.4.5 for part numbers.
 */
#ifndef BUZON_LIB_MESSAGE_MIME_H
#define BUZON_LIB_MESSAGE_MIME_H

#include "lib/base/base.h"

#define MIME_PARTS_MAX 2000 /* parts of a message; what is beyond is text of the last one */
#define MIME_DEPTH_MAX 50   /* parts within parts; deeper ones are leaves */
#define MIME_NONE      UINT16_MAX

enum mime_kind { MIME_LEAF, MIME_MULTIPART, MIME_MESSAGE };

/*
 * A part as extents of the message, all in octets as stored. The index keeps these structs as they
 * are, so a change here is a new index format. Part 0 is the whole message; a MIME_MESSAGE part has
 * the message in it as its only child.
 */
struct mime_part {
    uint64_t header_start, body_start, body_end;
    uint32_t header_bare_lf, body_bare_lf; /* line ends without CR: octets that CRLF adds */
    uint32_t body_lines;                   /* line ends in the body */
    uint16_t kind;                         /* enum mime_kind */
    uint16_t parent, child, next;          /* indices; MIME_NONE where there is none */
};

_Static_assert(sizeof(struct mime_part) == 48, "the index keeps mime_part");

/*
 * mime_parse - the parts of a message, at least one
 *
 * Parts stand before those within them. The array is the arena's.
 */
struct mime_part *mime_parse(struct arena *arena, struct span message, size_t *count_r)
    __attribute__((returns_nonnull));

/* mime_parts_are_sound - indices and extents of stored parts fit together and into `size` octets */
bool mime_parts_are_sound(const struct mime_part *parts, size_t count, uint64_t size);

/* mime_find_part - the part that IMAP calls 1.2.3; MIME_NONE when there is none */
uint16_t mime_find_part(const struct mime_part *parts, const uint32_t *numbers, size_t depth);

/* mime_header_size - octets of the header block at the start, with the empty line that ends it */
uint64_t mime_header_size(struct span message);

/*
 * mime_next_field - the next field of a header block; lines that are no field are passed over
 *
 * false at the end. name and body as in header.h: the body has its folds, not its last line end;
 * *whole_r (may be NULL) is all of it.
 */
bool mime_next_field(struct cursor *header, struct span *name_r, struct span *body_r,
                     struct span *whole_r) MUST_CHECK;

/* mime_find_field - body of the first field of that name; data NULL when there is none */
struct span mime_find_field(struct span header, const char *name);

struct mime_parameter {
    struct span name, value; /* the value unquoted */
};

/* A structured field: "text/plain; charset=utf-8" or "attachment; filename=a". */
struct mime_field {
    struct span value, subtype; /* data NULL: the field is missing or makes no sense */
    struct mime_parameter *parameters;
    size_t parameter_count;
};

/* mime_parse_field - body of Content-Type (with a subtype) or Content-Disposition (without); the
 * texts are the arena's or the body's */
struct mime_field mime_parse_field(struct arena *arena, struct span body, bool has_subtype);
/* mime_parameter - value of that parameter; data NULL when there is none */
struct span mime_parameter(const struct mime_field *field, const char *name);
/*
 * mime_join_parameters - what stands in pieces (RFC 2231 section 3) becomes one parameter each
 *
 * The others keep their order, the joined ones stand behind them: name*0=a; name*1=b is "name", and
 * "name*" where a piece is encoded; then percent signs and charset are still there. Pieces without
 * a first one, or behind one that is missing, stay what they are.
 */
void mime_join_parameters(struct arena *arena, struct mime_field *field);

#endif
