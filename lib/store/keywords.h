/*
 * dovecot-keywords: which letter of a Maildir file name ('a' to 'z') is which keyword. A line is
 * "index SP keyword". A letter never changes its meaning; there are at most 26.
 */
#ifndef BUZON_LIB_STORE_KEYWORDS_H
#define BUZON_LIB_STORE_KEYWORDS_H

#include "lib/base/base.h"

#include <sys/types.h>

#define KEYWORDS_MAX       26
#define KEYWORD_LENGTH_MAX 250

struct keywords {
    char *names[KEYWORDS_MAX]; /* owned; NULL: that letter has no keyword yet */
    /* Of the file when it was read; 0: there was none. Names only grow: two files that were made within
     * one tick of the clock differ in size. */
    int64_t mtime_ns;
    off_t size;
};

void keywords_release(struct keywords *keywords);
/* keywords_parse - what makes no sense is passed over */
void keywords_parse(struct keywords *keywords, struct span text);
/* keywords_find - index, or -1; without case, as IMAP has it */
int keywords_find(const struct keywords *keywords, struct span keyword);
/* keywords_refresh - read the file again if it changed */
bool keywords_refresh(struct keywords *keywords, int directory, struct error *err) MUST_CHECK;
/*
 * keywords_add - index of a keyword, new where it must be
 *
 *  err  PERMANENT: all letters are taken, or it is too long; TEMPORARY: lock or file
 */
bool keywords_add(struct keywords *keywords, int directory, struct span keyword, int *index_r,
                  struct error *err) MUST_CHECK;

#endif
