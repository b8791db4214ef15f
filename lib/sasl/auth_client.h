/*
 * The client of auth: SASL exchanges for login (and smtpd), one-time tickets for imapd and pop3d.
 * login never sees a hash, auth never sees a client's socket.
 *
 *   login -> auth   sasl_start {id, protocol, mechanism, initial response, addresses, secured}
 *   auth  -> login  sasl_reply {id, outcome, challenge | user, ticket | reason}
 *   login -> auth   sasl_continue {id, response} | sasl_cancel {id}
 *   login -> auth   session_end {id}: what came of an OK is over; session_note {...}: is still there
 *   imapd -> auth   redeem {ticket | pass, protocol, session}
 *   auth  -> imapd  account {user, uid, gid, home, format, path, pass, ...}   (a ticket: once)
 *
 * Many exchanges share one connection; ids are the client's. A ticket is 256 random bits, bound to the
 * connection to login on which it was given, and void after 60 s or when that connection ends. A pass
 * is what an imapd leaves with login beside a session that it parks (lib/sasl/parking.h).
 */
#ifndef BUZON_LIB_SASL_AUTH_CLIENT_H
#define BUZON_LIB_SASL_AUTH_CLIENT_H

#include "lib/delivery/mailbox.h"
#include "lib/io/ipc.h"
#include "lib/sasl/place_wire.h"

#define SASL_OCTETS_MAX 65536
#define SASL_TEXT_MAX   512 /* octets of a user name, of a reason */
#define AUTH_TICKET_MAX 128
#define AUTH_PASS_MAX   16384
#define AUTH_POOL_MAX   600

struct sasl_start {
    uint64_t id;
    const char *protocol;  /* "imap", "pop3", "smtp" */
    const char *mechanism; /* "PLAIN", "LOGIN", ... */
    bool has_initial;
    struct span initial; /* decoded octets */
    const char *remote_address, *local_address;
    uint64_t remote_port, local_port;
    bool secured;        /* TLS, or a local connection */
    const char *session; /* session id of the log */
    /* Of the TLS session, for SCRAM-...-PLUS (RFC 5929, RFC 9266): tls-exporter, tls-unique,
     * tls-server-end-point; empty: there is none. */
    struct span binding_exporter, binding_unique, binding_endpoint;
    const char *certificate_name; /* of a client certificate that was verified, for EXTERNAL; "" */
};

#define CHANNEL_BINDING_MAX 64

enum sasl_outcome { SASL_CHALLENGE, SASL_OK, SASL_FAILED, SASL_UNAVAILABLE };

struct sasl_reply {
    uint64_t id;
    uint64_t outcome;
    struct span challenge;   /* CHALLENGE: octets to send, not yet base64 */
    const char *user;        /* OK; also FAILED when it is known */
    const char *ticket;      /* OK */
    struct span pass;        /* OK: for an auth that has taken over and cannot know the ticket */
    const char *pool;        /* OK: sessions with the same one may share a process, in turn */
    const char *reason;      /* FAILED, UNAVAILABLE: for the log, e.g. "Password mismatch" */
    uint64_t refusal;        /* FAILED: enum sasl_refusal, when the client may know more */
    const char *explanation; /* DISABLED: text for the client; "" */
};

enum sasl_refusal {
    SASL_REFUSED_NOT,      /* wrong, and that is all that is said */
    SASL_REFUSED_DISABLED, /* the account is closed for now */
    SASL_REFUSED_EXPIRED,  /* the account or its password was good until some day */
    SASL_REFUSED_TOO_MANY, /* mail_max_userip_connections */
};

struct sasl_continue {
    uint64_t id;
    bool cancel;
    struct span response;
};

/* A session that came of an OK: `id` was the exchange's. */
struct sasl_session {
    uint64_t id;
    const char *protocol, *user, *remote_address; /* session_note */
};
extern const struct ipc_message session_end_message, session_note_message;

/* The messages, for event-driven use (login) with ipc_send / ipc_receive. */
extern const struct ipc_message sasl_start_message, sasl_reply_message, sasl_continue_message;

/* What an imapd or pop3d asks auth; one that serves again, only for accounts with its own ids. */
struct ticket_redemption {
    const char *ticket; /* "": by a pass */
    struct span pass;   /* also with a ticket, for an auth that did not issue it */
    const char *protocol;
    const char *session; /* a pass is good for this one alone */
    bool wants_pass;     /* the session may be parked */
};
extern const struct ipc_message ticket_redemption_message;

/* What login passes to imapd or pop3d beside the client's descriptor. */
struct session_handover {
    int client; /* the client, or under TLS one end of a socket pair that login relays */
    const char *ticket;
    struct span pass;     /* that came with the ticket */
    const char *protocol; /* "imap" or "pop3" */
    const char *tag;      /* IMAP: of the command to be answered with OK; POP3: "" */
    const char *session;
    const char *remote_address, *local_address;
    bool secured;
    bool utf8;         /* POP3: the client said UTF8 (RFC 6856) */
    struct span input; /* what the client sent already behind the command, decrypted */
};
extern const struct ipc_message session_handover_message;

/* imapd's or pop3d's answer: from here on it speaks to the client. Without it login apologises. */
struct session_accepted {
    uint64_t pid;
};
extern const struct ipc_message session_accepted_message;

/*
 * session_handover_receive - imapd's and pop3d's half; session_handover_accept - say that it is ours
 *
 * Until it is accepted, the client is login's, who apologises when we hang up. Texts are the arena's,
 * handover_r->client is the caller's. False with ERROR_NONE when login hung up.
 */
bool session_handover_receive(struct connection *login, struct arena *arena,
                              struct session_handover *handover_r, struct error *err) MUST_CHECK;
bool session_handover_accept(struct connection *login, struct error *err) MUST_CHECK;

struct auth_account {
    bool ok;
    const char *reason; /* !ok */
    const char *user;   /* login name, normalised */
    struct span pass;   /* for the time when the session is parked; empty: it was not asked for */
    struct mailbox_place place;
};
extern const struct ipc_message auth_account_message; /* of struct auth_account_wire */

/* The account as it goes over the socket. */
struct auth_account_wire {
    bool ok;
    const char *reason, *user;
    struct span pass;
    struct place_wire place;
};

/* auth_redeem - TEMPORARY when auth cannot answer; account_r->ok false for a bad or used ticket */
bool auth_redeem(struct connection *auth, const struct ticket_redemption *redemption,
                 struct arena *arena, struct auth_account *account_r, struct error *err) MUST_CHECK;

#endif
