/* The header fields of a message, one after the other, also when the end is not yet there. */
#include "lib/message/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();

    for (int at_eof = 0; at_eof < 2; at_eof++) {
        struct cursor at = cursor_of(span_of(data, size));
        struct header_field field;

        while (header_next(&at, at_eof == 1, &field) == PARSE_DONE)
            ASSERT(header_unfold(arena, field.body).len <= field.whole.len);
    }
    arena_free(&arena);
    return 0;
}
