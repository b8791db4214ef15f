/*
 * One client of IMAP or POP3 before it is logged in; for as long as its session lasts, under TLS, and
 * where the session may be parked (park.h).
 * The core here is protocol-neutral: octets in and out, TLS, deadlines, SASL, the hand-over. What is said
 * is the protocol's (struct protocol: imap.c, pop3.c).
 */
#ifndef BUZON_LOGIN_CLIENT_H
#define BUZON_LOGIN_CLIENT_H

#include "lib/base/buf.h"
#include "lib/io/tls.h"
#include "lib/sasl/auth_client.h"
#include "lib/sasl/offer.h"
#include "lib/service/service.h"

#define INPUT_MAX      16384 /* octets of a command, or of pipelined ones, before login */
#define TAG_MAX_LEN    128
#define SESSION_ID_LEN 16

#define CERTIFICATE_NAME_MAX 256

struct auth_link;
struct client;

enum client_state {
    CLIENT_PROXY,     /* a proxy in front of us has to say whose connection it is */
    CLIENT_HANDSHAKE, /* TLS is being set up */
    CLIENT_COMMAND,   /* the next command is awaited */
    CLIENT_AUTH,      /* auth is asked; input waits */
    CLIENT_SASL,      /* the client's response to a challenge is awaited */
    CLIENT_HANDOVER,  /* imapd or pop3d is asked to take the session; input waits */
    CLIENT_RELAY,     /* logged in under TLS: octets go to and fro */
    CLIENT_AWAY,      /* logged in without TLS: an imapd or pop3d has the descriptor */
    CLIENT_PARKED,    /* logged in, and nothing happens: we wait for whatever does */
    CLIENT_WAKING,    /* an imapd is asked to take the parked session; input waits */
    CLIENT_CLOSING,   /* the last output is sent, then the end */
};

enum auth_failure {
    AUTH_NO_FAILURE,
    AUTH_WRONG,
    AUTH_UNAVAILABLE,
    AUTH_ABORTED,            /* given up by the client */
    AUTH_MALFORMED,          /* the initial response is no base64 */
    AUTH_MALFORMED_RESPONSE, /* a later one is none, */
    AUTH_ODD_RESPONSE,       /* or has octets that are in no base64 */
    AUTH_UNSUPPORTED,        /* no such mechanism here */
    AUTH_DISABLED,           /* the account is closed: client->explanation says more, or is "" */
    AUTH_EXPIRED,            /* the account, or its password */
    AUTH_TOO_MANY,           /* sessions of this user from this address */
};

/* What differs between IMAP and POP3. */
struct protocol {
    const char *name;                     /* "imap": of tickets and logs */
    const char *service;                  /* "imapd" */
    const char *too_many_bad;             /* commands: what is said, */
    const char *too_many_bad_logged;      /* and logged */
    bool parks;                           /* a worker gives clients back, and serves the next one */
    bool (*start)(struct client *client); /* the greeting; true */
    /* take one command from the input; false: more octets are needed */
    bool (*command)(struct client *client);
    void (*challenge)(struct client *client, struct span base64);
    void (*failed)(struct client *client, enum auth_failure failure);
    void (*bye)(struct client *client, const char *reason);
};

extern const struct protocol login_imap, login_pop3;

/* The process. */
struct login {
    const struct service_instance *instance;
    const struct config *config;
    const struct protocol *protocol;
    struct tls_context *tls; /* NULL: there is no certificate */
    struct auth_link *auth;
    struct client *sessions; /* that auth counts for us */
    size_t clients;
    size_t most_clients;            /* since memory was given back */
    struct client *oldest, *newest; /* who is not logged in, by their arrival */
    struct hash *addresses;         /* how many of those each address has */
    size_t descriptors;             /* that the process may have open */

    struct hash *pools;           /* worker.c: by key */
    struct worker **free_workers; /* the one that has waited longest first */
    size_t free_count;

    struct park *parked;                       /* park.c */
    size_t parked_count, away_count;           /* of the clients */
    struct park *first_changed, *last_changed; /* a mailbox of theirs has changed */
    size_t changes_served;                     /* in workers now, for that reason */
};

struct client {
    struct login *login;
    struct client *older, *newer; /* while not logged in */
    bool is_in_crowd;
    enum client_state state;
    int fd;
    struct watch *watch;
    struct tls_session *tls;
    bool tls_wants_write;
    struct buf input, output;
    int64_t arrived_ms;
    char session[SESSION_ID_LEN + 1];
    char remote[SOCKET_TEXT_MAX], local[SOCKET_TEXT_MAX];
    unsigned remote_port, local_port;
    bool has_proxied_tls; /* the proxy in front of us speaks TLS with the client */

    char tag[TAG_MAX_LEN + 1]; /* IMAP: of the command in progress */
    size_t invited_at;         /* IMAP: input before this offset was asked for with "+" */
    char *user;                /* of the last attempt, for the log */
    char *named;               /* POP3: what USER said; NULL */
    bool utf8;                 /* POP3: UTF8 was said */
    const char *mechanism;     /* of the last attempt, for the log */
    enum auth_failure failure; /* of the last attempt, when there were some */
    char *explanation;         /* of auth, for the client; NULL */
    bool refused_plaintext;    /* tried to send a password where that is not allowed */
    unsigned attempts, bad_commands;
    uint64_t exchange; /* id at auth, 0: none */
    bool starts_tls;   /* the answer to STARTTLS goes out, then the handshake */

    uint64_t granted; /* id at auth of the session that came of it; 0: none */
    struct client *session_before, *session_after; /* in login->sessions */
    struct pool *pool;                             /* once auth has said yes */
    char *ticket;                                  /* until the session is taken */
    struct buf pass;                               /* beside it */
    struct worker *worker; /* the imapd or pop3d that is asked to take the session, or has it */
    struct relay *relay;
    struct park *park; /* PARKED and WAKING */
};

/* --- the core (client.c) ------------------------------------------------------------------------------- */

/* client_begin - greet, or wait for the handshake: its addresses are known */
void client_begin(struct client *client);

/* client_close - flush what was said, log why, close */
void client_close(struct client *client, const char *reason);
/* client_destroy - at once, without a word */
void client_destroy(struct client *client);
/* client_resume - the state changed from outside (auth, session): go on with what is in the input */
void client_resume(struct client *client);
/* client_start_tls - after the answer was said: flush, then handshake. Pipelined plaintext is dropped. */
void client_start_tls(struct client *client);
/* client_is_secured - TLS, or a connection within this host */
bool client_is_secured(const struct client *client);
bool client_may_send_password(const struct client *client);
/* client_offer - what SASL may count on */
struct sasl_offer_connection client_offer(const struct client *client);
/* client_bad_command - one more; true: it was the last one that is taken, and the client is closing */
bool client_bad_command(struct client *client);
/* client_watch - the descriptor is ours again; client_send_away - a worker has it alone */
void client_watch(struct client *client);
void client_send_away(struct client *client);

/* --- octets (transfer.c) ---------------------------------------------------------------------------------- */

/* client_say - a line, CRLF is appended */
void client_say(struct client *client, const char *format, ...) PRINTF(2, 3);
/* client_line - the next line of the input without its end; false: there is none yet. Borrowed until
 * client_consume. */
bool client_line(const struct client *client, struct span *line_r, size_t *with_end_r);
void client_consume(struct client *client, size_t len);
/* client_flush, client_read - what can be written now; all that is there, into the input, as far as it
 * fits. False: the connection is gone. */
bool client_flush(struct client *client) MUST_CHECK;
bool client_read(struct client *client) MUST_CHECK;

/* --- arriving (arrival.c) --------------------------------------------------------------------------------- */

/* client_create - takes a connected, non-blocking descriptor */
void client_create(struct login *login, int fd);
/* client_read_proxy_header - in CLIENT_PROXY; false: the client is gone */
bool client_read_proxy_header(struct client *client);
/* client_leave_crowd - it is logged in, or gone */
void client_leave_crowd(struct client *client);
/* login_accept_more - may more connections be taken? */
void login_accept_more(struct login *login);

/* --- SASL (sasl.c) --------------------------------------------------------------------------------------- */

/* sasl_begin_base64 - ask auth; with an encoded initial response, if it `has` one; "=" is an empty one (RFC 4959) */
void sasl_begin_base64(struct client *client, const char *mechanism, struct span base64, bool has);
/* sasl_password - user and password of LOGIN or USER/PASS, as an exchange by PLAIN */
void sasl_password(struct client *client, struct span user, struct span password);
/* sasl_response - a line of the client: base64, or "*" to give up */
void sasl_response(struct client *client, struct span line);
/* sasl_cancel - the client went away */
void sasl_cancel(struct client *client);

/* sasl_take_reply - of auth, in AUTH; sasl_lost - auth is gone, and will not answer. The client may be gone then. */
void sasl_take_reply(struct client *client, const struct sasl_reply *reply);
void sasl_lost(struct client *client);
/* sasl_list_mechanisms - " PLAIN LOGIN", each behind `prefix`, as capabilities list them */
void sasl_list_mechanisms(const struct client *client, const char *prefix, struct buf *out);

/* --- after the password (handover.c, relay.c) ---------------------------------------------------------------- */

/* handover_begin - auth said OK */
void handover_begin(struct client *client, const struct sasl_reply *reply);
/* relay_open - between the TLS session and a socket pair: the session's end of it, which is also in
 * *to_close_r, to be closed once it is sent; -1 and *err */
int relay_open(struct client *client, int *to_close_r, struct error *err) MUST_CHECK;
void relay_on_event(struct client *client, int events);
/* relay_note_end - its session is over; the client has yet to read what that said at last */
void relay_note_end(struct client *client);
/* relay_pause - until the next relay_on_event */
void relay_pause(struct client *client);
/* relay_has_inward - octets of the client wait for its session */
bool relay_has_inward(const struct client *client);
/* relay_drain - octets of the session that wait for the client; false: more than the limit */
bool relay_drain(struct client *client, struct buf *out) MUST_CHECK;
void relay_free(struct client *client);

/* --- sessions that are under way (session.c) ---------------------------------------------------------------- */

/* session_grant - auth gave a ticket in the exchange `id`; client->user is set */
void session_grant(struct client *client, uint64_t id);
/* session_end - with the client, or because nothing came of it */
void session_end(struct client *client);
/* sessions_note_all - to an auth that has not heard of them */
void sessions_note_all(struct login *login);
/* sessions_forget_away - this process shall end: those that others have go on, and uncounted */
void sessions_forget_away(struct login *login);

/* --- the log (log.c) -------------------------------------------------------------------------------------------- */

void log_login(const struct client *client, uint64_t pid);
void log_disconnect(const struct client *client, const char *reason);
/* log_handshake - TLS did not come about; failure: NULL when the client just went away */
void log_handshake(const struct client *client, const char *failure);

#endif
