/*
 * The service that knows which deferred mail is queued for a destination (flush_service_name): who tells it,
 * and who asks it for delivery. One request and one answer at a time on a connection. What it knows is kept
 * for domains of fast_flush_domains alone.
 */
#ifndef BUZON_LIB_QUEUE_FLUSH_CLIENT_H
#define BUZON_LIB_QUEUE_FLUSH_CLIENT_H

#include "lib/config/config.h"
#include "lib/io/ipc.h"
#include "lib/queue/queue_file.h"

enum flush_verb {
    FLUSH_ADD,       /* the message queue_id was deferred for the domain site */
    FLUSH_SEND_SITE, /* deliver what is queued for site */
    FLUSH_SEND_FILE, /* deliver the message queue_id, for whomever it is */
    FLUSH_REFRESH,   /* deliver what is in records that were not read for fast_flush_refresh_time;
                        remove those that were empty for fast_flush_purge_time */
    FLUSH_PURGE,     /* likewise, whatever their times */
};

struct flush_request {
    uint64_t verb;
    const char *site; /* "example.test", "[192.0.2.1]"; "" where the verb takes none */
    const char *queue_id;
};

enum flush_status {
    FLUSH_OK,
    FLUSH_DENIED, /* the site is not one of fast_flush_domains */
    FLUSH_BAD,    /* the request makes no sense */
    FLUSH_FAILED, /* temporary: the reason is in the service's log, or in *err where it was not reached */
};

#define FLUSH_SITE_MAX 256 /* octets with NUL */

/* flush_request_send, flush_request_receive - errors as ipc_send's and ipc_receive's; a request of a site or
 * queue id that is none is received as it is, and the service answers FLUSH_BAD */
bool flush_request_send(struct connection *flush, const struct flush_request *request,
                        struct error *err) MUST_CHECK;
bool flush_request_receive(struct connection *peer, struct arena *arena,
                           struct flush_request *request_r, struct error *err) MUST_CHECK;
bool flush_answer_send(struct connection *peer, enum flush_status status,
                       struct error *err) MUST_CHECK;
bool flush_answer_receive(struct connection *flush, enum flush_status *status_r,
                          struct error *err) MUST_CHECK;

/* flush_ask - a request and its answer, over a connection of its own; FLUSH_FAILED: *err says what is
 * wrong with the service, if anything is */
enum flush_status flush_ask(const struct config *config, const struct flush_request *request,
                            struct error *err) MUST_CHECK;

#endif
