/* Quota rules, and `maildirsize` as others may have left it. */
#include "lib/delivery/maildirsize.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mailbox_quota quota;
    struct maildirsize file;

    (void)!quota_parse(span_of(data, size), &quota);
    (void)!maildirsize_parse(span_of(data, size), &file);
    return 0;
}
