/*
 * The logical lines of a table's source: empty lines and comments are gone, lines that start with
 * white space are joined to the one before. For files of any size; a line is bounded. Source:
 * Postfix, the *_table(5) and postmap(1) pages.
 */
#ifndef BUZON_LIB_MAP_LINES_H
#define BUZON_LIB_MAP_LINES_H

#include "lib/base/buf.h"

#define MAP_LINE_MAX (64U * 1024 * 1024)

struct map_lines {
    const char *name; /* of the source, for warnings; borrowed */
    int fd;           /* borrowed; -1: everything is in `block` already */
    struct buf block; /* read but not used up: from `at` on */
    size_t at;
    struct buf joined;    /* a line of several parts */
    unsigned first, last; /* numbers of the lines that make up the line just returned */
    unsigned number;      /* lines read so far */
    uint64_t offset;      /* octets of the source used up so far */
    bool at_end;
};

/* map_lines_start - read from a descriptor; nothing is read yet */
void map_lines_start(struct map_lines *lines, int fd, const char *name);
/* map_lines_start_text - read from memory; the text is copied */
void map_lines_start_text(struct map_lines *lines, struct span text, const char *name);
void map_lines_release(struct map_lines *lines);

/* map_lines_next - the next logical line, without its end, never with a NUL in it; borrowed until the
 * next call. False at the end (kind NONE) or when reading failed. Bad lines are logged and skipped. */
bool map_lines_next(struct map_lines *lines, struct span *line_r, struct error *err) MUST_CHECK;

/* map_lines_place - "name, line 3" or "name, line 3-5", for warnings about the line just returned */
#define MAP_PLACE_MAX 512
const char *map_lines_place(const struct map_lines *lines, char text[MAP_PLACE_MAX]);

/*
 * map_line_split - a line "key whitespace value"
 *
 * Between double quotes white space is part of the key; the quotes stay, as tables have them.
 * MALFORMED: unbalanced quotes, or nothing but a key.
 */
bool map_line_split(struct span line, struct span *key_r, struct span *value_r,
                    struct error *err) MUST_CHECK;

#endif
