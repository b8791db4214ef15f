/*
 * The sources of tables that are made of a text: what a line of them says, and how it gets into the table.
 * For buzonmap, buzonalias and nbdb_reindexd.
 */
#ifndef BUZON_LIB_MAP_TABLE_SOURCE_H
#define BUZON_LIB_MAP_TABLE_SOURCE_H

#include "lib/map/lines.h"
#include "lib/map/map_writer.h"

/*
 * A syntax: a logical line's key and value
 *
 * Both are empty before. False and *err: the line is skipped with a warning; with a text in *err and true: a
 * warning only.
 */
typedef bool table_parse(const void *context, struct span line, struct buf *key_r,
                         struct buf *value_r, struct error *err);

/* table_parse_map - "key whitespace value": postmap(1); table_parse_alias - "name: value, value...": aliases(5).
 * Without a context. */
bool table_parse_map(const void *context, struct span line, struct buf *key_r, struct buf *value_r,
                     struct error *err);
bool table_parse_alias(const void *context, struct span line, struct buf *key_r,
                       struct buf *value_r, struct error *err);

/* Of a value, octets: of each one in the line there may be two (a comma gets its blank, a quote that is closed). */
#define TABLE_VALUE_MAX (2 * MAP_LINE_MAX)

/* An entry "@: @" that a complete table of aliases has: sendmail(8) looks for it. */
#define TABLE_ALIAS_SIGNATURE "@"

/* A source, and the table that is made of it. */
struct table_source {
    table_parse *parse;
    const void *context;
    bool folds, utf8, ignores_duplicates;
    struct map_lines lines;    /* started by the caller */
    struct map_writer *writer; /* the caller's, who commits or abandons it */
    struct buf key, value, folded;
};

#define TABLE_SOURCE_BUFFERS                                                                       \
    .key = BUF(MAP_LINE_MAX), .value = BUF(TABLE_VALUE_MAX), .folded = BUF(MAP_LINE_MAX)

/* table_source_add - the line that map_lines_next gave; what is wrong with it is logged, and it is skipped. False
 * and *err: the table could not take it. */
bool table_source_add(struct table_source *source, struct span line, struct error *err) MUST_CHECK;

/* table_source_sign - the entry that marks a table as complete; NULL: none */
bool table_source_sign(struct table_source *source, const char *signature,
                       struct error *err) MUST_CHECK;

/* table_source_release - all but the writer */
void table_source_release(struct table_source *source);

/* table_source_mode - as readable for others as its source is */
mode_t table_source_mode(mode_t source);

#endif
