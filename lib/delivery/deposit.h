/*
 * Putting a message into a mailbox: what local and virtual share. The header lines that final delivery
 * prepends, the identity that is taken on, the writer that fits, and what qmgr is told when it fails.
 */
#ifndef BUZON_LIB_DELIVERY_DEPOSIT_H
#define BUZON_LIB_DELIVERY_DEPOSIT_H

#include "lib/delivery/mailbox.h"
#include "lib/delivery/mbox.h"
#include "lib/delivery/request.h"

struct deposit {
    const struct config *config;
    const struct delivery_request *request;
    const char *original;     /* X-Original-To:, "" for none */
    const char *delivered_to; /* Delivered-To:, "" for none */
    const char
        *user; /* whose mailbox it is; NULL for a virtual one: what is wrong with that is not its
                         owner's affair, and mail waits */
    struct mbox_settings mbox;
    bool
        in_spool; /* an mbox in mail_spool_directory: the group of a spool that only it may write to */
};

/* What became of it, in the terms of struct delivery_result; texts are the arena's. */
struct deposit_outcome {
    enum delivery_outcome outcome;
    const char *status;          /* "2.0.0", "4.3.0", ... */
    const char *text;            /* "delivered to maildir", "maildir delivery failed: ..." */
    enum delivery_action action; /* what SENT means to a sender who asked for a report */
    const char *diagnostic;      /* as in struct delivery_result; NULL for none */
    int64_t mbox_start;          /* where in its mbox the message begins; else 0 */
};

static inline struct deposit_outcome deposit_outcome_of(enum delivery_outcome outcome,
                                                        const char *status, const char *text)
{
    return (struct deposit_outcome){.outcome = outcome, .status = status, .text = text};
}

/* deposit_prefix - "Return-Path:", "X-Original-To:" and "Delivered-To:" lines; arena's */
struct span deposit_prefix(struct arena *arena, const struct deposit *deposit);

/*
 * deposit_message - deliver into place->path with place's rights
 *
 * DELIVERY_SENT only when the message is on stable storage. Over quota is final (5.2.2), and so is a mailbox that
 * is there and takes nothing (lib/delivery/blame.h; not a virtual one); everything else that goes wrong is deferred.
 */
struct deposit_outcome deposit_message(struct arena *arena, const struct deposit *deposit,
                                       const struct mailbox_place *place);

/* deposit_failure - outcome, status and text for an error of delivery; `what`, with its colon, begins the text */
struct deposit_outcome deposit_failure(struct arena *arena, const char *what,
                                       const struct error *err);

/*
 * deposit_limit_holds - every message that is accepted has room in an empty mbox
 *
 *  limit  of mbox files, in octets; 0 for none
 *  err    PERMANENT, with the name of the parameter: it is less than message_size_limit
 */
bool deposit_limit_holds(const struct config *config, const char *parameter, int64_t limit,
                         struct error *err) MUST_CHECK;

#endif
