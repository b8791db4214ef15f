/*
 * One request of qmgr: its recipients, what has become of each, and the servers that are tried for
 * those that are left.
 */
#ifndef BUZON_SMTP_DELIVERY_H
#define BUZON_SMTP_DELIVERY_H

#include "lib/delivery/request.h"
#include "smtp/checks.h"
#include "smtp/generic.h"
#include "smtp/hosts.h"
#include "smtp/session.h"

/* What the process keeps between requests. */
struct client {
    struct settings settings;
    struct host_finder finder;
    struct checks *checks;   /* NULL: content leaves as it is */
    struct generic *generic; /* NULL: addresses leave as they are */
    struct tls_context *tls; /* NULL: TLS is not wanted, or not possible */
    struct debug_peers *debug_peers;
    struct connection *cleanup; /* for letters to the postmaster; NULL at first */
    struct session *session;    /* open for the next request to the same next hop, or NULL */
    struct buf content;         /* a block on its way */
};

struct delivery {
    struct client *client;
    const struct delivery_request *request;
    struct outgoing outgoing;        /* what servers get of it */
    struct arena *arena;             /* the request's */
    struct delivery_result *results; /* of each recipient, in the request's order */
    bool *done;                      /* its result is final */
    bool is_self;                    /* the servers that were found lead to this host */
    size_t left;                     /* recipients that are not done */
    struct timeval connection_started, session_started;
    struct address_socket tried; /* by a session that was open already; len 0: none was */
};

/* delivery_run - answer a request; false: the conversation with qmgr broke */
bool delivery_run(struct client *client, struct connection *qmgr,
                  const struct delivery_request *request, struct error *err) MUST_CHECK;

/*
 * delivery_fail - a recipient could not be delivered to by this server
 *
 *  session  the server; NULL: there was none to say anything
 *
 * What a server refuses for good is done with; all else is the result only if no other server that
 * is tried has a better one.
 */
void delivery_fail(struct delivery *delivery, size_t recipient, const struct session *session,
                   const struct failure *failure);
/* delivery_fail_all - likewise, all that are not done */
void delivery_fail_all(struct delivery *delivery, const struct session *session,
                       const struct failure *failure);
/* delivery_sent - the server took a recipient; its reply is in the session */
void delivery_sent(struct delivery *delivery, size_t recipient, const struct session *session);

/* --- mail.c --------------------------------------------------------------------------------------- */

enum mail_result {
    MAIL_TRIED, /* each recipient that is not done has a failure, and may be tried elsewhere */
    MAIL_STALE, /* a reused connection was dead: nothing has happened yet */
};

/* mail_send - a mail transaction for all recipients that are not done */
enum mail_result mail_send(struct delivery *delivery, struct session *session);

/* --- content.c ------------------------------------------------------------------------------------ */

/* content_send - the message, up to its final dot; buffered. False: *failure_r, and the session is
 * dead, so that no half message ends with a dot. */
bool content_send(struct delivery *delivery, struct session *session, bool to_seven_bits,
                  struct failure *failure_r) MUST_CHECK;

#endif
