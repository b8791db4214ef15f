/* The mailboxes of ESEARCH: "IN (...)" of RFC 7377, with the filters of RFC 5465 section 6. */
#ifndef BUZON_IMAPD_MULTISEARCH_H
#define BUZON_IMAPD_MULTISEARCH_H

#include "imapd/parse.h"

#define MULTISEARCH_SOURCES_MAX 500 /* filters, and names in them */

enum search_filter {
    FILTER_SELECTED,
    FILTER_INBOXES,
    FILTER_PERSONAL,
    FILTER_SUBSCRIBED,
    FILTER_SUBTREE,     /* name, and all below it */
    FILTER_SUBTREE_ONE, /* name, and what is directly below it */
    FILTER_MAILBOXES,   /* name */
};

struct search_place {
    enum search_filter filter;
    struct span name; /* as the client wrote it; the arena's or the command's */
};

struct search_places {
    struct search_place *places; /* the arena's */
    size_t count;                /* 0: nothing was said: the selected mailbox */
};

/* search_places_parse - [SP "IN" SP "(" filter *(SP filter) [SP "(" scope-options ")"] ")"] */
bool search_places_parse(struct arena *arena, struct cursor *at,
                         struct search_places *places_r) MUST_CHECK;

#endif
