/* Where an entry of a table stands in its source. */
#include "tools/conf/source_line.h"

#include "lib/base/base.h"
#include "lib/map/lines.h"

#include <fcntl.h>
#include <unistd.h>

static const char *source_of(const char *specification, unsigned rule)
{
    static const char *const types[] = {
        "hash:", "btree:", "lmdb:", "cdb:", "dbm:", "sdbm:", "texthash:", NULL};
    const char *path = strchr(specification, ':');

    if (path == NULL || path[1] != '/')
        return NULL;
    for (size_t i = 0; rule == 0; i++) {
        if (types[i] == NULL)
            return NULL;
        if (strncmp(specification, types[i], strlen(types[i])) == 0)
            break;
    }
    return path + 1;
}

/* "key value", "key: value", and both with the key in double quotes. */
static bool is_entry_of(struct span line, struct span key)
{
    bool quoted = line.len > 0 && *line.data == '"';
    struct span rest = quoted ? span_skip(line, 1) : line;
    struct span name = span_first(rest, key.len);

    if (rest.len < key.len || !span_equal_nocase(name, key))
        return false;
    rest = span_skip(rest, key.len);
    if (quoted && span_starts_with(rest, "\""))
        rest = span_skip(rest, 1);
    return rest.len == 0 || *rest.data == ':' || is_space((unsigned char)*rest.data);
}

/* Of keys that stand there more than once, the first one: it is in the table. */
static unsigned find_key(int fd, const char *path, struct span key)
{
    struct map_lines lines;
    struct span line;
    struct error err = {0};
    unsigned number = 0;

    map_lines_start(&lines, fd, path);
    while (number == 0 && map_lines_next(&lines, &line, &err)) {
        if (is_entry_of(line, key))
            number = lines.first;
    }
    map_lines_release(&lines);
    return number;
}

struct source_line source_line_find(const char *specification, struct span key, unsigned rule)
{
    struct source_line place = {source_of(specification, rule), rule};
    int fd;

    if (place.path == NULL || rule > 0)
        return place;
    fd = open(place.path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return (struct source_line){0};
    place.number = find_key(fd, place.path, key);
    (void)close(fd);
    return place;
}
