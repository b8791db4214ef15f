/* What STATUS, LIST and NOTIFY can tell of a mailbox that need not be selected. */
#ifndef BUZON_IMAPD_STATUS_H
#define BUZON_IMAPD_STATUS_H

#include "imapd/parse.h"

enum status_item {
    STATUS_MESSAGES = 1,
    STATUS_RECENT = 2,
    STATUS_UIDNEXT = 4,
    STATUS_UIDVALIDITY = 8,
    STATUS_UNSEEN = 16,
    STATUS_SIZE = 32,             /* RFC 8438 */
    STATUS_DELETED = 64,          /* RFC 9051 */
    STATUS_DELETED_STORAGE = 128, /* RFC 9208 */
    STATUS_APPENDLIMIT = 256,     /* RFC 7889 */
    STATUS_MAILBOXID = 512,       /* RFC 8474 */
    STATUS_HIGHESTMODSEQ = 1024,  /* RFC 7162 */
};

/* status_items_parse - "(" item *(SP item) ")" */
bool status_items_parse(struct cursor *at, unsigned *items_r) MUST_CHECK;
/* status_item_name - the name of the item whose bit is 1 << index; NULL behind the last */
const char *status_item_name(size_t index);

/* status_put - "* STATUS name (...)" to session->response. false: *err, and nothing was put */
struct imapd_session;
bool status_put(struct imapd_session *session, const char *name, unsigned items,
                struct error *err) MUST_CHECK;

#endif
