/* URLs of messages and parts of them on this server: RFC 5092, as CATENATE (RFC 4469) has them. */
#ifndef BUZON_IMAPD_MESSAGE_URL_H
#define BUZON_IMAPD_MESSAGE_URL_H

#include "imapd/section.h"

struct message_url {
    const char *mailbox;  /* in UTF-8; NULL: the selected one; the arena's */
    uint32_t uidvalidity; /* 0: any */
    uint32_t uid;
    struct section section; /* fields are to be released */
};

/*
 * message_url_parse - ["/" mailbox [";UIDVALIDITY=" n]] "/;UID=" n ["/;SECTION=" s] ["/;PARTIAL=" o ["." l]]
 *
 * Only what is relative to this server: another one is nobody's business here.
 */
bool message_url_parse(struct arena *arena, struct span url, struct message_url *url_r) MUST_CHECK;

#endif
