/* Rewriting of addresses. */
#include "cleanup/address.h"

#include "lib/base/log.h"
#include "lib/message/address.h"

/* --- masquerading: ADDRESS_REWRITING_README ---------------------------------------------------- */

static bool is_below(struct span domain, const char *parent)
{
    size_t len = strlen(parent);

    return domain.len > len && domain.data[domain.len - len - 1] == '.' &&
           span_ends_with_nocase(domain, parent);
}

/* The first item that says something of this domain decides; "!name" keeps what is below it. */
static struct span masquerade_domain(const struct strlist *domains, struct span domain)
{
    for (size_t i = 0; i < domains->count; i++) {
        const char *item = domains->items[i];
        bool keeps = item[0] == '!';
        const char *parent = keeps ? item + 1 : item;

        if (span_equal_text_nocase(domain, parent))
            return domain;
        if (is_below(domain, parent))
            return keeps ? domain : span_skip(domain, domain.len - strlen(parent));
    }
    return domain;
}

static const char *masquerade(const struct message *message, struct arena *arena,
                              const char *address, unsigned class)
{
    const struct cleanup *cleanup = message->cleanup;
    struct span localpart = address_localpart(address);
    struct span domain = address_domain(address);
    struct span shorter;

    if (cleanup->masquerade_domains.count == 0 || (cleanup->masquerade_classes & class) == 0)
        return address;
    for (size_t i = 0; i < cleanup->masquerade_exceptions.count; i++) {
        if (span_equal_text_nocase(localpart, cleanup->masquerade_exceptions.items[i]))
            return address;
    }
    shorter = masquerade_domain(&cleanup->masquerade_domains, domain);
    if (shorter.len == domain.len)
        return address;
    return arena_printf(arena, "%.*s@%.*s", SPAN_PRINTF(localpart), SPAN_PRINTF(shorter));
}

/* --- all three steps ------------------------------------------------------------------------------ */

struct rewriting_class {
    bool is_sender;
    bool in_header;
    unsigned masquerade;
};

static const char *map_and_masquerade(struct message *message, struct arena *arena,
                                      const char *address, struct rewriting_class class)
{
    const char *canonical = address;
    struct error err = {0};

    if (route_canonical(message->cleanup->route, arena, address, class.is_sender, class.in_header,
                        &canonical, &err) == MAP_UNAVAILABLE) {
        log_warning("%s: canonical maps, asked for %s: %s", message->queue_id, address, err.text);
        message_refuse(message, &refusal_lookup);
        return NULL;
    }
    return masquerade(message, arena, canonical, class.masquerade);
}

const char *rewrite_envelope_sender(struct message *message, const char *address)
{
    const struct rewriting_class class = {true, false, MASQUERADE_ENVELOPE_SENDER};

    if (address[0] == '\0')
        return address;
    address = route_rewrite(message->cleanup->route, message->arena, address, false);
    return map_and_masquerade(message, message->arena, address, class);
}

const char *rewrite_envelope_recipient(struct message *message, const char *address)
{
    const struct rewriting_class class = {false, false, MASQUERADE_ENVELOPE_RECIPIENT};

    if (address[0] == '\0')
        address = message->cleanup->config->empty_address_recipient;
    address = route_rewrite(message->cleanup->route, message->arena, address, false);
    return map_and_masquerade(message, message->arena, address, class);
}

const char *rewrite_header_address(struct message *message, const char *address, bool is_sender)
{
    const struct rewriting_class class = {
        is_sender, true, is_sender ? MASQUERADE_HEADER_SENDER : MASQUERADE_HEADER_RECIPIENT};
    bool remote = message->rewriting == REWRITE_REMOTE;

    address = route_rewrite(message->cleanup->route, message->scratch, address, remote);
    return map_and_masquerade(message, message->scratch, address, class);
}
