/*
 * What a kind of mailbox must do. A driver keeps the truth (files) and brings the index into accord
 * with it; views, metadata and everything that a client sees are made from the index, once for all
 * drivers. Each function below returns with no transaction of the index open.
 */
#ifndef BUZON_LIB_STORE_DRIVER_H
#define BUZON_LIB_STORE_DRIVER_H

#include "lib/store/index.h"
#include "lib/store/store.h"

struct store {
    const struct store_driver *driver;
    struct store_settings settings; /* texts are owned */
    struct index *index;
    int root;                 /* directory of the account's control files */
    unsigned generation;      /* of the index: how often it was begun anew */
    struct timeval last_name; /* of the last message that got a name */
};

/* A new message that stands by to get its UID. */
struct new_message {
    uint32_t uid; /* 0 until it has one */
    uint32_t flags, keywords;
    uint64_t size, virtual_size, internal_date;
    const char *unique; /* its name while it is written, without sizes and flags; the arena's */
};

struct store_driver {
    char separator;
    /* open - the directory of the account's control files and index, made when it is missing; owned,
     * NULL when that fails */
    char *(*open)(struct store *store, struct error *err);
    /* list - names of all mailboxes but INBOX */
    bool (*list)(struct store *store, struct strlist *names, struct error *err);
    bool (*exists)(struct store *store, const char *name);
    bool (*create)(struct store *store, const char *name, struct error *err);
    bool (*delete)(struct store *store, const char *name, struct error *err);
    /* rename - with those below; INBOX is never renamed */
    bool (*rename)(struct store *store, const char *old_name, const char *new_name,
                   struct error *err);

    /* attach - open what the mailbox is made of, find its id; detach is its end */
    bool (*attach)(struct mailbox *mailbox, struct error *err);
    void (*detach)(struct mailbox *mailbox);
    /* sync - the index shows the mailbox as it is; a session that may write takes new mail in */
    bool (*sync)(struct mailbox *mailbox, struct error *err);
    bool (*keyword)(struct mailbox *mailbox, struct span keyword, uint32_t *bit_r,
                    struct error *err);
    bool (*change_flags)(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                         const struct flag_change *change, struct error *err);
    bool (*expunge)(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                    struct error *err);
    bool (*copy)(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                 struct mailbox *target, bool move, struct arena *arena,
                 struct mailbox_copied *copied_r, struct error *err);
    bool (*open_message)(struct mailbox *mailbox, uint32_t uid, struct message_file *file_r,
                         struct error *err);
    const char *const *(*watch)(const struct mailbox *mailbox);

    /* New messages: a file for each, then all of them at once. */
    int (*begin_message)(struct mailbox *mailbox, struct new_message *message, struct arena *arena,
                         struct error *err);
    bool (*commit_messages)(struct mailbox *mailbox, struct new_message *messages, size_t count,
                            struct error *err);
    void (*drop_message)(struct mailbox *mailbox, struct new_message *message);
};

extern const struct store_driver maildir_driver, mbox_driver;

/* mailbox_attach - an open mailbox without a view */
struct mailbox *mailbox_attach(struct store *store, const char *name, bool read_only,
                               struct error *err) MUST_CHECK;

/* store_name_time - a time that no other message of this process got, for unique names */
struct timeval store_name_time(struct store *store);

/* view_refresh - the view shows what the index says; needs a transaction (view.c) */
bool view_refresh(struct mailbox *mailbox, const struct index_mailbox *state,
                  struct error *err) MUST_CHECK;
/* view_mark_gone - that message is not there any more */
void view_mark_gone(struct mailbox *mailbox, size_t index);

/* store_missing - "there is no such mailbox" */
void store_missing(struct error *err, const char *name);

#endif
