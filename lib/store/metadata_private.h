/* What the files of metadata share; nobody else includes this. */
#ifndef BUZON_LIB_STORE_METADATA_PRIVATE_H
#define BUZON_LIB_STORE_METADATA_PRIVATE_H

#include "lib/store/metadata.h"

/* What was learned of one message and waits for the index. */
struct learned {
    uint32_t uid;
    uint64_t virtual_size, size, internal_date;
    size_t octets, len; /* of its record in `records`; len 0: there is none */
};

struct metadata_cache {
    struct arena *arena; /* of the last answer */
    struct buf file;     /* content of the last small file */
    void *map;           /* content of the last big file, when it was asked for; else NULL */
    size_t map_len;
    struct buf text;                /* of the last answer's texts */
    struct strlist names;           /* header fields that records keep */
    bool names_read, names_written; /* from the index; they are in it */
    struct buf records;
    struct learned *learned;
    size_t count, capacity;
    struct keys *keys; /* NULL: none were asked for */
};

/* metadata_cache_of - the mailbox's, made when it has none yet (metadata.c) */
struct metadata_cache *metadata_cache_of(struct mailbox *mailbox) __attribute__((returns_nonnull));

/* --- records (metadata_record.c) ---------------------------------------------------------------- */

void metadata_encode(struct buf *out, const struct message_metadata *metadata, uint32_t has,
                     uint32_t names);

/* --- names of header fields (metadata_names.c); a transaction is open ---------------------------- */

bool metadata_read_names(struct mailbox *mailbox, struct metadata_cache *cache,
                         struct error *err) MUST_CHECK;
/* metadata_keep_names - before a record goes by the list that is there it is in the index, too */
bool metadata_keep_names(struct mailbox *mailbox, struct metadata_cache *cache,
                         struct error *err) MUST_CHECK;
/* metadata_note_names - *needed_r is how many names of the list a record must cover to have these
 * fields, after the list took in what it lacked (then the transaction was paused); SIZE_MAX: no record
 * can */
bool metadata_note_names(struct mailbox *mailbox, struct metadata_cache *cache,
                         const struct strlist *headers, size_t *needed_r,
                         struct error *err) MUST_CHECK;

/* --- making it from the message (metadata_content.c) --------------------------------------------- */

/*
 * metadata_learn - read as much of the message as is wanted, and make what is missing
 *
 *  file        open; when it turns out to be compressed, the unpacked one is put in its place
 *  known       bits of what *metadata_r holds already, which is kept (but header fields, of which more
 *              may be asked for now); its texts are the arena's
 *  missing     bits of what is wanted beside it; when all of the message is read everything is made
 *  names       header fields that it shall have
 *  metadata_r  all of it; texts are of cache->text; content, with WANT_CONTENT among what is missing,
 *              is there until metadata_forget_content
 *  known_r     bits of what *metadata_r holds now
 */
bool metadata_learn(struct mailbox *mailbox, uint32_t uid, struct message_file *file,
                    unsigned known, unsigned missing, const struct strlist *names,
                    struct message_metadata *metadata_r, unsigned *known_r,
                    struct error *err) MUST_CHECK;

void metadata_forget_content(struct metadata_cache *cache);

#endif
