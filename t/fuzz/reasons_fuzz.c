/* The file with the reasons for delay. What is read can be written, and is then read the same. */
#include "lib/delivery/reasons.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct buf written = BUF(BUF_UNLIMITED);
    size_t count, again;
    const struct notice_recipient *read = reasons_parse(span_of(data, size), arena, &count);

    reasons_format(&written, read, count);
    (void)reasons_parse(buf_span(&written), arena, &again);
    ASSERT(count == again);
    buf_release(&written);
    arena_free(&arena);
    return 0;
}
