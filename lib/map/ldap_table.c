/*
 * ldap: the values of attributes of the entries that a filter with the key in it finds, and of those
 * that they refer to. The library is in a module (lib/map/module.h). Source: Postfix ldap_table(5).
 */
#include "lib/map/map_type.h"

#include "lib/base/log.h"
#include "lib/map/ldap_entry.h"
#include "lib/map/ldap_words.h"
#include "lib/map/map_fold.h"
#include "lib/map/server_table.h"

#define TEXT_MAX       (1024U * 1024) /* of a base or a filter */
#define RECURSION_MOST 10000          /* whatever recursion_limit says: the stack has an end */
#define FETCHED_MAX    (64U * 1024 * 1024)

struct ldap_table {
    struct server_table common;
    const struct ldap_driver *driver;
    struct ldap_attributes *attributes;
    const char *base, *filter; /* templates */
    enum ldap_scope scope;
    bool base_is_dynamic;
    int size_limit;
    int recursion_limit;
    struct buf base_text, filter_text;
};

static void close_table(void *opened)
{
    struct ldap_table *table = opened;

    server_table_close(&table->common);
    ldap_attributes_free(&table->attributes);
    buf_release(&table->base_text);
    buf_release(&table->filter_text);
    mem_free(table);
}

/* --- opening ------------------------------------------------------------------------------------- */

static bool read_limits(struct ldap_table *table, struct error *err)
{
    const struct table_settings *settings = table->common.settings;
    int expansion_limit;

    if (!table_setting_number(settings, "expansion_limit", 0, 0, &expansion_limit, err) ||
        !table_setting_number(settings, "size_limit", expansion_limit, 0, &table->size_limit,
                              err) ||
        !table_setting_number(settings, "recursion_limit", 1000, 1, &table->recursion_limit, err))
        return false;
    if (table->recursion_limit > RECURSION_MOST)
        table->recursion_limit = RECURSION_MOST;
    return true;
}

/* A base with a % in it may well name an entry that does not exist. */
static bool read_templates(struct ldap_table *table, struct error *err)
{
    const struct table_settings *settings = table->common.settings;

    table->base = table_setting(settings, "search_base", "");
    table->filter = table_setting(settings, "query_filter", "(mailacceptinggeneralid=%s)");
    for (const char *at = table->base; (at = strchr(at, '%')) != NULL && at[1] != '\0'; at += 2)
        table->base_is_dynamic = table->base_is_dynamic || at[1] != '%';
    return table_query_template(table->common.query, table->base, err) &&
           table_query_template(table->common.query, table->filter, err);
}

static void *open_table(const struct config *config, const char *name, struct error *err)
{
    const struct map_module *module = map_module_load(config, "ldap", err);
    const struct table_settings *settings;
    struct ldap_table *table;

    if (module == NULL)
        return NULL;
    table = mem_new(struct ldap_table);
    table->driver = module->ldap;
    table->base_text = table->filter_text = BUF(TEXT_MAX);
    if (server_table_open(&table->common, config, name, err) &&
        ldap_settings_check(table->common.settings, err) && read_limits(table, err) &&
        read_templates(table, err)) {
        settings = table->common.settings;
        table->scope = ldap_scope_read(settings);
        table->attributes = ldap_attributes_create(settings);
        table->common.servers = servers_create(&table->driver->server, settings,
                                               table_setting(settings, "server_host", "localhost"),
                                               ""); /* the library's list */
        return table;
    }
    close_table(table);
    return NULL;
}

/* --- asking -------------------------------------------------------------------------------------- */

/* One look-up over one connection. */
struct ask {
    const struct ldap_table *table;
    void *connection;
    struct arena *arena;
    struct table_answer *answer;
    int depth;       /* of entries that refer to entries */
    bool is_refused; /* something failed that no other server does better */
    bool is_lost;
};

/* The entries of one search, one after the other. */
struct found {
    struct ask *ask;
    struct ldap_entry *entry;
    int count;
};

static void begin_entry(void *context)
{
    struct found *found = context;

    found->entry = ldap_entry_create(found->ask->arena);
}

static void take_value(void *context, const char *attribute, struct span value)
{
    struct found *found = context;

    if (arena_size(found->ask->arena) < FETCHED_MAX) /* end_entry sees to the rest */
        ldap_entry_add(found->entry, found->ask->table->attributes, attribute, value);
}

static bool refuse(struct ask *ask, struct error *err, const char *what, const char *about)
{
    error_set(err, ERROR_TEMPORARY, "%s: %s: %s", table_settings_name(ask->table->common.settings),
              what, about);
    ask->is_refused = true;
    return false;
}

static bool end_entry(void *context, struct error *err);

static bool follow(struct ask *ask, const char *reference, struct error *err)
{
    const struct ldap_search search = {
        .attributes = ldap_attributes_names(ask->table->attributes),
        .size_limit = ask->table->size_limit,
    };
    struct found found = {.ask = ask};
    const struct ldap_visit visit = {begin_entry, take_value, end_entry, &found};
    enum ldap_outcome outcome;

    if (ask->depth >= ask->table->recursion_limit)
        return refuse(ask, err, "Recursion limit exceeded", reference);
    ask->depth++;
    outcome = ask->table->driver->follow(ask->connection, reference, &search, &visit, err);
    ask->depth--;
    if (outcome == LDAP_NO_OBJECT)
        log_warning("%s: DN %s not found, skipping",
                    table_settings_name(ask->table->common.settings), reference);
    ask->is_lost = ask->is_lost || outcome == LDAP_LOST;
    ask->is_refused = ask->is_refused || outcome == LDAP_REFUSED;
    return outcome == LDAP_VISITED || outcome == LDAP_NO_OBJECT;
}

/* The values of a whole entry, now that it is known which of them count. */
static bool end_entry(void *context, struct error *err)
{
    struct found *found = context;
    struct ask *ask = found->ask;

    if (ask->table->size_limit > 0 && ++found->count > ask->table->size_limit)
        return refuse(ask, err, "Query size limit exceeded", "too many entries");
    if (arena_size(ask->arena) >= FETCHED_MAX)
        return refuse(ask, err, "Query size limit exceeded", "too much data");
    for (const struct ldap_value *value = found->entry->first; value != NULL; value = value->next) {
        bool done = true;

        if (!ldap_entry_counts(found->entry, value->role))
            continue;
        if (value->role == LDAP_SPECIAL)
            done = follow(ask, value->text, err);
        else
            done = table_answer_add(ask->answer, span_text(value->text), err);
        if (!done)
            return false;
    }
    return true;
}

static enum ldap_outcome search(struct ldap_table *table, struct ask *ask, struct error *err)
{
    const struct ldap_search search = {
        .base = buf_text(&table->base_text),
        .scope = table->scope,
        .filter = buf_text(&table->filter_text),
        .attributes = ldap_attributes_names(table->attributes),
        .size_limit = table->size_limit,
    };
    struct found found = {.ask = ask};
    const struct ldap_visit visit = {begin_entry, take_value, end_entry, &found};
    enum ldap_outcome outcome = table->driver->search(ask->connection, &search, &visit, err);

    if (outcome == LDAP_NO_OBJECT && table->base_is_dynamic)
        return LDAP_VISITED;
    if (outcome == LDAP_NO_OBJECT) {
        (void)refuse(ask, err, "Search base not found", search.base);
        return LDAP_REFUSED;
    }
    return ask->is_lost ? LDAP_LOST : outcome;
}

static bool word_query(struct ldap_table *table, struct span key, struct error *err)
{
    buf_clear(&table->base_text);
    buf_clear(&table->filter_text);
    return table_query_expand(table->base, key, ldap_quote_for_name, NULL, &table->base_text,
                              err) &&
           table_query_expand(table->filter, key, ldap_quote_for_filter, NULL, &table->filter_text,
                              err);
}

static enum server_outcome ask_server(struct server_table *opened, void *connection,
                                      struct table_answer *answer, struct error *err)
{
    struct ldap_table *table = (struct ldap_table *)opened;
    struct ask ask = {
        .table = table,
        .connection = connection,
        .answer = answer,
        .depth = 1,
    };
    enum ldap_outcome outcome;

    if (!word_query(table, answer->key, err))
        return SERVER_FINAL;
    ask.arena = arena_create();
    outcome = search(table, &ask, err);
    arena_free(&ask.arena);
    if (outcome == LDAP_VISITED)
        return SERVER_ANSWERED;
    return outcome == LDAP_LOST ? SERVER_LOST : SERVER_FINAL;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    return map_is_utf8(key) ? server_table_lookup(opened, key, ask_server, value_r, err)
                            : MAP_ABSENT;
}

const struct map_type map_type_ldap = {
    .name = "ldap",
    .traits = MAP_FILES | MAP_SERVER | MAP_WAITS,
    .suffix = "",
    .open = open_table,
    .lookup = lookup,
    .changed = server_table_changed,
    .close = close_table,
};
