/*
 * aliases(5). The whole localpart is looked up first, then the part before the extension. Commands and
 * files that an alias names are delivered with the rights of the table's owner, or of default_privs
 * when that is root.
 */
#include "lib/base/base.h"

#include "local/alias.h"

#include "local/delivery.h"

#include "lib/base/log.h"
#include "lib/map/map_type.h"

#include <pwd.h>
#include <sys/stat.h>

struct alias_table {
    struct map *map;
    char *path; /* of the file behind it, NULL where there is none */
};

struct alias_tables {
    struct alias_table *tables;
    size_t count;
};

/* --- opening --------------------------------------------------------------------------------------------- */

static char *file_of(const char *specification)
{
    static const struct {
        const char *type, *suffix;
    } types[] = {
        {"hash:",     ".db"  },
        {"btree:",    ".db"  },
        {"lmdb:",     ".lmdb"},
        {"texthash:", ""     },
        {"cdb:",      ".cdb" },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (strncmp(specification, types[i].type, strlen(types[i].type)) == 0)
            return mem_printf("%s%s", specification + strlen(types[i].type), types[i].suffix);
    return NULL;
}

/* Of the table that is read, by whatever name it is known. */
static char *file_behind(const struct config *config, const char *specification)
{
    char *redirected = map_redirect(config, specification);
    char *path = file_of(redirected == NULL ? specification : redirected);

    mem_free(redirected);
    return path;
}

struct alias_tables *alias_tables_open(const struct config *config)
{
    struct alias_tables *tables = mem_new(struct alias_tables);
    struct strlist names = STRLIST_EMPTY;
    struct error err = {0};

    if (!strlist_split_config(&names, config->alias_maps, &err))
        log_fatal("alias_maps: %s", err.text);
    tables->tables = mem_alloc((names.count + 1) * sizeof(*tables->tables));
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.items[i];
        struct map *map;

        if (strncmp(name, "proxy:", 6) == 0)
            name += 6;
        map = map_is_unauthenticated(name) ? map_open_refused(name) : map_open(config, name, false);
        tables->tables[tables->count++] = (struct alias_table){map, file_behind(config, name)};
    }
    strlist_release(&names);
    return tables;
}

void alias_tables_close(struct alias_tables **tables)
{
    for (size_t i = 0; i < (*tables)->count; i++) {
        map_free(&(*tables)->tables[i].map);
        mem_free((*tables)->tables[i].path);
    }
    mem_free((*tables)->tables);
    mem_free(*tables);
    *tables = NULL;
}

bool alias_tables_changed(const struct alias_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        if (map_changed(tables->tables[i].map))
            return true;
    return false;
}

/* --- looking up ---------------------------------------------------------------------------------------- */

static enum map_result find(const struct alias_tables *tables, const char *name, struct buf *value,
                            const struct alias_table **table_r, struct error *err)
{
    for (size_t i = 0; i < tables->count; i++) {
        enum map_result result = map_lookup(tables->tables[i].map, span_text(name),
                                            MAP_FOLD_KEY | MAP_NO_SUBSTITUTION, value, err);
        *table_r = &tables->tables[i];
        if (result != MAP_ABSENT)
            return result;
    }
    return MAP_ABSENT;
}

/* An address that stands in its own expansion means the account of that name. */
static bool is_being_expanded(const struct step *step, const char *name)
{
    for (const struct step *at = step->from; at != NULL; at = at->from)
        if (at->alias != NULL && strcasecmp(at->alias, name) == 0)
            return true;
    return false;
}

bool take_default_rights(struct local_delivery *delivery, struct step *step, struct error *err)
{
    const char *privileges = delivery->local->config->default_privs;
    const struct passwd *account;

    errno = 0;
    account = getpwnam(privileges);
    if (account == NULL || account->pw_uid == 0) {
        error_set(err, ERROR_TEMPORARY,
                  account == NULL ? "default_privs: no account \"%s\""
                                  : "default_privs: \"%s\" has root's uid",
                  privileges);
        return false;
    }
    step->rights_user = arena_copy(delivery->arena, account->pw_name);
    step->rights_home = NULL;
    step->rights_uid = account->pw_uid;
    step->rights_gid = account->pw_gid;
    return true;
}

static bool set_rights(struct local_delivery *delivery, const struct alias_table *table,
                       struct step *step, struct error *err)
{
    const struct passwd *account;
    struct stat status;

    step->rights_user = NULL;
    step->rights_home = NULL;
    step->lists_as_root = false;
    if (table->path != NULL) {
        if (stat(table->path, &status) != 0) {
            error_errno(err, "find the owner of %s", table->path);
            return false;
        }
        if (status.st_uid != 0) {
            step->rights_uid = status.st_uid;
            step->rights_gid = status.st_gid;
            account = getpwuid(status.st_uid);
            if (account != NULL) {
                step->rights_user = arena_copy(delivery->arena, account->pw_name);
                step->rights_home = arena_copy(delivery->arena, account->pw_dir);
                step->rights_gid = account->pw_gid;
            }
            return true;
        }
    }
    step->lists_as_root = true;
    return take_default_rights(delivery, step, err);
}

/* --- owner-NAME ------------------------------------------------------------------------------------------ */

/* Mail to a list whose owner-NAME is an alias gets that owner as its envelope sender. */
static bool set_owner(struct local_delivery *delivery, struct step *step, const char *name,
                      struct error *err)
{
    const struct alias_tables *tables = delivery->local->aliases;
    const struct config *config = delivery->local->config;
    const char *owner = arena_printf(delivery->arena, "owner-%s", name);
    const struct alias_table *table;
    struct buf value = BUF(65536);
    enum map_result result = MAP_ABSENT;

    if (strncasecmp(name, "owner-", 6) != 0)
        result = find(tables, owner, &value, &table, err);
    if (result == MAP_FOUND) {
        step->owner = owner;
        step->is_list = true;
        step->sender = owner;
        if (config->expand_owner_alias && memchr(value.data, ',', value.len) == NULL)
            step->sender = arena_text(delivery->arena, span_trim(buf_span(&value)));
        step->sender = route_rewrite(delivery->local->route, delivery->arena, step->sender, false);
    } else if (config->reset_owner_alias) {
        step->owner = NULL;
    }
    buf_release(&value);
    return result != MAP_UNAVAILABLE;
}

/* --- expanding --------------------------------------------------------------------------------------------- */

static bool extension_is_propagated(const struct config *config)
{
    struct strlist kinds = STRLIST_EMPTY;
    bool propagated;

    strlist_split(&kinds, config->propagate_unmatched_extensions, ", \t\r\n");
    propagated = strlist_has(&kinds, "alias");
    strlist_release(&kinds);
    return propagated;
}

static void expand_alias(struct local_delivery *delivery, const struct step *step,
                         struct span value)
{
    if (delivery->expanded == EXPANDED_NOT)
        delivery->expanded = step->is_list ? EXPANDED_LIST : EXPANDED_ALIAS;
    deliver_expansion(delivery, step, BY_ALIAS, value);
}

/* True when `name` was an alias and is dealt with, or when that could not be found out. */
static bool expand_name(struct local_delivery *delivery, const struct step *step, const char *name,
                        bool is_whole)
{
    const struct config *config = delivery->local->config;
    const struct alias_table *table = NULL;
    struct step expanded = *step;
    struct buf value = BUF(16 * 1024 * 1024);
    struct error err = {0};
    enum map_result result = find(delivery->local->aliases, name, &value, &table, &err);

    if (result == MAP_FOUND && was_seen(delivery, "alias", name)) {
        buf_release(&value);
        return true;
    }
    if (result == MAP_FOUND) {
        expanded.alias = name;
        if (!config->frozen_delivered_to)
            expanded.delivered = step->address;
        if (!is_whole && step->extension[0] != '\0' && extension_is_propagated(config))
            expanded.unmatched = step->extension;
        if (!set_rights(delivery, table, &expanded, &err) ||
            !set_owner(delivery, &expanded, name, &err))
            result = MAP_UNAVAILABLE;
        else
            expand_alias(delivery, &expanded, buf_span(&value));
    }
    if (result == MAP_UNAVAILABLE)
        leaf_deferred(delivery, step->address, "4.3.0", "alias database unavailable");
    buf_release(&value);
    return result != MAP_ABSENT;
}

bool deliver_by_alias(struct local_delivery *delivery, struct step *step)
{
    if (delivery->local->aliases->count == 0)
        return false;
    if (!is_being_expanded(step, step->localpart) &&
        expand_name(delivery, step, step->localpart, true))
        return true;
    return step->extension[0] != '\0' && !is_being_expanded(step, step->user) &&
           expand_name(delivery, step, step->user, false);
}
