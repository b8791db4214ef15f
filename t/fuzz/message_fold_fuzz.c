/* An address field, laid out anew: no line that is no fold, and nothing lost but white space. */
#include "lib/message/header_fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_white(char octet)
{
    return octet == '\r' || is_space((unsigned char)octet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out = BUF(strlen("To: ") + 4 * size);
    size_t at = 0;

    header_fold(SPAN_LITERAL("To"), span_of(data, size), &out);
    for (size_t i = strlen("To: "); i < out.len; i++) {
        ASSERT(out.data[i] != '\n' || (i + 1 < out.len && out.data[i + 1] == '\t'));
        while (at < size && is_white((char)data[at]))
            at++;
        if (is_white(out.data[i]))
            continue;
        if (at < size && out.data[i] == (char)data[at])
            at++;
        else
            ASSERT(out.data[i] == ','); /* behind a group */
    }
    while (at < size && is_white((char)data[at]))
        at++;
    ASSERT(at == size);
    buf_release(&out);
    return 0;
}
