/* The addresses in header fields, and replacing them (lib/message/header_addresses.h). */
#include "lib/message/header_addresses.h"

#include "lib/message/address.h"
#include "lib/message/header_fold.h"

#define NAMED(text)                                                                                \
    {                                                                                              \
        "" text "", sizeof(text) - 1                                                               \
    }

/* As Postfix has them, Resent-Reply-To among the recipients included. */
static const struct {
    struct span name;
    enum header_addresses addresses;
} fields[] = {
    {NAMED("From"),                        HEADER_SENDERS   },
    {NAMED("To"),                          HEADER_RECIPIENTS},
    {NAMED("Cc"),                          HEADER_RECIPIENTS},
    {NAMED("Reply-To"),                    HEADER_SENDERS   },
    {NAMED("Sender"),                      HEADER_SENDERS   },
    {NAMED("Bcc"),                         HEADER_RECIPIENTS},
    {NAMED("Apparently-To"),               HEADER_RECIPIENTS},
    {NAMED("Disposition-Notification-To"), HEADER_SENDERS   },
    {NAMED("Errors-To"),                   HEADER_SENDERS   },
    {NAMED("Mail-Followup-To"),            HEADER_SENDERS   },
    {NAMED("Return-Receipt-To"),           HEADER_SENDERS   },
    {NAMED("Resent-From"),                 HEADER_SENDERS   },
    {NAMED("Resent-Sender"),               HEADER_SENDERS   },
    {NAMED("Resent-Reply-To"),             HEADER_RECIPIENTS},
    {NAMED("Resent-To"),                   HEADER_RECIPIENTS},
    {NAMED("Resent-Cc"),                   HEADER_RECIPIENTS},
    {NAMED("Resent-Bcc"),                  HEADER_RECIPIENTS},
};

enum header_addresses header_addresses(struct span name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        if (span_equal_nocase(name, fields[i].name))
            return fields[i].addresses;
    }
    return HEADER_NO_ADDRESSES;
}

/* What replaces an address, as it stands in a header; NULL when it may stay. */
static const char *replacement(const struct header_rewriter *rewriter,
                               const struct header_address *element, bool is_sender)
{
    struct arena *scratch = rewriter->scratch;
    const char *address;
    const char *replaced;

    if (element->kind != ADDRESS_PLAIN || element->localpart.len == 0)
        return NULL;
    address = element->domain.len == 0
                  ? arena_text(scratch, element->localpart)
                  : arena_printf(scratch, "%.*s@%.*s", SPAN_PRINTF(element->localpart),
                                 SPAN_PRINTF(element->domain));
    if (strlen(address) >= ADDRESS_MAX)
        return NULL;
    replaced = rewriter->replace(rewriter->context, address, is_sender);
    if (replaced == NULL)
        replaced = address;
    if (strcmp(replaced, address) == 0 && (element->route.len == 0 || !rewriter->drop_routes))
        return NULL;
    return address_quote(scratch, replaced);
}

/* The body with addresses replaced; false: none is. */
static bool replace_addresses(const struct header_rewriter *rewriter, struct span body,
                              bool is_sender, struct buf *replaced)
{
    size_t done = 0; /* octets of the body */
    size_t count;
    bool any = false;
    struct header_address *elements =
        address_parse_list(rewriter->scratch, body, rewriter->limit, &count);

    for (size_t i = 0; i < count; i++) {
        const char *address = replacement(rewriter, &elements[i], is_sender);

        if (address == NULL)
            continue;
        buf_put(replaced, span_first(span_skip(body, done), elements[i].first - done));
        buf_put_text(replaced, address);
        done = elements[i].past;
        any = true;
    }
    buf_put(replaced, span_skip(body, done));
    return any;
}

void header_rewrite(const struct header_rewriter *rewriter, const struct header_field *field,
                    bool is_sender)
{
    struct buf replaced = BUF(BUF_UNLIMITED); /* a bounded number of addresses is */
    struct buf changed = BUF(BUF_UNLIMITED);

    if (replace_addresses(rewriter, field->body, is_sender, &replaced)) {
        header_fold(field->name, buf_span(&replaced), &changed);
        if (field->whole.data[field->whole.len - 1] == '\n')
            buf_put_char(&changed, '\n');
        rewriter->put(rewriter->context, buf_span(&changed));
    } else {
        rewriter->keep(rewriter->context, field->whole);
    }
    buf_release(&replaced);
    buf_release(&changed);
    arena_reset(rewriter->scratch);
}
