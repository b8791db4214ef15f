/* Files in maildrop/, as pickup and buzondrop read them. */
#include "lib/queue/maildrop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor at = cursor_of(span_of(data, size));
    struct maildrop_reader reader = {0};
    struct maildrop_record record = {.type = MAILDROP_IS_VERSION};
    unsigned char sum = 0;

    while (maildrop_next(&reader, &at, &record) == PARSE_DONE) {
        for (size_t i = 0; i < record.value.len; i++)
            sum ^= (unsigned char)record.value.data[i];
    }
    ASSERT(record.type != MAILDROP_END || reader.recipients > 0);
    return sum == 256; /* never; but the octets are read */
}
