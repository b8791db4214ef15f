/*
 * Annotations: named values that clients attach to a mailbox or to the account (RFC 5464). They are in a
 * file `buzon-annotations` among the control files of the mailbox, so that they are renamed and removed
 * with it; those of the account are in `buzon-annotations.account` beside the index.
 *
 *   "1" LF, then for each: entry SP octets-of-value LF value LF
 *
 * Entries are lower case, octets 0x21 to 0x7e; values are any octets. The file is replaced whole, and
 * durable when a change returns.
 */
#ifndef BUZON_LIB_STORE_ANNOTATIONS_H
#define BUZON_LIB_STORE_ANNOTATIONS_H

#include "lib/store/store.h"

#define ANNOTATION_ENTRY_MAX 255 /* octets of an entry's name */

struct annotation {
    struct span entry;
    struct span value; /* data is NULL: there is none, or it is to go */
};

struct annotations {
    struct annotation *items; /* the arena's, as are the octets */
    size_t count;
};

struct annotation_limits {
    size_t count; /* annotations of one mailbox */
    size_t size;  /* octets of one mailbox's file */
};

/* annotations_parse - false when the octets are no such file */
bool annotations_parse(struct arena *arena, struct span text,
                       struct annotations *annotations_r) MUST_CHECK;
/* annotations_find - NULL when there is none of that name */
const struct annotation *annotations_find(const struct annotations *annotations, struct span entry);

/*
 * store_annotations, store_annotate - read them; change some, all or none
 *
 *  mailbox  NULL: those of the account
 *  changes  the entries' names in lower case and of good form
 *  err      PERMANENT ENOENT: no such mailbox; EMFILE: more than limits->count; EFBIG: than ->size
 */
bool store_annotations(struct store *store, const char *mailbox, struct arena *arena,
                       struct annotations *annotations_r, struct error *err) MUST_CHECK;
bool store_annotate(struct store *store, const char *mailbox, const struct annotation *changes,
                    size_t count, const struct annotation_limits *limits,
                    struct error *err) MUST_CHECK;

/* store_annotations_directory - where the file is, to watch it: a descriptor, the caller's to close; -1 and
 * *err as above. store_is_annotations_file - is that its name there? */
int store_annotations_directory(struct store *store, const char *mailbox,
                                struct error *err) MUST_CHECK;
bool store_is_annotations_file(const char *name);

#endif
