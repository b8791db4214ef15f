/* The path of MAIL and RCPT. What comes out can be quoted, and is then the same path. */
#include "lib/message/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct cursor at = cursor_of(span_of(data, size));
    const char *address;

    if (address_parse_path(arena, &at, false, &address) == PARSE_DONE) {
        const char *again = address_unquote(arena, span_text(address_quote(arena, address)));
        ASSERT(strcmp(address, again) == 0);
    }
    arena_free(&arena);
    return 0;
}
