/*
 * One recipient of one delivery request, and everything that it turns into on this host: aliases,
 * .forward files, lists, commands, files, mailboxes, and addresses elsewhere. Everything in this
 * folder takes a pointer to it.
 */
#ifndef BUZON_LOCAL_DELIVERY_H
#define BUZON_LOCAL_DELIVERY_H

#include "lib/base/hash.h"
#include "lib/delivery/deposit.h"
#include "lib/route/route.h"

/* The process: tables that were opened once. */
struct local {
    const struct config *config;
    const char *name; /* of this service: in the log it is the relay */
    struct route *route;
    struct alias_tables *aliases;
    struct maps *mailbox_transports, *fallback_transports, *mailbox_commands;
    struct mailbox_finder *finder;
    int64_t looked_ms; /* when the tables were last looked at for changes */
    struct connection
        *cleanup; /* kept open for mail that goes into the queue again; NULL at first */
};

/* One leaf of the expansion and what became of it. */
struct leaf {
    const char *address;
    struct deposit_outcome done;
    bool was_logged; /* by the agent that it was passed to */
};

struct local_delivery {
    struct local *local;
    const struct delivery_request *request;
    const struct delivery_recipient *recipient;
    struct arena *arena;
    struct hash *seen; /* aliases, mailboxes, files, commands that were dealt with already */
    struct hash *delivered_to; /* Delivered-To: fields of the message; NULL: not read yet */
    struct leaf *leaves;
    size_t leaf_count, leaf_capacity;
    struct resend *resends; /* what goes into the queue again, by sender */
    /* An alias or .forward was expanded; that of a list with an owner is delivered with that. */
    enum { EXPANDED_NOT, EXPANDED_ALIAS, EXPANDED_LIST } expanded;
};

/* By what an address, command or file came to be here: allow_mail_to_commands and _files ask. */
enum expanded_by { BY_REQUEST, BY_ALIAS, BY_FORWARD, BY_INCLUDE };

/* One step on the way from the recipient to a leaf. */
struct step {
    const struct step *from; /* the step that led here, NULL at the start */
    enum expanded_by by;
    const char *address;   /* internal form, with domain */
    const char *localpart; /* without domain */
    const char *user;      /* without extension, lower case */
    const char *extension; /* without delimiter, "" for none */
    const char *domain;
    const char *delivered; /* for Delivered-To: */
    const char *sender;    /* envelope sender for what is sent on: an owner-alias may replace it */
    const char *alias;     /* the alias that was expanded here, or NULL */
    const char *forwarder; /* the user whose .forward was expanded here, or NULL */
    const char *owner;     /* owner-alias or forwarding user: other recipients are sent on for it */
    bool is_list;          /* an owner-alias is the sender of what is sent on */
    const char *unmatched; /* extension to append to what an alias expands to, or "" */
    unsigned depth;
    /* With whose rights commands and files are delivered; user NULL: the alias table's owner. */
    const char *rights_user;
    const char *rights_home;
    uid_t rights_uid;
    gid_t rights_gid;
    bool lists_as_root; /* an alias of root's: root reads the lists that it names */
};

#define STEP_DEPTH_MAX 100 /* as Postfix: nested deeper than that is a loop */

/* deliver_address (recipient.c) - the order of local(8): alias, .forward, mailbox, unknown */
void deliver_address(struct local_delivery *delivery, const struct step *from, enum expanded_by by,
                     const char *address);

/* deliver_expansion (expand.c) - each item of an alias or .forward value */
void deliver_expansion(struct local_delivery *delivery, const struct step *step,
                       enum expanded_by by, struct span value);

/* deliver_include (include.c) - what a list file has */
void deliver_include(struct local_delivery *delivery, const struct step *step, const char *path);
/* list_file_read - the content of a .forward or list file, up to the limit of `content` */
bool list_file_read(int fd, const char *path, struct buf *content, struct error *err) MUST_CHECK;

/* take_default_rights (alias.c) - those of default_privs, which are never root's: for files, commands and lists that
 * come from nobody's table or file */
bool take_default_rights(struct local_delivery *delivery, struct step *step,
                         struct error *err) MUST_CHECK;

/* deliver_by_alias (alias.c) - true when the name is an alias, or asking failed: all was done */
bool deliver_by_alias(struct local_delivery *delivery, struct step *step);

/* deliver_by_forward (forward.c) - true when a .forward took the message */
bool deliver_by_forward(struct local_delivery *delivery, const struct step *step,
                        const struct mailbox_place *account);

/* deliver_to_mailbox, deliver_to_unknown (mailbox.c) */
void deliver_to_mailbox(struct local_delivery *delivery, const struct step *step,
                        const struct mailbox_place *account);
bool deliver_by_transport(struct local_delivery *delivery, const struct step *step,
                          struct maps *transports, const char *transport);
void deliver_to_unknown(struct local_delivery *delivery, const struct step *step);

/* deliver_to_command, deliver_to_file (target.c) */
void deliver_to_command(struct local_delivery *delivery, const struct step *step,
                        const char *command);
void deliver_to_file(struct local_delivery *delivery, const struct step *step, const char *path);
/* may_deliver_to - `list` is allow_mail_to_commands or allow_mail_to_files */
bool may_deliver_to(const char *list, enum expanded_by by);
/* run_command - a command with rights of its own (mailbox_command) */
struct deposit_outcome run_command(struct local_delivery *delivery, const struct step *step,
                                   const char *command, const char *shell,
                                   const struct mailbox_place *rights);
/* local_marks - is a Delivered-To: field put before what goes there: "command", "file" or "forward"? */
bool local_marks(const struct config *config, const char *destination);

/* local_deposit - the settings of deliveries to a mailbox or "file", and of what a "command" reads */
struct deposit local_deposit(const struct local_delivery *delivery, const struct step *step,
                             const char *destination);
/* step_value - $user, $home, $local, ... for forward_path, luser_relay and the like; a
 * config_value_lookup whose context is a struct step_context */
struct step_context {
    const struct local_delivery *delivery;
    const struct step *step;
    const struct mailbox_place *account; /* NULL: there is none */
};
const char *step_value(void *context, const char *name);

/* resend_add, resend_all (resend.c) - addresses that go into the queue again, one message a sender */
void resend_add(struct local_delivery *delivery, const struct step *step, const char *address);
void resend_all(struct local_delivery *delivery);

/* --- outcomes (outcome.c) --------------------------------------------------------------------------- */

void leaf_done(struct local_delivery *delivery, const char *address, struct deposit_outcome done);
void leaf_deferred(struct local_delivery *delivery, const char *address, const char *status,
                   const char *format, ...) PRINTF(4, 5);
void leaf_bounced(struct local_delivery *delivery, const char *address, const char *status,
                  const char *format, ...) PRINTF(4, 5);
/* was_seen - remember `key`; true when it was there already (up to duplicate_filter_limit keys) */
bool was_seen(struct local_delivery *delivery, const char *kind, const char *key);
/* answer_recipient - log every leaf, and tell qmgr what became of the recipient as a whole */
bool answer_recipient(struct connection *qmgr, const struct local_delivery *delivery,
                      struct error *err) MUST_CHECK;

#endif
