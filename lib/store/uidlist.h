/*
 * dovecot-uidlist, the durable truth for UIDVALIDITY and UIDs of a Maildir. Version 3:
 *
 *   3 V<uidvalidity> N<next uid> G<128 bits of hexadecimal>
 *   <uid> [<letter><value> ...] :<file name up to its flags>
 *
 * UIDs rise from line to line. New messages are appended, and the header's N then lags behind: the
 * next UID is past every line. Version 1 ("1 <uidvalidity> <next uid>", lines "<uid> <name>") is read.
 * Written only under dovecot-uidlist.lock, as Dovecot does, so that both may run on one Maildir.
 */
#ifndef BUZON_LIB_STORE_UIDLIST_H
#define BUZON_LIB_STORE_UIDLIST_H

#include "lib/base/buf.h"
#include "lib/store/dotlock.h"

struct uidlist_entry {
    uint32_t uid;
    struct span extensions; /* "W1394 P5 Gname", as they stood; may be empty */
    struct span name;       /* without flags */
};

/* Which file it was, to see whether somebody else wrote it. All 0: there was none. */
struct uidlist_stamp {
    uint64_t inode, size;
    int64_t mtime_ns;
};

struct uidlist {
    uint32_t uidvalidity; /* 0: there is no list */
    uint32_t uidnext;
    char guid[33];
    bool torn; /* something was passed over: it must be written anew, not appended to */
    struct uidlist_entry *entries;
    size_t count, capacity;
    struct uidlist_stamp stamp;
    struct buf text; /* what the spans point into */
};

void uidlist_release(struct uidlist *list);

/* uidlist_parse - lines that make no sense are passed over; uidnext is past every UID that occurs,
 * or may have occurred in what makes none.
 * Spans point into `text`. false: no header, so nothing is known. */
bool uidlist_parse(struct uidlist *list, struct span text) MUST_CHECK;

/* uidlist_stat - which file is there now */
struct uidlist_stamp uidlist_stat(int directory);
bool uidlist_stamp_equal(const struct uidlist_stamp *a, const struct uidlist_stamp *b);

/* uidlist_read - an absent file, or one without a header, gives an empty list with uidvalidity 0 */
bool uidlist_read(int directory, struct uidlist *list_r, struct error *err) MUST_CHECK;
bool uidlist_lock(int directory, struct dotlock *lock_r, struct error *err) MUST_CHECK;

/* uidlist_append - new lines at the end of the file, synced; the lock must be held. The list in
 * memory is not changed; *stamp_r tells the file as it is now. */
bool uidlist_append(int directory, const struct uidlist_entry *entries, size_t count,
                    struct uidlist_stamp *stamp_r, struct error *err) MUST_CHECK;
/*
 * uidlist_write - the whole list, in place of the file; the lock must be held
 *
 *  durable  false: only where there was no list before, and nobody knows UIDs of this UIDVALIDITY from
 *           before: should the power fail, what is left of the list has its header (whose next UID is
 *           past all lines) and some lines, or is none and the next one has another UIDVALIDITY. So no
 *           UID ever means two messages. Whoever appends to it syncs the directory, too.
 */
bool uidlist_write(int directory, const struct uidlist *list, bool durable,
                   struct uidlist_stamp *stamp_r, struct error *err) MUST_CHECK;

/* uidlist_extension - the value behind that letter; may be empty. G: the identity of a message that was
 * copied; P: its id for POP3 */
struct span uidlist_extension(struct span extensions, char letter);

/* uidlist_has_room - may so many more messages have UIDs? Well before the numbers end they may not: the mailbox then
 * needs another UIDVALIDITY. */
bool uidlist_has_room(uint32_t uidnext, size_t count);

/* uidlist_parse_guid - "G" and 32 hexadecimal digits; else the guid stays what it is */
void uidlist_parse_guid(struct span word, char guid[33]);
/* uidlist_new_guid - 32 hexadecimal digits that nobody else has */
void uidlist_new_guid(char guid[33]);

#endif
