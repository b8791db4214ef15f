/*
 * Logical lines of main.cf and master.cf: a line that begins with white space continues the one
 * before it; blank lines and lines whose first visible octet is '#' count for nothing, also between
 * a line and its continuation.
 */
#ifndef BUZON_LIB_CONFIG_LINES_H
#define BUZON_LIB_CONFIG_LINES_H

#include "lib/base/buf.h"

struct lines {
    struct span rest;
    int number; /* lines taken so far */
    struct buf joined;
};

struct logical_line {
    struct span text; /* without line ends; borrowed until the next call */
    int number;       /* of its first line, from 1 */
    bool orphaned;    /* begins with white space, and there is nothing that it could continue */
};

#define LINES(text) ((struct lines){.rest = (text), .joined = BUF(BUF_UNLIMITED)})

/* lines_next - false at the end, and lines_release is no longer needed */
bool lines_next(struct lines *lines, struct logical_line *line_r) MUST_CHECK;
void lines_release(struct lines *lines);

/*
 * setting_split - "name = value"; both without white space around them, the value may be empty
 *
 * Returns NULL, or what is wrong.
 */
const char *setting_split(struct span text, struct span *name_r, struct span *value_r) MUST_CHECK;

/* braces_fault - what is wrong with a text that begins with a brace; NULL: nothing, or it begins otherwise */
const char *braces_fault(struct span text) MUST_CHECK;
/* braces_strip - what stands in "{ ... }", trimmed; anything else is left as it is */
struct span braces_strip(struct span text);

#endif
