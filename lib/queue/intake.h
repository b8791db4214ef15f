/*
 * How a message gets into the queue: the conversation with cleanup, for smtpd, pickup, bounce, local
 * (forwarding). One connection serves many messages, one after the other.
 *
 *   us: open {sender, attributes}      cleanup: opened {queue_id}       (file exists)
 *   us: accept {recipients, ...}, content in blocks, finish
 *   cleanup: committed {ok, status, text, queue_id}                      (durable when ok)
 *
 * Closing the connection, or intake_abort, before finish leaves nothing behind.
 */
#ifndef BUZON_LIB_QUEUE_INTAKE_H
#define BUZON_LIB_QUEUE_INTAKE_H

#include "lib/io/ipc.h"
#include "lib/queue/queue_file.h"

enum intake_origin { /* what cleanup may do with it */
    INTAKE_NETWORK,   /* smtpd: complete headers where local_header_rewrite_clients says so */
    INTAKE_LOCAL,     /* sendmail(1): complete headers, rewrite addresses */
    INTAKE_INTERNAL,  /* bounces: no BCC, no checks */
    INTAKE_FORWARD,   /* local: forwarded by alias or .forward */
};

struct intake_request {
    enum intake_origin origin;
    const char *sender;
    const char *dsn_envid;
    char dsn_ret;
    unsigned flags;               /* QUEUE_BODY_8BITMIME, QUEUE_SMTPUTF8 */
    bool rewrite_local;           /* the client is in local_header_rewrite_clients */
    bool extract_recipients;      /* sendmail -t: from To, Cc, Bcc */
    struct timeval arrival;       /* 0: now */
    uint64_t size_hint;           /* SIZE= of MAIL, 0 unknown: free space is checked against it */
    struct queue_attribute *attributes;
    size_t attribute_count;
};

struct intake_outcome {
    bool committed;
    const char *queue_id;
    const char *status; /* "2.0.0"; "4.3.0", "5.3.4" ... when not committed */
    const char *text;   /* "Error: message file too big", ...: what the client is told */
};

struct intake;

/* intake_open - over a connection to cleanup (service_connect("cleanup")); the connection is borrowed
 * until intake_free. *queue_id_r is the intake's. TEMPORARY: cleanup cannot take mail now; the
 * connection is then unusable when err->kind is MALFORMED or the peer has closed. */
struct intake *intake_open(struct connection *cleanup, const struct intake_request *request,
                           const char **queue_id_r, struct error *err) MUST_CHECK;
/* intake_recipients - the whole list, before content */
bool intake_recipients(struct intake *intake, const struct queue_recipient *recipients, size_t count,
                       struct error *err) MUST_CHECK;
/* intake_content - octets with LF line ends, in blocks as large as the caller has them */
bool intake_content(struct intake *intake, struct span octets, struct error *err) MUST_CHECK;
/* intake_finish - wait for durability; false only when the conversation broke (TEMPORARY) */
bool intake_finish(struct intake *intake, struct arena *arena, struct intake_outcome *outcome_r,
                   struct error *err) MUST_CHECK;
/* intake_abort - give the message up; false: the connection must be closed */
bool intake_abort(struct intake *intake, struct error *err) MUST_CHECK;
void intake_free(struct intake **intake);

#endif
