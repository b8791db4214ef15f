/* Escapes as in C. */
#include "lib/base/base.h"

#include "lib/base/escape.h"

static bool is_octal(struct cursor in)
{
    return !cursor_at_end(in) && *in.next >= '0' && *in.next <= '7';
}

/* What stands behind the backslash. */
static char take_escaped(struct cursor *in)
{
    static const char letters[] = "abfnrtv";
    static const char octets[] = "\a\b\f\n\r\t\v";
    unsigned number = 0;
    const char *letter;

    if (cursor_at_end(*in))
        return '\\';
    if (!is_octal(*in)) {
        letter = *in->next == '\0' ? NULL : strchr(letters, *in->next);
        in->next++;
        return letter == NULL ? (char)in->next[-1] : octets[letter - letters];
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
