/* Asking tables, listing them, and taking entries out of them. */
#include "tools/table_tool.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/io/stream.h"
#include "lib/map/map_fold.h"
#include "tools/message_keys.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

#define VALUE_MAX   (64U * 1024 * 1024)
#define KEY_MAX     (1024U * 1024) /* octets of a line of standard input */
#define OUTPUT_FULL (64U * 1024)

/* What is printed, in large blocks. */
static void flush(struct buf *output)
{
    if (!write_all(STDOUT_FILENO, buf_span(output)))
        log_fatal("write to standard output: %m");
    buf_clear(output);
}

/* -F: the value is base64 and its content is wanted; what is no base64 is shown as it is. */
static void put_value(const struct table_tool *tool, struct buf *output, struct span value)
{
    char *decoded;
    int len;
    int padding = 0;

    if (!tool->values_are_files || value.len == 0 || value.len > INT_MAX) {
        buf_put(output, value);
        return;
    }
    decoded = mem_alloc(value.len + 1);
    len = EVP_DecodeBlock((unsigned char *)decoded, (const unsigned char *)value.data,
                          (int)value.len);
    while (padding < 2 && (size_t)padding < value.len &&
           value.data[value.len - 1 - (size_t)padding] == '=')
        padding++;
    if (len < padding)
        buf_put(output, value);
    else
        buf_put(output, span_of(decoded, (size_t)(len - padding)));
    mem_free(decoded);
}

static void put_entry(const struct table_tool *tool, struct buf *output, struct span key,
                      struct span value)
{
    buf_put(output, key);
    buf_put_text(output, tool->command->separator);
    put_value(tool, output, value);
    buf_put_char(output, '\n');
    if (output->len >= OUTPUT_FULL)
        flush(output);
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
    char *path = mem_printf("%s.db", strchr(specification, ':') + 1);
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

/* The first table that has it; a table that cannot answer ends everything. */
static bool find(struct query *query, struct span key)
{
    int flags = query->tool->folds ? MAP_FOLD_KEY : 0;

    for (size_t i = 0; i < query->count; i++) {
        struct error err;

        switch (map_lookup(query->maps[i], key, flags, &query->value, &err)) {
        case MAP_FOUND:
            return true;
        case MAP_ABSENT:
            break;
        case MAP_UNAVAILABLE:
            flush(&query->output);
            log_fatal("table %s: query error: %s", map_name(query->maps[i]), err.text);
        }
    }
    return false;
}

static void ask_and_print(void *context, struct span key)
{
    struct query *query = context;

    if (!find(query, key))
        return;
    query->found = true;
    put_entry(query->tool, &query->output, key, buf_span(&query->value));
}

/* Each line of standard input is a key; answers do not wait for keys that are not there yet. */
static void ask_lines(struct query *query)
{
    struct stream *input = stream_create(STDIN_FILENO);
    enum stream_status status;
    struct span line;

    stream_timeout(input, 0);
    while ((status = stream_read_line(input, KEY_MAX, &line, NULL)) == STREAM_OK) {
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
    if (tool->reads_header || tool->reads_body) {
        message_keys(STDIN_FILENO, tool->reads_header, tool->reads_body, ask_and_print, &query);
    } else if (strcmp(tool->query, "-") == 0) {
        ask_lines(&query);
    } else if (find(&query, span_text(tool->query))) {
        query.found = true;
        put_value(tool, &query.output, buf_span(&query.value));
        buf_put_char(&query.output, '\n');
    }
    flush(&query.output);
    close_tables(&query);
    return query.found ? 0 : 1;
}

/* --- listing ------------------------------------------------------------------------------------- */

struct listing {
    const struct table_tool *tool;
    struct buf output;
};

static bool print_entry(void *context, struct span key, struct span value)
{
    struct listing *listing = context;

    put_entry(listing->tool, &listing->output, key, value);
    return true;
}

int table_tool_list(const struct table_tool *tool)
{
    struct listing listing = {.tool = tool, .output = BUF(BUF_UNLIMITED)};

    for (char *const *table = tool->tables; *table != NULL; table++) {
        char *specification = table_tool_specification(tool, *table);
        struct map *map = map_open(tool->config, specification, false);
        struct error err;
        bool done = map_walk(map, print_entry, &listing, &err);

        flush(&listing.output);
        if (!done)
            log_fatal("%s", err.text);
        map_free(&map);
        mem_free(specification);
    }
    buf_release(&listing.output);
    return 0;
}

/* --- taking out ---------------------------------------------------------------------------------- */

static bool remove_key(const struct table_tool *tool, struct map_writer *writer, struct span key)
{
    struct buf folded = BUF(KEY_MAX * 3);
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
    while (stream_read_line(input, KEY_MAX, &line, NULL) == STREAM_OK)
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
