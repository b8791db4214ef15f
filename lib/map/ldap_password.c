/*
 * Two connections: on one entries are searched for, as who the settings say; the other one is somebody else's after
 * each question. Each goes on with another server where one fails.
 */
#include "lib/base/base.h"

#include "lib/map/ldap_password.h"

#include "lib/map/ldap_words.h"
#include "lib/map/map_fold.h"
#include "lib/map/server_table.h"

#include <stdio.h>
#include <sys/random.h>

#define TEXT_MAX 65536 /* of a base, a filter or a name */

struct ldap_passwords {
    struct server_table common; /* its servers are searched */
    struct servers *judges;     /* who are asked whether a password is right */
    const struct ldap_driver *driver;
    const char *base, *filter, *name; /* templates; name "": it is searched for */
    enum ldap_scope scope;
};

void ldap_passwords_free(struct ldap_passwords **passwords)
{
    struct ldap_passwords *old = *passwords;

    *passwords = NULL;
    if (old == NULL)
        return;
    servers_free(&old->judges);
    server_table_close(&old->common);
    mem_free(old);
}

bool ldap_passwords_changed(const struct ldap_passwords *passwords)
{
    return server_table_changed(&passwords->common);
}

/* --- opening ------------------------------------------------------------------------------------- */

static bool read_templates(struct ldap_passwords *passwords, struct error *err)
{
    const struct table_settings *settings = passwords->common.settings;
    struct table_query *query = passwords->common.query;

    passwords->name = table_setting(settings, "auth_bind_dn", "");
    passwords->base = table_setting(settings, "search_base", "");
    passwords->filter = table_setting(settings, "query_filter", "(uid=%s)");
    return table_query_template(query, passwords->name, err) &&
           table_query_template(query, passwords->base, err) &&
           table_query_template(query, passwords->filter, err);
}

struct ldap_passwords *ldap_passwords_open(const struct config *config, const char *path,
                                           struct error *err)
{
    const struct map_module *module = map_module_load(config, "ldap", err);
    struct ldap_passwords *passwords;
    const struct table_settings *settings;
    const char *names;

    if (module == NULL)
        return NULL;
    passwords = mem_new(struct ldap_passwords);
    passwords->driver = module->ldap;
    if (server_table_open(&passwords->common, config, path, err) &&
        ldap_settings_check(passwords->common.settings, err) && read_templates(passwords, err)) {
        settings = passwords->common.settings;
        passwords->scope = ldap_scope_read(settings);
        names = table_setting(settings, "server_host", "localhost");
        passwords->common.servers = servers_create(&passwords->driver->server, settings, names, "");
        passwords->judges = servers_create(&passwords->driver->server, settings, names, "");
    } else {
        ldap_passwords_free(&passwords);
    }
    return passwords;
}

/* --- the entry ----------------------------------------------------------------------------------- */

/* VISITED with *name_r; NO_OBJECT; else *err, and LOST: another connection may do better. */
static enum ldap_outcome search(struct ldap_passwords *passwords, void *connection,
                                struct span user, char **name_r, struct error *err)
{
    struct buf base = BUF(TEXT_MAX), filter = BUF(TEXT_MAX);
    enum ldap_outcome outcome = LDAP_REFUSED;

    if (table_query_expand(passwords->base, user, ldap_quote_for_name, NULL, &base, err) &&
        table_query_expand(passwords->filter, user, ldap_quote_for_filter, NULL, &filter, err)) {
        const struct ldap_search search = {
            .base = buf_text(&base),
            .scope = passwords->scope,
            .filter = buf_text(&filter),
        };
        outcome = passwords->driver->find(connection, &search, name_r, err);
    }
    buf_release(&base);
    buf_release(&filter);
    return outcome;
}

static enum ldap_password_result find_name(struct ldap_passwords *passwords, struct span user,
                                           char **name_r, struct error *err)
{
    void *connection;

    while ((connection = servers_connection(passwords->common.servers, err)) != NULL) {
        switch (search(passwords, connection, user, name_r, err)) {
        case LDAP_VISITED:
            return LDAP_PASSWORD_RIGHT;
        case LDAP_NO_OBJECT:
            return LDAP_PASSWORD_NOBODY;
        case LDAP_REFUSED:
            return LDAP_PASSWORD_UNAVAILABLE;
        case LDAP_LOST:
            servers_failed(passwords->common.servers, err);
            break;
        }
    }
    return LDAP_PASSWORD_UNAVAILABLE;
}

static enum ldap_password_result make_name(const struct ldap_passwords *passwords, struct span user,
                                           char **name_r, struct error *err)
{
    struct buf name = BUF(TEXT_MAX);
    bool done = table_query_expand(passwords->name, user, ldap_quote_for_name, NULL, &name, err);

    *name_r = done ? mem_text(buf_text(&name)) : NULL;
    buf_release(&name);
    return done ? LDAP_PASSWORD_RIGHT : LDAP_PASSWORD_UNAVAILABLE;
}

/* --- the password -------------------------------------------------------------------------------- */

static enum ldap_password_result ask_judges(struct ldap_passwords *passwords, const char *name,
                                            struct span password, struct error *err)
{
    void *connection;

    while ((connection = servers_connection(passwords->judges, err)) != NULL) {
        switch (passwords->driver->prove(connection, name, password, err)) {
        case LDAP_PROVED:
            return LDAP_PASSWORD_RIGHT;
        case LDAP_DISPROVED:
            return LDAP_PASSWORD_WRONG;
        case LDAP_UNPROVED:
            servers_failed(passwords->judges, err);
            break;
        }
    }
    return LDAP_PASSWORD_UNAVAILABLE;
}

/* Whoever guesses names shall learn nothing from the time: for one that nobody has the server is asked as often, with the
 * name of an entry that cannot be there. (Not of one that is: its owner would be locked out by the server's policy.) */
static enum ldap_password_result ask_for_nobody(struct ldap_passwords *passwords, struct span user,
                                                struct span password, struct error *err)
{
    struct buf base = BUF(TEXT_MAX);
    unsigned char octets[16] = {0};
    char name[2 * sizeof(octets) + 1];
    enum ldap_password_result result = LDAP_PASSWORD_NOBODY;

    (void)!getrandom(octets, sizeof(octets), 0);
    for (size_t i = 0; i < sizeof(octets); i++)
        snprintf(name + 2 * i, 3, "%02x", octets[i]);
    if (table_query_expand(passwords->base, user, ldap_quote_for_name, NULL, &base, err)) {
        char *dn = mem_printf("cn=%s,%s", name, buf_text(&base));
        result = ask_judges(passwords, dn, password, err);
        mem_free(dn);
    }
    buf_release(&base);
    return result == LDAP_PASSWORD_UNAVAILABLE ? result : LDAP_PASSWORD_NOBODY;
}

/* A bind without a name or a password proves nothing, and succeeds (RFC 4513 section 5.1.2). */
enum ldap_password_result ldap_password_check(struct ldap_passwords *passwords, const char *user,
                                              struct span password, struct error *err)
{
    const struct span key = span_text(user);
    enum ldap_password_result result;
    char *name = NULL;

    if (password.len == 0)
        return LDAP_PASSWORD_WRONG;
    if (!map_is_utf8(key))
        return LDAP_PASSWORD_NOBODY;
    switch (table_query_applies(passwords->common.query, key, err)) {
    case MAP_FOUND:
        break;
    case MAP_ABSENT:
        return LDAP_PASSWORD_NOBODY;
    case MAP_UNAVAILABLE:
        return LDAP_PASSWORD_UNAVAILABLE;
    }
    result = passwords->name[0] == '\0' ? find_name(passwords, key, &name, err)
                                        : make_name(passwords, key, &name, err);
    if (result == LDAP_PASSWORD_RIGHT && name[0] == '\0')
        result = LDAP_PASSWORD_NOBODY;
    if (result == LDAP_PASSWORD_RIGHT)
        result = ask_judges(passwords, name, password, err);
    else if (result == LDAP_PASSWORD_NOBODY)
        result = ask_for_nobody(passwords, key, password, err);
    mem_free(name);
    return result;
}
