/*
 * A conversation with a server: connecting, greeting, TLS, commands and replies. It outlives a
 * message when the next one has the same next hop.
 */
#ifndef BUZON_SMTP_SESSION_H
#define BUZON_SMTP_SESSION_H

#include "lib/delivery/request.h"
#include "lib/io/stream.h"
#include "lib/io/tls.h"
#include "lib/map/debug_peer.h"
#include "lib/queue/transcript.h"
#include "smtp/hosts.h"
#include "smtp/reply.h"

struct session {
    const struct settings *settings;
    struct arena *arena; /* of the session */
    struct stream *stream;
    struct reply reply; /* the last one */
    const char *host;   /* "mx.example.test" */
    const char *label;  /* "mx.example.test[192.0.2.1]" */
    const char *relay;  /* "mx.example.test[192.0.2.1]:25" */
    struct debug_peers *debug_peers;
    struct transcript transcript;
    struct connection **cleanup; /* for it */
    unsigned features;           /* FEATURE_... */
    unsigned discard;            /* FEATURE_... that it does not have, whatever it says */
    uint64_t size_limit;         /* of SIZE; 0: none */
    unsigned pix_workarounds;    /* PIX_... */
    bool dead;                   /* nothing can be said any more */
    bool dirty; /* a transaction was left in the middle: RSET comes before the next */

    const char *destination; /* the next hop that it was made for */
    struct address_socket address;
    unsigned uses;
    int64_t opened_ms;
};

/* How a session is to be opened. */
struct session_target {
    const struct settings *settings;
    struct tls_context *tls; /* NULL: no TLS */
    struct debug_peers *debug_peers;
    struct connection **cleanup; /* as in transcript_end */
    const char *destination;     /* the next hop */
    const char *domain;          /* of the next hop: what a certificate is for (TLS_SECURE) */
    const char *host;
    const char *unix_path; /* or NULL, and */
    struct address_socket address;
    unsigned port;
    bool may_be_us; /* a server with our own name is this host: mail would loop */
    const struct delivery_request *request; /* for whose sake it is opened */
};

/*
 * session_open - connect, and go as far as EHLO and TLS bring us
 *
 *  arena      takes the texts of *failure_r
 *  target     destination and host are copied
 *
 * NULL: *failure_r says why. Without TLS at a second try, when TLS fails and is not demanded, and the message
 * has waited for minimal_backoff_time before: as Postfix.
 */
struct session *session_open(struct arena *arena, const struct session_target *target,
                             struct failure *failure_r) MUST_CHECK;
/* session_close - with QUIT when that is possible; NULL in it is fine */
void session_close(struct session **session);

/* session_say - a command line, without its end; buffered */
void session_say(struct session *session, const char *line);
/*
 * session_listen - send what is buffered and wait for a reply, which is in session->reply then
 *
 *  doing  "sending MAIL FROM": what we were about when the connection was lost
 *
 * False: the connection is lost or the server talks nonsense; session->dead, and *failure_r.
 */
bool session_listen(struct session *session, struct arena *arena, int timeout_s, const char *doing,
                    struct failure *failure_r) MUST_CHECK;
/* session_refusal - a failure out of the reply to `command` ("MAIL FROM command") */
struct failure session_refusal(struct session *session, struct arena *arena, const char *command);
/* session_lost - a failure while writing or reading; session->dead */
struct failure session_lost(struct session *session, struct arena *arena, enum stream_status status,
                            const char *doing);
/* session_is_alive - nothing came from the server that was not asked for, not even its end */
bool session_is_alive(struct session *session);

/* --- hello.c ---------------------------------------------------------------------------------- */

typedef void session_line(struct session *session, struct span text);
/* session_listen_lines - session_listen, with a look at each line of the reply */
bool session_listen_lines(struct session *session, struct arena *arena, int timeout_s,
                          const char *doing, session_line *on_line,
                          struct failure *failure_r) MUST_CHECK;

enum hello_result {
    HELLO_DONE,
    HELLO_FAILED,
    HELLO_PLAIN, /* TLS failed and is not demanded: the same again without */
};
/* session_greet - everything up to the first MAIL: greeting, EHLO, STARTTLS */
enum hello_result session_greet(struct session *session, struct arena *arena,
                                const struct session_target *target, bool try_tls,
                                struct failure *failure_r);

#endif
