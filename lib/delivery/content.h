/*
 * What the Maildir and mbox writers write: header lines of ours, then the message as it lies in the
 * queue file.
 */
#ifndef BUZON_LIB_DELIVERY_CONTENT_H
#define BUZON_LIB_DELIVERY_CONTENT_H

#include "lib/base/base.h"

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

#endif
