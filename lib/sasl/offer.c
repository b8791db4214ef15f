/* The parameter's words against what mechanisms need. */
#include "lib/base/base.h"

#include "lib/sasl/offer.h"

#include "lib/base/strlist.h"

#define SEPARATORS ", \t\r\n"

/* Stored passwords are in files and tables; PAM only answers yes or no. */
static bool has_secrets(const struct config *config)
{
    return strstr(config->auth_passdb, "passwd-file:") != NULL ||
           strstr(config->auth_passdb, "map:") != NULL;
}

static bool has_oauth(const struct config *config)
{
    return config->auth_oauth2_keys[0] != '\0' || config->auth_oauth2_introspection[0] != '\0';
}

static const struct sasl_mechanism *find_possible(const struct config *config, const char *name)
{
    const struct sasl_mechanism *mechanism = sasl_mechanism_find(name);
    const unsigned traits = mechanism == NULL ? 0 : sasl_mechanism_traits(mechanism);

    if (((traits & SASL_NEEDS_SECRET) != 0 && !has_secrets(config)) ||
        ((traits & SASL_NEEDS_OAUTH) != 0 && !has_oauth(config)))
        return NULL;
    return mechanism;
}

const struct sasl_mechanism *sasl_offer_find(const struct config *config, const char *name)
{
    struct strlist named = STRLIST_EMPTY;
    const struct sasl_mechanism *mechanism = NULL;

    strlist_split(&named, config->auth_mechanisms, SEPARATORS);
    if (strlist_has_nocase(&named, name))
        mechanism = find_possible(config, name);
    strlist_release(&named);
    return mechanism;
}

bool sasl_offer_binds(const struct config *config, const struct sasl_mechanism *mechanism)
{
    char *plus = mem_printf("%s-PLUS", sasl_mechanism_name(mechanism));
    bool binds = (sasl_mechanism_traits(mechanism) & SASL_NEEDS_BINDING) != 0 ||
                 sasl_offer_find(config, plus) != NULL;

    mem_free(plus);
    return binds;
}

bool sasl_offer_allows(const struct sasl_mechanism *mechanism,
                       const struct sasl_offer_connection *connection)
{
    const unsigned traits = sasl_mechanism_traits(mechanism);

    return ((traits & SASL_SENDS_PASSWORD) == 0 || connection->may_send_password) &&
           ((traits & SASL_NEEDS_BINDING) == 0 || connection->has_binding) &&
           ((traits & SASL_NEEDS_CERTIFICATE) == 0 || connection->has_certificate);
}

void sasl_offer_list(const struct config *config, const struct sasl_offer_connection *connection,
                     const char *prefix, struct buf *out)
{
    struct strlist named = STRLIST_EMPTY;

    strlist_split(&named, config->auth_mechanisms, SEPARATORS);
    for (size_t i = 0; i < named.count; i++) {
        const struct sasl_mechanism *mechanism = find_possible(config, named.items[i]);
        if (mechanism != NULL && sasl_offer_allows(mechanism, connection))
            buf_put_printf(out, " %s%s", prefix, sasl_mechanism_name(mechanism));
    }
    strlist_release(&named);
}
