/*
 * memcache: values in a memcached, with a table behind it that knows what the cache does not. Source:
 * Postfix memcache_table(5); memcached's protocol.txt.
 */
#include "lib/map/map_type.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/map/replies.h"
#include "lib/map/table_query.h"

#include <time.h>

#define KEY_MAX     250 /* octets; memcached knows no longer ones */
#define REQUEST_MAX (64U * 1024 * 1024)

struct memcache_table {
    struct table_settings *settings;
    struct table_query *query;
    struct kept_peer server;
    struct map *backup; /* NULL: none */
    const char *key_format;
    int ttl_s, flags;
    int data_limit, line_limit;
    int tries, pause_s;
    struct buf key, request;
};

static void close_table(void *opened)
{
    struct memcache_table *table = opened;

    kept_peer_close(&table->server);
    map_free(&table->backup);
    table_query_free(&table->query);
    table_settings_free(&table->settings);
    buf_release(&table->key);
    buf_release(&table->request);
    mem_free(table);
}

static bool read_numbers(struct memcache_table *table, struct error *err)
{
    int timeout_s = 0;
    const char *endpoint;
    const struct {
        const char *name;
        int fallback, least;
        int *number;
    } numbers[] = {
        {"flags",           0,     0, &table->flags     },
        {"ttl",             3600,  0, &table->ttl_s     },
        {"data_size_limit", 10240, 1, &table->data_limit},
        {"line_size_limit", 1024,  1, &table->line_limit},
        {"max_try",         2,     1, &table->tries     },
        {"retry_pause",     1,     0, &table->pause_s   },
        {"timeout",         2,     1, &timeout_s        },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        if (!table_setting_number(table->settings, numbers[i].name, numbers[i].fallback,
                                  numbers[i].least, numbers[i].number, err))
            return false;
    }
    if (!table_setting_text(table->settings, "memcache", "inet:localhost:11211", &endpoint, err))
        return false;
    table->server = (struct kept_peer){
        .endpoint = endpoint,
        .default_port = "11211",
        .timeout_ms = clock_ms(timeout_s),
    };
    return true;
}

static void *open_table(const struct config *config, const char *name, struct error *err)
{
    struct memcache_table *table = mem_new(struct memcache_table);
    const char *backup;

    table->key = table->request = BUF(REQUEST_MAX);
    table->settings = table_settings_open(config, name, err);
    if (table->settings != NULL && read_numbers(table, err)) {
        table->key_format = table_setting(table->settings, "key_format", "%s");
        table->query = table_query_create(table->settings, err);
        if (table->query != NULL && table_query_template(table->query, table->key_format, err)) {
            backup = table_setting(table->settings, "backup", "");
            if (backup[0] != '\0')
                table->backup = map_open(config, backup, false);
            return table;
        }
    }
    close_table(table);
    return NULL;
}

/* No key of memcached's protocol has control characters in it, and none is longer. */
static bool may_be_cached(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char octet = (unsigned char)text.data[i];

        if (octet < ' ' || octet == 0x7f)
            return false;
    }
    return text.len <= KEY_MAX;
}

/* Postfix asks for no key with white space in it, the table behind the cache neither. */
static bool is_key(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_space(text.data[i]))
            return false;
    }
    return text.len > 0;
}

/* A command and its reply; again after a pause, but not where nobody listens. */
static bool converse(struct memcache_table *table, size_t limit, peer_parse *parse,
                     struct memcache_reply *reply, struct error *err)
{
    const struct timespec pause = {.tv_sec = table->pause_s};

    for (int i = 0; i < table->tries; i++) {
        if (i > 0)
            (void)nanosleep(&pause, NULL);
        if (kept_peer_ask(&table->server, buf_span(&table->request), limit, parse, reply, err))
            return true;
        if (err->number == ECONNREFUSED || err->number == ENOENT)
            return false;
    }
    return false;
}

static enum map_result ask_cache(struct memcache_table *table, struct buf *value_r,
                                 struct error *err)
{
    struct memcache_reply reply = {.limit = (size_t)table->data_limit};
    size_t limit = (size_t)table->data_limit + (size_t)table->line_limit * 2;

    buf_clear(&table->request);
    buf_put_printf(&table->request, "get %s\r\n", buf_text(&table->key));
    if (!converse(table, limit, memcache_get_parse, &reply, err))
        return MAP_UNAVAILABLE;
    if (reply.found)
        return map_answer(reply.value, value_r, err);
    if (span_equal_text(reply.line, "END"))
        return MAP_ABSENT;
    error_set(err, ERROR_TEMPORARY, "unexpected memcache server reply: %.*s",
              SPAN_PRINTF(span_first(reply.line, 30)));
    return MAP_UNAVAILABLE;
}

/* That it is not stored costs time, but no mail. */
static void store(struct memcache_table *table, struct span value)
{
    struct memcache_reply reply = {0};
    struct error err;

    if (value.len > (size_t)table->data_limit) {
        log_warning("%s: data for key %s is too long (data_size_limit=%d) -- not stored",
                    table_settings_name(table->settings), buf_text(&table->key), table->data_limit);
        return;
    }
    buf_clear(&table->request);
    buf_put_printf(&table->request, "set %s %d %d %zu\r\n", buf_text(&table->key), table->flags,
                   table->ttl_s, value.len);
    buf_put(&table->request, value);
    buf_put_text(&table->request, "\r\n");
    if (!converse(table, (size_t)table->line_limit, memcache_line_parse, &reply, &err))
        log_warning("%s: update: %s", table_settings_name(table->settings), err.text);
    else if (!span_equal_text(reply.line, "STORED"))
        log_warning("%s: update failed: %.*s", table_settings_name(table->settings),
                    SPAN_PRINTF(span_first(reply.line, 30)));
}

/* The table behind the cache; what it says is cached where that can be. */
static enum map_result ask_backup(struct memcache_table *table, struct span key, int flags,
                                  struct buf *value_r, struct error *err)
{
    bool keeps = may_be_cached(buf_span(&table->key));
    enum map_result result = map_lookup(table->backup, key, flags, value_r, err);

    if (result == MAP_FOUND && keeps)
        store(table, buf_span(value_r));
    return result;
}

static enum map_result lookup(void *opened, struct span key, int flags, struct buf *value_r,
                              struct error *err)
{
    struct memcache_table *table = opened;
    enum map_result result = table_query_applies(table->query, key, err);

    if (result != MAP_FOUND)
        return result;
    buf_clear(&table->key);
    if (!table_query_expand(table->key_format, key, NULL, NULL, &table->key, err))
        return MAP_UNAVAILABLE;
    if (!is_key(buf_span(&table->key)))
        return MAP_ABSENT;
    result = may_be_cached(buf_span(&table->key)) ? ask_cache(table, value_r, err) : MAP_ABSENT;
    if (result == MAP_FOUND || table->backup == NULL)
        return result;
    if (result == MAP_UNAVAILABLE)
        log_warning("%s: %s", table_settings_name(table->settings), err->text);
    return ask_backup(table, key, flags, value_r, err);
}

/* The cache cannot be listed; what is behind it can. */
static bool walk(void *opened, map_visit *visit, void *context, struct error *err)
{
    struct memcache_table *table = opened;

    if (table->backup != NULL)
        return map_walk(table->backup, visit, context, err);
    error_set(err, ERROR_PERMANENT, "memcache:%s: first/next support requires backup database",
              table_settings_name(table->settings));
    return false;
}

static bool changed(const void *opened)
{
    const struct memcache_table *table = opened;

    return table_settings_changed(table->settings) ||
           (table->backup != NULL && map_changed(table->backup));
}

const struct map_type map_type_memcache = {
    .name = "memcache",
    .traits = MAP_FILES | MAP_SERVER | MAP_WAITS | MAP_UNAUTHENTICATED,
    .suffix = "",
    .open = open_table,
    .lookup = lookup,
    .changed = changed,
    .walk = walk,
    .close = close_table,
};
