/* JSON strings. */
#include "tools/json_text.h"

#include <unistr.h>

/* The letter of an escape that has one, else 0: RFC 8259 section 7. */
static char escape_of(char octet)
{
    static const char octets[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = octet == '\0' ? NULL : strchr(octets, octet);

    return found == NULL ? '\0' : letters[found - octets];
}

void json_put_string(struct buf *text, struct span value)
{
    bool is_utf8 = u8_check((const uint8_t *)value.data, value.len) == NULL;

    buf_put_char(text, '"');
    for (size_t i = 0; i < value.len; i++) {
        unsigned char octet = (unsigned char)value.data[i];
        char escape = escape_of(value.data[i]);

        if (escape != '\0')
            buf_put_printf(text, "\\%c", escape);
        else if (octet < ' ' || octet == 0x7f)
            buf_put_printf(text, "\\u%04X", octet);
        else
            buf_put_char(text, octet > 0x7f && !is_utf8 ? '?' : value.data[i]);
    }
    buf_put_char(text, '"');
}
