/* What a proxy, or who claims to be one, sends first. */
#include "lib/base/base.h"

#include "lib/io/proxy_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor at = cursor_of(span_of(data, size));
    struct proxy_header header;
    char text[SOCKET_TEXT_MAX];

    switch (proxy_header_parse(&at, &header)) {
    case PARSE_DONE:
        ASSERT(at.next > data && at.next <= data + size);
        if (!header.is_local)
            ASSERT(strcmp(socket_address_text(&header.remote, text), "unknown") != 0);
        break;
    case PARSE_INCOMPLETE:
        ASSERT(size < PROXY_HEADER_MAX);
        break;
    case PARSE_MALFORMED:
    case PARSE_TOO_BIG:
        ASSERT(at.next == data);
        break;
    }
    return 0;
}
