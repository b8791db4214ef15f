/*
 * What Courier left in a Maildir, for the first look at it: courierimapuiddb (UIDs), courierpop3dsizelist
 * (ids under which POP3 clients know messages), courierimapkeywords/ (keywords). Nothing of it is
 * changed, so that Courier may come back; what we make of it is in Dovecot's files from then on.
 */
#ifndef BUZON_LIB_STORE_COURIER_H
#define BUZON_LIB_STORE_COURIER_H

#include "lib/base/hash.h"
#include "lib/base/strlist.h"
#include "lib/store/keywords.h"
#include "lib/store/uidlist.h"

/* courier_read_uids - courierimapuiddb into an empty list; uidvalidity stays 0 when there is none. Its
 * grammar is that of version 1 of dovecot-uidlist. */
bool courier_read_uids(int directory, struct uidlist *list, struct error *err) MUST_CHECK;

/*
 * courier_parse_uidls - courierpop3dsizelist
 *
 *   "/" version SP next SP uidvalidity      version 2 or 3
 *   name SP size SP uid ":" uidvalidity [":" number]
 *
 *  uidls  base name of a file -> "PUID5-1234" (texts are the arena's), an extension of dovecot-uidlist
 */
void courier_parse_uidls(struct span text, struct arena *arena, struct hash *uidls);
bool courier_read_uidls(int directory, struct arena *arena, struct hash *uidls,
                        struct error *err) MUST_CHECK;

/* The keywords of one message; `rank` tells which of several sources is the newest. */
struct courier_keywords {
    struct strlist names;
    uint64_t rank;
};

/*
 * courier_parse_keywords - courierimapkeywords/:list
 *
 *   names of keywords, one a line; an empty line; then name ":" [index SP index ...]
 *
 *  files  base name of a file -> struct courier_keywords, added to
 */
void courier_parse_keywords(struct span text, struct hash *files);
/* courier_read_keywords - that, and the files beside it, each of which is the keywords of a message */
bool courier_read_keywords(int directory, struct hash *files, struct error *err) MUST_CHECK;
/* courier_free_keywords - for hash_free */
void courier_free_keywords(void *keywords);

/* courier_parse_subscriptions - courierimapsubscribed: names of ours, without Courier's "INBOX." */
void courier_parse_subscriptions(struct span text, struct strlist *names);

#endif
