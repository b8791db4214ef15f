/* Keys and values with or without their terminating NUL (lib/map/map_type.h). */
#include "lib/map/map_type.h"

struct span map_without_nul(const void *data, size_t len)
{
    return span_of(data, len == 0 ? 0 : strnlen(data, len));
}

enum map_result map_find_either_way(struct map_nul *nul, map_get *get, void *table, struct span key,
                                    struct buf *value_r, struct error *err)
{
    enum map_result result = MAP_ABSENT;

    if (!nul->only_without) {
        result = get(table, span_of(key.data, key.len + 1), value_r, err);
        nul->only_with = nul->only_with || result == MAP_FOUND;
    }
    if (result == MAP_ABSENT && !nul->only_with) {
        result = get(table, key, value_r, err);
        nul->only_without = result == MAP_FOUND;
    }
    return result;
}
