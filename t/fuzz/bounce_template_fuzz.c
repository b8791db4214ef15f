/* Templates of notifications: every text is read or refused; what was read is expanded or refused, and
 * printed so that it is read as the same. */
#include "lib/delivery/bounce_template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *look_up(void *context UNUSED, const char *name)
{
    return strcmp(name, "maximal_queue_lifetime") == 0 ? "5d" : "x";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bounce_templates templates;
    struct strlist warnings = STRLIST_EMPTY;
    struct buf text = BUF(1U << 16);

    if (bounce_templates_parse("f", span_of(data, size), &templates, &warnings, NULL)) {
        for (size_t i = 0; i < BOUNCE_TEMPLATE_COUNT; i++) {
            (void)!bounce_template_expand(&templates.items[i], look_up, NULL, &text, NULL);
            buf_clear(&text);
        }
        bounce_templates_release(&templates);
    }
    buf_release(&text);
    strlist_release(&warnings);
    return 0;
}
