/* Expansion: every text is expanded within the limit or refused. */
#include "lib/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *look_up(void *context, const char *name)
{
    (void)context;
    return *name == 'a' ? "value" : *name == 'b' ? "" : *name == 'c' ? "3.6" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_span(span_of(data, size));
    struct buf out = BUF(65536);

    (void)!config_expand(text, look_up, NULL, "abc0123456789.", &out, NULL);
    buf_release(&out);
    mem_free(text);
    return 0;
}
