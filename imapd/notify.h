/*
 * NOTIFY: RFC 5465. What a client wants to hear of without asking, of the selected mailbox and of others,
 * and the watching of those.
 */
#ifndef BUZON_IMAPD_NOTIFY_H
#define BUZON_IMAPD_NOTIFY_H

#include "imapd/session.h"

#define NOTIFY_GROUPS_MAX 50  /* event groups of one command */
#define NOTIFY_NAMES_MAX  500 /* mailboxes that one command names */

enum notify_event {
    NOTIFY_MESSAGE_NEW = 1,
    NOTIFY_MESSAGE_EXPUNGE = 2,
    NOTIFY_FLAG_CHANGE = 4,
    NOTIFY_MAILBOX_NAME = 8,
    NOTIFY_SUBSCRIPTION_CHANGE = 16,
    NOTIFY_MAILBOX_METADATA = 32,
    NOTIFY_SERVER_METADATA = 64,
    NOTIFY_UNSUPPORTED = 128, /* of the RFC, but not ours: annotations of messages */
};

#define NOTIFY_MESSAGE_EVENTS (NOTIFY_MESSAGE_NEW | NOTIFY_MESSAGE_EXPUNGE | NOTIFY_FLAG_CHANGE)

enum notify_filter {
    NOTIFY_SELECTED,
    NOTIFY_SELECTED_DELAYED,
    NOTIFY_INBOXES,
    NOTIFY_PERSONAL,
    NOTIFY_SUBSCRIBED,
    NOTIFY_SUBTREE,   /* names, and what is below them */
    NOTIFY_MAILBOXES, /* names */
};

struct notify_group {
    enum notify_filter filter;
    const struct span *names; /* as the client wrote them; the arena's */
    size_t name_count;
    unsigned events;
    struct span items; /* of MessageNew in the selected mailbox: "(UID ...)"; empty for none */
};

struct notify_request {
    bool status; /* begin with the state of all mailboxes */
    struct notify_group *groups;
    size_t group_count; /* 0: NOTIFY NONE */
};

/* notify_parse - what stands behind NOTIFY, up to the end. Texts are the arena's. */
bool notify_parse(struct arena *arena, struct cursor *at,
                  struct notify_request *request_r) MUST_CHECK;

/* What a session wants to hear of, and what it was told. */
struct notify;

/* notify_wants_selected - of the selected mailbox too? Also true when nothing was asked for. */
bool notify_wants_selected(const struct imapd_session *session);
/* notify_tell_new - what the client wants to have of messages from that index on, of which it was just
 * told */
void notify_tell_new(struct imapd_session *session, size_t first);
/* notify_tell_all - news that are wanted, to session->response; session->notify may be gone then */
void notify_tell_all(struct imapd_session *session);
struct imapd_idle;

/* notify_wait - until the client says something: news go to it as they come. In IDLE a line now and then shows
 * that the connection lives; idle is NULL between commands. false: the session has ended, or is parked. */
bool notify_wait(struct imapd_session *session, struct imapd_idle *idle) MUST_CHECK;
/* notify_free - what was asked for is over; NULL is fine */
void notify_free(struct notify **notify);

#endif
