/* Content from standard input, line by line: line ends, the lone dot, leading From_ lines. */
#ifndef BUZON_TOOLS_CONTENT_INPUT_H
#define BUZON_TOOLS_CONTENT_INPUT_H

#include "lib/base/buf.h"

enum line_ends { /* sendmail_fix_line_endings: when CRLF becomes LF */
                 LINE_ENDS_ALWAYS,
                 LINE_ENDS_STRICT, /* when the first line ends in CRLF */
                 LINE_ENDS_NEVER,
};

struct content_input {
    int fd;
    enum line_ends line_ends;
    bool dot_ends; /* a line with a dot alone is the end */

    struct buf buffer; /* BUF(CONTENT_INPUT_SIZE) */
    size_t used;       /* octets of it that were given away */
    bool started;
    bool in_line; /* the last piece did not end its line */
    bool at_end;
};

#define CONTENT_INPUT_SIZE ((size_t)64 * 1024)

/*
 * content_input_next - the next line, with LF at its end also where the last one had none
 *
 * A line longer than CONTENT_INPUT_SIZE comes in pieces, of which the last one has the LF. *line_r is
 * borrowed until the next call, and empty at the end. False: read error, errno tells.
 */
bool content_input_next(struct content_input *input, struct span *line_r) MUST_CHECK;

#endif
