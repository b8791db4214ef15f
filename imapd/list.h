/*
 * What LIST asks for: RFC 3501 section 6.3.8, RFC 5258 with the options of RFC 5819 (STATUS) and RFC 6154
 * (SPECIAL-USE); and the lines that answer it.
 */
#ifndef BUZON_IMAPD_LIST_H
#define BUZON_IMAPD_LIST_H

#include "imapd/parse.h"
#include "lib/store/store.h"

#define LIST_PATTERN_MAX  1000 /* octets of reference and pattern together */
#define LIST_PATTERNS_MAX 100  /* patterns of one command */

/* What is selected, and what is returned: the same words, in the places that may hold them. */
enum list_option {
    LIST_SUBSCRIBED = 1,
    LIST_REMOTE = 2,
    LIST_RECURSIVE_MATCH = 4,
    LIST_SPECIAL_USE = 8,
    LIST_CHILDREN = 16,
    LIST_STATUS = 32,
};

struct list_request {
    bool extended; /* anything of RFC 5258 stood in it */
    unsigned select, returns;
    unsigned status_items; /* with LIST_STATUS */
    struct span *patterns; /* the arena's, with the reference before each */
    size_t pattern_count;
    bool root; /* LIST "" "": only the separator is wanted */
};

enum list_parsed { LIST_PARSED, LIST_BAD, LIST_TOO_LONG };

/* list_parse - what stands behind LIST. LIST_BAD: *fault_r says why; LIST_TOO_LONG: past the limits */
enum list_parsed list_parse(struct arena *arena, struct cursor at, struct list_request *request_r,
                            const char **fault_r) MUST_CHECK;

#endif
