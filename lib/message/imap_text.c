/* Strings of IMAP: RFC 3501 section 4.3. */
#include "lib/base/base.h"

#include "lib/message/imap_text.h"

#define QUOTED_MAX 4096 /* longer ones are literals */

static bool is_quotable(struct span text)
{
    if (text.len > QUOTED_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x80 || c == '\r' || c == '\n' || c == '\0')
            return false;
    }
    return true;
}

static void put_quoted(struct buf *out, struct span text)
{
    buf_put_char(out, '"');
    while (text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && text.data[plain] != '"' && text.data[plain] != '\\')
            plain++;
        buf_put(out, span_first(text, plain));
        text = span_skip(text, plain);
        if (text.len > 0) {
            buf_put_char(out, '\\');
            buf_put_char(out, text.data[0]);
            text = span_skip(text, 1);
        }
    }
    buf_put_char(out, '"');
}

static void put_literal(struct buf *out, struct span text)
{
    size_t nuls = 0;

    for (size_t i = 0; i < text.len; i++)
        nuls += text.data[i] == '\0';
    buf_put_printf(out, "{%zu}\r\n", text.len - nuls);
    if (nuls == 0) {
        buf_put(out, text);
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\0')
            buf_put_char(out, text.data[i]);
    }
}

void imap_put_string(struct buf *out, struct span text)
{
    if (is_quotable(text))
        put_quoted(out, text);
    else
        put_literal(out, text);
}

void imap_put_nstring(struct buf *out, struct span text)
{
    if (text.data == NULL)
        buf_put_text(out, "NIL");
    else
        imap_put_string(out, text);
}

static bool is_atom(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("(){%*\"\\]", c) != NULL)
            return false;
    }
    return text.len > 0;
}

void imap_put_astring(struct buf *out, struct span text)
{
    if (is_atom(text))
        buf_put(out, text);
    else
        imap_put_string(out, text);
}

void imap_put_number(struct buf *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_put(out, span_of(digits + at, sizeof(digits) - at));
}
