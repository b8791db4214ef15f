/* Content from the wire: the first octet says how it is converted and where it is cut in two. */
#include "smtpd/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span wire = span_of(data, size);
    struct smtpd_convert whole = {.options = size == 0 ? 0 : data[0] & 3};
    struct smtpd_convert parts = whole;
    struct buf out = BUF(BUF_UNLIMITED), out_parts = BUF(BUF_UNLIMITED);
    size_t cut = size == 0 ? 0 : data[0] >> 2;
    size_t used = smtpd_convert(&whole, wire, &out);
    size_t used_parts = smtpd_convert(&parts, span_first(wire, cut), &out_parts);

    if (!parts.ended)
        used_parts += smtpd_convert(&parts, span_skip(wire, cut), &out_parts);
    ASSERT(used == used_parts && whole.ended == parts.ended && whole.size == parts.size);
    ASSERT(span_equal(buf_span(&out), buf_span(&out_parts)) && out.len <= size + CONVERT_ADDS_MAX);
    buf_release(&out);
    buf_release(&out_parts);
    return 0;
}
