/* Taking entries out of tables. */
#include "tools/table_tool.h"

#include "lib/base/log.h"
#include "lib/io/stream.h"
#include "lib/map/map_fold.h"

#include <unistd.h>

static bool remove_key(const struct table_tool *tool, struct map_writer *writer, struct span key)
{
    struct buf folded = BUF(TABLE_KEY_MAX * 3);
    struct error err;
    enum map_result result;

    if (!tool->folds || !map_fold(key, tool->utf8, &folded)) {
        buf_clear(&folded);
        buf_put(&folded, key);
    }
    result = map_writer_remove(writer, buf_span(&folded), &err);
    buf_release(&folded);
    if (result == MAP_UNAVAILABLE) {
        map_writer_abandon(&writer);
        log_fatal("%s", err.text);
    }
    return result == MAP_FOUND;
}

static bool remove_keys(const struct table_tool *tool, struct map_writer *writer,
                        const struct strlist *keys)
{
    bool found = false;

    for (size_t i = 0; i < keys->count; i++)
        found = remove_key(tool, writer, span_text(keys->items[i])) || found;
    return found;
}

/* A table that had none of the keys stays the very file that it was. */
static bool remove_from(const struct table_tool *tool, const char *specification,
                        const struct strlist *keys)
{
    const struct map_writer_settings settings = {
        .config = tool->config,
        .from_present = true,
        .must_exist = true,
        .without_nul = tool->without_nul,
    };
    struct error err;
    struct map_writer *writer = map_writer_open(specification, &settings, &err);
    bool found;

    if (writer == NULL)
        log_fatal("%s", err.text);
    found = remove_keys(tool, writer, keys);
    if (!found)
        map_writer_abandon(&writer);
    else if (!map_writer_commit(&writer, &err))
        log_fatal("%s: %s", specification, err.text);
    return found;
}

static void read_keys(struct strlist *keys)
{
    struct stream *input = stream_create(STDIN_FILENO);
    struct span line;

    stream_timeout(input, 0);
    while (stream_read_line(input, TABLE_KEY_MAX, &line, NULL) == STREAM_OK)
        strlist_add_span(keys, line);
    stream_free(&input);
}

int table_tool_remove(const struct table_tool *tool)
{
    struct strlist keys = STRLIST_EMPTY;
    bool found = false;

    if (strcmp(tool->removal, "-") == 0)
        read_keys(&keys);
    else
        strlist_add(&keys, tool->removal);
    for (char *const *table = tool->tables; *table != NULL; table++) {
        char *specification = table_tool_specification(tool, *table);

        found = remove_from(tool, specification, &keys) || found;
        mem_free(specification);
    }
    strlist_release(&keys);
    return found ? 0 : 1;
}
