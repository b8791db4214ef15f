/*
 * One message on its way through cleanup: what the process has for all of them, what this one is
 * like, and what has been found wrong with it. Everything else here takes a pointer to it.
 */
#ifndef BUZON_CLEANUP_MESSAGE_H
#define BUZON_CLEANUP_MESSAGE_H

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/base/strlist.h"
#include "lib/queue/intake.h"
#include "lib/route/route.h"

/* What lasts as long as the process. */
struct cleanup {
    const struct config *config;
    int queue_directory;
    struct queue_writer *writer;
    struct route *route;
    struct maps *sender_bcc;
    struct maps *recipient_bcc;
    struct strlist dropped_headers;
    int64_t looked_at_space_ms;
    struct connection *qmgr;
    int64_t qmgr_deaf_until_ms;
};

/* Why a message is not taken: for the client, who adds the reply code. */
struct refusal {
    const char *status;
    const char *text;
};

/* How headers are rewritten and completed: local_header_rewrite_clients and
 * remote_header_rewrite_domain. */
enum rewriting { REWRITE_NOTHING, REWRITE_LOCAL, REWRITE_REMOTE };

enum content_part {
    IN_HEADER,
    IN_LONG_LINE,  /* of a field that is past header_size_limit: dropped, up to its line's end */
    IN_LONG_FIELD, /* at the start of a line, which may still belong to that field */
    IN_BODY,
};

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

    enum content_part part;
    struct buf field;  /* one of which more is to come */
    struct span kept;  /* octets that go into the file as they are, not yet written */
    struct buf mended; /* a block without its stray carriage returns */

    int file;        /* the queue file once it is committed; -1 */
    unsigned fields; /* HAS_...: see header.c */
    int hop_count;
};

extern const struct refusal refusal_write_error;
extern const struct refusal refusal_lookup;
extern const struct refusal refusal_too_big;
extern const struct refusal refusal_hops;
extern const struct refusal refusal_no_recipients;
extern const struct refusal refusal_too_many_recipients;

/* message_begin - a queue id, and all that was left from the last message forgotten */
void message_begin(struct message *message, const struct intake_request *request);
/* message_refuse - note why; a warning with what happened is logged by whoever found it */
void message_refuse(struct message *message, const struct refusal *refusal);
/* message_write - octets of content; nothing once the message is refused */
void message_write(struct message *message, struct span octets);
/* message_content - the next block of what the client sends, as it came */
void message_content(struct message *message, struct span block);
/* message_content_end - there is no more of it */
void message_content_end(struct message *message);
/* message_commit - into the queue; the outcome's texts are the arena's */
void message_commit(struct message *message, struct intake_outcome *outcome_r);
/* message_announce - tell qmgr of what was committed; nothing otherwise */
void message_announce(struct message *message);

#endif
