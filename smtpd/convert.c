/* Message content from the wire to the queue: whole lines by memchr and memcpy, and a state machine
 * for the octets where a line starts or a block ends. */
#include "smtpd/convert.h"

static void put(struct smtpd_convert *convert, struct buf *out, char octet)
{
    buf_put_char(out, octet);
    convert->size++;
}

/* Those that wait end no line. */
static void put_waiting_crs(struct smtpd_convert *convert, struct buf *out)
{
    for (; convert->crs > 0; convert->crs--)
        put(convert, out, '\r');
}

/* One more CR; of very many before a line end the first are text. */
static void step_cr(struct smtpd_convert *convert, struct buf *out)
{
    if (convert->crs == CONVERT_CRS_MAX) {
        convert->state = CONVERT_CR;
        put(convert, out, '\r');
    } else {
        convert->crs++;
    }
}

/* CRs before the LF, however many, are part of the line end. */
static void end_line(struct smtpd_convert *convert, struct buf *out)
{
    buf_put_char(out, '\n');
    convert->size += 2;
    convert->after_lone_lf = convert->crs == 0;
    convert->lone_lf = convert->lone_lf || convert->crs == 0;
    convert->crs = 0;
    convert->state = CONVERT_LINE_START;
}

/* "." and a line end, which is the end of the message if it is the right one. */
static void end_dot_line(struct smtpd_convert *convert, struct buf *out)
{
    if ((convert->options & CONVERT_LENIENT) != 0 ||
        (convert->crs == 1 && !convert->after_lone_lf)) {
        convert->ended = true;
    } else {
        put(convert, out, '.');
        end_line(convert, out);
    }
}

static void step_text(struct smtpd_convert *convert, char octet, struct buf *out)
{
    convert->state = CONVERT_TEXT;
    if (octet == '\r') {
        convert->state = CONVERT_CR;
        convert->crs = 1;
    } else if (octet == '\n') {
        end_line(convert, out);
    } else {
        put(convert, out, octet);
    }
}

static void step_after_cr(struct smtpd_convert *convert, char octet, struct buf *out)
{
    if (octet == '\r') {
        step_cr(convert, out);
    } else if (octet == '\n') {
        end_line(convert, out);
    } else {
        put_waiting_crs(convert, out);
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
        if (octet == '\n')
            end_dot_line(convert, out);
        else
            step_text(convert, octet, out); /* the dot was stuffing, */
        if (octet == '\r')
            convert->state = CONVERT_DOT_CR; /* unless nothing else comes */
        break;
    case CONVERT_DOT_CR:
        if (octet == '\n')
            end_dot_line(convert, out);
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

/* At a line's start or in its text: up to and with its end, or all there is. Returns what it took. */
static size_t copy_line(struct smtpd_convert *convert, struct span wire, struct buf *out)
{
    size_t len = span_find(wire, '\n');
    bool has_end = len < wire.len;

    while (convert->crs < len && convert->crs < CONVERT_CRS_MAX &&
           wire.data[len - convert->crs - 1] == '\r')
        convert->crs++;
    buf_put(out, span_first(wire, len - convert->crs));
    convert->size += len - convert->crs;
    if (has_end)
        end_line(convert, out);
    else
        convert->state = convert->crs > 0 ? CONVERT_CR : CONVERT_TEXT;
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
    if (convert->state == CONVERT_LINE_START)
        return;
    put_waiting_crs(convert, out);
    convert->crs = 1; /* as if the line end that is missing were a right one */
    end_line(convert, out);
}
