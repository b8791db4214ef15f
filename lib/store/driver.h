/*
 * What a kind of mailbox must do. A driver keeps the truth (files) and brings the index into accord with
 * it; views, metadata and everything that a client sees are made from the index, once for all
 * drivers. Each function below returns with no transaction of the index open.
 */
#ifndef BUZON_LIB_STORE_DRIVER_H
#define BUZON_LIB_STORE_DRIVER_H

#include "lib/store/index.h"
#include "lib/store/store.h"

struct store {
    const struct store_driver *driver;
    struct store_settings settings; /* texts are owned */
    char separator;                 /* between parts of names, as clients see them */
    char *folders;                  /* the Maildir in which folders are */
    struct index *index;
    int root;                 /* directory of the account's control files */
    unsigned generation;      /* of the index: how often it was begun anew */
    unsigned open;            /* mailboxes: while there are any, an index in memory stays there */
    struct timeval last_name; /* of the last message that got a name */
};

/* A new message that stands by to get its UID. */
struct new_message {
    uint32_t uid; /* 0 until it has one */
    uint32_t flags, keywords;
    uint64_t size, virtual_size, internal_date;
    const char *unique; /* its name while it is written, without sizes and flags; the arena's */
};

/* What an account does: where its mailboxes are. */
struct store_driver {
    /* open - fill store->folders, where control files and index are too; make what is missing */
    bool (*open)(struct store *store, struct error *err);
    /* list - names of all mailboxes but INBOX */
    bool (*list)(struct store *store, struct strlist *names, struct error *err);
    bool (*exists)(struct store *store, const char *name);
    bool (*create)(struct store *store, const char *name, struct error *err);
    bool (*delete)(struct store *store, const char *name, struct error *err);
    /* rename - with those below; INBOX is never renamed */
    bool (*rename)(struct store *store, const char *old_name, const char *new_name,
                   struct error *err);
    /* watch_mailbox, watch_names - as store_watch_... of store.h */
    const char *const *(*watch_mailbox)(struct store *store, const char *name, struct arena *arena);
    const char *const *(*watch_names)(struct store *store, struct arena *arena);
    const struct mailbox_driver *inbox, *folder; /* what kinds of mailboxes these are */
};

/* A Maildir with its folders; an mbox in the system's spool, with folders in a Maildir. */
extern const struct store_driver maildir_store, spool_store;

/* What a kind of mailbox does. */
struct mailbox_driver {
    /* attach - open what the mailbox is made of; detach is its end */
    bool (*attach)(struct mailbox *mailbox, struct error *err);
    void (*detach)(struct mailbox *mailbox);
    /* sync - the index shows the mailbox as it is; a session that may write takes new mail in */
    bool (*sync)(struct mailbox *mailbox, struct error *err);
    int (*keywords_directory)(const struct mailbox *mailbox);
    bool (*change_flags)(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                         const struct flag_change *change, struct error *err);
    bool (*expunge)(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                    struct error *err);
    /* copy - to a mailbox of the same kind; NULL: content is read and appended */
    bool (*copy)(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                 struct mailbox *target, bool move, struct arena *arena,
                 struct mailbox_copied *copied_r, struct error *err);
    bool (*open_message)(struct mailbox *mailbox, uint32_t uid, struct message_file *file_r,
                         struct error *err);
    /* unpack - in place of an open file, which may be compressed, its content; where that fails the file may be
     * closed. NULL: none ever is (lib/store/unpack.h) */
    bool (*unpack)(struct mailbox *mailbox, uint32_t uid, struct message_file *file,
                   struct error *err);
    /* pop3_uidls - as mailbox_pop3_uidls; NULL: there never are any */
    bool (*pop3_uidls)(struct mailbox *mailbox, struct arena *arena, const char **uidls,
                       struct error *err);
    const char *const *(*watch)(const struct mailbox *mailbox);
    /* save_date - when the message came into this mailbox, seconds since 1970; 0: nobody knows */
    uint64_t (*save_date)(const struct index_message *message);
    /* identity - octets that no message with other content has, wherever it is copied or moved to */
    struct span (*identity)(const struct index_message *message);

    /* New messages: a file for each, then all of them at once. Once they are in the mailbox for good they are
     * committed, also when the index could not be told: then their UIDs stay 0. */
    int (*begin_message)(struct mailbox *mailbox, struct new_message *message, struct arena *arena,
                         struct error *err);
    bool (*commit_messages)(struct mailbox *mailbox, struct new_message *messages, size_t count,
                            struct error *err);
    void (*drop_message)(struct mailbox *mailbox, struct new_message *message);
};

extern const struct mailbox_driver maildir_driver, mbox_driver;

/* store_be_ready - begin a broken index anew, leave one that is full for one in memory, and that one again when there is
 * room; ids of open mailboxes are void then */
bool store_be_ready(struct store *store, struct error *err) MUST_CHECK;
/* store_may_try_again - what failed just now failed because the index turned out to be no good or full, or to have been
 * begun anew by somebody: after store_be_ready it may succeed */
bool store_may_try_again(const struct store *store);

/* mailbox_be_ready - the same, and forget what the mailbox knew of an earlier index */
bool mailbox_be_ready(struct mailbox *mailbox, struct error *err) MUST_CHECK;
/* mailbox_may_try_again - the same of store_may_try_again, after mailbox_be_ready */
bool mailbox_may_try_again(const struct mailbox *mailbox);

/* mailbox_attach - an open mailbox without a view */
struct mailbox *mailbox_attach(struct store *store, const char *name, bool read_only,
                               struct error *err) MUST_CHECK;

/* mailbox_read_state - what the index says of a mailbox with which it is in accord, within a transaction; false: *err,
 * of store_missing when there is none */
bool mailbox_read_state(struct mailbox *mailbox, struct index_mailbox *state,
                        struct error *err) MUST_CHECK;

/* mailbox_open_stored - as mailbox_open_message, but the file may be compressed */
bool mailbox_open_stored(struct mailbox *mailbox, size_t index, struct message_file *file_r,
                         struct error *err) MUST_CHECK;

/* copy_content - read messages here, append them there (append.c) */
bool copy_content(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                  const char *target, struct arena *arena, struct mailbox_copied *copied_r,
                  struct error *err) MUST_CHECK;

/* store_name_time - a time that no other message of this process got, for unique names */
struct timeval store_name_time(struct store *store);

/* view_refresh - the view shows what the index says; needs a transaction (view.c) */
bool view_refresh(struct mailbox *mailbox, const struct index_mailbox *state,
                  struct error *err) MUST_CHECK;
/* view_take_state - what it tells beside the messages */
void view_take_state(struct mailbox *mailbox, const struct index_mailbox *state);
/* view_peek_at_recent - what EXAMINE shows as \Recent nobody has claimed yet */
void view_peek_at_recent(struct mailbox *mailbox, const struct index_mailbox *state);
/* view_outline - mailbox_select, view_show - mailbox_show, after which it is refreshed; likewise */
bool view_outline(struct mailbox *mailbox, const struct index_mailbox *state,
                  struct mailbox_outline *outline_r, struct error *err) MUST_CHECK;
bool view_show(struct mailbox *mailbox, const struct index_mailbox *state,
               struct error *err) MUST_CHECK;
/* view_glance - mailbox_glance, as a fill_view; only where view_may_glance says that it may do. What it puts
 * into the view may be all of what is wanted or, with false, less. */
struct view_glance {
    bool by_uid;
    uint32_t first, last; /* UIDs or numbers */
    /* Its own: */
    struct mailbox *mailbox;
    bool too_many; /* more messages than the mailbox should have */
};
bool view_may_glance(const struct mailbox *mailbox, const struct view_glance *glance) MUST_CHECK;
bool view_glance(struct mailbox *mailbox, const struct index_mailbox *state, void *glance,
                 struct error *err) MUST_CHECK;
/* view_mark_gone - that message is not there any more */
void view_mark_gone(struct mailbox *mailbox, size_t index);

/* A message comes, changes, goes: its record, and the sums of the mailbox (state.c). */
bool state_put_new(struct mailbox *mailbox, struct index_mailbox *state,
                   const struct index_message *message, struct error *err) MUST_CHECK;
bool state_put_changed(struct mailbox *mailbox, struct index_mailbox *state,
                       const struct index_message *old, const struct index_message *message,
                       struct error *err) MUST_CHECK;
bool state_put_gone(struct mailbox *mailbox, struct index_mailbox *state,
                    const struct index_message *message, struct error *err) MUST_CHECK;
/* state_put - the record of the mailbox */
bool state_put(struct mailbox *mailbox, struct index_mailbox *state, struct error *err) MUST_CHECK;
/* state_first_unseen - number of the first message without \Seen; 0: all have it */
bool state_first_unseen(struct mailbox *mailbox, const struct index_mailbox *state,
                        uint32_t *number_r, struct error *err) MUST_CHECK;
/* state_count_from - messages with that UID or a higher one */
bool state_count_from(struct mailbox *mailbox, const struct index_mailbox *state, uint32_t uid,
                      uint32_t *count_r, struct error *err) MUST_CHECK;
/* state_find - the record of the mailbox, by its id or name */
enum index_result state_find(struct mailbox *mailbox, struct index_mailbox *state,
                             struct error *err) MUST_CHECK;
bool state_create(struct mailbox *mailbox, struct index_mailbox *state,
                  struct error *err) MUST_CHECK;
/* state_next_modseq - of a change that comes now */
uint64_t state_next_modseq(const struct index_mailbox *state);
/* state_may_change - may it change under the conditions of the change? Else the view says so. */
bool state_may_change(const struct flag_change *change, const struct index_message *message,
                      struct mailbox_message *shown);
/* state_change_flags - what one message becomes */
void state_change_flags(const struct flag_change *change, struct index_message *message);
/* state_unsure_until_ms - when a file with this time can be told from one that was changed once more;
 * 0: now. state_wall_ms is the clock that goes with it. */
int64_t state_unsure_until_ms(int64_t mtime_ns);
int64_t state_wall_ms(void);
/* state_start_over - no UIDs are left (uidlist_has_room): another, larger UIDVALIDITY (RFC 9051, section 2.3.1.1), and
 * numbers from 1. The caller gives every message one, and forgets those of the index. */
bool state_start_over(struct mailbox *mailbox, uint32_t *uidvalidity, uint32_t *uidnext,
                      struct error *err) MUST_CHECK;
/* state_walk_known - all messages of the index, in the order of UIDs. Fewer or more than it counts itself: its tree is
 * damaged, and what was not met would be taken for new. */
bool state_walk_known(struct mailbox *mailbox, const struct index_mailbox *state,
                      index_visit *visit, void *context, struct error *err) MUST_CHECK;
/* state_forget_messages - there are none any more */
void state_forget_messages(struct index_mailbox *state);

/* What messages of a view take (quota.c): before they are copied or go, and then as a change of the sum.
 * Nothing is looked at where nothing is limited. */
struct quota_change {
    uint64_t octets, messages;
};
bool store_quota_of(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                    struct quota_change *change_r, struct error *err) MUST_CHECK;
void store_quota_add(struct store *store, const struct quota_change *change);
void store_quota_subtract(struct store *store, const struct quota_change *change);
/* store_quota_recount - a mailbox went with all that was in it, or messages of which nobody can tell how large they were */
void store_quota_recount(struct store *store);

/* store_missing - "there is no such mailbox" */
void store_missing(struct error *err, const char *name);

#endif
