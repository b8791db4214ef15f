/*
 * Message content on its way from the queue to the wire: LF becomes CRLF, leading dots are doubled,
 * lines that are too long are folded. Works on blocks of any size and keeps its place between them.
 */
#ifndef BUZON_SMTP_WIRE_H
#define BUZON_SMTP_WIRE_H

#include "lib/base/buf.h"

struct wire {
    bool stuff_dots;   /* there may be lines that start with a dot */
    size_t line_limit; /* octets of a line without its end; 0: as long as it is */
    size_t column;     /* octets of the current line so far; 0: at its start */
    bool broke;        /* a line was folded */
};

/* wire_put - convert the next octets. `out` gets at most 2 * content.len octets more, and three for
 * each line_limit of them. */
void wire_put(struct wire *wire, struct span content, struct buf *out);
/* wire_finish - there is no more: end the last line, and the message with "." CRLF */
void wire_finish(struct wire *wire, struct buf *out);

#endif
