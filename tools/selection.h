/*
 * Which messages of the queue are meant: what buzonqueue and buzonsuper take as long options beside those
 * of Postfix. A message is meant when everything that was asked for holds; what is asked of recipients
 * (recipient, domain, reason) holds when it does so for one of them that still waits.
 */
#ifndef BUZON_TOOLS_SELECTION_H
#define BUZON_TOOLS_SELECTION_H

#include "lib/delivery/listing.h"

#include <getopt.h>
#include <regex.h>

struct selection {
    bool is_set;                             /* something was asked for */
    const char *queue;                       /* a name; NULL: any */
    const char *sender, *recipient, *domain; /* patterns as of file names, in any case; NULL: any */
    regex_t *reason;                         /* NULL: any */
    int64_t older_s, newer_s;                /* age; 0: any */
    uint64_t larger, smaller;                /* octets of content; 0: any */
};

/* The options, for getopt_long(3), with values that no short one has; one of them is buzonqueue's. */
#define SELECTION_SHAPE 999
extern const struct option selection_options[];

/* selection_take - an option that getopt_long returned, with its value; false: *err says what is wrong.
 * Not one of ours: false with ERROR_NONE. */
bool selection_take(struct selection *selection, int option, const char *value,
                    struct error *err) MUST_CHECK;

/* selection_has - is this piece of a message meant, as far as it tells */
bool selection_has(const struct selection *selection, const struct listing_entry *piece);

/* What stands before a listing_take: of a message in pieces it keeps those that wait for the one that
 * decides. Released by selection_filter_release. */
struct selection_filter {
    const struct selection *selection;
    listing_take *take;
    void *context;
    struct arena *arena; /* of the pieces that wait; NULL: none yet */
    struct listing_entry *held;
    size_t held_count;
    bool is_inside, passes; /* of the message that goes on */
};

/* selection_filter_take - a listing_take; its context is the filter */
bool selection_filter_take(void *context, const struct listing_entry *piece, struct error *err);
void selection_filter_release(struct selection_filter *filter);

#endif
