/* What the files of APPEND, CATENATE and REPLACE share. */
#ifndef BUZON_IMAPD_APPEND_H
#define BUZON_IMAPD_APPEND_H

#include "imapd/session.h"

/* One command on its way. After `failed` the rest is only read. */
struct append {
    struct imapd_session *session;
    struct store_append *store;                /* NULL: there is no such mailbox */
    const char *mailbox;                       /* its name */
    struct cursor at;                          /* in what was read of the command */
    uint64_t pending_octets, pending_messages; /* that stand by already, with this one */
    uint64_t size;                             /* octets of the message on its way */
    struct error err;
    bool failed;
};

/* append_fail - with an error that is there; append_refuse - with a reply that the client gets as it is */
void append_fail(struct append *append);
void append_refuse(struct append *append, const char *text);
/* append_bad - the command is not of the grammar */
void append_bad(struct append *append);

/* append_write - the next octets of the message, within its limit */
void append_write(struct append *append, struct span octets);
/* append_take_literal - what the client sends next goes to `take`; then append->at is behind it */
typedef void append_take(struct append *append, void *context, struct span octets);
void append_take_literal(struct append *append, append_take *take, void *context);

/* append_take_catenate - "(" part *(SP part) ")" of RFC 4469 (append_catenate.c) */
void append_take_catenate(struct append *append);
/* append_take_binary - a literal8, whose binary parts get another encoding (append_binary.c) */
void append_take_binary(struct append *append);

#endif
