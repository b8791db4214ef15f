/* The first words of a message. */
#include "lib/base/base.h"

#include "lib/message/preview.h"

#include "lib/message/encoding.h"

#include <unistr.h>

#define SOURCE_MAX 65536 /* octets of a part that are looked at */
#define LEAVES_MAX 10    /* parts that are tried */

/* Words on their way to the preview. */
struct words {
    struct buf *out;
    size_t characters; /* that were put */
    bool space;        /* one is due before the next character */
    unsigned quotes;   /* marks of HTML around what is quoted */
    bool hides_quotes;
};

static bool is_full(const struct words *words)
{
    return words->characters >= PREVIEW_CHARACTERS;
}

/* What senders fill the preview of their mail with, and nobody sees. */
static bool is_invisible(ucs4_t c)
{
    return c == 0xad || c == 0x34f || (c >= 0x200b && c <= 0x200f) || c == 0x2060 || c == 0xfeff;
}

static void put_character(struct words *words, ucs4_t c)
{
    uint8_t octets[6];
    int len;

    if (is_full(words) || is_invisible(c) || (words->quotes > 0 && words->hides_quotes))
        return;
    if (c <= ' ' || c == 0x7f || (c >= 0x80 && c <= 0xa0) || c == 0x2028 || c == 0x2029 ||
        c == 0x3000) {
        words->space = words->characters > 0;
        return;
    }
    if (words->space && words->characters + 1 == PREVIEW_CHARACTERS) {
        words->characters++; /* no space without a word behind it */
        return;
    }
    if (words->space) {
        buf_put_char(words->out, ' ');
        words->characters++;
    }
    words->space = false;
    len = u8_uctomb(octets, c, sizeof(octets));
    if (len > 0) {
        buf_put(words->out, span_of(octets, (size_t)len));
        words->characters++;
    }
}

/* The next character; octets that are no UTF-8 are one of "unknown". */
static ucs4_t take_character(struct span *text)
{
    ucs4_t c = 0xfffd;
    int len = u8_mbtoucr(&c, (const uint8_t *)text->data, text->len);

    *text = span_skip(*text, len > 0 ? (size_t)len : 1);
    return len > 0 ? c : 0xfffd;
}

static void put_text(struct words *words, struct span text)
{
    while (text.len > 0 && !is_full(words))
        put_character(words, take_character(&text));
    put_character(words, ' ');
}

static void put_lines(struct words *words, struct span text, bool quoted)
{
    while (text.len > 0 && !is_full(words)) {
        struct span line = span_take_until(&text, '\n');
        if (quoted || !span_starts_with(span_trim(line), ">"))
            put_text(words, line);
    }
}

/* --- HTML -------------------------------------------------------------------------------------- */

/* "&amp;", "&#8364;", "&#x20ac;": the '&' is taken already. false: it stands for itself. */
static bool take_entity(struct span *text, ucs4_t *c_r)
{
    static const struct {
        const char *name;
        ucs4_t c;
    } known[] = {
        {"amp",    '&'   },
        {"lt",     '<'   },
        {"gt",     '>'   },
        {"quot",   '"'   },
        {"apos",   '\''  },
        {"nbsp",   0xa0  },
        {"shy",    0xad  },
        {"zwnj",   0x200c},
        {"euro",   0x20ac},
        {"copy",   0xa9  },
        {"mdash",  0x2014},
        {"ndash",  0x2013},
        {"auml",   0xe4  },
        {"ouml",   0xf6  },
        {"uuml",   0xfc  },
        {"szlig",  0xdf  },
        {"Auml",   0xc4  },
        {"Ouml",   0xd6  },
        {"Uuml",   0xdc  },
        {"eacute", 0xe9  },
        {"rsquo",  0x2019},
        {"hellip", 0x2026},
    };
    struct span name = span_first(*text, span_find(span_first(*text, 12), ';'));
    bool hexadecimal = span_starts_with_nocase(name, "#x");
    ucs4_t c = 0;

    if (name.len < 2 || name.len >= 12)
        return false;
    if (name.data[0] == '#') {
        for (size_t i = hexadecimal ? 2 : 1; i < name.len; i++) {
            int digit = is_digit(name.data[i])                  ? name.data[i] - '0'
                        : hexadecimal && is_alpha(name.data[i]) ? to_lower(name.data[i]) - 'a' + 10
                                                                : 99;
            if (digit >= (hexadecimal ? 16 : 10) || c > 0x10ffff)
                return false;
            c = c * (hexadecimal ? 16 : 10) + (ucs4_t)digit;
        }
    }
    for (size_t i = 0; i < ARRAY_LENGTH(known) && c == 0; i++)
        c = span_equal_text(name, known[i].name) ? known[i].c : 0;
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return false;
    *text = span_skip(*text, name.len + 1);
    *c_r = c;
    return true;
}

static size_t find_nocase(struct span text, const char *what)
{
    size_t at = 0;

    while (at < text.len && !span_starts_with_nocase(span_skip(text, at), what))
        at += 1 + span_find(span_skip(text, at + 1), '<');
    return at < text.len ? at : text.len;
}

/* Marks that stand within words. */
static bool is_inline(struct span tag)
{
    static const char *const names[] = {"a", "b", "em", "font", "i", "span", "strong", "u", "wbr"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (span_equal_text_nocase(tag, names[i]))
            return true;
    }
    return false;
}

static void count_quotes(struct words *words, struct span name, bool ends)
{
    if (!span_equal_text_nocase(name, "blockquote"))
        return;
    if (!ends)
        words->quotes++;
    else if (words->quotes > 0)
        words->quotes--;
}

/* A mark, its '<' taken already, with what no reader sees behind it. */
static void skip_tag(struct words *words, struct span *text)
{
    static const struct {
        const char *name, *end;
    } hidden[] = {
        {"head",   "</head"  },
        {"script", "</script"},
        {"style",  "</style" },
        {"title",  "</title" },
    };
    struct span tag = *text;
    size_t len = 0;

    if (span_starts_with(*text, "!--")) {
        const char *end = memmem(text->data, text->len, "-->", 3);
        *text = end == NULL ? SPAN_EMPTY : span_skip(*text, (size_t)(end - text->data) + 3);
        return;
    }
    if (tag.data[0] == '/')
        tag = span_skip(tag, 1);
    while (len < tag.len && is_alnum(tag.data[len]))
        len++;
    for (size_t i = 0; i < ARRAY_LENGTH(hidden) && tag.data == text->data; i++) {
        if (span_equal_text_nocase(span_first(tag, len), hidden[i].name))
            *text = span_skip(*text, find_nocase(*text, hidden[i].end));
    }
    if (!is_inline(span_first(tag, len)))
        put_character(words, ' ');
    count_quotes(words, span_first(tag, len), tag.data != text->data);
    *text = span_skip(*text, span_find(*text, '>') + 1);
}

static void put_html(struct words *words, struct span text, bool quoted)
{
    words->quotes = 0;
    words->hides_quotes = !quoted;
    while (text.len > 0 && !is_full(words)) {
        ucs4_t c = take_character(&text);
        if (c == '<' && text.len > 0 &&
            (is_alpha(text.data[0]) || text.data[0] == '/' || text.data[0] == '!'))
            skip_tag(words, &text);
        else if (c == '&' && take_entity(&text, &c))
            put_character(words, c);
        else
            put_character(words, c);
    }
    words->quotes = 0;
}

/* --- parts ------------------------------------------------------------------------------------- */

struct leaf {
    bool text, html;
    bool unknown; /* a subtype that is read as plain text: RFC 2046, 4.1.4 */
    struct span encoding, charset, body;
};

static bool is_within_message(const struct mime_part *parts, size_t index)
{
    for (uint16_t at = parts[index].parent; at != MIME_NONE; at = parts[at].parent) {
        if (parts[at].kind == MIME_MESSAGE)
            return true;
    }
    return false;
}

static struct span header_of(struct span message, const struct mime_part *part)
{
    return span_skip(span_first(message, (size_t)part->body_start), (size_t)part->header_start);
}

static bool is_alternative(struct arena *arena, struct span message, const struct mime_part *part)
{
    struct mime_field type =
        mime_parse_field(arena, mime_find_field(header_of(message, part), "Content-Type"), true);

    return span_equal_text_nocase(type.value, "multipart") &&
           span_equal_text_nocase(type.subtype, "alternative");
}

static struct leaf read_leaf(struct arena *arena, struct span message, const struct mime_part *part)
{
    struct span header = header_of(message, part);
    struct mime_field type = mime_parse_field(arena, mime_find_field(header, "Content-Type"), true);
    struct mime_field disposition =
        mime_parse_field(arena, mime_find_field(header, "Content-Disposition"), false);
    bool shown = part->parent == MIME_NONE || /* there is nothing that it could be attached to */
                 !span_equal_text_nocase(disposition.value, "attachment");
    bool text = type.value.data == NULL || span_equal_text_nocase(type.value, "text");
    bool html = text && span_equal_text_nocase(type.subtype, "html");

    return (struct leaf){
        .text = shown && text && !html,
        .unknown =
            type.value.data != NULL && !html && !span_equal_text_nocase(type.subtype, "plain"),
        .html = shown && html,
        .encoding = span_trim(mime_find_field(header, "Content-Transfer-Encoding")),
        .charset = mime_parameter(&type, "charset"),
        .body = span_first(
            span_skip(span_first(message, (size_t)part->body_end), (size_t)part->body_start),
            SOURCE_MAX),
    };
}

static void decode(struct buf *utf8, const struct leaf *leaf)
{
    struct buf octets = BUF(SOURCE_MAX);
    struct span body = leaf->body;

    if (span_equal_text_nocase(leaf->encoding, "base64"))
        encoding_put_base64_decoded(&octets, body);
    else if (span_equal_text_nocase(leaf->encoding, "quoted-printable"))
        encoding_put_quoted_printable_decoded(&octets, body, false);
    if (octets.len > 0)
        body = buf_span(&octets);
    encoding_put_utf8(utf8, leaf->charset, body);
    buf_release(&octets);
}

static void put_leaf(struct words *words, const struct leaf *leaf)
{
    struct buf utf8 = BUF(4 * SOURCE_MAX);

    decode(&utf8, leaf);
    for (int quoted = 0; quoted < 2 && words->characters == 0; quoted++) {
        if (leaf->html)
            put_html(words, buf_span(&utf8), quoted != 0);
        else
            put_lines(words, buf_span(&utf8), quoted != 0);
    }
    buf_release(&utf8);
}

/* HTML that waits: there may be plain text that says the same. */
struct waiting {
    struct leaf leaf;
    uint16_t parent; /* of the alternatives */
};

static void put_waiting(struct words *words, struct waiting *waiting)
{
    if (waiting->leaf.html && words->characters == 0)
        put_leaf(words, &waiting->leaf);
    waiting->leaf = (struct leaf){0};
}

void preview_put(struct buf *out, struct arena *arena, struct span message,
                 const struct mime_part *parts, size_t count)
{
    struct words words = {.out = out};
    struct waiting waiting = {0};

    for (size_t i = 0, tried = 0; i < count && tried < LEAVES_MAX && words.characters == 0; i++) {
        struct leaf leaf;
        bool alternative;
        if (parts[i].kind != MIME_LEAF || is_within_message(parts, i))
            continue;
        tried++;
        leaf = read_leaf(arena, message, &parts[i]);
        if (parts[i].parent != waiting.parent)
            put_waiting(&words, &waiting);
        if (words.characters > 0)
            break;
        alternative =
            parts[i].parent != MIME_NONE && is_alternative(arena, message, &parts[parts[i].parent]);
        if (leaf.html && alternative && !waiting.leaf.html)
            waiting = (struct waiting){leaf, parts[i].parent};
        else if (leaf.html || (leaf.text && !(leaf.unknown && alternative)))
            put_leaf(&words, &leaf);
    }
    put_waiting(&words, &waiting);
}
