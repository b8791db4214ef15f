/* Messages: their parts, BODYSTRUCTURE, ENVELOPE and PREVIEW. */
#include "lib/message/imap_text.h"
#include "lib/message/preview.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct span message = span_of(data, size);
    struct buf out = BUF(BUF_UNLIMITED);
    size_t count;
    struct mime_part *parts = mime_parse(arena, message, &count);

    ASSERT(mime_parts_are_sound(parts, count, size));
    imap_put_bodystructure(&out, arena, message, parts, true);
    imap_put_envelope(&out, arena, message);
    preview_put(&out, arena, message, parts, count);
    buf_release(&out);
    arena_free(&arena);
    return 0;
}
