/* Modified UTF-7: what decodes has one spelling; and mailbox names. */
#include "lib/store/mutf7.h"
#include "lib/store/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf utf8 = BUF(BUF_UNLIMITED), again = BUF(BUF_UNLIMITED);
    struct arena *arena = arena_create();
    const char *name;

    if (mutf7_decode(span_of(data, size), &utf8)) {
        ASSERT(mutf7_encode(buf_span(&utf8), &again));
        ASSERT(span_equal(buf_span(&again), span_of(data, size)));
    }
    if (mailbox_name_check(arena, span_of(data, size), '.', &name, NULL))
        ASSERT(strchr(name, '/') == NULL && strstr(name, "..") == NULL);
    buf_release(&utf8);
    buf_release(&again);
    arena_free(&arena);
    return 0;
}
