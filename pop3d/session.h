/*
 * The state of one POP3 session: the maildrop as it was when the session began, what was marked for
 * deletion, and what to count for the log. Everything in this folder takes a pointer to it.
 */
#ifndef BUZON_POP3D_SESSION_H
#define BUZON_POP3D_SESSION_H

#include "lib/config/config.h"
#include "lib/io/stream.h"
#include "lib/store/store.h"

/* One message of the maildrop; its number is its place, from 1 on. */
struct pop3_message {
    uint32_t index;   /* in the mailbox */
    bool deleted;     /* marked */
    bool seen;        /* was retrieved: marked \Seen at the end */
    uint64_t size;    /* with CRLF; valid when session->has_sizes */
    const char *uidl; /* valid when session->has_uidls; the session's arena's */
};

struct pop3_session {
    const struct config *config;
    struct arena *arena;
    struct stream *client;
    struct store *store;
    struct mailbox *mailbox;
    int lock;                   /* held while the session lasts */
    const char *user, *session; /* for the log */
    bool utf8;                  /* the client takes messages as they are: RFC 6856 */

    struct pop3_message *messages;
    size_t count;
    bool has_sizes, has_uidls;
    size_t deleted_count;
    size_t last;       /* LAST: the highest number that was retrieved; 0 */
    bool forgets_seen; /* RSET, where there is LAST: no message has been seen */
    bool quit;         /* QUIT was said: deletions count */
    bool ended;
    unsigned bad_commands; /* that made no sense, one after the other */

    size_t tops, retrievals;
    uint64_t top_octets, retrieved_octets;
};

/* session_open - lock the maildrop and look at it; *in_use_r: another session has it */
bool session_open(struct pop3_session *session, const struct mailbox_place *place, bool *in_use_r,
                  struct error *err) MUST_CHECK;
void session_close(struct pop3_session *session);
/* session_run - commands until the client goes */
void session_run(struct pop3_session *session);
/* session_load_sizes - of all messages, from the index */
bool session_load_sizes(struct pop3_session *session, struct error *err) MUST_CHECK;
/* session_update - delete what was marked, in one step: RFC 1939 section 6 */
bool session_update(struct pop3_session *session, struct error *err) MUST_CHECK;

/* pop3_command - one line of the client (command.c) */
void pop3_command(struct pop3_session *session, struct span line);

/* A part of a message that is sent in other words. */
struct pop3_replacement {
    uint64_t start, end; /* what it stands for: octets of the message */
    size_t text, len;    /* of surrogate->text */
};

/* What differs from the message as it is stored; nothing does where `count` is 0. */
struct pop3_surrogate {
    struct pop3_replacement *replacements; /* ascending */
    size_t count;
    struct buf text;
};

/*
 * pop3_surrogate_make - headers for a client that does not take UTF-8 (surrogate.c)
 *
 *  err  PERMANENT ENOENT: the message is gone; MALFORMED: these headers are too big for it
 */
bool pop3_surrogate_make(struct pop3_session *session, const struct pop3_message *message,
                         const struct message_file *file, struct pop3_surrogate *surrogate_r,
                         struct error *err) MUST_CHECK;
void pop3_surrogate_release(struct pop3_surrogate *surrogate);

/*
 * pop3_send_message - the message behind a "+OK" line, byte-stuffed, with its end (transfer.c)
 *
 *  surrogate   of its headers
 *  body_lines  lines of the body to send; UINT64_MAX: all
 *  octets_r    what was sent of the message
 *
 * False: the client or the file is gone; nothing sensible can follow.
 */
bool pop3_send_message(struct pop3_session *session, const struct message_file *file,
                       const struct pop3_surrogate *surrogate, uint64_t body_lines,
                       uint64_t *octets_r) MUST_CHECK;

/* What pop3_uidl_format can say of a message. */
struct pop3_uidl_values {
    uint32_t uid, uidvalidity;
    const char *file; /* name of its file, without flags */
    const char *guid;
    const char *md5; /* of the header, as the mbox servers of old made it; NULL: was not computed */
};

/* pop3_uidl - the unique id of a message, appended to `out`; PERMANENT: the format has what we do not know, or
 * what comes out cannot stand in an id (uidl.c) */
bool pop3_uidl(const char *format, const struct pop3_uidl_values *values, struct buf *out,
               struct error *err) MUST_CHECK;
/* pop3_header_md5 - what Dovecot's %m is: the MD5 of those header fields that identify a message */
void pop3_header_md5(struct span header, char md5_r[33]);
/* session_load_uidls - of all messages: kept ones, X-UIDL, or by pop3_uidl_format */
bool session_load_uidls(struct pop3_session *session, struct error *err) MUST_CHECK;

#endif
