/* From a source to a table (nbdb_reindexd/table.h): the work of buzonmap and buzonalias, on descriptors. */
#include "nbdb_reindexd/table.h"

#include "lib/base/clock.h"

#define LINES_AT_ONCE 1024 /* between two looks at the clock */

static bool add_lines(struct table_source *source, int64_t deadline_ms, struct error *err)
{
    struct span line;
    unsigned count = 0;

    while (map_lines_next(&source->lines, &line, err)) {
        if (!table_source_add(source, line, err))
            return false;
        if (++count % LINES_AT_ONCE == 0 && clock_monotonic_ms() >= deadline_ms) {
            error_set(err, ERROR_TEMPORARY, "the time limit is exceeded");
            return false;
        }
    }
    return err->kind == ERROR_NONE;
}

static struct map_writer *open_table(const struct place *place, const char *type,
                                     const struct config *config, struct error *err)
{
    char *specification = mem_printf("%s:%s", type, place->name);
    const struct map_writer_settings settings = {
        .config = config,
        .source_size = (uint64_t)place->source_status.st_size,
        .mode = table_source_mode(place->source_status.st_mode),
        .uid = place->uid,
        .gid = place->gid,
    };
    struct map_writer *writer = map_writer_open(specification, &settings, err);

    mem_free(specification);
    return writer;
}

bool table_make(const struct place *place, const struct syntax *syntax, const char *type,
                const struct config *config, int time_limit_s, struct error *err)
{
    int64_t deadline_ms = clock_monotonic_ms() + (int64_t)time_limit_s * 1000;
    struct table_source source = {
        .parse = syntax->parse,
        .folds = true,
        .utf8 = config->smtputf8_enable,
        .writer = open_table(place, type, config, err),
        TABLE_SOURCE_BUFFERS,
    };
    bool done;

    if (source.writer == NULL)
        return false;
    map_lines_start(&source.lines, place->source, place->path);
    done =
        add_lines(&source, deadline_ms, err) && table_source_sign(&source, syntax->signature, err);
    if (done)
        done = map_writer_commit(&source.writer, err);
    map_writer_abandon(&source.writer);
    table_source_release(&source);
    return done;
}
