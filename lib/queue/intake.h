/*
 * How a message gets into the queue: the conversation with cleanup, for smtpd, pickup, bounce, local
 * (forwarding). One connection serves many messages, one after the other.
 *
 *   client: open {sender, attributes}            cleanup: opened {queue_id}
 *   client: message {recipients, content}, and further blocks of content when it is large; and orders
 *           {hold, ...}, if there are any or the message was large
 *                                                cleanup: committed {ok, status, text, queue_id}
 *
 * Two round trips a message. A message that is not finished leaves nothing behind.
 */
#ifndef BUZON_LIB_QUEUE_INTAKE_H
#define BUZON_LIB_QUEUE_INTAKE_H

#include "lib/base/strlist.h"
#include "lib/io/ipc.h"
#include "lib/queue/queue_file.h"

/* Where a message comes from, and so what cleanup does with it */
enum intake_origin {
    INTAKE_NETWORK, /* smtpd */
    INTAKE_LOCAL,   /* sendmail(1): nobody waits, so what is refused for good is returned by mail */
    INTAKE_INTERNAL, /* bounces: no BCC */
    INTAKE_FORWARD,  /* local: forwarded by alias or .forward; no BCC */
};

/* What is left out for a message; receive_override_options. */
enum {
    INTAKE_NO_UNKNOWN_CHECKS = 1, /* no_unknown_recipient_checks: smtpd's own */
    INTAKE_NO_MAPPINGS = 2, /* no_address_mappings: aliases, canonical maps, masquerading, copies */
    INTAKE_NO_CHECKS = 4,   /* no_header_body_checks */
    INTAKE_NO_MILTERS = 8,
};

/* intake_overrides - the options as flags; those that there are not are warned of */
unsigned intake_overrides(const char *receive_override_options);

struct intake_request {
    const char *service; /* cleanup_service_name; NULL is "cleanup" */
    enum intake_origin origin;
    const char *sender; /* "" is the null sender */
    const char *dsn_envid;
    char dsn_ret;
    unsigned flags;         /* QUEUE_BODY_8BITMIME, QUEUE_SMTPUTF8 */
    unsigned overrides;     /* INTAKE_NO_...: receive_override_options */
    bool rewrite_local;     /* headers are completed: local_header_rewrite_clients */
    const char *full_name;  /* for a From: that must be made; "" for none */
    struct timeval arrival; /* 0: now */
    uint64_t size_hint;     /* SIZE= of MAIL, 0 unknown: free space is checked against it */
    struct queue_attribute *attributes;
    size_t attribute_count;
};

/* What access tables of smtpd want for a message that is accepted: access(5). They are known when all of its
 * content is there. What a table of cleanup's wants for the content goes before. */
struct intake_orders {
    bool discard;         /* it is accepted and thrown away */
    bool hold;            /* into the queue `hold` */
    const char *filter;   /* "transport:nexthop" for all recipients, NULL: none */
    const char *redirect; /* the one recipient in the place of all, as a table has it; NULL: none */
    struct strlist copies; /* more recipients, as tables have them, of whom nobody learns */
};

#define INTAKE_COPIES_MAX     1000
#define INTAKE_ATTRIBUTES_MAX 100
#define INTAKE_TEXT_MAX       8192 /* of an attribute's value, a diagnostic text */

struct intake_outcome {
    bool committed;
    const char *queue_id;
    uint64_t code;      /* of an SMTP reply: 250; 451, 552 ... when not committed */
    const char *status; /* "2.0.0"; "4.3.0", "5.3.4" ... when not committed */
    const char *text;   /* "Error: message file too big", ...: what the client is told */
};

struct intake;

/*
 * intake_open - begin a message
 *
 *  cleanup     where the caller keeps the connection between messages; NULL in it: a new one is
 *              made. One that proves to be dead is replaced by a new one, once. Whenever a
 *              conversation breaks, the connection is closed and *cleanup is NULL.
 *  queue_id_r  the intake's
 *  err         TEMPORARY: cleanup cannot take mail now; err->number is ENOSPC when the queue is full
 *              (452 4.3.1)
 */
struct intake *intake_open(struct connection **cleanup, const struct intake_request *request,
                           const char **queue_id_r, struct error *err) MUST_CHECK;
/* intake_recipients - the whole list, before content; borrowed until intake_finish */
bool intake_recipients(struct intake *intake, const struct queue_recipient *recipients,
                       size_t count, struct error *err) MUST_CHECK;
/* intake_order - any time before intake_finish, until when it is borrowed; at most INTAKE_COPIES_MAX copies */
void intake_order(struct intake *intake, const struct intake_orders *orders);
/* intake_content - octets with LF line ends, in blocks as large as the caller has them */
bool intake_content(struct intake *intake, struct span octets, struct error *err) MUST_CHECK;
/* intake_push - cleanup is to look at what there is so far */
bool intake_push(struct intake *intake, struct error *err) MUST_CHECK;
/* intake_finish - wait for durability; false only when the conversation broke (TEMPORARY) */
bool intake_finish(struct intake *intake, struct arena *arena, struct intake_outcome *outcome_r,
                   struct error *err) MUST_CHECK;
/* intake_free - a message that was not finished is given up; NULL in it is fine */
void intake_free(struct intake **intake);

/* --- cleanup's half ------------------------------------------------------------------------------ */

/* intake_receive_open - the next message; false with ERROR_NONE when the client has hung up. Texts
 * are the arena's. */
bool intake_receive_open(struct connection *client, struct arena *arena,
                         struct intake_request *request_r, struct error *err) MUST_CHECK;
/* intake_send_opened - refusal is NULL, or why no message can be taken; the next open may follow */
bool intake_send_opened(struct connection *client, const char *queue_id,
                        const struct error *refusal, struct error *err) MUST_CHECK;

struct intake_message {
    bool aborted; /* the client thinks better of it: nothing follows, nothing is answered */
    const struct queue_recipient *recipients;
    size_t recipient_count;
    struct span content; /* the whole, or the first block */
    bool more;           /* blocks follow, by ipc_receive_block, up to an empty one */
    bool ordered;        /* behind all that, orders follow */
};

bool intake_receive_message(struct connection *client, struct arena *arena,
                            struct intake_message *message_r, struct error *err) MUST_CHECK;
/* intake_receive_orders - texts are the arena's; MALFORMED also for a filter or redirect that is none */
bool intake_receive_orders(struct connection *client, struct arena *arena,
                           struct intake_orders *orders_r, struct error *err) MUST_CHECK;
bool intake_send_outcome(struct connection *client, const struct intake_outcome *outcome,
                         struct error *err) MUST_CHECK;

#endif
