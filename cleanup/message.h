/*
 * One message on its way through cleanup: what the process has for all of them, what this one is
 * like, and what has been found wrong with it. Everything else here takes a pointer to it.
 */
#ifndef BUZON_CLEANUP_MESSAGE_H
#define BUZON_CLEANUP_MESSAGE_H

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/base/strlist.h"
#include "lib/message/mime_walk.h"
#include "lib/queue/intake.h"
#include "lib/route/route.h"

struct checks;
struct character_set;

/* What lasts as long as the process. */
struct cleanup {
    const struct config *config;
    int queue_directory;
    struct queue_writer *writer;
    struct route *route;
    struct maps *sender_bcc;
    struct maps *recipient_bcc;
    struct strlist dropped_headers;
    struct checks *checks;
    bool filters_bounces;           /* internal_mail_filter_classes */
    struct character_set *rejected; /* message_reject_characters; NULL: none */
    struct character_set *stripped; /* message_strip_characters; NULL: none */
    struct mime_walk *walk;
    int64_t looked_at_space_ms;
    struct connection *qmgr;
    bool qmgr_is_behind; /* it said so */
    int64_t qmgr_deaf_until_ms;
};

/* Why a message is not taken: for the client, and for the sender of what came from here. */
struct refusal {
    int code; /* of the SMTP reply */
    const char *status;
    const char *text;
    bool bare; /* the text of a table, or about content: it stands alone, without "Error: " */
};

/* How headers are rewritten and completed: local_header_rewrite_clients and
 * remote_header_rewrite_domain. */
enum rewriting { REWRITE_NOTHING, REWRITE_LOCAL, REWRITE_REMOTE };

struct message {
    struct cleanup *cleanup;
    struct arena *arena;
    struct arena *scratch; /* for one header field: a header may be long */
    struct intake_request request;
    char queue_id[QUEUE_ID_MAX];
    enum rewriting rewriting;
    const struct refusal *refusal; /* the first one counts; NULL: none so far */

    const char *sender; /* rewritten */
    struct queue_recipient *recipients;
    size_t recipient_count, recipient_capacity;
    struct hash *seen; /* recipients that are there already; made with the second one */

    const char *last_recipient; /* that the client named, rewritten; for the log */

    struct span kept;    /* octets that go into the file as they are, not yet written */
    struct buf mended;   /* a block without octets that may not be */
    struct buf changed;  /* a field in the place of another */
    bool eight_bit;      /* some Content-Transfer-Encoding says so */
    bool checked;        /* tables are asked for its fields and lines */
    unsigned faults;     /* MIME_FAULT_... that it is refused for */
    const struct refusal *fault_refusal;

    /* What tables order for it. */
    bool discard, hold;
    const char *filter;   /* "transport:nexthop"; NULL: none */
    const char *redirect; /* the one recipient in the place of all; NULL: none */
    struct strlist bcc;

    int file;        /* the queue file once it is committed; -1 */
    unsigned fields; /* HAS_...: see header.c */
    int hop_count;
};

extern const struct refusal refusal_write_error;
extern const struct refusal refusal_lookup;
extern const struct refusal refusal_expansion;
extern const struct refusal refusal_too_big;
extern const struct refusal refusal_hops;
extern const struct refusal refusal_no_recipients;
extern const struct refusal refusal_too_many_recipients;

/* message_begin - a queue id, and all that was left from the last message forgotten */
void message_begin(struct message *message, const struct intake_request *request);
/* message_refuse - note why; a warning with what happened is logged by whoever found it */
void message_refuse(struct message *message, const struct refusal *refusal);
/* message_is_wanted - it will be in the queue, as far as is known now; else its content is of no interest */
bool message_is_wanted(const struct message *message);
/* message_keep - octets of content as they came; written with those that follow them in memory, at the latest
 * by message_flush, before that memory goes away */
void message_keep(struct message *message, struct span octets);
/* message_put - octets of our own, behind those that are kept */
void message_put(struct message *message, struct span octets);
void message_flush(struct message *message);
/* message_stop_checks - nothing more of this message is compared with patterns */
void message_stop_checks(struct message *message);
/* message_commit - into the queue; the outcome's texts are the arena's */
void message_commit(struct message *message, struct intake_outcome *outcome_r);
/* message_announce - tell qmgr of what was committed; nothing otherwise */
void message_announce(struct message *message);

#endif
