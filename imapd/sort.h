/* SORT: RFC 5256 section 3, SORT=DISPLAY of RFC 5957, ESORT of RFC 5267. */
#ifndef BUZON_IMAPD_SORT_H
#define BUZON_IMAPD_SORT_H

#include "imapd/progress.h"
#include "imapd/search_return.h"
#include "lib/message/casemap.h"

enum sort_kind {
    SORT_ARRIVAL,
    SORT_CC,
    SORT_DATE,
    SORT_DISPLAY_FROM,
    SORT_DISPLAY_TO,
    SORT_FROM,
    SORT_SIZE,
    SORT_SUBJECT,
    SORT_TO,
    SORT_KINDS
};

struct sort_criterion {
    enum sort_kind kind;
    bool reverse;
};

struct sort_program {
    struct sort_criterion criteria[SORT_KINDS]; /* a kind twice says nothing more */
    size_t count;
};

/* sort_parse - SP "(" criterion *(SP criterion) ")" */
bool sort_parse(struct cursor *at, struct sort_program *program_r) MUST_CHECK;

/* sort_found - put messages, which stand in the order of the mailbox, in that of the program, those that are
 * equal as they stood; the mailbox is being read. Errors as of search_run. */
bool sort_found(struct mailbox *mailbox, const struct sort_program *program,
                struct casemap *casemap, struct progress *progress, struct found *found,
                struct error *err) MUST_CHECK;

/* What SORT and THREAD look at of a message, as they compare it. */
#define SORT_TEXT_MAX 1024 /* octets of a text that count */

/* sort_map_header - a field's body, decoded and mapped, to `out`; the limit of it and of `room`, which is
 * only worked in, is SORT_TEXT_MAX */
void sort_map_header(struct casemap *casemap, struct buf *out, struct buf *room, struct span body);
/* sort_sent_date - RFC 5256 section 2.2: the Date field, or else the internal date */
int64_t sort_sent_date(struct span date, uint64_t internal_date);

#endif
