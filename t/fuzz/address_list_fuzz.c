/* Address lists of header fields, with octets to be rewritten that lie within the field. */
#include "lib/message/address.h"

static void check(const struct header_address *elements, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++)
        ASSERT(elements[i].first <= elements[i].past && elements[i].past <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct span body = span_of(data, size);
    struct header_address *elements;
    size_t count;

    elements = address_parse_list(arena, body, 1000, &count);
    check(elements, count, size);
    elements = address_parse_recipients(arena, body, 1000, &count);
    check(elements, count, size);
    (void)address_unquote(arena, span_of(data, size));
    arena_free(&arena);
    return 0;
}
