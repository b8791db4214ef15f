/* The kinds of databases: passwd-files are read by us, tables by lib/map, PAM knows no entries. */
#include "lib/base/base.h"

#include "auth/database.h"

#include "auth/passwd_file.h"

#define PAM_SERVICE "buzon"
#define VALUE_MAX   8192 /* octets of a table's answer */

struct database {
    const struct config *config;
    char *kind; /* for the log */
    bool is_deny;
    struct passwd_file *file;
    char *table; /* specification */
    struct map *map;
    char *pam_service;
};

/* --- opening ------------------------------------------------------------------------------------------------ */

static bool open_kind(struct database *database, const char *name, struct error *err)
{
    if (strncmp(name, "passwd-file:", 12) == 0) {
        database->kind = mem_text("passwd-file");
        database->file = passwd_file_open(name + 12, err);
        return database->file != NULL;
    }
    if (strncmp(name, "map:", 4) == 0 && strchr(name + 4, ':') != NULL) {
        database->table = mem_text(name + 4);
        database->kind = mem_span(span_first(span_text(name + 4), strcspn(name + 4, ":")));
        database->map = map_open(database->config, database->table, false);
        return true;
    }
    if (!database->is_deny && (strcmp(name, "pam") == 0 || strncmp(name, "pam:", 4) == 0)) {
        database->kind = mem_text("pam");
        database->pam_service = mem_text(name[3] == ':' ? name + 4 : PAM_SERVICE);
        return true;
    }
    error_set(err, ERROR_PERMANENT, "unknown password database \"%s\"", name);
    return false;
}

struct database *database_open(const struct config *config, const char *name, struct error *err)
{
    struct database *database = mem_new(struct database);

    database->config = config;
    database->is_deny = strncmp(name, "deny:", 5) == 0;
    if (!open_kind(database, name + (database->is_deny ? 5 : 0), err))
        database_free(&database);
    return database;
}

void database_free(struct database **database)
{
    struct database *old = *database;

    *database = NULL;
    if (old == NULL)
        return;
    if (old->map != NULL)
        map_free(&old->map);
    passwd_file_free(&old->file);
    mem_free(old->table);
    mem_free(old->kind);
    mem_free(old->pam_service);
    mem_free(old);
}

/* --- asking --------------------------------------------------------------------------------------------------- */

const char *database_kind(const struct database *database)
{
    return database->kind;
}

bool database_is_deny(const struct database *database)
{
    return database->is_deny;
}

const char *database_pam_service(const struct database *database)
{
    return database->pam_service;
}

static enum map_result find_in_map(struct database *database, const char *user, struct arena *arena,
                                   struct passwd_entry *entry_r, struct error *err)
{
    struct buf value = BUF(VALUE_MAX);
    enum map_result result = map_lookup(database->map, span_text(user), MAP_FOLD_KEY, &value, err);

    if (result == MAP_FOUND)
        passwd_entry_parse(arena, buf_span(&value), entry_r);
    buf_release(&value);
    return result;
}

enum map_result database_find(struct database *database, const char *user, struct arena *arena,
                              struct passwd_entry *entry_r, struct error *err)
{
    error_clear(err);
    if (database->map != NULL)
        return find_in_map(database, user, arena, entry_r, err);
    if (passwd_file_find(database->file, user, entry_r, err)) {
        passwd_entry_copy(arena, entry_r);
        return MAP_FOUND;
    }
    return err->kind == ERROR_NONE ? MAP_ABSENT : MAP_UNAVAILABLE;
}

const char *database_sample(const struct database *database)
{
    return database->file == NULL || database->is_deny ? NULL : passwd_file_sample(database->file);
}

bool database_changed(struct database *database)
{
    bool changed;

    if (database->map == NULL)
        return database->file != NULL && passwd_file_changed(database->file);
    changed = map_changed(database->map);
    database_refresh(database);
    return changed;
}

void database_refresh(struct database *database)
{
    if (database->map == NULL || !map_changed(database->map))
        return;
    map_free(&database->map);
    database->map = map_open(database->config, database->table, false);
}
