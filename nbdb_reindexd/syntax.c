/*
 * Reading a source by its first lines (nbdb_reindexd/syntax.h). Each of them counts for whichever syntax it fits; a
 * line "name: value" does not fit that of maps, which has keys like "name:" only by mistake. Source: Postfix 3.11,
 * what its nbdb_reindexd decides.
 */
#include "nbdb_reindexd/syntax.h"

#include <unistd.h>

#define SCORE_ENOUGH 10

const struct syntax syntax_map = {"buzonmap", table_parse_map, NULL};
const struct syntax syntax_alias = {"buzonalias", table_parse_alias, TABLE_ALIAS_SIGNATURE};

/* Without a word against the line. */
static bool fits(const struct syntax *syntax, struct span line)
{
    struct buf key = BUF(MAP_LINE_MAX);
    struct buf value = BUF(TABLE_VALUE_MAX);
    struct error err = {.kind = ERROR_NONE};
    bool fit =
        syntax->parse(NULL, line, &key, &value, &err) && err.kind == ERROR_NONE && value.len > 0;

    buf_release(&key);
    buf_release(&value);
    return fit;
}

const struct syntax *syntax_of(int source, const char *name)
{
    unsigned maps = 0;
    unsigned aliases = 0;
    struct map_lines lines;
    struct span line;
    struct error err;

    map_lines_start(&lines, source, name);
    while (maps + aliases < SCORE_ENOUGH && map_lines_next(&lines, &line, &err)) {
        maps += fits(&syntax_map, line) ? 1 : 0;
        aliases += fits(&syntax_alias, line) ? 1 : 0;
    }
    map_lines_release(&lines);
    (void)lseek(source, 0, SEEK_SET);
    return aliases > maps ? &syntax_alias : &syntax_map;
}
