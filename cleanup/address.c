/* Rewriting of addresses. */
#include "cleanup/address.h"

#include "lib/base/log.h"

static const char *map_and_masquerade(struct message *message, struct arena *arena,
                                      const char *address, bool is_sender, bool in_header)
{
    const char *canonical = address;
    struct error err = {0};

    if ((message->request.overrides & INTAKE_NO_MAPPINGS) != 0)
        return address;

    if (route_canonical(message->cleanup->route, arena, address, is_sender, in_header, &canonical,
                        &err) == MAP_UNAVAILABLE) {
        log_warning("%s: canonical maps, asked for %s: %s", message->queue_id, address, err.text);
        message_refuse(message, &refusal_lookup);
        return NULL;
    }
    return route_masquerade(message->cleanup->route, arena, canonical, is_sender, in_header);
}

/* "MAILER-DAEMON" is what the null sender is called here: a bounce of a bounce that other programs send by that name
 * would come back to us. */
static bool is_null_sender(struct message *message, const char *rewritten)
{
    static const char name[] = "MAILER-DAEMON";

    return strncasecmp(rewritten, name, strlen(name)) == 0 &&
           strcasecmp(rewritten,
                      route_rewrite(message->cleanup->route, message->arena, name, false)) == 0;
}

const char *rewrite_envelope_sender(struct message *message, const char *address)
{
    if (address[0] == '\0')
        return address;
    address = route_rewrite(message->cleanup->route, message->arena, address, false);
    if (is_null_sender(message, address))
        return "";
    return map_and_masquerade(message, message->arena, address, true, false);
}

const char *rewrite_envelope_recipient(struct message *message, const char *address)
{
    if (address[0] == '\0')
        address = message->cleanup->config->empty_address_recipient;
    address = route_rewrite(message->cleanup->route, message->arena, address, false);
    return map_and_masquerade(message, message->arena, address, false, false);
}

const char *rewrite_header_address(struct message *message, const char *address, bool is_sender)
{
    bool remote = message->rewriting == REWRITE_REMOTE;

    address = route_rewrite(message->cleanup->route, message->scratch, address, remote);
    return map_and_masquerade(message, message->scratch, address, is_sender, true);
}
