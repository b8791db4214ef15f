/* Asking tables, listing them, and taking entries out of them. */
#include "tools/table_tool.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/io/stream.h"
#include "lib/map/map_fold.h"
#include "tools/json_text.h"
#include "tools/message_keys.h"
#include "tools/named_files.h"

#include <unistd.h>

#define VALUE_MAX   (64U * 1024 * 1024)
#define OUTPUT_FULL (64U * 1024)

/* What is printed, in large blocks. */
static void flush(struct buf *output)
{
    if (!write_all(STDOUT_FILENO, buf_span(output)))
        log_fatal("write to standard output: %m");
    buf_clear(output);
}

/* The table as warnings of Postfix name it: "hash:table.db". */
static const char *file_of(struct arena *arena, const char *table)
{
    bool has_suffix =
        span_starts_with(span_text(table), "hash:") || span_starts_with(span_text(table), "btree:");

    return arena_printf(arena, "%s%s", table, has_suffix ? ".db" : "");
}

/* Tables that are made from a source have the files' content; others only name the files. */
static bool is_made(const char *table)
{
    static const char *const types[] = {"hash:", "btree:", "lmdb:", "cdb:"};

    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (span_starts_with(span_text(table), types[i]))
            return true;
    }
    return false;
}

/* -F: what the value stands for. */
static bool resolve(const char *table, struct span value, struct buf *content, struct error *err)
{
    if (!is_made(table))
        return named_files_read(value, content, err);
    if (named_files_decode(value, content))
        return true;
    error_set(err, ERROR_MALFORMED, "malformed BASE64 value: %.*s",
              SPAN_PRINTF(span_first(value, 100)));
    return false;
}

static void put_pair(const struct table_tool *tool, struct buf *output, struct span key,
                     struct span value)
{
    if (tool->json) {
        buf_put_char(output, '{');
        json_put_string(output, key);
        buf_put_text(output, ": ");
        json_put_string(output, value);
        buf_put_char(output, '}');
    } else {
        if (tool->query == NULL || strcmp(tool->query, "-") == 0) { /* else the key is known */
            buf_put(output, key);
            buf_put_text(output, tool->command->separator);
        }
        buf_put(output, value);
    }
    buf_put_char(output, '\n');
    if (output->len >= OUTPUT_FULL)
        flush(output);
}

/* False: it cannot be shown, and a warning has said so. */
static bool put_entry(const struct table_tool *tool, const char *table, struct buf *output,
                      struct span key, struct span value)
{
    struct buf content = BUF(NAMED_FILES_MAX);
    struct arena *arena;
    struct error err;
    bool done = true;

    if (!tool->values_are_files) {
        put_pair(tool, output, key, value);
        return true;
    }
    done = resolve(table, value, &content, &err);
    if (done) {
        put_pair(tool, output, key, buf_span(&content));
    } else {
        flush(output);
        arena = arena_create();
        log_warning("table %s: key %.*s: %s", file_of(arena, table), SPAN_PRINTF(key), err.text);
        arena_free(&arena);
    }
    buf_release(&content);
    return done;
}

/* --- asking -------------------------------------------------------------------------------------- */

struct query {
    const struct table_tool *tool;
    struct map **maps;
    size_t count;
    struct buf value;
    struct buf output;
    bool found; /* any key */
};

/* A file that is asked for many keys fits into memory as a whole, unless it takes too much of it. */
static void enlarge_cache(const struct table_tool *tool, const char *specification)
{
    bool is_cdb = span_starts_with(span_text(specification), "cdb:");
    char *path = mem_printf("%s.%s", strchr(specification, ':') + 1, is_cdb ? "cdb" : "db");
    int64_t pages = sysconf(_SC_PHYS_PAGES);
    int64_t most = pages * sysconf(_SC_PAGESIZE) / 4;
    struct stat status;

    if (stat(path, &status) == 0 && status.st_size < most &&
        status.st_size * 5 / 4 > tool->config->berkeley_db_read_buffer_size)
        tool->config->berkeley_db_read_buffer_size = status.st_size * 5 / 4;
    mem_free(path);
}

static void open_tables(struct query *query)
{
    bool many = strcmp(query->tool->query, "-") == 0;

    for (char *const *table = query->tool->tables; *table != NULL; table++) {
        char *specification = table_tool_specification(query->tool, *table);

        if (many)
            enlarge_cache(query->tool, specification);
        query->maps = mem_resize(query->maps, query->count + 1, sizeof(struct map *));
        query->maps[query->count++] = map_open(query->tool->config, specification, false);
        mem_free(specification);
    }
}

static void close_tables(struct query *query)
{
    for (size_t i = 0; i < query->count; i++)
        map_free(&query->maps[i]);
    mem_free(query->maps);
    buf_release(&query->value);
    buf_release(&query->output);
}

/* Such a key is in no table that speaks UTF-8; who asks may have meant another encoding. */
static void check_key(const struct query *query, const struct map *map, struct span key)
{
    struct arena *arena;

    if (!query->tool->utf8 || map_is_utf8(key))
        return;
    arena = arena_create();
    log_warning("%s: non-UTF-8 key \"%.*s\": malformed UTF-8 or invalid codepoint",
                file_of(arena, map_name(map)), SPAN_PRINTF(key));
    arena_free(&arena);
}

/* The first table that has it, NULL: none; a table that cannot answer ends everything. */
static const struct map *find(struct query *query, struct span key)
{
    int flags = MAP_EMPTY_KEY | (query->tool->folds ? MAP_FOLD_KEY : 0);

    for (size_t i = 0; i < query->count; i++) {
        struct map *map = query->maps[i];
        struct error err;

        if (!map_is_open(map, &err)) {
            flush(&query->output);
            log_fatal("%s", err.text);
        }
        check_key(query, map, key);
        switch (map_lookup(map, key, flags, &query->value, &err)) {
        case MAP_FOUND:
            return map;
        case MAP_ABSENT:
            break;
        case MAP_UNAVAILABLE:
            flush(&query->output);
            log_fatal("table %s: query error: %s", map_name(map), err.text);
        }
    }
    return NULL;
}

/* Daemons take an empty value for a mistake in the table. */
static void check_value(struct query *query, const struct map *map, struct span key)
{
    if (query->value.len > 0)
        return;
    flush(&query->output);
    log_warning("table %s: key %.*s: empty string result is not allowed", map_name(map),
                SPAN_PRINTF(key));
    log_warning("table %s should return NO RESULT in case of NOT FOUND", map_name(map));
}

/* A value that cannot be shown ends us: the answer would be wrong. */
static void ask_and_print(void *context, struct span key)
{
    struct query *query = context;
    const struct map *map = find(query, key);

    if (map == NULL)
        return;
    query->found = true;
    check_value(query, map, key);
    if (!put_entry(query->tool, map_name(map), &query->output, key, buf_span(&query->value)))
        log_fatal("table %s: query error", file_of(arena_create(), map_name(map)));
}

/* Each line of standard input is a key; answers do not wait for keys that are not there yet. */
static void ask_lines(struct query *query)
{
    struct stream *input = stream_create(STDIN_FILENO);
    enum stream_status status;
    struct span line;

    stream_timeout(input, 0);
    while ((status = stream_read_line(input, TABLE_KEY_MAX, &line, NULL)) == STREAM_OK) {
        ask_and_print(query, line);
        if (query->output.len > 0 && !stream_has_input(input))
            flush(&query->output);
    }
    if (status == STREAM_EOF && stream_fill(input, &line) == STREAM_OK)
        ask_and_print(query, line);
    if (status == STREAM_TOO_LONG || status == STREAM_FAILED)
        log_fatal("read standard input: %s",
                  status == STREAM_FAILED ? strerror(errno) : "line too long");
    stream_free(&input);
}

int table_tool_query(const struct table_tool *tool)
{
    struct query query = {
        .tool = tool,
        .value = BUF(VALUE_MAX),
        .output = BUF(BUF_UNLIMITED),
    };

    open_tables(&query);
    if (tool->message_keys != 0)
        message_keys(STDIN_FILENO, tool->message_keys, ask_and_print, &query);
    else if (strcmp(tool->query, "-") == 0)
        ask_lines(&query);
    else
        ask_and_print(&query, span_text(tool->query));
    flush(&query.output);
    close_tables(&query);
    return query.found ? 0 : 1;
}

/* --- listing ------------------------------------------------------------------------------------- */

struct listing {
    const struct table_tool *tool;
    const char *table;
    struct buf output;
};

static bool print_entry(void *context, struct span key, struct span value)
{
    struct listing *listing = context;

    /* what cannot be shown keeps nobody from the rest */
    (void)put_entry(listing->tool, listing->table, &listing->output, key, value);
    return true;
}

int table_tool_list(const struct table_tool *tool)
{
    struct listing listing = {.tool = tool, .output = BUF(BUF_UNLIMITED)};

    for (char *const *table = tool->tables; *table != NULL; table++) {
        char *specification = table_tool_specification(tool, *table);
        struct map *map = map_open(tool->config, specification, false);
        struct error err;
        bool done;

        listing.table = specification;
        done = map_is_open(map, &err) && map_walk(map, print_entry, &listing, &err);
        flush(&listing.output);
        if (!done)
            log_fatal("%s", err.text);
        map_free(&map);
        mem_free(specification);
    }
    buf_release(&listing.output);
    return 0;
}
