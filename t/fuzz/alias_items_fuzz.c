/* The items of a .forward file, which any user writes. */
#include "lib/base/base.h"

#include "lib/delivery/alias_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct span rest = span_of(data, size);

    while (rest.len > 0) {
        size_t before = rest.len;
        struct span line = alias_line_take(&rest);

        ASSERT(rest.len < before);
        while (line.len > 0) {
            before = line.len;
            ASSERT(strlen(alias_item_text(arena, alias_item_take(&line))) <= before);
            ASSERT(line.len < before);
        }
    }
    arena_free(&arena);
    return 0;
}
