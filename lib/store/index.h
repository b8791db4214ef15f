/*
 * The index of an account: one LMDB environment beside its mailboxes, shared by all its sessions. It
 * can be thrown away at any time; what it says is found again in the mailboxes. Therefore nothing in
 * it is synced when it changes, and nothing in it is trusted: records are checked before use, and what
 * a power failure may have torn is thrown away at the next start (see index_open).
 *
 *   names      mailbox name -> id
 *   mailboxes  id -> struct index_mailbox
 *   messages   (id, uid) -> flags, modseq, sizes, file name; in the order of UIDs
 *   flags      (id, UIDs) -> UID, flags and modseq of each of these messages once more, packed
 *   gone       (id, number) -> UIDs that were expunged, in the order of modseqs
 *   metadata   (id, uid) -> what was parsed from the message (lib/store/metadata)
 *   keys       (kind, id, UIDs) -> what these messages are compared by (lib/store/keys), packed
 *
 * The write transaction is also the lock by which sessions of one account take turns at changing a
 * mailbox. A dotlock is only ever taken inside of it.
 */
#ifndef BUZON_LIB_STORE_INDEX_H
#define BUZON_LIB_STORE_INDEX_H

#include "lib/base/base.h"
#include "lib/store/uidlist.h"

#define INDEX_UNKNOWN UINT64_MAX /* a size or date that nobody looked up yet */

/* Of each mailbox. Kept as it is: a change is a new INDEX_FORMAT. */
struct index_mailbox {
    uint32_t id;
    uint32_t uidvalidity, uidnext;
    uint32_t claimed_uid;           /* messages before it are \Recent for nobody any more */
    uint64_t modseq;                /* of the last change */
    uint64_t removal_modseq;        /* of the last change to a message that was there already */
    uint64_t gone_modseq;           /* what was expunged after it is known */
    uint32_t gone_first, gone_next; /* numbers of the records that tell it */
    uint32_t messages, unseen, deleted;
    uint32_t seen_uid; /* all messages before this UID have \Seen: so many as seen_count */
    uint64_t virtual_size, deleted_size; /* of those whose size is known */
    uint32_t unknown_sizes;              /* messages whose virtual size is not known */
    uint32_t list_unsure;                /* 1: dovecot-uidlist may have no durable name yet */
    uint32_t has_uidls;                  /* 1: dovecot-uidlist tells ids of POP3 */
    uint32_t dead_lines;                 /* of dovecot-uidlist: messages that are gone */
    uint32_t in_new;                     /* messages that nobody took out of new/ yet */
    uint32_t seen_count;                 /* see seen_uid */
    int64_t new_mtime_ns, cur_mtime_ns;  /* of the directories when they were scanned; 0: never */
    int64_t verify_ms; /* wall clock: scan again after it, though nothing changed; 0: no */
    struct uidlist_stamp uidlist;
    char guid[36];
    uint32_t format;
    uint64_t check; /* of the others; the index's own */
};

_Static_assert(sizeof(struct index_mailbox) == 200, "layout of the index, without holes");

enum { INDEX_IN_NEW = 1 }; /* index_message.where: the file is in new/, else in cur/ */

struct index_message {
    uint32_t uid;
    uint32_t flags, keywords;
    uint64_t modseq;
    uint64_t size, virtual_size; /* octets stored, octets with CRLF; or INDEX_UNKNOWN */
    uint64_t internal_date;      /* seconds since 1970, or INDEX_UNKNOWN */
    uint32_t where;
    struct span name; /* of the file, with flags; borrowed until the transaction ends or writes */
    struct span guid; /* what EMAILID is made of, when that is not the name; likewise */
};

/* index_keep_texts - what is borrowed in it becomes the arena's */
void index_keep_texts(struct index_message *message, struct arena *arena);

struct index;

/*
 * index_open - of the directory, made when it is missing
 *
 * An index that is not of this format, or that was changed in an earlier boot without being closed in
 * good order afterwards, is removed and begun anew. Where there is no room to make one, it is one in memory, of
 * this session alone (see below).
 */
struct index *index_open(const char *directory, struct error *err) MUST_CHECK;
/* index_close - what was changed is synced and marked as whole */
void index_close(struct index **index);

/* index_discard - begin anew: it is broken, or not the one that has the name any more (then what has it is
 * opened). No transaction may be open. */
bool index_discard(struct index *index, struct error *err) MUST_CHECK;
/* index_is_ours - the files that are open are still those that have the name: nobody removed the index or
 * began it anew */
bool index_is_ours(const struct index *index);
/* index_is_broken - something in it made no sense; every later call fails until index_discard */
bool index_is_broken(const struct index *index);

/*
 * No room (index_memory.c). A change that cannot be written fails, and then the index is full: whoever goes on without a
 * disk has an empty one in memory, of this session alone. The one on disk stays as it was before that change, for others
 * and for later: it is compared with the mailboxes then as after any change that it was not told. Only what such a
 * comparison cannot find out needs index_remove_stored.
 *
 * Modseqs of an index in memory grow for this session, and mean nothing to anybody else.
 */
bool index_is_full(const struct index *index);
bool index_is_private(const struct index *index);
/* index_overlook_full - what could not be written was only a cache: it is as good as before */
void index_overlook_full(struct index *index);
/* index_leave_disk - of one that is full: go on in memory. No transaction may be open. */
bool index_leave_disk(struct index *index, struct error *err) MUST_CHECK;
/* index_may_return - it is in memory, but on disk there is room now: index_discard goes back there */
bool index_may_return(const struct index *index);
/* index_remove_stored - of one in memory: that on disk says what is not true any more, and goes. Also inside of a write
 * transaction. */
void index_remove_stored(struct index *index);

/*
 * Transactions. One at a time; begin_read inside of any is nothing but counted. All functions below need
 * one. Errors are TEMPORARY; after one of a write transaction only index_abort is left.
 */
bool index_begin_read(struct index *index, struct error *err) MUST_CHECK;
/* index_end_read - nothing to do where index_resume has failed in between */
void index_end_read(struct index *index);
/* index_is_read - is a transaction open? Not after index_resume has failed: *err says so. */
bool index_is_read(struct index *index, struct error *err) MUST_CHECK;
/* index_pause - end reading, however often it was begun; index_resume begins it again as often. What
 * was borrowed is void. */
unsigned index_pause(struct index *index);
bool index_resume(struct index *index, unsigned readers, struct error *err) MUST_CHECK;
bool index_begin_write(struct index *index, struct error *err) MUST_CHECK;
bool index_commit(struct index *index, struct error *err) MUST_CHECK;
void index_abort(struct index *index);

enum index_result { INDEX_FOUND, INDEX_ABSENT, INDEX_FAILED };

enum index_result index_find_name(struct index *index, const char *name, uint32_t *id_r,
                                  struct error *err) MUST_CHECK;
enum index_result index_get_mailbox(struct index *index, uint32_t id,
                                    struct index_mailbox *mailbox_r, struct error *err) MUST_CHECK;
/* index_add_mailbox - a new id for that name; mailbox->id is filled */
bool index_add_mailbox(struct index *index, const char *name, struct index_mailbox *mailbox,
                       struct error *err) MUST_CHECK;
bool index_put_mailbox(struct index *index, const struct index_mailbox *mailbox,
                       struct error *err) MUST_CHECK;
/* index_rename - what has the old name gets the new one; nothing when there is none */
bool index_rename(struct index *index, const char *old_name, const char *new_name,
                  struct error *err) MUST_CHECK;
/* index_remove_mailbox - with all its messages; nothing when there is none */
bool index_remove_mailbox(struct index *index, const char *name, struct error *err) MUST_CHECK;
/* index_remove_messages - all of a mailbox, which stays */
bool index_remove_messages(struct index *index, uint32_t id, struct error *err) MUST_CHECK;

enum index_result index_get_message(struct index *index, uint32_t id, uint32_t uid,
                                    struct index_message *message_r, struct error *err) MUST_CHECK;
bool index_put_message(struct index *index, uint32_t id, const struct index_message *message,
                       struct error *err) MUST_CHECK;
/* index_remove_message - with its metadata */
bool index_remove_message(struct index *index, uint32_t id, uint32_t uid,
                          struct error *err) MUST_CHECK;

/* UIDs from `first` to `last` were expunged when the mailbox came to that modseq. */
struct index_gone {
    uint64_t modseq;
    uint32_t first, last;
};

/* index_note_gone - the message was expunged at mailbox->modseq. Of what was expunged longest ago the
 * record is dropped when there are too many; mailbox->gone_... change. */
bool index_note_gone(struct index *index, struct index_mailbox *mailbox, uint32_t uid,
                     struct error *err) MUST_CHECK;
/* index_walk_gone - calls `visit` for what was expunged, the last first, until it returns false */
typedef bool index_visit_gone(void *context, const struct index_gone *gone);
bool index_walk_gone(struct index *index, const struct index_mailbox *mailbox,
                     index_visit_gone *visit, void *context, struct error *err) MUST_CHECK;

/* index_walk - calls `visit` for each message from UID `first` on, in order, until it returns false */
typedef bool index_visit(void *context, const struct index_message *message);
bool index_walk(struct index *index, uint32_t id, uint32_t first, index_visit *visit, void *context,
                struct error *err) MUST_CHECK;

/* What a view shows of a message. */
struct index_flags {
    uint64_t modseq;
    uint32_t uid, keywords, flags;
    uint32_t check; /* of the others; the index's own */
};

/* index_walk_flags - calls `visit` with some messages after the other, from UID `first` on, in order, until it
 * returns false; index_walk_flags_back - with the last ones, in order, then with those before them */
typedef bool index_visit_flags(void *context, const struct index_flags *flags, size_t count);
bool index_walk_flags(struct index *index, uint32_t id, uint32_t first, index_visit_flags *visit,
                      void *context, struct error *err) MUST_CHECK;
bool index_walk_flags_back(struct index *index, uint32_t id, index_visit_flags *visit,
                           void *context, struct error *err) MUST_CHECK;
/* index_find_lacking - the first message from UID *uid on that has not that flag: *uid is its UID then, 0 when
 * all have it. *passed grows by the messages before it. */
bool index_find_lacking(struct index *index, uint32_t id, uint32_t flag, uint32_t *uid,
                        uint32_t *passed, struct error *err) MUST_CHECK;

/* Metadata is octets here; borrowed until the transaction ends or writes. */
enum index_result index_get_metadata(struct index *index, uint32_t id, uint32_t uid,
                                     struct span *octets_r, struct error *err) MUST_CHECK;
bool index_put_metadata(struct index *index, uint32_t id, uint32_t uid, struct span octets,
                        struct error *err) MUST_CHECK;

/*
 * Keys of a kind, below INDEX_KEY_KINDS, of the INDEX_KEYS_BLOCK messages from a UID on that is a multiple of it.
 * They are octets here, borrowed as metadata is. The record goes when one of its messages does.
 */
#define INDEX_KEY_KINDS  16
#define INDEX_KEYS_BLOCK 256
enum index_result index_get_keys(struct index *index, uint32_t id, unsigned kind, uint32_t first,
                                 struct span *octets_r, struct error *err) MUST_CHECK;
bool index_put_keys(struct index *index, uint32_t id, unsigned kind, uint32_t first,
                    struct span octets, struct error *err) MUST_CHECK;

/* index_new_uidvalidity - the time, but later than every one that this account gave before */
bool index_new_uidvalidity(struct index *index, uint32_t *uidvalidity_r,
                           struct error *err) MUST_CHECK;

/* index_mark_broken - a caller found octets in it that make no sense: what, for the log; *err is filled */
void index_mark_broken(struct index *index, const char *what, struct error *err);

/*
 * index_first_modseq - where the modseqs of a mailbox begin that the index does not know yet
 *
 * It may have been known to an index that is lost, so that this must be later than any that was given
 * before. It is the clock (in microseconds, which no mailbox ever outruns), but never less than what
 * is written beside the index in DIRECTORY.modseq: a number that every index raises by a day, durably,
 * before it gives modseqs up to it. A clock that was set back therefore does no harm.
 */
bool index_first_modseq(struct index *index, uint64_t *modseq_r, struct error *err) MUST_CHECK;

#endif
