/* Escapes as in C. */
#include "lib/base/base.h"

#include "lib/base/escape.h"

static const char letters[] = "abfnrtv\\";
static const char meant[] = "\a\b\f\n\r\t\v\\";

static bool is_octal(struct cursor in)
{
    return !cursor_at_end(in) && *in.next >= '0' && *in.next <= '7';
}

/* What stands behind the backslash. */
static char take_escaped(struct cursor *in)
{
    unsigned number = 0;
    const char *letter;

    if (cursor_at_end(*in))
        return '\\';
    if (!is_octal(*in)) {
        letter = *in->next == '\0' ? NULL : strchr(letters, *in->next);
        in->next++;
        return letter == NULL ? (char)in->next[-1] : meant[letter - letters];
    }
    for (int digits = 0; digits < 3 && is_octal(*in); digits++)
        number = number * 8 + (unsigned)(*in->next++ - '0');
    return (char)(number & 0xff);
}

void escape_decode(struct span text, struct buf *out)
{
    struct cursor in = cursor_of(text);

    while (!cursor_at_end(in)) {
        char octet = (char)*in.next++;

        buf_put_char(out, octet == '\\' ? take_escaped(&in) : octet);
    }
}

void escape_encode(struct span octets, struct buf *out)
{
    for (size_t i = 0; i < octets.len; i++) {
        char octet = octets.data[i];
        const char *known = octet == '\0' ? NULL : strchr(meant, octet);

        if (known != NULL)
            buf_put_printf(out, "\\%c", letters[known - meant]);
        else if (octet < ' ' || octet == 127)
            buf_put_printf(out, "\\%03o", (unsigned char)octet);
        else
            buf_put_char(out, octet);
    }
}
