/* The logical lines of a table's source, and their split into key and value, in both syntaxes. */
#include "lib/map/table_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct map_lines lines;
    struct span line;
    struct span key;
    struct span value;
    struct buf name = BUF(MAP_LINE_MAX);
    struct buf aliases = BUF(TABLE_VALUE_MAX);
    struct error err;

    map_lines_start_text(&lines, span_of(data, size), "fuzz");
    while (map_lines_next(&lines, &line, &err)) {
        ASSERT(lines.first <= lines.last && lines.last <= lines.number);
        if (map_line_split(line, &key, &value, &err))
            ASSERT(key.len > 0 && value.len > 0 && key.len + value.len < line.len);
        buf_clear(&name);
        buf_clear(&aliases);
        if (table_parse_alias(NULL, line, &name, &aliases, &err))
            ASSERT(name.len < line.len && aliases.len > 0 && aliases.len < 2 * line.len);
    }
    ASSERT(err.kind == ERROR_NONE && lines.offset == size);
    buf_release(&name);
    buf_release(&aliases);
    map_lines_release(&lines);
    return 0;
}
