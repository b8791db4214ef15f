/* MAIL and RCPT with their parameters: RFC 1870, RFC 3461, RFC 6152. */
#include "smtp/command.h"

#include "lib/message/address.h"

/* xtext: RFC 3461 section 4 */
static const char *encode_xtext(struct arena *arena, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    char *encoded = arena_alloc(arena, 3 * strlen(text) + 1);
    char *to = encoded;

    for (; *text != '\0'; text++) {
        unsigned char octet = (unsigned char)*text;

        if (octet > ' ' && octet < 127 && octet != '+' && octet != '=') {
            *to++ = *text;
        } else {
            *to++ = '+';
            *to++ = hex[octet >> 4];
            *to++ = hex[octet & 15];
        }
    }
    return encoded;
}

static const char *external(struct arena *arena, const struct settings *settings,
                            const char *address)
{
    return settings->quote_addresses ? address_quote(arena, address) : address;
}

bool command_is_eight_bit(const struct delivery_request *request)
{
    return (request->flags & (QUEUE_EIGHT_BIT | QUEUE_BODY_8BITMIME)) != 0;
}

const char *command_mail(struct arena *arena, const struct settings *settings, unsigned features,
                         const struct delivery_request *request)
{
    bool dsn = (features & FEATURE_DSN) != 0;
    const char *size = "", *body = "", *ret = "", *envid = "";

    if ((features & FEATURE_SIZE) != 0)
        size = arena_printf(arena, " SIZE=%" PRIu64, request->content_size);
    if ((features & FEATURE_8BITMIME) != 0 && command_is_eight_bit(request))
        body = " BODY=8BITMIME";
    if (dsn && request->dsn_ret != 0)
        ret = request->dsn_ret == 'F' ? " RET=FULL" : " RET=HDRS";
    if (dsn && request->dsn_envid[0] != '\0')
        envid = arena_printf(arena, " ENVID=%s", encode_xtext(arena, request->dsn_envid));
    return arena_printf(arena, "MAIL FROM:<%s>%s%s%s%s", external(arena, settings, request->sender),
                        size, body, ret, envid);
}

/* " NOTIFY=SUCCESS,DELAY"; "" for the default */
static const char *notify_parameter(struct arena *arena, uint64_t notify)
{
    static const struct {
        uint64_t bit;
        const char *word;
    } words[] = {
        {NOTIFY_NEVER,   "NEVER"  },
        {NOTIFY_SUCCESS, "SUCCESS"},
        {NOTIFY_FAILURE, "FAILURE"},
        {NOTIFY_DELAY,   "DELAY"  },
    };
    const char *parameter = "";

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if ((notify & words[i].bit) != 0)
            parameter = arena_printf(arena, "%s%s%s", parameter,
                                     parameter[0] == '\0' ? " NOTIFY=" : ",", words[i].word);
    }
    return parameter;
}

/* " ORCPT=rfc822;bob+40x"; what the sender called the recipient, if anybody knows */
static const char *orcpt_parameter(struct arena *arena, const struct delivery_recipient *recipient)
{
    struct span address = span_text(recipient->dsn_orcpt);
    struct span type = span_take_until(&address, ';');

    if (address.len > 0)
        return arena_printf(arena, " ORCPT=%s;%s", arena_text(arena, type),
                            encode_xtext(arena, arena_text(arena, address)));
    if (recipient->original[0] == '\0')
        return "";
    return arena_printf(arena, " ORCPT=rfc822;%s",
                        encode_xtext(arena, address_quote(arena, recipient->original)));
}

const char *command_rcpt(struct arena *arena, const struct settings *settings, unsigned features,
                         const struct delivery_recipient *recipient)
{
    bool dsn = (features & FEATURE_DSN) != 0;

    return arena_printf(arena, "RCPT TO:<%s>%s%s", external(arena, settings, recipient->address),
                        dsn ? orcpt_parameter(arena, recipient) : "",
                        dsn ? notify_parameter(arena, recipient->dsn_notify) : "");
}
