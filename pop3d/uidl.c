/*
 * Unique ids of messages, as pop3_uidl_format makes them: Dovecot's variables %u (UID) and %v
 * (UIDVALIDITY), each with an optional width, zeros before it, and X for hexadecimal: %08Xu%08Xv.
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#define WIDTH_MAX 32

/* variable = "%" ["0"] [width] ["X"] ("u" / "v") */
static bool put_variable(struct cursor *at, uint32_t uid, uint32_t uidvalidity, struct buf *out)
{
    bool zeros = cursor_take(at, '0'), hexadecimal;
    int width = 0;
    uint32_t number;

    for (; !cursor_at_end(*at) && is_digit(*at->next); at->next++)
        if ((width = width * 10 + (*at->next - '0')) > WIDTH_MAX)
            return false;
    hexadecimal = cursor_take(at, 'X');
    if (cursor_take(at, 'u'))
        number = uid;
    else if (cursor_take(at, 'v'))
        number = uidvalidity;
    else
        return false;
    if (hexadecimal && zeros)
        return buf_printf(out, "%0*" PRIx32, width, number);
    if (hexadecimal)
        return buf_printf(out, "%*" PRIx32, width, number);
    return zeros ? buf_printf(out, "%0*" PRIu32, width, number)
                 : buf_printf(out, "%*" PRIu32, width, number);
}

bool pop3_uidl(const char *format, uint32_t uid, uint32_t uidvalidity, struct buf *out)
{
    struct cursor at = cursor_of(span_text(format));

    while (!cursor_at_end(at)) {
        unsigned char c = *at.next++;
        if (c == '%' && !cursor_take(&at, '%')) {
            if (!put_variable(&at, uid, uidvalidity, out))
                return false;
        } else if (c <= ' ' || c > '~' || !buf_append_char(out, (char)c)) {
            return false; /* RFC 1939: characters from 0x21 to 0x7E */
        }
    }
    return true;
}
