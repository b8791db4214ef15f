/*
 * A notification as text: multipart/report with words for people, fields for programs (RFC 3464) and the
 * message it is about, or the message's header. Made in two pieces, between which the caller puts the
 * octets of that message.
 */
#ifndef BUZON_BOUNCE_REPORT_H
#define BUZON_BOUNCE_REPORT_H

#include "lib/base/buf.h"
#include "lib/delivery/bounce_template.h"
#include "lib/delivery/notice.h"

enum report_audience { AUDIENCE_SENDER, AUDIENCE_POSTMASTER };

struct report {
    const struct config *config;
    const struct notice *notice;
    const struct bounce_template *words;
    const char *explanation; /* the text of the words, expanded; for the sender */
    enum report_audience audience;
    const char *thread;    /* "<...>", the message-id of what it is about; NULL: not mentioned */
    const char *sender;    /* of the report's envelope; "" is the null sender */
    const char *recipient; /* likewise; with a domain */
    const char *original;  /* who that is by the configuration, or likewise */
    const char *queue_id;  /* of the report itself */
    time_t now;
};

/* report_has_body - the message is returned whole; else only its header is */
bool report_has_body(const struct report *report);
/* report_start - everything before the message */
void report_start(struct buf *text, struct arena *arena, const struct report *report);
/* report_end - everything behind it */
void report_end(struct buf *text, const struct report *report);

#endif
