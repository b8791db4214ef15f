/* Address lists of header fields, with octets to be rewritten that lie within the field. */
#include "lib/message/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    size_t count;
    struct header_address *elements = address_parse_list(arena, span_of(data, size), 1000, &count);

    for (size_t i = 0; i < count; i++)
        ASSERT(elements[i].first <= elements[i].past && elements[i].past <= size);
    (void)address_unquote(arena, span_of(data, size));
    arena_free(&arena);
    return 0;
}
