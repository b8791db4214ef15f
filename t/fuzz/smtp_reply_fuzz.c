/* Replies of a server, line by line. */
#include "smtp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reply reply = {0};
    struct span rest = span_of(data, size);
    struct span text;

    while (rest.len > 0) {
        if (reply_add_line(&reply, span_take_until(&rest, '\n'), &text) != PARSE_INCOMPLETE)
            reply_clear(&reply);
        ASSERT(reply.text.len <= REPLY_TEXT_MAX && strlen(reply.status) < sizeof(reply.status));
    }
    reply_release(&reply);
    return 0;
}
