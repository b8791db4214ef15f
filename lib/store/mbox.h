/*
 * The mbox of the system's spool as INBOX. Other programs (delivery agents, mail(1), mutt) share it under
 * fcntl and dot locks. We never put headers of our own into it (no X-UID, no X-IMAPbase): UIDs and flags
 * are in `buzon.mbox` beside the index, where each message is known by a digest of its "From " line and
 * header. Status and X-Status of others are the flags that a message starts with.
 */
#ifndef BUZON_LIB_STORE_MBOX_H
#define BUZON_LIB_STORE_MBOX_H

#include "lib/base/file.h"
#include "lib/delivery/mbox.h"
#include "lib/store/driver.h"

#define MBOX_DIGEST_LEN 16

struct mbox {
    char *watched[2]; /* the spool file */
};

/* --- what is in the spool (mbox_scan.c) --------------------------------------------------------- */

struct mbox_message {
    uint64_t start;        /* of its "From " line */
    uint64_t offset, size; /* of header and body, without the empty line that divides messages */
    uint64_t virtual_size; /* with CRLF line ends */
    uint64_t date;         /* of the "From " line */
    uint32_t flags;        /* of Status and X-Status */
    unsigned char digest[MBOX_DIGEST_LEN];
    uint32_t uid; /* 0: not known yet */
};

/* mbox_parse - the messages of an mbox; false: it is none. The array is the caller's to free. */
bool mbox_parse(struct span text, struct mbox_message **messages_r, size_t *count_r) MUST_CHECK;

/* --- what is known of its messages (mbox_list.c) ------------------------------------------------ */

struct mbox_entry {
    uint32_t uid, flags, keywords;
    unsigned char digest[MBOX_DIGEST_LEN];
    bool gone;
};

/*
 * The file buzon.mbox: "1 V<uidvalidity> N<uidnext> G<128 bits of hexadecimal>", then lines "<uid> <digest> [letters of flags]", of
 * which a later one for the same UID counts, or "<uid> -" for one that is gone.
 */
struct mbox_list {
    uint32_t uidvalidity, uidnext; /* 0: there is no list */
    char guid[33];                 /* of the mailbox; may be empty */
    struct mbox_entry *entries;    /* in the order of UIDs; those that are gone too */
    size_t count, capacity;
    size_t lines;
    bool torn;
};

void mbox_list_release(struct mbox_list *list);
bool mbox_list_parse(struct mbox_list *list, struct span text) MUST_CHECK;
bool mbox_list_read(int directory, struct mbox_list *list_r, struct error *err) MUST_CHECK;
/* mbox_list_find - the entry of a UID, also of one that is gone, or NULL */
struct mbox_entry *mbox_list_find(const struct mbox_list *list, uint32_t uid);
/* mbox_list_append - lines for these entries, synced when `durable` */
bool mbox_list_append(int directory, const struct mbox_entry *entries, size_t count, bool durable,
                      struct error *err) MUST_CHECK;
/* mbox_list_write - the whole list anew, without those that are gone */
bool mbox_list_write(int directory, const struct mbox_list *list, struct error *err) MUST_CHECK;

/* --- the spool file (mbox_spool.c) --------------------------------------------------------------- */

struct mbox_spool {
    int fd; /* -1: there is no file, so there are no messages */
    struct mbox_lock lock;
    struct stat status; /* after it was locked */
};

/* mbox_spool_open - locked; what a removal left half done is completed first */
bool mbox_spool_open(struct mailbox *mailbox, struct mbox_spool *spool_r,
                     struct error *err) MUST_CHECK;
void mbox_spool_close(struct mbox_spool *spool);
/* mbox_spool_is_settled - is nothing half done? Else mbox_spool_open has to see to it before messages are shown. */
bool mbox_spool_is_settled(const struct mailbox *mailbox);
/* mbox_spool_read - its messages */
bool mbox_spool_read(struct mbox_spool *spool, struct mbox_message **messages_r, size_t *count_r,
                     struct error *err) MUST_CHECK;
/*
 * mbox_spool_remove - close the gaps of these messages, ascending
 *
 * What comes after the first of them is written to a file beside the index before it is moved down in
 * the spool: whenever the power fails, no message that stays is lost.
 */
bool mbox_spool_remove(struct mailbox *mailbox, struct mbox_spool *spool,
                       const struct mbox_message *messages, size_t count, const bool *removed,
                       struct error *err) MUST_CHECK;

/* --- in accord with the index (mbox_sync.c) ------------------------------------------------------ */

/* mbox_begin - take the lock of the index, with the record up to date; the spool too, unless NULL. The last messages
 * have no UID where there is no room to write that: the index does not have them. */
bool mbox_begin(struct mailbox *mailbox, struct index_mailbox *state, struct mbox_spool *spool,
                struct mbox_message **messages_r, size_t *count_r, struct error *err) MUST_CHECK;
bool mbox_sync(struct mailbox *mailbox, struct error *err) MUST_CHECK;

/* mbox_is_known_state - the spool is as the index has it, as far as its time and size tell */
bool mbox_is_known_state(const struct mailbox *mailbox, const struct index_mailbox *state);

/* --- reading (mbox_read.c) ----------------------------------------------------------------------- */

/* mbox_find_message - by UID, in whose order they are, those that have none at the end; NULL: it is gone */
const struct mbox_message *mbox_find_message(const struct mbox_message *messages, size_t count,
                                             uint32_t uid);
bool mbox_open_message(struct mailbox *mailbox, uint32_t uid, struct message_file *file_r,
                       struct error *err) MUST_CHECK;

#endif
