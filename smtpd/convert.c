/* Message content from the wire to the queue: whole lines by memchr and memcpy, and a state machine
 * for the octets where a line starts or a block ends. */
#include "smtpd/convert.h"

static void put(struct smtpd_convert *convert, struct buf *out, char octet)
{
    buf_put_char(out, octet);
    convert->size++;
}

static void put_lone_cr(struct smtpd_convert *convert, struct buf *out)
{
    put(convert, out, (convert->options & CONVERT_KEEP_CR) != 0 ? '\r' : ' ');
}

static void end_line(struct smtpd_convert *convert, struct buf *out, bool had_cr)
{
    buf_put_char(out, '\n');
    convert->size += 2;
    convert->after_lone_lf = !had_cr;
    convert->lone_lf = convert->lone_lf || !had_cr;
    convert->state = CONVERT_LINE_START;
}

/* "." and a line end, which is the end of the message if it is the right one. */
static void end_dot_line(struct smtpd_convert *convert, struct buf *out, bool had_cr)
{
    if ((convert->options & CONVERT_LENIENT) != 0 || (had_cr && !convert->after_lone_lf)) {
        convert->ended = true;
    } else {
        put(convert, out, '.');
        end_line(convert, out, had_cr);
    }
}

static void step_text(struct smtpd_convert *convert, char octet, struct buf *out)
{
    convert->state = CONVERT_TEXT;
    if (octet == '\r')
        convert->state = CONVERT_CR;
    else if (octet == '\n')
        end_line(convert, out, false);
    else
        put(convert, out, octet);
}

static void step_after_cr(struct smtpd_convert *convert, char octet, struct buf *out)
{
    if (octet == '\n') {
        end_line(convert, out, true);
    } else {
        put_lone_cr(convert, out);
        step_text(convert, octet, out);
    }
}

static void step(struct smtpd_convert *convert, char octet, struct buf *out)
{
    switch (convert->state) {
    case CONVERT_LINE_START:
        if (octet == '.' && (convert->options & CONVERT_DOTS) != 0)
            convert->state = CONVERT_DOT;
        else
            step_text(convert, octet, out);
        break;
    case CONVERT_DOT:
        if (octet == '\r')
            convert->state = CONVERT_DOT_CR;
        else if (octet == '\n')
            end_dot_line(convert, out, false);
        else
            step_text(convert, octet, out); /* the dot was stuffing */
        break;
    case CONVERT_DOT_CR:
        if (octet == '\n')
            end_dot_line(convert, out, true);
        else
            step_after_cr(convert, octet, out);
        break;
    case CONVERT_TEXT:
        step_text(convert, octet, out);
        break;
    case CONVERT_CR:
        step_after_cr(convert, octet, out);
        break;
    }
}

/* Octets of a line without its end; lone CRs among them are rare. */
static void put_text(struct smtpd_convert *convert, struct buf *out, struct span text)
{
    size_t cr = span_find(text, '\r');

    while (cr < text.len) {
        buf_put(out, span_first(text, cr));
        convert->size += cr;
        put_lone_cr(convert, out);
        text = span_skip(text, cr + 1);
        cr = span_find(text, '\r');
    }
    buf_put(out, text);
    convert->size += text.len;
}

/* At a line's start or in its text: up to and with its end, or all there is. Returns what it took. */
static size_t copy_line(struct smtpd_convert *convert, struct span wire, struct buf *out)
{
    size_t len = span_find(wire, '\n');
    bool has_end = len < wire.len;
    bool has_cr = len > 0 && wire.data[len - 1] == '\r';

    put_text(convert, out, span_first(wire, has_cr ? len - 1 : len));
    if (has_end)
        end_line(convert, out, has_cr);
    else
        convert->state = has_cr ? CONVERT_CR : CONVERT_TEXT;
    return has_end ? len + 1 : len;
}

size_t smtpd_convert(struct smtpd_convert *convert, struct span wire, struct buf *out)
{
    size_t used = 0;

    while (used < wire.len && !convert->ended) {
        bool is_line = convert->state == CONVERT_TEXT ||
                       (convert->state == CONVERT_LINE_START &&
                        (wire.data[used] != '.' || (convert->options & CONVERT_DOTS) == 0));

        if (is_line)
            used += copy_line(convert, span_skip(wire, used), out);
        else
            step(convert, wire.data[used++], out);
    }
    return used;
}

void smtpd_convert_finish(struct smtpd_convert *convert, struct buf *out)
{
    if (convert->state == CONVERT_CR)
        put_lone_cr(convert, out);
    if (convert->state != CONVERT_LINE_START)
        end_line(convert, out, true);
}
