/* Text as it is compared, base subjects, and ENVELOPEs out of the index. */
#include "lib/message/casemap.h"
#include "lib/message/envelope.h"
#include "lib/message/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct casemap *map = casemap_create();
    struct buf mapped = BUF(1000);
    struct envelope envelope;
    struct envelope_address address;
    struct cursor at;
    bool reply;

    casemap_put(map, &mapped, span_of(data, size));
    (void)subject_base(mapped.data, mapped.len, &reply);
    if (envelope_read(arena, span_of(data, size), ENVELOPE_MESSAGE_ID, &envelope)) {
        at = cursor_of(envelope.fields[ENVELOPE_TO]);
        while (envelope_next_address(arena, &at, &address))
            ;
    }
    buf_release(&mapped);
    casemap_free(&map);
    arena_free(&arena);
    return 0;
}
