/* The state of a parked session, which comes back from login, with that of NOTIFY in it; what is read is written
 * the same again. */
#include "lib/base/base.h"

#include "imapd/notify_state.h"
#include "imapd/park_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_notify(struct arena *arena, struct span octets)
{
    struct buf first = BUF(BUF_UNLIMITED), second = BUF(BUF_UNLIMITED);
    struct notify_state state;

    if (notify_state_read(arena, octets, &state) == PARSE_DONE) {
        ASSERT(notify_state_write(&state, &first));
        ASSERT(notify_state_read(arena, buf_span(&first), &state) == PARSE_DONE);
        ASSERT(notify_state_write(&state, &second));
        ASSERT(span_equal(buf_span(&first), buf_span(&second)));
    }
    buf_release(&first);
    buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct buf first = BUF(BUF_UNLIMITED), second = BUF(BUF_UNLIMITED);
    struct park_state state;

    read_notify(arena, span_of(data, size));
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
