/* What a look at the directories of a Maildir finds, beside what the index knows; within lib/store. */
#ifndef BUZON_LIB_STORE_MAILDIR_MATCH_H
#define BUZON_LIB_STORE_MAILDIR_MATCH_H

#include "lib/store/maildir.h"

#define NO_FILE UINT32_MAX

struct known {
    struct index_message message; /* its name is the arena's */
    uint32_t file;                /* in scan.files, or NO_FILE */
};

/* Everything about one synchronisation. */
struct sync {
    struct mailbox *mailbox;
    struct index_mailbox *state;
    struct arena *arena;
    struct maildir_scan scan;
    struct known *known;
    size_t known_count, known_capacity;
    struct name_table table; /* of known */
    uint32_t *arrivals;      /* unknown files, by name */
    size_t arrival_count;
    uint64_t modseq; /* of all changes that are found */
};

/* maildir_match - look at new/ and cur/; a second time when a file seems to be gone, for a rename during the first look may
 * have hidden it */
bool maildir_match(struct sync *sync, struct error *err) MUST_CHECK;
/*
 * maildir_match_new - look at new/ alone: the messages that should be there, and those whose names are there
 *
 *  alone_r  what is known of new/ is still there, and nothing that is known of cur/
 */
bool maildir_match_new(struct sync *sync, bool *alone_r, struct error *err) MUST_CHECK;
/* maildir_match_release - everything but the mailbox, its state and the arena */
void maildir_match_release(struct sync *sync);
/* maildir_match_name - of sync->scan.files[file] */
struct span maildir_match_name(const struct sync *sync, uint32_t file);

#endif
