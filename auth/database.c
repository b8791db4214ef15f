/* The kinds of databases: passwd-files are read by us, tables by lib/map; PAM and LDAP binds know no entries. */
#include "lib/base/base.h"

#include "auth/database.h"

#include "auth/pam.h"
#include "auth/passwd_file.h"
#include "lib/base/log.h"
#include "lib/map/ldap_password.h"

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
    struct ldap_passwords *ldap;
    char *ldap_path;
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
    if (!database->is_deny && strncmp(name, "ldap:", 5) == 0) {
        database->kind = mem_text("ldap");
        database->ldap_path = mem_text(name + 5);
        database->ldap = ldap_passwords_open(database->config, name + 5, err);
        return database->ldap != NULL;
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
    ldap_passwords_free(&old->ldap);
    mem_free(old->ldap_path);
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

bool database_only_checks(const struct database *database)
{
    return database->pam_service != NULL || database->ldap != NULL;
}

bool database_may_change(const struct database *database)
{
    return database->pam_service != NULL;
}

static enum database_answer ask_directory(struct database *database, const char *user,
                                          struct span password, struct arena *arena,
                                          const char **reason_r)
{
    struct error err = {0};

    switch (ldap_password_check(database->ldap, user, password, &err)) {
    case LDAP_PASSWORD_RIGHT:
        return DATABASE_PASSED;
    case LDAP_PASSWORD_WRONG:
        *reason_r = password.len == 0 ? "empty password" : "invalid credentials";
        return DATABASE_FAILED;
    case LDAP_PASSWORD_NOBODY:
        *reason_r = "unknown user";
        return DATABASE_UNKNOWN_USER;
    case LDAP_PASSWORD_UNAVAILABLE:
        break;
    }
    *reason_r = arena_copy(arena, err.text);
    return DATABASE_UNAVAILABLE;
}

enum database_answer database_check(struct database *database, const char *user,
                                    struct span password, const char *remote_address,
                                    struct arena *arena, const char **reason_r)
{
    *reason_r = "";
    return database->ldap != NULL
               ? ask_directory(database, user, password, arena, reason_r)
               : pam_check(database->pam_service, user, password, remote_address, arena, reason_r);
}

static enum map_result find_in_map(struct database *database, const char *user, struct arena *arena,
                                   struct passwd_entry *entry_r, struct error *err)
{
    struct buf value = BUF(VALUE_MAX);
    enum map_result result =
        map_lookup(database->map, span_text(user), MAP_FOLD_KEY | MAP_OCTETS, &value, err);

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

    if (database->ldap != NULL) {
        changed = ldap_passwords_changed(database->ldap);
        database_refresh(database);
        return changed;
    }
    if (database->map == NULL)
        return database->file != NULL && passwd_file_changed(database->file);
    changed = map_changed(database->map);
    database_refresh(database);
    return changed;
}

/* Settings that make no sense leave those that did. */
static void refresh_directory(struct database *database)
{
    struct error err = {0};
    struct ldap_passwords *again;

    if (!ldap_passwords_changed(database->ldap))
        return;
    again = ldap_passwords_open(database->config, database->ldap_path, &err);
    if (again == NULL) {
        log_warning("%s; the settings read before stay", err.text);
        return;
    }
    ldap_passwords_free(&database->ldap);
    database->ldap = again;
}

void database_refresh(struct database *database)
{
    if (database->ldap != NULL)
        refresh_directory(database);
    if (database->map == NULL || !map_changed(database->map))
        return;
    map_free(&database->map);
    database->map = map_open(database->config, database->table, false);
}
