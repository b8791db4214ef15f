/* 8-bit content for a server that takes only 7 bits. */
#include "smtp/downgrade.h"

#include "lib/message/mime.h"

#define QP_LINE_MAX 76 /* octets of an encoded line, with the "=" of a soft line break */

struct conversion {
    struct span message;
    const struct mime_part *parts;
    struct buf *out;
};

static struct span extent(const struct conversion *conversion, uint64_t start, uint64_t end)
{
    return span_of(conversion->message.data + start, (size_t)(end - start));
}

/* --- quoted-printable ----------------------------------------------------------------------------- */

static bool is_plain(struct span text, size_t at)
{
    unsigned char octet = (unsigned char)text.data[at];
    bool ends_line = at + 1 == text.len || text.data[at + 1] == '\n';

    if (octet == ' ' || octet == '\t')
        return !ends_line;
    return octet > ' ' && octet < 127 && octet != '=';
}

static void put_quoted_printable(struct buf *out, struct span text)
{
    size_t column = 0;

    for (size_t i = 0; i < text.len; i++) {
        bool plain = is_plain(text, i);

        if (text.data[i] == '\n') {
            buf_put_char(out, '\n');
            column = 0;
            continue;
        }
        if (column + (plain ? 1 : 3) > QP_LINE_MAX - 1) {
            buf_put_text(out, "=\n");
            column = 0;
        }
        if (plain)
            buf_put_char(out, text.data[i]);
        else
            buf_put_printf(out, "=%02X", (unsigned)(unsigned char)text.data[i]);
        column += plain ? 1 : 3;
    }
}

/* --- parts ---------------------------------------------------------------------------------------- */

static bool is_encoding(struct span body, const char *name)
{
    return span_equal_text_nocase(span_trim(body), name);
}

/* The header says that the body has 8-bit octets. */
static bool declares_eight_bit(struct span header)
{
    struct span encoding = mime_find_field(header, "Content-Transfer-Encoding");

    return is_encoding(encoding, "8bit") || is_encoding(encoding, "binary");
}

/* The header with another Content-Transfer-Encoding. */
static void put_header(struct conversion *conversion, struct span header, const char *encoding)
{
    struct cursor at = cursor_of(header);
    const char *kept = header.data;
    struct span name, body, whole;

    while (mime_next_field(&at, &name, &body, &whole)) {
        if (!span_equal_text_nocase(name, "Content-Transfer-Encoding"))
            continue;
        buf_put(conversion->out, span_of(kept, (size_t)(whole.data - kept)));
        buf_put_printf(conversion->out, "Content-Transfer-Encoding: %s\n", encoding);
        kept = whole.data + whole.len;
    }
    buf_put(conversion->out, span_of(kept, (size_t)(header.data + header.len - kept)));
}

/* Parts within parts are at most MIME_DEPTH_MAX deep. */
static void put_part(struct conversion *conversion, uint16_t index)
{
    const struct mime_part *part = &conversion->parts[index];
    struct span header = extent(conversion, part->header_start, part->body_start);
    bool is_leaf = part->kind == MIME_LEAF;
    bool convert = declares_eight_bit(header);
    uint64_t done = part->body_start;

    if (convert)
        put_header(conversion, header, is_leaf ? "quoted-printable" : "7bit");
    else
        buf_put(conversion->out, header);
    for (uint16_t child = part->child; !is_leaf && child != MIME_NONE;
         child = conversion->parts[child].next) {
        buf_put(conversion->out, extent(conversion, done, conversion->parts[child].header_start));
        put_part(conversion, child);
        done = conversion->parts[child].body_end;
    }
    if (is_leaf && convert)
        put_quoted_printable(conversion->out, extent(conversion, done, part->body_end));
    else
        buf_put(conversion->out, extent(conversion, done, part->body_end));
}

void downgrade(struct span message, struct buf *out)
{
    struct arena *arena = arena_create();
    size_t count;
    struct conversion conversion = {
        .message = message,
        .parts = mime_parse(arena, message, &count),
        .out = out,
    };

    put_part(&conversion, 0);
    arena_free(&arena);
}
