/*
 * Tables that are read whole into memory: texthash (a source of postmap(1), without its index) and
 * inline ("inline:{ key = value, { key = text with blanks } }"). Both are asked for keys in lower case, where those of
 * the source are folded, and for keys as they are, where they are not.
 */
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/config/lines.h"
#include "lib/map/lines.h"
#include "lib/map/map_fold.h"
#include "lib/map/map_type.h"

struct text_table {
    struct hash *values; /* of const char *, in the arena; by folded keys */
    struct hash *exact;  /* the same by keys as they stand in the source */
    struct arena *arena;
    struct buf folded;
    bool utf8;
    struct map_stamp stamp;
};

static struct text_table *create(const struct config *config)
{
    struct text_table *table = mem_new(struct text_table);

    table->values = hash_create();
    table->exact = hash_create();
    table->arena = arena_create();
    table->folded = BUF(MAP_LINE_MAX);
    table->utf8 = config->smtputf8_enable;
    table->stamp = MAP_STAMP_NONE;
    return table;
}

static void free_table(void *opened)
{
    struct text_table *table = opened;

    hash_free(&table->values, NULL);
    hash_free(&table->exact, NULL);
    arena_free(&table->arena);
    buf_release(&table->folded);
    fd_close(&table->stamp.fd);
    mem_free(table);
}

/* False when the key was there already; then the first one stays, or the last one counts. */
static bool put(struct hash *values, struct span key, char *value, bool last_counts)
{
    void *earlier = hash_put(values, key, value);

    if (earlier != NULL && !last_counts)
        (void)hash_put(values, key, earlier);
    return earlier == NULL;
}

static bool add(struct text_table *table, struct span key, struct span value, bool last_counts)
{
    char *text;

    if (!map_fold(key, table->utf8, &table->folded))
        return true; /* no UTF-8: nobody can ask for it */
    text = arena_text(table->arena, value);
    (void)put(table->exact, key, text, last_counts);
    return put(table->values, buf_span(&table->folded), text, last_counts);
}

static enum map_result lookup(void *opened, struct span key, int flags, struct buf *value_r,
                              struct error *err)
{
    struct text_table *table = opened;
    const char *value = hash_get((flags & MAP_FOLD_KEY) != 0 ? table->values : table->exact, key);

    return value == NULL ? MAP_ABSENT : map_answer(span_text(value), value_r, err);
}

static bool walk(void *opened, map_visit *visit, void *context, struct error *err UNUSED)
{
    const struct text_table *table = opened;
    size_t position = 0;
    struct span key;
    void *value;

    while (hash_next(table->values, &position, &key, &value)) {
        if (!visit(context, key, span_text(value)))
            return false;
    }
    return true;
}

static bool changed(const void *opened)
{
    const struct text_table *table = opened;

    return map_stamp_changed(&table->stamp);
}

static void take_line(struct text_table *table, const struct map_lines *lines, struct span line)
{
    struct span key;
    struct span value;
    char place[MAP_PLACE_MAX];
    struct error err;

    (void)map_lines_place(lines, place);
    if (table->utf8 && !map_is_utf8(line)) {
        log_warning("%s: non-UTF-8 input \"%.*s\" -- ignoring this line", place, SPAN_PRINTF(line));
        return;
    }
    if (!map_line_split(line, &key, &value, &err)) {
        log_warning("%s: %s -- ignoring this line", place, err.text);
        return;
    }
    if (key.data[key.len - 1] == ':')
        log_warning("%s: record is in \"key: value\" format; is this an alias file?", place);
    if (!add(table, key, value, false))
        log_warning("%s: duplicate entry: \"%.*s\"", place, SPAN_PRINTF(key));
}

static bool read_lines(struct text_table *table, struct map_lines *lines, struct error *err)
{
    struct span line;

    while (map_lines_next(lines, &line, err))
        take_line(table, lines, line);
    return err->kind == ERROR_NONE;
}

static void *open_texthash(const struct config *config, const char *name, struct error *err)
{
    struct text_table *table = create(config);
    struct map_lines lines;
    bool done;

    if (!map_stamp_open_database(&table->stamp, name, err)) {
        free_table(table);
        return NULL;
    }
    map_lines_start(&lines, table->stamp.fd, name);
    done = read_lines(table, &lines, err);
    map_lines_release(&lines);
    if (done)
        return table;
    free_table(table);
    return NULL;
}

/* "key = value"; white space and = are part of a key between its quotes, which stay. False: there is no = behind it. */
static bool split_pair(struct span pair, struct span *key_r, struct span *value_r)
{
    bool quoted = false;
    size_t i;

    for (i = 0; i < pair.len; i++) {
        if (pair.data[i] == '\\' && i + 1 < pair.len)
            i++;
        else if (pair.data[i] == '"')
            quoted = !quoted;
        else if ((is_space(pair.data[i]) || pair.data[i] == '=') && !quoted)
            break;
    }
    *key_r = span_first(pair, i);
    *value_r = span_trim(span_skip(pair, i));
    if (!span_starts_with(*value_r, "="))
        return false;
    *value_r = span_trim(span_skip(*value_r, 1));
    return true;
}

/* With or without braces around it. */
static bool add_pair(struct text_table *table, const char *name, const char *item,
                     struct error *err)
{
    const char *fault = braces_fault(span_text(item));
    struct span key;
    struct span value;

    if (fault == NULL && table->utf8 && !map_is_utf8(span_text(item)))
        fault = "bad UTF-8 syntax";
    if (fault == NULL && !split_pair(braces_strip(span_text(item)), &key, &value))
        fault = "missing '=' after attribute name";
    if (fault != NULL) {
        error_set(err, ERROR_MALFORMED, "%s: \"inline:%s\"; need \"inline:{name=value...}\"", fault,
                  name);
        return false;
    }
    (void)add(table, key, value, true); /* of two, the last one counts, as in Postfix */
    return true;
}

static void *open_inline(const struct config *config, const char *name, struct error *err)
{
    struct text_table *table = create(config);
    struct strlist items = STRLIST_EMPTY;
    bool done = map_list_items(name, &items, NULL) && strcmp(name, "{}") != 0;

    if (!done || items.count == 0) {
        error_set(err, ERROR_MALFORMED, "%s: \"inline:%s\"; need \"inline:{name=value...}\"",
                  done ? "empty table" : "bad syntax", name);
        done = false;
    }
    for (size_t i = 0; done && i < items.count; i++)
        done = add_pair(table, name, items.items[i], err);
    strlist_release(&items);
    if (done)
        return table;
    free_table(table);
    return NULL;
}

const struct map_type map_type_texthash = {
    .name = "texthash",
    .traits = MAP_FILES,
    .suffix = "",
    .open = open_texthash,
    .lookup = lookup,
    .changed = changed,
    .walk = walk,
    .close = free_table,
};

const struct map_type map_type_inline = {
    .name = "inline",
    .open = open_inline,
    .lookup = lookup,
    .walk = walk,
    .close = free_table,
};
