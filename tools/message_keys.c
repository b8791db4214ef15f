/* A message as keys (tools/message_keys.h). */
#include "tools/message_keys.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/message/header.h"
#include "lib/message/mime.h"

#include <unistd.h>

#define MESSAGE_MAX (256U * 1024 * 1024)
#define READ_SIZE   (256U * 1024)

struct walk {
    unsigned wanted;
    void (*visit)(void *context, struct span key);
    void *context;
    struct span message;
    size_t at; /* what is before it has been visited */
};

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

/* The fields that stand here; what is none, the empty line too, stays for the body. */
static void visit_header(struct walk *walk)
{
    struct cursor at = cursor_of(span_skip(walk->message, walk->at));
    struct header_field field;

    while (header_next(&at, true, &field) == PARSE_DONE) {
        if ((walk->wanted & MESSAGE_KEYS_HEADER) != 0)
            walk->visit(walk->context, key_of(&field));
    }
    walk->at = walk->message.len - cursor_left(at);
}

/* The lines before this offset. */
static void visit_body(struct walk *walk, size_t end)
{
    while (walk->at < end) {
        struct span rest = span_skip(walk->message, walk->at);
        struct span line = span_take_until(&rest, '\n');

        walk->at = walk->message.len - rest.len;
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if ((walk->wanted & MESSAGE_KEYS_BODY) != 0)
            walk->visit(walk->context, line);
    }
}

/* Parts stand in the order of their headers; part 0 is the message, whose header was visited. */
static void visit_parts(struct walk *walk)
{
    struct arena *arena = arena_create();
    size_t count;
    const struct mime_part *parts = mime_parse(arena, walk->message, &count);

    for (size_t i = 1; i < count; i++) {
        visit_body(walk, parts[i].header_start);
        visit_header(walk);
    }
    arena_free(&arena);
}

void message_keys(int fd, unsigned wanted, void (*visit)(void *context, struct span key),
                  void *context)
{
    struct buf message = BUF(MESSAGE_MAX);
    struct walk walk = {.wanted = wanted, .visit = visit, .context = context};

    read_message(fd, &message);
    walk.message = buf_span(&message);
    visit_header(&walk);
    if ((wanted & MESSAGE_KEYS_MIME) != 0)
        visit_parts(&walk);
    visit_body(&walk, walk.message.len);
    buf_release(&message);
}
