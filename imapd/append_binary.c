/*
 * Messages that come as a literal8 (RFC 3516 section 4.4). Here and on their way out lines have ends that
 * may be rewritten, so what is "binary" by its Content-Transfer-Encoding becomes base64, and what holds
 * such parts 8bit. The message stands by in a file without a name until its parts are known.
 */
#include "lib/base/base.h"

#include "imapd/append.h"

#include "lib/base/file.h"
#include "lib/message/mime.h"

#include <openssl/evp.h>
#include <sys/mman.h>

#define FIELD       "Content-Transfer-Encoding"
#define LINE_OCTETS 57 /* octets of a line of base64 */

struct binary {
    struct append *append;
    struct span message;
    const struct mime_part *parts;
};

/* --- what comes out ------------------------------------------------------------------------------ */

/* As it is. NULs have no place outside of binary parts. */
static void put_raw(struct binary *binary, uint64_t start, uint64_t end)
{
    struct span octets =
        span_first(span_skip(binary->message, (size_t)start), (size_t)(end - start));

    if (end <= start)
        return;
    if (memchr(octets.data, '\0', octets.len) != NULL)
        append_refuse(binary->append, "[UNKNOWN-CTE] NULs outside of binary parts.");
    append_write(binary->append, octets);
}

static void put_base64(struct binary *binary, uint64_t start, uint64_t end)
{
    struct span rest = span_first(span_skip(binary->message, (size_t)start), (size_t)(end - start));
    char line[LINE_OCTETS / 3 * 4 + 3];

    while (rest.len > 0 && !binary->append->failed) {
        struct span part = span_first(rest, LINE_OCTETS);
        int len =
            EVP_EncodeBlock((unsigned char *)line, (const unsigned char *)part.data, (int)part.len);
        rest = span_skip(rest, part.len);
        if (rest.len > 0) {
            line[len++] = '\r';
            line[len++] = '\n';
        }
        append_write(binary->append, span_of(line, (size_t)len));
    }
}

/* --- parts ------------------------------------------------------------------------------------- */

/* The field that says "binary", as an extent of the message; false: there is none. */
static bool find_binary_field(const struct binary *binary, const struct mime_part *part,
                              uint64_t *start_r, uint64_t *end_r)
{
    struct span header = span_first(span_skip(binary->message, (size_t)part->header_start),
                                    (size_t)(part->body_start - part->header_start));
    struct cursor at = cursor_of(header);
    struct span name, body, whole;

    while (mime_next_field(&at, &name, &body, &whole)) {
        if (!span_equal_text_nocase(name, FIELD))
            continue;
        *start_r = (uint64_t)(whole.data - binary->message.data);
        *end_r = *start_r + whole.len;
        return span_equal_text_nocase(span_trim(body), "binary");
    }
    return false;
}

static void put_part(struct binary *binary, uint16_t number);

/* What stands between the parts within it, and they. */
static void put_children(struct binary *binary, const struct mime_part *part)
{
    uint64_t at = part->body_start;

    for (uint16_t child = part->child; child != MIME_NONE; child = binary->parts[child].next) {
        put_raw(binary, at, binary->parts[child].header_start);
        put_part(binary, child);
        at = binary->parts[child].body_end;
    }
    put_raw(binary, at, part->body_end);
}

/* Parts within parts are at most MIME_DEPTH_MAX. */
static void put_part(struct binary *binary, uint16_t number)
{
    const struct mime_part *part = &binary->parts[number];
    bool is_leaf = part->kind == MIME_LEAF;
    uint64_t start, end;
    bool is_binary = find_binary_field(binary, part, &start, &end);

    if (binary->append->failed)
        return;
    if (is_binary) {
        put_raw(binary, part->header_start, start);
        append_write(binary->append, is_leaf ? SPAN_LITERAL(FIELD ": base64\r\n")
                                             : SPAN_LITERAL(FIELD ": 8bit\r\n"));
        put_raw(binary, end, part->body_start);
    } else {
        put_raw(binary, part->header_start, part->body_start);
    }
    if (!is_leaf)
        put_children(binary, part);
    else if (is_binary)
        put_base64(binary, part->body_start, part->body_end);
    else
        put_raw(binary, part->body_start, part->body_end);
}

static void put_message(struct append *append, struct span message)
{
    struct arena *arena = arena_create();
    struct binary binary = {.append = append, .message = message};
    size_t count;

    binary.parts = mime_parse(arena, message, &count);
    put_part(&binary, 0);
    put_raw(&binary, binary.parts[0].body_end, message.len);
    arena_free(&arena);
}

/* --- standing by ------------------------------------------------------------------------------- */

struct standing_by {
    int file;
    uint64_t size;
};

static void keep(struct append *append, void *context, struct span octets)
{
    struct standing_by *file = context;

    if (write_all(file->file, octets)) {
        file->size += octets.len;
        return;
    }
    error_errno(&append->err, "write a message that stands by");
    append->err.kind = ERROR_TEMPORARY;
    append_fail(append);
}

static void convert(struct append *append, const struct standing_by *file)
{
    void *message;

    if (append->failed || append->session->ended || file->size == 0)
        return;
    message = mmap(NULL, (size_t)file->size, PROT_READ, MAP_PRIVATE, file->file, 0);
    if (message == MAP_FAILED) {
        error_errno(&append->err, "read a message that stands by");
        append->err.kind = ERROR_TEMPORARY;
        append_fail(append);
        return;
    }
    put_message(append, span_of(message, (size_t)file->size));
    munmap(message, (size_t)file->size);
}

void append_take_binary(struct append *append)
{
    struct standing_by file = {.file = store_temporary_file(append->session->store, &append->err)};

    if (file.file < 0)
        append_fail(append);
    append_take_literal(append, keep, &file);
    convert(append, &file);
    fd_close(&file.file);
}
