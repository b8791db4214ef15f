/* LDAP directories, by OpenLDAP's libldap: a module (lib/map/module.h). */
#include "lib/map/driver/ldap_bind.h"
#include "lib/map/driver/ldap_connect.h"

static const struct map_host *host;

static const int scopes[] = {
    [LDAP_ONE_ENTRY] = LDAP_SCOPE_BASE,
    [LDAP_ONE_LEVEL] = LDAP_SCOPE_ONELEVEL,
    [LDAP_WHOLE_TREE] = LDAP_SCOPE_SUBTREE,
};

struct connection {
    LDAP *ldap;
    struct timeval timeout;
};

static void fail(struct error *err, const char *what, int failure)
{
    host->error_set(err, ERROR_TEMPORARY, "%s: %s", what, ldap_err2string(failure));
}

static void close_connection(void *opened)
{
    struct connection *connection = opened;

    if (connection->ldap != NULL)
        (void)ldap_unbind_ext(connection->ldap, NULL, NULL);
    host->mem_free(connection);
}

static void *open_connection(const struct map_host *from, const struct table_settings *settings,
                             const char *servers, struct error *err)
{
    struct connection *connection;

    host = from;
    connection = host->mem_alloc(sizeof(*connection));
    if (ldap_connect_as_told(host, settings, servers, &connection->ldap, &connection->timeout,
                             err) &&
        ldap_bind_as_told(host, connection->ldap, settings, err))
        return connection;
    close_connection(connection);
    return NULL;
}

/* --- searching ----------------------------------------------------------------------------------- */

static void put_values(LDAP *ldap, LDAPMessage *entry, const char *attribute,
                       const struct ldap_visit *visit)
{
    struct berval **values = ldap_get_values_len(ldap, entry, attribute);

    for (size_t i = 0; values != NULL && values[i] != NULL; i++)
        visit->value(visit->context, attribute,
                     span_of(values[i]->bv_val, strnlen(values[i]->bv_val, values[i]->bv_len)));
    ldap_value_free_len(values);
}

static bool visit_entry(LDAP *ldap, LDAPMessage *entry, const struct ldap_visit *visit,
                        struct error *err)
{
    BerElement *position = NULL;

    visit->begin(visit->context);
    for (char *attribute = ldap_first_attribute(ldap, entry, &position); attribute != NULL;
         attribute = ldap_next_attribute(ldap, entry, position)) {
        put_values(ldap, entry, attribute, visit);
        ldap_memfree(attribute);
    }
    ber_free(position, 0);
    return visit->end(visit->context, err);
}

/* Copies, for the library's lists are not const. */
static char **copy_list(const char *const *names)
{
    size_t count = 0;
    char **copies;

    while (names[count] != NULL)
        count++;
    copies = host->mem_alloc((count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        copies[i] = host->mem_span(span_text(names[i]));
    return copies;
}

static void free_list(char **names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        host->mem_free(names[i]);
    host->mem_free(names);
}

static enum ldap_outcome outcome_of(int failure, struct error *err)
{
    if (failure == LDAP_NO_SUCH_OBJECT)
        return LDAP_NO_OBJECT;
    fail(err, "search", failure);
    switch (failure) {
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_FILTER_ERROR:
    case LDAP_INVALID_DN_SYNTAX:
    case LDAP_INSUFFICIENT_ACCESS:
        return LDAP_REFUSED;
    default:
        return LDAP_LOST;
    }
}

/* All entries are here before the first is visited: a visit may search on the same connection. */
static enum ldap_outcome run(struct connection *connection, const struct ldap_search *search,
                             int scope, const struct ldap_visit *visit, struct error *err)
{
    char **attributes = copy_list(search->attributes);
    LDAPMessage *found = NULL;
    int failure = ldap_search_ext_s(
        connection->ldap, search->base, scope, search->filter, attributes, 0, NULL, NULL,
        &connection->timeout, search->size_limit > 0 ? search->size_limit : LDAP_NO_LIMIT, &found);
    bool goes_on = failure == LDAP_SUCCESS;
    enum ldap_outcome outcome = LDAP_VISITED;

    free_list(attributes);
    for (LDAPMessage *entry = goes_on ? ldap_first_entry(connection->ldap, found) : NULL;
         goes_on && entry != NULL; entry = ldap_next_entry(connection->ldap, entry))
        goes_on = visit_entry(connection->ldap, entry, visit, err);
    if (failure != LDAP_SUCCESS)
        outcome = outcome_of(failure, err);
    else if (!goes_on)
        outcome = LDAP_REFUSED;
    ldap_msgfree(found);
    return outcome;
}

static enum ldap_outcome search(void *opened, const struct ldap_search *search,
                                const struct ldap_visit *visit, struct error *err)
{
    return run(opened, search, scopes[search->scope], visit, err);
}

/* One attribute name is the other, or one with an option of it; the longer one is asked for. */
static const char *common(const char *a, const char *b)
{
    size_t len = strcspn(a, ";");

    if (len != strcspn(b, ";") || strncasecmp(a, b, len) != 0)
        return NULL;
    if (a[len] == '\0')
        return b;
    return b[len] == '\0' || strcasecmp(a + len, b + len) == 0 ? a : NULL;
}

/* Of the table's attributes those that an URL names; all when it names none. */
static const char **choose_attributes(char *const *named, const char *const *wanted)
{
    size_t count = 0;
    size_t names = 0;
    const char **chosen;

    while (wanted[count] != NULL)
        count++;
    while (named != NULL && named[names] != NULL)
        names++;
    chosen = host->mem_alloc((count * (names + 1) + 1) * sizeof(char *));
    for (size_t i = 0, at = 0; i < count; i++) {
        if (names == 0)
            chosen[at++] = wanted[i];
        for (size_t j = 0; j < names; j++) {
            const char *both = common(wanted[i], named[j]);

            if (both != NULL)
                chosen[at++] = both;
        }
    }
    return chosen;
}

static enum ldap_outcome follow_url(struct connection *connection, const char *text,
                                    const struct ldap_search *defaults,
                                    const struct ldap_visit *visit, struct error *err)
{
    LDAPURLDesc *url = NULL;
    struct ldap_search search = *defaults;
    const char **attributes;
    enum ldap_outcome outcome = LDAP_VISITED;

    if (ldap_url_parse(text, &url) != LDAP_URL_SUCCESS) {
        host->error_set(err, ERROR_TEMPORARY, "malformed URL %s", text);
        return LDAP_REFUSED;
    }
    attributes = choose_attributes(url->lud_attrs, defaults->attributes);
    search.attributes = attributes;
    search.base = url->lud_dn == NULL ? "" : url->lud_dn;
    search.filter = url->lud_filter == NULL ? "(objectclass=*)" : url->lud_filter;
    if (attributes[0] != NULL) /* else there is nothing in it for us */
        outcome = run(connection, &search,
                      url->lud_scope == LDAP_SCOPE_DEFAULT ? LDAP_SCOPE_BASE : url->lud_scope,
                      visit, err);
    host->mem_free(attributes);
    ldap_free_urldesc(url);
    return outcome;
}

static enum ldap_outcome follow(void *opened, const char *reference,
                                const struct ldap_search *defaults, const struct ldap_visit *visit,
                                struct error *err)
{
    struct ldap_search search = *defaults;

    if (ldap_is_ldap_url(reference) != 0)
        return follow_url(opened, reference, defaults, visit, err);
    search.base = reference;
    search.filter = "(objectclass=*)";
    return run(opened, &search, LDAP_SCOPE_BASE, visit, err);
}

/* --- passwords ----------------------------------------------------------------------------------- */

/* Two entries are too many already; an attribute of no name is none (RFC 4511 section 4.5.1.8). */
static enum ldap_outcome find(void *opened, const struct ldap_search *search, char **name_r,
                              struct error *err)
{
    struct connection *connection = opened;
    char no_attributes[] = LDAP_NO_ATTRS;
    char *attributes[] = {no_attributes, NULL};
    LDAPMessage *found = NULL;
    int failure =
        ldap_search_ext_s(connection->ldap, search->base, scopes[search->scope], search->filter,
                          attributes, 0, NULL, NULL, &connection->timeout, 2, &found);
    int count = found == NULL ? 0 : ldap_count_entries(connection->ldap, found);
    enum ldap_outcome outcome = LDAP_VISITED;
    char *name;

    if (failure != LDAP_SUCCESS && failure != LDAP_SIZELIMIT_EXCEEDED) {
        outcome = outcome_of(failure, err);
    } else if (count > 1) {
        host->error_set(err, ERROR_TEMPORARY, "search: more than one entry is found");
        outcome = LDAP_REFUSED;
    } else if (count < 1) {
        outcome = LDAP_NO_OBJECT;
    } else {
        name = ldap_get_dn(connection->ldap, ldap_first_entry(connection->ldap, found));
        *name_r = host->mem_span(span_text(name == NULL ? "" : name));
        ldap_memfree(name);
    }
    ldap_msgfree(found);
    return outcome;
}

static enum ldap_proof prove(void *opened, const char *name, struct span password,
                             struct error *err)
{
    struct connection *connection = opened;
    char *secret = host->mem_span(password);
    struct berval credentials = {.bv_len = password.len, .bv_val = secret};
    int failure =
        ldap_sasl_bind_s(connection->ldap, name, LDAP_SASL_SIMPLE, &credentials, NULL, NULL, NULL);

    explicit_bzero(secret, password.len);
    host->mem_free(secret);
    switch (failure) {
    case LDAP_SUCCESS:
        return LDAP_PROVED;
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_NO_SUCH_OBJECT:
        return LDAP_DISPROVED;
    default:
        fail(err, "bind", failure);
        return LDAP_UNPROVED;
    }
}

static const struct ldap_driver driver = {
    .server = {.connect = open_connection, .close = close_connection},
    .search = search,
    .follow = follow,
    .find = find,
    .prove = prove,
};

MAP_MODULE = {
    .abi = MAP_MODULE_ABI,
    .type = "ldap",
    .ldap = &driver,
};
