/* What the files of the index share; nobody else includes this. */
#ifndef BUZON_LIB_STORE_INDEX_PRIVATE_H
#define BUZON_LIB_STORE_INDEX_PRIVATE_H

#include "lib/store/index.h"

#include <lmdb.h>

#define FLAGS_BLOCK 64 /* UIDs: its record fits into a page with others */

struct flags_block {
    uint64_t key;
    bool loaded, dirty;
    size_t count;
    struct index_flags entries[FLAGS_BLOCK];
};

/* A place in a database, for readers who go from one message to the next: that is one step, not a way
 * down the tree. Of the read transaction; closed with it. */
struct index_place {
    MDB_cursor *cursor;
    uint64_t key; /* where it stands */
};

struct index {
    char *directory;
    int fd;   /* of the directory; of the file itself where it is_private */
    int lock; /* of the directory above; flock() is held by whoever writes or begins anew */
    MDB_env *env;
    ino_t lock_inode; /* of lock.mdb, which LMDB has open */
    MDB_dbi names, mailboxes, messages, metadata, gone, flags, keys;
    MDB_txn *reader; /* kept for the next index_begin_read; in use while readers > 0 */
    MDB_txn *writer;
    unsigned readers;
    struct index_place at_message, at_metadata;
    struct flags_block block;  /* of the write transaction */
    struct flags_block *aside; /* changed ones before it, ascending; see index_flags.c */
    size_t aside_count;
    uint64_t
        keyless; /* of the write transaction: messages whose records of keys are gone already; 0: none */
    bool changed; /* by us, since it was opened */
    bool broken;
    int full;  /* the system's error number: there is no room for a change of ours; 0: there was */
    bool told; /* the log knows that there is no room */
    bool is_private; /* in our memory, for there was no room; nobody else has it (index_memory.c) */
    bool somebody_died; /* while it read: LMDB may have led it astray */
};

/* The marks of lib/store/index_mark.c */
#define INDEX_CLEAN_FILE "clean"
#define INDEX_BOOT_FILE  "boot"

/* index_is_whole - by its marks, or, where these are silent, by all of its pages */
bool index_is_whole(const struct index *index);
/* index_note_boot - it is used in this one. index_mark_clean - nobody writes any more; what is there goes to the disk first */
void index_note_boot(const struct index *index);
void index_mark_clean(struct index *index);
/* index_remove_mark - for good, before anything is written */
bool index_remove_mark(struct index *index, struct error *err) MUST_CHECK;

/* How LMDB opens an index, whichever place it has: nothing is synced when it changes. */
#define INDEX_FLAGS     (MDB_NOSYNC | MDB_NOMEMINIT | MDB_NOTLS)
#define INDEX_DATABASES 7

/* index_open_databases - make those that are missing; LMDB's result. index_close_environment - as if it had never
 * been opened */
int index_open_databases(struct index *index) MUST_CHECK;
void index_close_environment(struct index *index);
/* index_open_parent - the directory in which the index is; *name_r is the index's in it. -1: errno says why */
int index_open_parent(const struct index *index, const char **name_r);

/* index_lacks_room - does the system's error number say that an index cannot be made where it should be, or changed?
 * index_reserve_room - blocks for an index that is still empty; 0, or the error number when there are none */
bool index_lacks_room(int number);
/* index_tell_full - in the log, once a session: why it goes on in memory */
void index_tell_full(struct index *index, const char *why);
int index_reserve_room(const struct index *index) MUST_CHECK;
/* index_open_in_memory - for this session alone */
bool index_open_in_memory(struct index *index, struct error *err) MUST_CHECK;
/* index_is_crowded - it is in memory, and what is only a cache has no place in it any more */
bool index_is_crowded(const struct index *index);

/* index_close_files - as if it had never been opened; what was committed is marked as whole, if there is room for that.
 * index_remove_files - from its directory */
void index_close_files(struct index *index);
void index_remove_files(int directory);

/* index_named_inode - of the file that has that name in the index's directory now; 0: none has */
ino_t index_named_inode(const struct index *index, const char *name);

/* index_transaction - the one that is open */
MDB_txn *index_transaction(struct index *index);
/* index_find_near - as mdb_get in the read transaction, from the place where the last one was found;
 * LMDB's result (index_place.c) */
int index_find_near(struct index *index, MDB_dbi database, struct index_place *place, uint64_t key,
                    MDB_val *value) MUST_CHECK;
/* index_leave_places - before the read transaction ends */
void index_leave_places(struct index *index);
/* index_fail - fill *err from LMDB's result, and mark the index when only a new one helps */
void index_fail(struct index *index, int result, const char *what, struct error *err);

/* index_last_modseq - of mailboxes that left the index; a later one under their name begins after it */
bool index_raise_modseq(struct index *index, uint64_t modseq, struct error *err) MUST_CHECK;

/* Of lib/store/index_flags.c. A change of a message's record changes these too. */
bool index_put_flags(struct index *index, uint32_t id, const struct index_message *message,
                     struct error *err) MUST_CHECK;
bool index_remove_flags(struct index *index, uint32_t id, uint32_t uid,
                        struct error *err) MUST_CHECK;
/* index_flush_flags - write what was put aside; index_forget_block - forget it */
bool index_flush_flags(struct index *index, struct error *err) MUST_CHECK;
void index_forget_block(struct index *index);

/* Of lib/store/index_keys.c: all of a mailbox; those that tell of a message */
bool index_remove_all_keys(struct index *index, uint32_t id, struct error *err) MUST_CHECK;
bool index_remove_keys(struct index *index, uint32_t id, uint32_t uid,
                       struct error *err) MUST_CHECK;

/* One record, by its key (index_records.c). index_get_near - the same, from where the last one was found. */
enum index_result index_get(struct index *index, MDB_dbi database, MDB_val key, MDB_val *value_r,
                            struct error *err) MUST_CHECK;
enum index_result index_get_near(struct index *index, MDB_dbi database, struct index_place *place,
                                 uint64_t key, MDB_val *value_r, struct error *err) MUST_CHECK;
bool index_put(struct index *index, MDB_dbi database, MDB_val key, MDB_val value,
               struct error *err) MUST_CHECK;
/* index_delete - also when there is none */
bool index_delete(struct index *index, MDB_dbi database, MDB_val key, struct error *err) MUST_CHECK;
/* index_remove_range - all records with keys from `first` to `last` */
bool index_remove_range(struct index *index, MDB_dbi database, uint64_t first, uint64_t last,
                        struct error *err) MUST_CHECK;

/* The octets that LMDB is given are only read, whatever its types say. */
MDB_val index_value(const void *data, size_t len);
uint64_t index_key(uint32_t id, uint32_t number);

/*
 * index_lock - wait to be the only one who writes to the index, whichever files that is now
 *
 * LMDB's own lock is in the files: where the index was removed or begun anew, the session that still has
 * the old files and the one that has the new ones would both go ahead, and each would number new
 * messages.
 */
bool index_lock(struct index *index, struct error *err) MUST_CHECK;
void index_unlock(struct index *index);

/*
 * LMDB follows what stands in its pages without a look. These see to it that it can (index_pages.c).
 *
 * index_header_is_sound - of data.mdb in that directory, before LMDB opens it; also when there is none
 * index_pages_are_sound - every page that the newest transaction reaches
 */
bool index_header_is_sound(int directory);
bool index_pages_are_sound(MDB_env *env, int directory);

#endif
