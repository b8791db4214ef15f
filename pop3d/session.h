/*
 * The state of one POP3 session: the maildrop as it was when the session began, what was marked for
 * deletion, and what to count for the log. Everything in this folder takes a pointer to it.
 */
#ifndef BUZON_POP3D_SESSION_H
#define BUZON_POP3D_SESSION_H

#include "lib/config/config.h"
#include "lib/io/stream.h"
#include "lib/store/store.h"

struct pop3_session {
    const struct config *config;
    struct stream *client;
    struct store *store;
    struct mailbox *mailbox;
    int lock;                   /* held while the session lasts */
    const char *user, *session; /* for the log */

    uint64_t *sizes;     /* of each message with CRLF; NULL until they are asked for */
    struct arena *arena; /* of the session */
    const char **uidls;  /* ids that another server gave them; NULL where none did */
    bool *deleted;
    bool *seen; /* was retrieved: marked \Seen at the end */
    size_t deleted_count;
    uint64_t deleted_size;
    bool quit; /* QUIT was said: deletions count */
    bool ended;

    size_t tops, retrievals;
    uint64_t top_octets, retrieved_octets;
};

/* session_open - lock the maildrop and look at it; *in_use_r: another session has it */
bool session_open(struct pop3_session *session, const struct mailbox_place *place, bool *in_use_r,
                  struct error *err) MUST_CHECK;
void session_close(struct pop3_session *session);
/* session_run - commands until the client goes */
void session_run(struct pop3_session *session);
/* session_load_sizes - fill session->sizes */
bool session_load_sizes(struct pop3_session *session, struct error *err) MUST_CHECK;
/* session_update - delete what was marked, in one step: RFC 1939 section 6 */
bool session_update(struct pop3_session *session, struct error *err) MUST_CHECK;

/* pop3_command - one line of the client (command.c) */
void pop3_command(struct pop3_session *session, struct span line);

/*
 * pop3_send_message - the message behind a "+OK" line, byte-stuffed, with its end (transfer.c)
 *
 *  body_lines  lines of the body to send; UINT64_MAX: all
 *  octets_r    what was sent of the message
 *
 * False: the client or the file is gone; nothing sensible can follow.
 */
bool pop3_send_message(struct pop3_session *session, const struct message_file *file,
                       uint64_t body_lines, uint64_t *octets_r) MUST_CHECK;

/* pop3_uidl - the unique id of a message by pop3_uidl_format, appended to `out`; false: the format has
 * what we do not know (uidl.c) */
bool pop3_uidl(const char *format, uint32_t uid, uint32_t uidvalidity, struct buf *out) MUST_CHECK;

#endif
