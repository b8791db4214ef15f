/*
 * What the postmaster is told of sessions in which something went wrong: notify_classes and
 * error_notice_recipient. smtpd and smtp keep what was said; when the session has ended and an error of a
 * class occurred that the postmaster wants to hear of, it goes to him as a message.
 */
#ifndef BUZON_LIB_QUEUE_TRANSCRIPT_H
#define BUZON_LIB_QUEUE_TRANSCRIPT_H

#include "lib/config/config.h"
#include "lib/io/ipc.h"

enum transcript_class {
    TRANSCRIPT_BOUNCE = 1,    /* nobody here has that address */
    TRANSCRIPT_POLICY = 2,    /* a client may not do that */
    TRANSCRIPT_PROTOCOL = 4,  /* one side does not know its SMTP */
    TRANSCRIPT_RESOURCE = 8,  /* no space, no memory */
    TRANSCRIPT_SOFTWARE = 16, /* a table, a service or the configuration */
};

struct transcript {
    const struct config *config;
    unsigned wanted, seen; /* classes */
    struct buf text;       /* " In:  EHLO client.test\n" ...; bounded */
    size_t lines;
};

void transcript_begin(struct transcript *transcript, const struct config *config);
void transcript_release(struct transcript *transcript);

/* transcript_line - what was said, one line or several with CRLF between them; by us? Of AUTH only the
 * mechanism is kept. */
void transcript_line(struct transcript *transcript, bool is_ours, struct span text);
/* transcript_error - something of this class went wrong */
void transcript_error(struct transcript *transcript, enum transcript_class class);
/* transcript_class_of - what a reply of ours that refuses something tells of; 0: nothing */
enum transcript_class transcript_class_of(const char *reply);

/*
 * transcript_end - a part of the session has ended: what was said is sent if it is wanted, and forgotten
 *
 *  cleanup  as in intake_open; no conversation may be under way on it
 *  subject  "SMTP server: errors from client.test[192.0.2.7]"
 *  before   a sentence for the beginning; NULL: none
 *  reason   why the session ended early; NULL: it did not
 *
 * What cannot be sent is logged.
 */
void transcript_end(struct transcript *transcript, struct connection **cleanup, const char *subject,
                    const char *before, const char *reason);

#endif
