/*
 * The state of one client's session, and what every handler does with it: reply, refuse, log.
 * Everything in this folder takes a pointer to it.
 */
#ifndef BUZON_SMTPD_SESSION_H
#define BUZON_SMTPD_SESSION_H

#include "lib/config/config.h"
#include "lib/config/interfaces.h"
#include "lib/dns/dns.h"
#include "lib/io/ipc.h"
#include "lib/io/stream.h"
#include "lib/io/tls.h"
#include "lib/map/debug_peer.h"
#include "lib/queue/intake.h"
#include "lib/queue/transcript.h"
#include "lib/route/route.h"

#include "smtpd/convert.h"

struct access;
struct command_count;

enum tls_level { TLS_LEVEL_NONE, TLS_LEVEL_MAY, TLS_LEVEL_ENCRYPT };

/* What a process keeps from session to session. */
struct smtpd_server {
    const struct config *config;
    struct arena *arena; /* the process's */
    struct dns *dns;
    struct route *route;
    struct tls_context *tls; /* NULL: no certificate, no TLS */
    enum tls_level tls_level;
    struct access *access;
    struct own_address *own_addresses; /* inet_interfaces */
    size_t own_address_count;
    struct match_list *mynetworks;
    struct match_list *forbidden_commands;
    struct match_list *noop_commands;
    struct match_list *bare_newline_exclusions;
    struct match_list *verp_clients;
    struct match_list *flush_domains;
    struct match_list *limit_exceptions; /* smtpd_client_event_limit_exceptions */
    struct match_list *logged_permits;   /* smtpd_log_access_permit_actions */
    struct debug_peers *debug_peers;
    unsigned announced;          /* EHLO keywords: HELLO_... */
    struct maps *hello_discards; /* keywords that are not, by client address */
    unsigned overrides;          /* receive_override_options: INTAKE_NO_... */
    struct maps *command_filter;
    struct maps *reject_footers; /* by the reply */
    const char *footer_filter;   /* smtpd_expansion_filter, decoded */
    struct connection *cleanup;  /* NULL until it is needed; kept from message to message */
    struct buf content;          /* converted, on its way to cleanup */
};

/* smtpd_server.announced */
enum {
    HELLO_PIPELINING = 1,
    HELLO_SIZE = 2,
    HELLO_VRFY = 4,
    HELLO_STARTTLS = 8,
    HELLO_ENHANCEDSTATUSCODES = 16,
    HELLO_8BITMIME = 32,
    HELLO_DSN = 64,
    HELLO_CHUNKING = 128,
    HELLO_XVERP = 256, /* to smtpd_authorized_verp_clients */
    HELLO_ETRN = 512,
    /* Never announced, but clients or administrators may name them: */
    HELLO_AUTH = 1024,
    HELLO_XCLIENT = 2048,
    HELLO_XFORWARD = 4096,
    HELLO_SMTPUTF8 = 8192,
    HELLO_LOG = 16384, /* it is logged what is not announced */
};

/* smtpd_session.phase; a command's row says in which it is allowed */
enum {
    PHASE_CONNECTED = 1, /* no HELO yet */
    PHASE_GREETED = 2,
    PHASE_SENDER = 4,    /* MAIL was accepted */
    PHASE_RECIPIENT = 8, /* and so was a RCPT */
    PHASE_CHUNKS = 16,   /* and so was a BDAT */
    PHASE_NO_MAIL = PHASE_CONNECTED | PHASE_GREETED,
    PHASE_IN_MAIL = PHASE_SENDER | PHASE_RECIPIENT | PHASE_CHUNKS,
    PHASE_ANY = PHASE_NO_MAIL | PHASE_IN_MAIL,
    PHASE_REFUSED = 32, /* the client was refused; all it may say is QUIT */
};

struct smtpd_peer {
    struct address_socket address;
    const char *text;    /* "192.0.2.7", "2001:db8::7" */
    const char *name;    /* verified, or "unknown" */
    const char *reverse; /* as the PTR record has it, or "unknown" */
    bool name_may_come;  /* "unknown" because a name server did not answer */
    bool reverse_may_come;
    const char *label; /* "name[192.0.2.7]" */
    unsigned port;
    bool is_proxied;               /* address: a proxy has named it */
    bool is_this_host;             /* its address is one of ours */
    bool mynetworks_asked;         /* once a session */
    enum map_result in_mynetworks; /* then: FOUND or ABSENT */
};

struct smtpd_envelope {
    const char *sender; /* internal form; NULL: no MAIL yet */
    const char *dsn_envid;
    const char *verp; /* delimiters of variable envelope return paths; NULL: none are wanted */
    char dsn_ret;
    bool eight_bit;
    uint64_t size; /* SIZE=, 0 when not said */
    struct queue_recipient *recipients;
    size_t recipient_count;
    size_t recipient_room;
    size_t overshoot; /* RCPTs after smtpd_recipient_limit */
    /* What access tables ordered. */
    struct intake_orders orders;
    bool ordered;
    struct buf prepended; /* header lines, LF */
};

/* The content of the message at hand; kept between BDATs. */
struct smtpd_content {
    struct smtpd_convert convert;
    uint64_t octets;  /* read from the client, for the log, */
    uint64_t unended; /* and those of a line of which the end is missing */
    size_t first;     /* where its content begins in the block that is to be sent first; else 0 */
    bool begun;       /* the recipients have gone to cleanup */
    bool thrown_away; /* or would have, but a table wants it to be lost */
    bool broken;      /* cleanup went away: the rest is read and forgotten */
    bool too_big;     /* likewise */
    bool failed;      /* a BDAT was refused: the others are too */
};

enum session_end { END_ORDERLY, END_LOST, END_TIMEOUT, END_ERRORS };

struct smtpd_session {
    struct smtpd_server *server;
    const struct config *config;
    struct stream *client;
    struct tls_session *tls; /* NULL: plain */
    struct arena *session_arena, *mail_arena, *command_arena;
    struct smtpd_peer peer;
    char *hello_name; /* owned; NULL: none yet */
    bool is_esmtp;
    unsigned announced; /* to this client: HELLO_... */
    unsigned phase;
    const char *where;   /* command for the log: "CONNECT", "RCPT", "END-OF-MESSAGE" */
    int64_t deadline_ms; /* monotonic; with smtpd_per_request_deadline */
    bool ended;
    enum session_end end;
    int error_count, junk_count;
    bool refused; /* the command at hand was */
    bool pipelining_logged;
    struct smtpd_envelope envelope;
    const char *recipient;   /* the one being looked at, or the only one; NULL: none */
    const char *etrn_domain; /* while ETRN is looked at; else NULL */
    struct intake *intake;
    const char *queue_id; /* NULL: none yet */
    struct smtpd_content content;
    struct transcript transcript;
    struct command_count *counts; /* one for each row of the command table */
};

/* smtpd_reply - a line (or, with \r\n inside, several) to the client, who may be made to wait for it */
void smtpd_reply(struct smtpd_session *session, const char *format, ...) PRINTF(2, 3);
/* smtpd_refuse - likewise, and it counts as an error; 421 and 521 end the session */
void smtpd_refuse(struct smtpd_session *session, const char *format, ...) PRINTF(2, 3);
/* smtpd_soften - with soft_bounce, a 5xx reply and the status in it become 4xx; in place */
void smtpd_soften(const struct config *config, char *reply);
/* smtpd_said - what was said by us ('>') or by the client ('<') is logged for peers of debug_peer_list, and
 * kept for the postmaster */
void smtpd_said(struct smtpd_session *session, char sign, struct span text);
/* smtpd_tell_postmaster - of what went wrong, when more than so many lines were said since the last time;
 * reason: why the session ended early, or NULL */
void smtpd_tell_postmaster(struct smtpd_session *session, int threshold, const char *reason);
/* smtpd_end - the session is over: for log and last reply */
void smtpd_end(struct smtpd_session *session, enum session_end end);
/* smtpd_stream_failed - end the session for what a stream said */
void smtpd_stream_failed(struct smtpd_session *session, enum stream_status status);
/* smtpd_flush - send the replies now */
void smtpd_flush(struct smtpd_session *session);

/* smtpd_begin_deadline, smtpd_extend_deadline - with smtpd_per_request_deadline: a command or message
 * content begins; so many octets of content have come (smtpd_min_data_rate) */
void smtpd_begin_deadline(struct smtpd_session *session);
void smtpd_extend_deadline(struct smtpd_session *session, size_t octets);

/* smtpd_log_decision - "QID: reject: RCPT from ...: 554 ...; from=<> to=<> proto= helo=" */
void smtpd_log_decision(struct smtpd_session *session, const char *decision, const char *text);
/* smtpd_protocol - "SMTP" or "ESMTP" */
const char *smtpd_protocol(const struct smtpd_session *session);
/* smtpd_reset - forget the mail transaction */
void smtpd_reset(struct smtpd_session *session);
/* smtpd_session_init - a new session with the client on this stream; release ends it, stream too */
void smtpd_session_init(struct smtpd_session *session, struct smtpd_server *server,
                        struct stream *client);
void smtpd_session_release(struct smtpd_session *session);

#endif
