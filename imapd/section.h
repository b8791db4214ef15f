/*
 * Sections of a message (RFC 3501 section 6.4.5): how they are named, where they are in its file, and their octets for
 * whoever does not put them into a FETCH response.
 */
#ifndef BUZON_IMAPD_SECTION_H
#define BUZON_IMAPD_SECTION_H

#include "imapd/session.h"

#define SECTION_FIELDS_MAX 200 /* names of a section: each field of a header is compared with all */

enum section_part {
    SECTION_ALL,
    SECTION_HEADER,
    SECTION_FIELDS,
    SECTION_FIELDS_NOT,
    SECTION_TEXT,
    SECTION_MIME,
    SECTION_BINARY, /* RFC 3516 */
    SECTION_BINARY_SIZE,
};

/* BODY[1.2.HEADER.FIELDS (To)]<0.100> */
struct section {
    uint32_t numbers[MIME_DEPTH_MAX];
    size_t depth;
    enum section_part part;
    struct strlist fields;
    bool peek;
    bool partial;
    uint64_t offset, len; /* octets, of a partial one */
    const char *label;    /* how the response names it; the arena's */
};

/* section_parse - what stands in the brackets, and the brackets: "[TEXT]" */
bool section_parse(struct arena *arena, struct cursor *at, struct section *section_r) MUST_CHECK;
/* section_parse_binary - likewise of BINARY, or of BINARY.SIZE */
bool section_parse_binary(struct arena *arena, struct cursor *at, bool size,
                          struct section *section_r) MUST_CHECK;
/* section_is_indexed - can it be answered from the header fields that the index keeps? */
bool section_is_indexed(const struct section *section);

/* Octets of the file, and how many CRs they lack. */
struct section_range {
    uint64_t start, end;
    uint64_t bare_lf;
};

/* section_find_range - false: there is no such part. `size` is that of the file; of header fields it is
 * the whole header. */
bool section_find_range(const struct message_metadata *metadata, uint64_t size,
                        const struct section *section, struct section_range *range_r) MUST_CHECK;

/* section_has_fields - is it HEADER.FIELDS or HEADER.FIELDS.NOT? */
bool section_has_fields(const struct section *section);
/* section_put_fields - those that such a section wants, of a header with CRLF */
void section_put_fields(struct buf *out, const struct section *section, struct span header);

typedef void section_take(void *context, struct span octets);

/*
 * section_copy_range - `len` octets from `skip` on of what a range is with CRLF, block by block
 *
 *  place    NULL, or a place of this range at or before `skip`, where reading begins; afterwards the last
 *           one that is known, at or before the end of what was copied
 *  false: the file cannot be read, or is shorter. A file that changed may give less than `len`: *left_r.
 */
bool section_copy_range(const struct message_file *file, const struct section_range *range,
                        struct imapd_place *place, uint64_t skip, uint64_t len, section_take *take,
                        void *context, uint64_t *left_r) MUST_CHECK;

/* section_copy - give it, with CRLF line ends, to `take`, block by block; of a partial one its part.
 * false: *err, PERMANENT when there is no such message or part */
bool section_copy(struct mailbox *mailbox, size_t index, const struct section *section,
                  section_take *take, void *context, struct error *err) MUST_CHECK;

#endif
