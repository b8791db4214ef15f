/* What the two ways to read a queue file share: whole (queue_reader.c) and in portions (queue_portions.c). */
#ifndef BUZON_LIB_QUEUE_READER_INTERNAL_H
#define BUZON_LIB_QUEUE_READER_INTERNAL_H

#include "lib/queue/queue_file.h"

#define READER_FIRST_READ ((size_t)8 * 1024) /* most messages are read whole by this */

/* Where the parts are, after the header was found to be sane. */
struct layout {
    uint32_t flags;
    uint64_t arrival_us;
    uint64_t content_offset, content_size;
    uint64_t envelope_offset;
    uint64_t envelope_size;
    uint32_t attribute_count, recipient_count;
    uint32_t content_crc, envelope_crc;
    char dsn_ret;
};

/* reader_malformed - false, and *err says so */
bool reader_malformed(struct error *err, const char *what);
/* reader_read - as many octets as the file has from the offset on, up to size */
bool reader_read(int fd, void *to, size_t size, uint64_t offset, size_t *len_r,
                 struct error *err) MUST_CHECK;
/* reader_layout - the header, and what else READER_FIRST_READ octets of `first` take; everything is within
 * what a file may be */
bool reader_layout(int fd, char *first, size_t *len_r, struct layout *layout_r,
                   struct error *err) MUST_CHECK;

/* reader_envelope - what the header says of the envelope; no attributes and recipients yet */
struct queue_envelope reader_envelope(const struct layout *layout);

/* The cursor moves only when the whole of it is there and makes sense. Texts stay where they were read. */
bool reader_take_head(struct cursor *at,
                      struct queue_envelope *envelope); /* room for attributes is there */
bool reader_take_recipient(struct cursor *at, struct queue_recipient *recipient);
bool reader_take_status(char octet, enum recipient_status *status_r);

#endif
