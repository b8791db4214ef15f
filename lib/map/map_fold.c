/* Keys without case (lib/map/map_fold.h): ASCII here, anything else by libunistring. */
#include "lib/map/map_fold.h"

#include <stdlib.h>
#include <unicase.h>
#include <unistr.h>

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.data[i] & 0x80) != 0)
            return false;
    }
    return true;
}

bool map_is_utf8(struct span text)
{
    return is_ascii(text) || u8_check((const uint8_t *)text.data, text.len) == NULL;
}

static bool fold_ascii(struct span key, struct buf *folded_r)
{
    char *to = buf_reserve(folded_r, key.len + 1);

    if (to == NULL)
        return false;
    for (size_t i = 0; i < key.len; i++)
        to[i] = to_lower(key.data[i]);
    buf_commit(folded_r, key.len);
    return true;
}

bool map_fold(struct span key, bool utf8, struct buf *folded_r)
{
    uint8_t *folded;
    size_t len;
    bool done;

    buf_clear(folded_r);
    if (!utf8 || is_ascii(key))
        return fold_ascii(key, folded_r);
    if (!map_is_utf8(key))
        return false;
    folded = u8_casefold((const uint8_t *)key.data, key.len, NULL, NULL, NULL, &len);
    done = folded != NULL && buf_append(folded_r, folded, len);
    free(folded);
    return done;
}
