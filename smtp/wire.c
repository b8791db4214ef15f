/* Message content from the queue to the wire: whole lines by memchr and memcpy. */
#include "smtp/wire.h"

/* Part of a line, without its end. A line past the limit goes on in the next one, after a space, as
 * header fields are folded; the space is the price of a server that takes it. */
static void put_text(struct wire *wire, struct span text, struct buf *out)
{
    if (text.len == 0)
        return;
    if (wire->stuff_dots && wire->column == 0 && text.data[0] == '.')
        buf_put_char(out, '.');
    while (wire->line_limit > 0 && wire->column + text.len > wire->line_limit) {
        size_t len = wire->line_limit - wire->column;

        buf_put(out, span_first(text, len));
        buf_put(out, SPAN_LITERAL("\r\n "));
        text = span_skip(text, len);
        wire->column = 1;
        wire->broke = true;
    }
    buf_put(out, text);
    wire->column += text.len;
}

void wire_put(struct wire *wire, struct span content, struct buf *out)
{
    while (content.len > 0) {
        size_t len = span_find(content, '\n');

        put_text(wire, span_first(content, len), out);
        if (len == content.len)
            return;
        buf_put(out, SPAN_LITERAL("\r\n"));
        wire->column = 0;
        content = span_skip(content, len + 1);
    }
}

void wire_finish(struct wire *wire, struct buf *out)
{
    if (wire->column > 0)
        buf_put(out, SPAN_LITERAL("\r\n"));
    buf_put(out, SPAN_LITERAL(".\r\n"));
}
