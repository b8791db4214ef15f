/* Header blocks for readers of ASCII: nothing else comes out, and no more than the bound of surrogate.h. */
#include "lib/message/surrogate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span header = span_of(data, size);
    struct buf out = BUF(BUF_UNLIMITED);

    surrogate_put_header(&out, header);
    ASSERT(!surrogate_is_needed(buf_span(&out)) && out.len <= 64 * size + 256);
    ASSERT(surrogate_is_needed(header) || span_equal(buf_span(&out), header));
    buf_release(&out);
    return 0;
}
