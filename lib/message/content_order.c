/* Actions of header_checks and body_checks. */
#include "lib/message/content_order.h"

#include "lib/base/log.h"
#include "lib/message/header.h"

struct span content_order_split(const char *value, const char **text_r)
{
    size_t len = strcspn(value, " \t");
    const char *text = value + len;

    while (is_space(*text))
        text++;
    *text_r = text;
    return span_of(value, len);
}

bool content_order_fits(const char *action, const char *text, bool in_header, const char *table)
{
    struct cursor at = cursor_of(span_text(text));
    struct header_field field;

    if (text[0] == '\0') {
        log_warning("%s action without text in %s map", action, table);
        return false;
    }
    if (!in_header || header_next(&at, true, &field) == PARSE_DONE)
        return true;
    log_warning("bad %s header text \"%s\" in %s map -- need \"headername: headervalue\"", action,
                text, table);
    return false;
}
