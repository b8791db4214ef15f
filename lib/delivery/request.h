/*
 * What qmgr says to delivery agents, and what they answer: one request per (message, next hop,
 * recipients), one result per recipient in the order of the request. An agent neither knows the
 * queue directory nor writes to it: the queue file comes as an open read-only descriptor.
 */
#ifndef BUZON_LIB_DELIVERY_REQUEST_H
#define BUZON_LIB_DELIVERY_REQUEST_H

#include "lib/config/config.h"
#include "lib/io/ipc.h"
#include "lib/queue/queue_file.h"

#define DELIVERY_RECIPIENTS_MAX 10000
#define DELIVERY_TEXT_MAX       4096 /* octets of a reason or a next hop; longer ones are cut */
#define DELIVERY_STATUS_MAX     16   /* octets of a status code */

struct delivery_recipient {
    const char *address;
    const char *original;
    const char *dsn_orcpt;
    uint64_t dsn_notify;
    uint64_t id; /* qmgr's; comes back in the result */
};

struct delivery_request {
    struct arena *arena;
    const struct config *config; /* the agent's: says how results are logged */
    struct timeval received;     /* when the agent had it */
    const char *queue_id;
    const char *nexthop; /* "[mx.example.test]:25", "example.test", text for error/discard */
    const char *sender;
    const char *dsn_envid;
    uint64_t dsn_ret;
    uint64_t flags; /* QUEUE_EIGHT_BIT ... */
    uint64_t content_offset, content_size;
    uint64_t arrival_us; /* wall clock, microseconds */
    uint64_t active_us;  /* when qmgr took it into the active queue: delays=a/b/... */
    int queue_file;
    struct queue_attribute *attributes; /* client_name, client_address, sasl_username, ... */
    size_t attribute_count;
    struct delivery_recipient *recipients;
    size_t recipient_count;
};

enum delivery_outcome {
    DELIVERY_SENT,
    DELIVERY_DEFERRED,
    DELIVERY_BOUNCED,
    /* This host is the best mail exchanger of the domain: best_mx_transport is to take the recipient. For whom that
     * is not possible, status and text say why he failed. Not logged. */
    DELIVERY_BEST_MX,
};

/* What DELIVERY_SENT means to a sender who asked for a report of success (RFC 3461, RFC 3464). */
enum delivery_action {
    DELIVERY_ACTION_DELIVERED,
    DELIVERY_ACTION_RELAYED,     /* to a host that knows no DSN: nobody will report further */
    DELIVERY_ACTION_EXPANDED,    /* an alias or .forward: the message goes on to others */
    DELIVERY_ACTION_PASSED_ON,   /* the next host took over the duty to report: no report of ours */
    DELIVERY_ACTION_DELIVERABLE, /* it would be: only that was asked (sendmail -bv) */
    DELIVERY_ACTION_UNDELIVERABLE, /* likewise */
    DELIVERY_ACTION_DELAYED,       /* not yet: the first attempt is reported (sendmail -v) */
    DELIVERY_ACTION_FAILED,        /* likewise; the sender is told of it by itself, too */
    DELIVERY_ACTION_LAST = DELIVERY_ACTION_FAILED,
};

#define DELIVERY_PARTS_MAX 100

/* Of a recipient that was expanded to others: one of them that failed. */
struct delivery_part {
    const char *address, *status, *text, *diagnostic;
};

struct delivery_result {
    const struct delivery_recipient *recipient;
    enum delivery_outcome outcome;
    enum delivery_action action; /* with DELIVERY_SENT only */
    const char *relay;           /* "mx.example.test[192.0.2.1]:25", "local", "virtual", "none" */
    const char *status;          /* DSN status, "2.0.0" */
    const char *text;            /* what stands in parentheses in the log and in the bounce */
    const char *remote_mta;      /* DSN fields: "dns; mx.example.test" or "" */
    const char *diagnostic;      /* "smtp; 550 5.1.1 ..." or "x-unix; ..." or "" */
    const char *action_address;  /* final recipient when it differs, or "" */
    /*
     * For delays=a/b/c/d: when the agent began to look for a connection (DNS included; 0: did not,
     * then c is 0) and when that had ended, well or not (0: c lasts until now). d is the rest.
     */
    struct timeval connection_started, session_started;
    unsigned connection_use; /* conn_use=; 0 and 1 are not logged */
    /* With DELIVERY_BOUNCED: what failed besides, each for its own reason. */
    const struct delivery_part *parts;
    size_t part_count; /* at most DELIVERY_PARTS_MAX */
    /* Destination trouble: qmgr holds the whole next hop back (concurrency feedback). */
    bool nexthop_unreachable;
};

/*
 * delivery_request_receive - the next request; false with ERROR_NONE when qmgr hung up, also behind a request
 *
 *  config  service_instance.config; borrowed until delivery_request_release
 */
bool delivery_request_receive(struct connection *qmgr, const struct config *config,
                              struct delivery_request *request_r, struct error *err) MUST_CHECK;
void delivery_request_release(struct delivery_request *request);
/* delivery_request_send - qmgr's half */
bool delivery_request_send(struct connection *agent, const struct delivery_request *request,
                           struct error *err) MUST_CHECK;

/*
 * delivery_result_send - log the recipient's line ("to=<>, relay=, delay=, delays=, dsn=, status=")
 * and tell qmgr
 *
 * Status and text pass the agent's filter first (status_filter.h). Where soft_bounce is set,
 * DELIVERY_BOUNCED is told as DELIVERY_DEFERRED with a 4.x.x status. NULL
 * texts are empty; a relay of NULL is "none".
 */
bool delivery_result_send(struct connection *qmgr, const struct delivery_request *request,
                          const struct delivery_result *result, struct error *err) MUST_CHECK;

/* delivery_result_log - log only; delivery_result_tell - tell qmgr only: what an agent expands has several
 * lines in the log, or another agent, which the recipient was passed to, logged it */
void delivery_result_log(const struct delivery_request *request,
                         const struct delivery_result *result);
bool delivery_result_tell(struct connection *qmgr, const struct delivery_request *request,
                          const struct delivery_result *result, struct error *err) MUST_CHECK;

/* What qmgr reads; texts are the arena's. */
struct delivery_report {
    uint64_t recipient_id;
    uint64_t outcome; /* enum delivery_outcome */
    uint64_t action;  /* enum delivery_action */
    const char *status, *text, *relay, *remote_mta, *diagnostic, *action_address;
    bool nexthop_unreachable;
    const struct delivery_part *parts;
    size_t part_count;
};
bool delivery_report_receive(struct connection *agent, struct arena *arena,
                             struct delivery_report *report_r, struct error *err) MUST_CHECK;

#endif
