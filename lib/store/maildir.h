/*
 * The Maildir driver: Maildir++ folders (".Sent.2024" beside tmp/, new/ and cur/), flags in file
 * names, UIDs in dovecot-uidlist, keywords in dovecot-keywords. What its files share.
 */
#ifndef BUZON_LIB_STORE_MAILDIR_H
#define BUZON_LIB_STORE_MAILDIR_H

#include "lib/delivery/maildir.h"
#include "lib/store/driver.h"
#include "lib/store/layout.h"
#include "lib/store/uidlist.h"

/* The content of a compressed message. */
struct unpacked {
    uint32_t uid; /* 0: there is none */
    int fd;
    uint64_t size;
};

struct maildir {
    int directory; /* of the mailbox */
    char *path;
    char *watched[3];
    struct unpacked unpacked; /* the last one */
};

/* --- names of message files (maildir_name.c) ---------------------------------------------------- */

/* maildir_base - the name without its flags (":2,S") */
struct span maildir_base(struct span name);
uint32_t maildir_flags(struct span name, uint32_t *keywords_r);
/* maildir_identity - a copy keeps the name under which its content came: its GUID */
struct span maildir_identity(const struct index_message *message);
/* maildir_save_date - the seconds at the start of a message's name; 0 when they are no date */
uint64_t maildir_save_date(const struct index_message *message);
/* maildir_sizes - from ",S=" and ",W="; INDEX_UNKNOWN where they are not there */
void maildir_sizes(struct span name, uint64_t *size_r, uint64_t *virtual_size_r);
/* maildir_flagged_name - base and letters, in their order; letters that are not ours are kept. false:
 * too long */
bool maildir_flagged_name(struct span name, uint32_t flags, uint32_t keywords,
                          char flagged[MAILDIR_NAME_MAX + 1]) MUST_CHECK;
/* maildir_path - "new/NAME" or "cur/NAME" */
void maildir_path(const struct index_message *message, char path[MAILDIR_NAME_MAX + 8]);

/* --- what is in the directories (maildir_scan.c) ------------------------------------------------ */

struct maildir_file {
    size_t name;      /* offset in names */
    uint64_t seconds; /* of the time of delivery at its start; 0 where there is none */
    uint16_t len, base_len;
    uint16_t where; /* 0 or INDEX_IN_NEW */
};

struct maildir_scan {
    struct buf names;
    struct maildir_file *files;
    size_t count, capacity;
};

/* maildir_scan - add what is in new/ and then cur/; maildir_scan_new - in new/ alone */
bool maildir_scan(int directory, struct maildir_scan *scan, struct error *err) MUST_CHECK;
bool maildir_scan_new(int directory, struct maildir_scan *scan, struct error *err) MUST_CHECK;
void maildir_scan_release(struct maildir_scan *scan);
struct span maildir_scan_name(const struct maildir_scan *scan, const struct maildir_file *file);

/* Names to numbers: open addressing, one array. */
struct name_table {
    uint32_t *slots; /* number + 1 */
    size_t mask;
};

typedef struct span name_of(const void *context, uint32_t number);
void name_table_create(struct name_table *table, size_t count);
void name_table_release(struct name_table *table);
/* name_table_find - number, or UINT32_MAX */
uint32_t name_table_find(const struct name_table *table, struct span name, name_of *get_name,
                         const void *context);
void name_table_add(struct name_table *table, struct span name, uint32_t number);

/* --- in accord with the index (maildir_sync.c) -------------------------------------------------- */

/*
 * maildir_begin - take the lock of the index, with the mailbox's record up to date
 *
 * One of the functions below ends it. Until then only programs that are not ours change the mailbox.
 */
bool maildir_begin(struct mailbox *mailbox, struct index_mailbox *state,
                   struct error *err) MUST_CHECK;
/* maildir_enter - the same for another mailbox, when the lock is held already */
bool maildir_enter(struct mailbox *mailbox, struct index_mailbox *state,
                   struct error *err) MUST_CHECK;
bool maildir_sync(struct mailbox *mailbox, struct error *err) MUST_CHECK;

/*
 * maildir_note_own - after changes of ours: store the record
 *
 * The directories' times are taken as those of our changes. Whether somebody else came in between, a
 * later scan finds out (index_mailbox.verify_ms).
 */
bool maildir_note_own(struct mailbox *mailbox, struct index_mailbox *state,
                      struct error *err) MUST_CHECK;
/* maildir_finish - that, and commit */
bool maildir_finish(struct mailbox *mailbox, struct index_mailbox *state,
                    struct error *err) MUST_CHECK;
/*
 * What the index names may have another name by now, because somebody else renames files all the time.
 * Whoever does not find a file has the next transaction scan, and tries again, so many times.
 */
#define MAILDIR_LOOKS 16
/* maildir_restless - false, and *err TEMPORARY: it was in vain */
bool maildir_restless(const struct mailbox *mailbox, struct error *err);

/* maildir_finish_unsure - commit; something is not as the index says, and the next one to begin shall
 * scan */
bool maildir_finish_unsure(struct mailbox *mailbox, struct index_mailbox *state,
                           struct error *err) MUST_CHECK;

/*
 * maildir_merge - read new/ and cur/, and put into the index what differs (maildir_merge.c)
 *
 *  list  dovecot-uidlist as it was before the look
 */
bool maildir_merge(struct mailbox *mailbox, struct index_mailbox *state,
                   const struct uidlist_stamp *list, struct error *err) MUST_CHECK;

/*
 * maildir_merge_new - the same of new/, when nothing in cur/ has changed: a delivery costs no look at all that was
 * delivered before
 *
 *  enough_r  false: nothing was done, for what is in new/ cannot be told from what is in cur/: maildir_merge is
 *            needed
 */
bool maildir_merge_new(struct mailbox *mailbox, struct index_mailbox *state,
                       const struct uidlist_stamp *list, bool *enough_r,
                       struct error *err) MUST_CHECK;

/* maildir_adopt_keywords - those that Courier kept go into the names of the files; before the first look
 * (maildir_courier.c) */
bool maildir_adopt_keywords(struct mailbox *mailbox, struct error *err) MUST_CHECK;

/* --- UIDs (maildir_uids.c) ---------------------------------------------------------------------- */

struct maildir_arrival {
    uint32_t uid; /* 0 until it has one */
    struct span name;
    struct span guid;       /* as index_message.guid */
    struct span extensions; /* of its line in the list; borrowed while that is */
};

/*
 * maildir_number - new UIDs, in this order, durable in dovecot-uidlist
 *
 * Under the lock of the index. state->uidnext and ->uidlist change.
 *
 *  err  PERMANENT ESTALE: the list is not as the state knows it; nothing was changed
 */
bool maildir_number(struct mailbox *mailbox, struct index_mailbox *state,
                    struct maildir_arrival *arrivals, size_t count, struct error *err) MUST_CHECK;

/*
 * maildir_reconcile - the list is another one than the state knows, or there is none
 *
 *  files    all that is there, with the UID of the index or 0. Afterwards each has the UID that the
 *           list says, else a new one, in this order; the list is durable. Where it cannot be written for want
 *           of room, those that would need a line in it have 0. GUIDs are the arena's.
 *  reset_r  true: UIDVALIDITY is another one, nothing of the index is true any more
 */
bool maildir_reconcile(struct mailbox *mailbox, struct index_mailbox *state,
                       struct maildir_arrival *files, size_t count, struct arena *arena,
                       bool *reset_r, struct error *err) MUST_CHECK;

/* --- folders (maildir_folders.c), flags (maildir_flags.c), reading (maildir_read.c),
 * new messages (maildir_save.c, maildir_copy.c) */

bool maildir_list(struct store *store, struct strlist *names, struct error *err) MUST_CHECK;
bool maildir_exists(struct store *store, const char *name);
bool maildir_make(struct store *store, const char *name, struct error *err) MUST_CHECK;
bool maildir_delete(struct store *store, const char *name, struct error *err) MUST_CHECK;
bool maildir_rename(struct store *store, const char *old_name, const char *new_name,
                    struct error *err) MUST_CHECK;
/* In a tree (maildir_tree.c): */
bool maildir_tree_list(struct store *store, struct strlist *names, struct error *err) MUST_CHECK;
/* maildir_tree_remove - what makes the directory a mailbox moves to the trash */
bool maildir_tree_remove(const char *path, int trash, struct error *err) MUST_CHECK;
/* maildir_tree_make_parents - the directories above a path; what fails is found when it is used */
void maildir_tree_make_parents(const struct store *store, const char *path);
const char *const *maildir_tree_watch_names(struct store *store, struct arena *arena);

const char *const *maildir_watch_mailbox(struct store *store, const char *name,
                                         struct arena *arena);
const char *const *maildir_watch_names(struct store *store, struct arena *arena);

bool maildir_change_flags(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                          const struct flag_change *change, struct error *err) MUST_CHECK;
bool maildir_expunge(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                     struct error *err) MUST_CHECK;
bool maildir_pop3_uidls(struct mailbox *mailbox, struct arena *arena, const char **uidls,
                        struct error *err) MUST_CHECK;
bool maildir_open_message(struct mailbox *mailbox, uint32_t uid, struct message_file *file_r,
                          struct error *err) MUST_CHECK;
bool maildir_unpack(struct mailbox *mailbox, uint32_t uid, struct message_file *file,
                    struct error *err) MUST_CHECK;

int maildir_begin_message(struct mailbox *mailbox, struct new_message *message, struct arena *arena,
                          struct error *err) MUST_CHECK;
bool maildir_commit_messages(struct mailbox *mailbox, struct new_message *messages, size_t count,
                             struct error *err) MUST_CHECK;
void maildir_drop_message(struct mailbox *mailbox, struct new_message *message);
bool maildir_copy(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                  struct mailbox *target, bool move, struct arena *arena,
                  struct mailbox_copied *copied_r, struct error *err) MUST_CHECK;

#endif
