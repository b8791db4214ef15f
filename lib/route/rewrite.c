/*
 * Addresses in their complete form. All functions work on internal form; where its localpart needs
 * quotes in external form, operators in it are no operators. Source: trivial-rewrite(8).
 */
#include "lib/route/rewrite.h"

#include "lib/route/route_state.h"

#include "lib/message/address.h"

/* "@a,@b:user@dom": what follows the colon. */
static const char *drop_source_route(const char *address)
{
    const char *colon = address[0] == '@' ? strchr(address, ':') : NULL;

    return colon != NULL && colon[1] != '\0' ? colon + 1 : address;
}

/* site!user becomes user@site, user%site becomes user@site. */
static const char *promote_operators(const struct config *config, struct arena *arena,
                                     const char *address)
{
    const char *bang = config->swap_bangpath ? strchr(address, '!') : NULL;
    const char *percent = config->allow_percent_hack ? strrchr(address, '%') : NULL;

    if (bang != NULL)
        return arena_printf(arena, "%s@%.*s", bang + 1, (int)(bang - address), address);
    if (percent != NULL)
        return arena_printf(arena, "%.*s@%s", (int)(percent - address), address, percent + 1);
    return address;
}

static bool needs_quotes(struct arena *arena, const char *address)
{
    return address_quote(arena, address)[0] == '"';
}

const char *rewrite_drop_dot(struct arena *arena, const char *address)
{
    size_t len = strlen(address);

    if (len < 2 || address[len - 1] != '.' || address[len - 2] == '.' || address[len - 2] == '@' ||
        strchr(address, '@') == NULL)
        return address;
    return arena_text(arena, span_of(address, len - 1));
}

const char *rewrite_complete(const struct config *config, struct arena *arena, const char *address,
                             bool with_operators, const char *origin, const char *domain)
{
    const char *at;

    if (with_operators)
        address = drop_source_route(address);
    if (with_operators && strchr(address, '@') == NULL)
        address = promote_operators(config, arena, address);
    if (strchr(address, '@') == NULL && config->append_at_myorigin && *origin != '\0')
        address = arena_printf(arena, "%s@%s", address, origin);
    at = strrchr(address, '@');
    if (at != NULL && at[1] != '\0' && config->append_dot_mydomain && *domain != '\0' &&
        strpbrk(at, ".[") == NULL)
        address = arena_printf(arena, "%s.%s", address, domain);
    return rewrite_drop_dot(arena, address);
}

const char *route_rewrite(struct route *route, struct arena *arena, const char *address,
                          bool remote)
{
    const struct config *config = route->config;
    const char *foreign = config->remote_header_rewrite_domain;

    if (*address == '\0' || strcmp(address, "@") == 0)
        return "";
    address = drop_source_route(address);
    return rewrite_complete(config, arena, address, !needs_quotes(arena, address),
                            remote ? foreign : config->myorigin,
                            remote ? foreign : config->mydomain);
}
