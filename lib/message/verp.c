/* Variable envelope return paths (lib/message/verp.h). */
#include "lib/message/verp.h"

#include "lib/base/buf.h"
#include "lib/message/address.h"

bool verp_is_pair(struct span delimiters, const char *filter)
{
    return delimiters.len == 2 &&
           span_find(span_text(filter), delimiters.data[0]) < strlen(filter) &&
           span_find(span_text(filter), delimiters.data[1]) < strlen(filter);
}

const char *verp_sender(struct arena *arena, const char *delimiters, const char *sender,
                        const char *recipient)
{
    struct span origin = address_domain(sender);
    struct span domain = address_domain(recipient);
    struct buf address = BUF(BUF_UNLIMITED); /* of texts that are bounded elsewhere */
    const char *text = NULL;

    buf_put(&address, address_localpart(sender));
    buf_put_char(&address, delimiters[0]);
    buf_put(&address, address_localpart(recipient));
    if (domain.len > 0) {
        buf_put_char(&address, delimiters[1]);
        buf_put(&address, domain);
    }
    if (origin.len > 0) {
        buf_put_char(&address, '@');
        buf_put(&address, origin);
    }
    if (address.len < ADDRESS_MAX)
        text = arena_text(arena, buf_span(&address));
    buf_release(&address);
    return text;
}
