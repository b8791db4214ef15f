/*
 * Is a recipient known? The question of smtpd at RCPT time, so that unknown ones are refused there
 * and no bounce goes to a forged sender. Source: LOCAL_RECIPIENT_README, ADDRESS_CLASS_README.
 */
#include "lib/route/route_state.h"

#include "lib/message/address.h"

/* Addresses that exist whatever the tables say: the system itself mails them. */
static bool is_always_known(const char *address)
{
    static const char *const known[] = {"postmaster", "mailer-daemon", "double-bounce"};

    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (span_equal_text_nocase(address_localpart(address), known[i]))
            return true;
    }
    return false;
}

/* A hit in a table that will turn it into another address is enough: cleanup finds out the rest. */
static enum map_result is_mapped(struct route *route, const char *address, struct error *err)
{
    struct maps *const tables[] = {route->recipient_canonical, route->canonical,
                                   route->virtual_alias};
    enum map_result result = MAP_ABSENT;

    for (size_t i = 0; i < ARRAY_LENGTH(tables) && result == MAP_ABSENT; i++)
        result = route_find_address(route, tables[i], address, NULL, err);
    return result;
}

static bool goes_to(const struct route_target *target, const char *transport)
{
    return strcmp(target->transport, transport) == 0;
}

enum map_result route_recipient_exists(struct route *route, const struct route_target *target,
                                       const char **table_r, struct error *err)
{
    const char *address = target->recipient;
    const char *table = NULL;
    struct maps *maps = NULL;
    enum map_result result = is_mapped(route, address, err);

    if (table_r != NULL)
        *table_r = NULL;
    if (result != MAP_ABSENT)
        return result;
    switch (target->class) {
    case CLASS_LOCAL:
        table = "local recipient table";
        if (!is_always_known(address))
            maps = route->local_recipient;
        break;
    case CLASS_VIRTUAL_ALIAS:
        table = "virtual alias table";
        break;
    case CLASS_VIRTUAL_MAILBOX:
        table = "virtual mailbox table";
        maps = route->virtual_mailbox;
        break;
    case CLASS_RELAY:
        table = "relay recipient table";
        maps = route->relay_recipient;
        break;
    case CLASS_DEFAULT:
        break;
    }
    if (target->class != CLASS_VIRTUAL_ALIAS &&
        (goes_to(target, "error") || goes_to(target, "retry")))
        return MAP_ABSENT;
    if (table_r != NULL)
        *table_r = table;
    if (target->class == CLASS_VIRTUAL_ALIAS)
        return MAP_ABSENT;
    if (maps == NULL || maps_is_empty(maps))
        return MAP_FOUND;
    return route_find_address(route, maps, address, NULL, err);
}
