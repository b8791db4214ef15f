/*
 * What qmgr asks of the bounce service, under its three names: tell the sender that recipients failed
 * (bounce), are late (defer) or were reached (trace). One request, one answer; the answer "done" means
 * that the notification is durably queued, or that by the rules nobody is to be told.
 */
#ifndef BUZON_LIB_DELIVERY_NOTICE_H
#define BUZON_LIB_DELIVERY_NOTICE_H

#include "lib/delivery/request.h"

#define NOTICE_RECIPIENTS_MAX 500 /* in one notice; qmgr sends several when there are more */

enum notice_kind { NOTICE_FAILURE, NOTICE_DELAY, NOTICE_SUCCESS };

struct notice_recipient {
    const char *address;
    const char *original;
    const char *dsn_orcpt;
    uint64_t dsn_notify;
    uint64_t action;    /* enum delivery_action; NOTICE_SUCCESS only */
    const char *status; /* "5.1.1" */
    const char *text;
    const char *remote_mta; /* as in struct delivery_result */
    const char *diagnostic;
    const char *action_address;
    size_t number;   /* qmgr's own; not sent */
    bool was_warned; /* likewise: the sender knows of a delay */
};

struct notice {
    uint64_t kind;     /* enum notice_kind */
    bool is_requested; /* by the caller of sendmail (-v, -bv); else by the rules of DSN */
    const char *queue_id;
    const char *sender;
    const char *dsn_envid;
    uint64_t dsn_ret;
    uint64_t flags; /* QUEUE_EIGHT_BIT ... */
    uint64_t arrival_us;
    uint64_t content_offset, content_size;
    int queue_file;
    struct notice_recipient *recipients;
    size_t recipient_count;
};

struct notice_answer {
    bool done;
    const char *text; /* why not */
};

/* notice_wanted - the sender asked, or by default wants, to be told this of such a recipient
 * (RFC 3461 section 4.1: without NOTIFY, of failures and delays) */
bool notice_wanted(enum notice_kind kind, uint64_t dsn_notify);

bool notice_send(struct connection *bounce, const struct notice *notice,
                 struct error *err) MUST_CHECK;
/* notice_receive - texts are the arena's, queue_file the caller's to close; false with ERROR_NONE when
 * qmgr hung up */
bool notice_receive(struct connection *qmgr, struct arena *arena, struct notice *notice_r,
                    struct error *err) MUST_CHECK;
bool notice_answer_send(struct connection *qmgr, const struct notice_answer *answer,
                        struct error *err) MUST_CHECK;
bool notice_answer_receive(struct connection *bounce, struct arena *arena,
                           struct notice_answer *answer_r, struct error *err) MUST_CHECK;

#endif
