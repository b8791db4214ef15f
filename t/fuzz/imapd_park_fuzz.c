/* The state of a parked session, which comes back from login; what is read is written the same again. */
#include "lib/base/base.h"

#include "imapd/park_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct buf first = BUF(BUF_UNLIMITED), second = BUF(BUF_UNLIMITED);
    struct park_state state;

    if (park_state_read(arena, span_of(data, size), &state) == PARSE_DONE &&
        park_state_write(&state, &first)) {
        ASSERT(park_state_read(arena, buf_span(&first), &state) == PARSE_DONE);
        ASSERT(park_state_write(&state, &second));
        ASSERT(span_equal(buf_span(&first), buf_span(&second)));
    }
    buf_release(&first);
    buf_release(&second);
    arena_free(&arena);
    return 0;
}
