/*
 * ldap: the values of attributes of the entries that a filter with the key in it finds, and of those
 * that they refer to. The library is in a module (lib/map/module.h). Source: Postfix ldap_table(5).
 */
#include "lib/map/map_type.h"

#include "lib/base/log.h"
#include "lib/map/ldap_entry.h"
#include "lib/map/map_fold.h"
#include "lib/map/servers.h"
#include "lib/map/table_query.h"

#define TEXT_MAX       (1024U * 1024) /* of a base or a filter */
#define RECURSION_MOST 10000          /* whatever recursion_limit says: the stack has an end */
#define FETCHED_MAX    (64U * 1024 * 1024)

struct ldap_table {
    const struct ldap_driver *driver;
    struct table_settings *settings;
    struct table_query *query;
    struct servers *servers;
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

    servers_free(&table->servers);
    ldap_attributes_free(&table->attributes);
    table_query_free(&table->query);
    table_settings_free(&table->settings);
    buf_release(&table->base_text);
    buf_release(&table->filter_text);
    mem_free(table);
}

/* --- opening ------------------------------------------------------------------------------------- */

static bool read_scope(struct ldap_table *table, struct error *err)
{
    static const struct {
        const char *name;
        enum ldap_scope scope;
    } scopes[] = {
        {"sub",  LDAP_WHOLE_TREE},
        {"base", LDAP_ONE_ENTRY },
        {"one",  LDAP_ONE_LEVEL }
    };
    const char *name = table_setting(table->settings, "scope", "sub");

    for (size_t i = 0; i < ARRAY_LENGTH(scopes); i++) {
        if (strcasecmp(name, scopes[i].name) == 0) {
            table->scope = scopes[i].scope;
            return true;
        }
    }
    error_set(err, ERROR_PERMANENT, "%s: unrecognized value \"%s\" specified for scope",
              table_settings_name(table->settings), name);
    return false;
}

static bool read_limits(struct ldap_table *table, struct error *err)
{
    int expansion_limit;

    if (!table_setting_number(table->settings, "expansion_limit", 0, 0, &expansion_limit, err) ||
        !table_setting_number(table->settings, "size_limit", expansion_limit, 0, &table->size_limit,
                              err) ||
        !table_setting_number(table->settings, "recursion_limit", 1000, 1, &table->recursion_limit,
                              err))
        return false;
    if (table->recursion_limit > RECURSION_MOST)
        table->recursion_limit = RECURSION_MOST;
    return true;
}

/* A base with a % in it may well name an entry that does not exist. */
static bool read_templates(struct ldap_table *table, struct error *err)
{
    table->base = table_setting(table->settings, "search_base", "");
    table->filter = table_setting(table->settings, "query_filter", "(mailacceptinggeneralid=%s)");
    for (const char *at = table->base; (at = strchr(at, '%')) != NULL && at[1] != '\0'; at += 2)
        table->base_is_dynamic = table->base_is_dynamic || at[1] != '%';
    table->query = table_query_create(table->settings, err);
    return table->query != NULL && table_query_template(table->query, table->base, err) &&
           table_query_template(table->query, table->filter, err);
}

static void *open_table(const struct config *config, const char *name, struct error *err)
{
    const struct map_module *module = map_module_load(config, "ldap", err);
    struct ldap_table *table;

    if (module == NULL)
        return NULL;
    table = mem_new(struct ldap_table);
    table->driver = module->ldap;
    table->base_text = table->filter_text = BUF(TEXT_MAX);
    table->settings = table_settings_open(config, name, err);
    if (table->settings != NULL && read_scope(table, err) && read_limits(table, err) &&
        read_templates(table, err)) {
        table->attributes = ldap_attributes_create(table->settings);
        table->servers = servers_create(&table->driver->server, table->settings,
                                        table_setting(table->settings, "server_host", "localhost"),
                                        ""); /* the library's list */
        return table;
    }
    close_table(table);
    return NULL;
}

/* --- quoting ------------------------------------------------------------------------------------- */

/* "\2a": both kinds of quoting have it. */
static bool put_quoted(struct span text, const char *special, bool all_special,
                       struct buf *quoted_r, struct error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char octet = (unsigned char)text.data[i];
        bool plain = all_special ? is_alnum(octet) || octet >= 0x80 || octet == '-' || octet == '.'
                                 : strchr(special, octet) == NULL;

        if (!(plain ? buf_append_char(quoted_r, text.data[i])
                    : buf_printf(quoted_r, "\\%02x", octet))) {
            error_set(err, ERROR_TEMPORARY, "the query is too long");
            return false;
        }
    }
    return true;
}

/* In a filter: RFC 4515 section 3. A key has no NUL in it. */
static bool quote_for_filter(void *context UNUSED, struct span text, struct buf *quoted_r,
                             struct error *err)
{
    return put_quoted(text, "*()\\", false, quoted_r, err);
}

/* In a distinguished name: RFC 4514 section 2.4. */
static bool quote_for_name(void *context UNUSED, struct span text, struct buf *quoted_r,
                           struct error *err)
{
    return put_quoted(text, "", true, quoted_r, err);
}

/* --- asking -------------------------------------------------------------------------------------- */

/* One look-up over one connection. */
struct ask {
    const struct ldap_table *table;
    void *connection;
    struct arena *arena;
    struct table_answer answer;
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
    error_set(err, ERROR_TEMPORARY, "%s: %s: %s", table_settings_name(ask->table->settings), what,
              about);
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
        log_warning("%s: DN %s not found, skipping", table_settings_name(ask->table->settings),
                    reference);
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
            done = table_answer_add(&ask->answer, span_text(value->text), err);
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

/* FOUND or ABSENT, or UNAVAILABLE: then *goes_on_r says whether another connection may do better. */
static enum map_result ask_server(struct ldap_table *table, void *connection, struct span key,
                                  struct buf *value_r, bool *goes_on_r, struct error *err)
{
    struct ask ask = {
        .table = table,
        .connection = connection,
        .arena = arena_create(),
        .answer = {.query = table->query, .key = key, .value = value_r},
        .depth = 1,
    };
    enum ldap_outcome outcome = search(table, &ask, err);

    arena_free(&ask.arena);
    *goes_on_r = outcome == LDAP_LOST;
    if (outcome != LDAP_VISITED)
        return MAP_UNAVAILABLE;
    return value_r->len > 0 ? MAP_FOUND : MAP_ABSENT;
}

static bool word_query(struct ldap_table *table, struct span key, struct error *err)
{
    buf_clear(&table->base_text);
    buf_clear(&table->filter_text);
    return table_query_expand(table->base, key, quote_for_name, NULL, &table->base_text, err) &&
           table_query_expand(table->filter, key, quote_for_filter, NULL, &table->filter_text, err);
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    struct ldap_table *table = opened;
    enum map_result result;
    bool goes_on = true;
    void *connection;

    if (!map_is_utf8(key))
        return MAP_ABSENT;
    result = table_query_applies(table->query, key, err);
    if (result != MAP_FOUND)
        return result;
    if (!word_query(table, key, err))
        return MAP_UNAVAILABLE;
    result = MAP_UNAVAILABLE;
    while (goes_on && (connection = servers_connection(table->servers, err)) != NULL) {
        buf_clear(value_r);
        result = ask_server(table, connection, key, value_r, &goes_on, err);
        if (goes_on)
            servers_failed(table->servers, err);
    }
    return result;
}

static bool changed(const void *opened)
{
    const struct ldap_table *table = opened;

    return table_settings_changed(table->settings);
}

const struct map_type map_type_ldap = {
    .name = "ldap",
    .traits = MAP_FILES | MAP_SERVER | MAP_WAITS,
    .suffix = "",
    .open = open_table,
    .lookup = lookup,
    .changed = changed,
    .close = close_table,
};
