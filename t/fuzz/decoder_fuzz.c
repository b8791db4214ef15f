/* Transfer encodings: the first octet says which, and where the rest is cut in two. */
#include "lib/message/decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size);
    struct decoder decoder = {0};
    struct buf out = BUF(BUF_UNLIMITED);
    size_t cut;

    if (size == 0)
        return 0;
    decoder.encoding = data[0] % 2 == 0 ? TRANSFER_BASE64 : TRANSFER_QUOTED_PRINTABLE;
    cut = data[0] / 2;
    text = span_skip(text, 1);
    decoder_put(&decoder, span_first(text, cut), &out);
    decoder_put(&decoder, span_skip(text, cut), &out);
    decoder_end(&decoder, &out);
    buf_release(&out);
    return 0;
}
