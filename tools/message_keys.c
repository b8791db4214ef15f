/* A message as keys (tools/message_keys.h). */
#include "tools/message_keys.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/message/header.h"

#include <unistd.h>

#define MESSAGE_MAX (256U * 1024 * 1024)
#define READ_SIZE   (256U * 1024)

static void read_message(int fd, struct buf *message)
{
    for (;;) {
        char *to = buf_reserve(message, READ_SIZE);
        ssize_t got;

        if (to == NULL)
            log_fatal("a message of more than %u octets", MESSAGE_MAX);
        got = read(fd, to, READ_SIZE);
        if (got == 0)
            return;
        if (got < 0 && errno != EINTR)
            log_fatal("read standard input: %m");
        if (got > 0)
            buf_commit(message, (size_t)got);
    }
}

/* The field without its last line end. */
static struct span key_of(const struct header_field *field)
{
    struct span key = field->whole;

    while (key.len > 0 && (key.data[key.len - 1] == '\n' || key.data[key.len - 1] == '\r'))
        key.len--;
    return key;
}

void message_keys(int fd, bool header, bool body, void (*visit)(void *context, struct span key),
                  void *context)
{
    struct buf message = BUF(MESSAGE_MAX);
    struct header_field field;
    struct cursor at;
    struct span rest;

    read_message(fd, &message);
    at = cursor_of(buf_span(&message));
    while (header_next(&at, true, &field) == PARSE_DONE) {
        if (header)
            visit(context, key_of(&field));
    }
    rest = span_of(at.next, cursor_left(at));
    if (span_starts_with(rest, "\n"))
        rest = span_skip(rest, 1);
    else if (span_starts_with(rest, "\r\n"))
        rest = span_skip(rest, 2);
    while (body && rest.len > 0) {
        struct span line = span_take_until(&rest, '\n');

        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        visit(context, line);
    }
    buf_release(&message);
}
