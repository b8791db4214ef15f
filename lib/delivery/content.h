/*
 * What the Maildir and mbox writers write: header lines of ours, then the message as it lies in the
 * queue file.
 */
#ifndef BUZON_LIB_DELIVERY_CONTENT_H
#define BUZON_LIB_DELIVERY_CONTENT_H

#include "lib/message/header.h"

struct delivery_content {
    struct span
        prefix; /* "Return-Path: <>\nDelivered-To: bob@x\n": whole lines, LF; may be empty */
    int file;   /* where the message is; only read, at absolute offsets */
    uint64_t offset, size;
};

#define DELIVERY_BLOCK_MAX (256U * 1024)

/* What delivery_content_read keeps between blocks; start it as {.content = &content}. */
struct delivery_reader {
    const struct delivery_content *content;
    uint64_t done; /* octets of prefix and message that were read */
    char *block;
};

/*
 * delivery_content_next - the next block of prefix and message, as if they were one file
 *
 *  block_r  borrowed until the next call; empty at the end
 *  err      TEMPORARY: the file cannot be read or is shorter than it should be
 */
bool delivery_content_next(struct delivery_reader *reader, struct span *block_r,
                           struct error *err) MUST_CHECK;
void delivery_reader_release(struct delivery_reader *reader);

#define DELIVERY_HEADER_MAX (128U * 1024) /* octets of a header block that are looked at */

/*
 * delivery_header_walk - visit each field of the message's header block
 *
 *  file, offset, size  of the message in its queue file
 *
 * False: it cannot be read, and *err. Fields are borrowed for the visit.
 */
typedef void delivery_header_visit(void *context, struct header_field field);
bool delivery_header_walk(int file, uint64_t offset, uint64_t size, delivery_header_visit *visit,
                          void *context, struct error *err) MUST_CHECK;

#endif
