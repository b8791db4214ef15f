/* GETMETADATA and SETMETADATA: RFC 5464, its grammar. */
#ifndef BUZON_IMAPD_METADATA_H
#define BUZON_IMAPD_METADATA_H

#include "imapd/parse.h"
#include "lib/config/config.h"
#include "lib/store/annotations.h"

#define METADATA_ENTRIES_MAX 1000 /* that one command can name */

enum metadata_depth { DEPTH_ZERO, DEPTH_ONE, DEPTH_INFINITY };

struct metadata_options {
    enum metadata_depth depth;
    uint64_t max_size; /* octets of a value that is returned; UINT64_MAX: any */
};

/* What a command names: entries in lower case and of good form; values with SETMETADATA. */
struct metadata_entries {
    struct annotation *items; /* the arena's */
    size_t count;
};

enum metadata_parsed {
    METADATA_PARSED,
    METADATA_BAD,        /* not of the grammar */
    METADATA_WRONG_NAME, /* an entry's name is none */
};

/* metadata_options_parse - "(" option *(SP option) ")" */
bool metadata_options_parse(struct cursor *at, struct metadata_options *options_r) MUST_CHECK;
/* metadata_get_parse - entries up to the end */
enum metadata_parsed metadata_get_parse(struct arena *arena, struct cursor at,
                                        struct metadata_entries *entries_r) MUST_CHECK;
/* metadata_set_parse - "(" entry SP value *(SP entry SP value) ")" up to the end */
enum metadata_parsed metadata_set_parse(struct arena *arena, struct cursor at,
                                        struct metadata_entries *entries_r) MUST_CHECK;

/* metadata_limits - of one mailbox, by the configuration */
struct annotation_limits metadata_limits(const struct config *config);

#endif
