/* Transfer encodings and charsets (iconv). */
#include "lib/base/base.h"

#include "lib/message/encoding.h"

#include <iconv.h>
#include <stdlib.h>

#define CHARSET_NAME_MAX 64

static void put(struct buf *out, struct span octets)
{
    if (!buf_append_span(out, octets))
        (void)!buf_append_span(out, span_first(octets, out->limit - out->len));
}

static int base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

void encoding_put_base64_decoded(struct buf *out, struct span text)
{
    char *room = buf_reserve(out, text.len / 4 * 3 + 3);
    uint32_t bits = 0;
    size_t len = 0;
    unsigned digits = 0;

    if (room == NULL)
        return;
    for (size_t i = 0; i < text.len; i++) {
        int digit = base64_digit((unsigned char)text.data[i]);
        if (digit < 0)
            continue;
        bits = bits << 6 | (uint32_t)digit;
        if (++digits == 4) {
            room[len++] = (char)(bits >> 16 & 0xff);
            room[len++] = (char)(bits >> 8 & 0xff);
            room[len++] = (char)(bits & 0xff);
            digits = 0;
        }
    }
    if (digits >= 2)
        room[len++] = (char)(bits >> (digits == 2 ? 4 : 10) & 0xff);
    if (digits == 3)
        room[len++] = (char)(bits >> 2 & 0xff);
    buf_commit(out, len);
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Octets of a soft line end: "=", white space and LF, or the end of the text; 0: it is none. */
static size_t soft_line_end(struct span text)
{
    size_t len = 1;

    while (len < text.len && text.data[len] != '\n' && is_space(text.data[len]))
        len++;
    if (len == text.len)
        return len;
    return text.data[len] == '\n' ? len + 1 : 0;
}

void encoding_put_quoted_printable_decoded(struct buf *out, struct span text, bool in_word)
{
    while (text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && text.data[plain] != '=' && !(in_word && text.data[plain] == '_'))
            plain++;
        put(out, span_first(text, plain));
        text = span_skip(text, plain);
        if (text.len == 0)
            return;
        if (text.data[0] == '_') {
            put(out, SPAN_LITERAL(" "));
            text = span_skip(text, 1);
        } else if (text.len > 2 && hex_digit(text.data[1]) >= 0 && hex_digit(text.data[2]) >= 0) {
            char c = (char)(hex_digit(text.data[1]) << 4 | hex_digit(text.data[2]));
            put(out, span_of(&c, 1));
            text = span_skip(text, 3);
        } else { /* a soft line end, or what is no encoding at all */
            size_t len = soft_line_end(text);
            if (len > 0) {
                text = span_skip(text, len);
            } else {
                put(out, SPAN_LITERAL("="));
                text = span_skip(text, 1);
            }
        }
    }
}

/* --- charsets ---------------------------------------------------------------------------------- */

/* A name that iconv may be asked for: no options like "//TRANSLIT" from outside. */
static bool charset_name(struct span charset, char name_r[CHARSET_NAME_MAX])
{
    charset = span_first(charset, span_find(charset, '*')); /* RFC 2231's language */
    if (charset.len == 0 || charset.len >= CHARSET_NAME_MAX)
        return false;
    for (size_t i = 0; i < charset.len; i++) {
        if (!is_alnum(charset.data[i]) && strchr("-_.:+", charset.data[i]) == NULL)
            return false;
        name_r[i] = charset.data[i];
    }
    name_r[charset.len] = '\0';
    return true;
}

static bool is_utf8_name(const char *name)
{
    return strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0 ||
           strcasecmp(name, "us-ascii") == 0 || strcasecmp(name, "ascii") == 0;
}

bool encoding_is_known_charset(struct span charset)
{
    char name[CHARSET_NAME_MAX];
    iconv_t converter;

    if (!charset_name(charset, name))
        return false;
    if (is_utf8_name(name))
        return true;
    converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1)
        return false;
    iconv_close(converter);
    return true;
}

/* A character that waited for one that it might have been joined with (windows-1255, -1258, Big5-HKSCS). */
static void put_held(struct buf *out, iconv_t converter)
{
    char block[64], *to = block;
    size_t room = sizeof(block);

    (void)iconv(converter, NULL, NULL, &to, &room);
    put(out, span_of(block, sizeof(block) - room));
}

/* Octets that are wrong in that charset are stepped over. */
static void convert(struct buf *out, iconv_t converter, struct span text)
{
    union {
        const char *from;
        char *to;
    } in = {text.data};
    size_t left = text.len;

    while (left > 0) {
        char block[1024], *to = block;
        size_t room = sizeof(block);
        size_t result = iconv(converter, &in.to, &left, &to, &room);

        put(out, span_of(block, sizeof(block) - room));
        if (result == (size_t)-1 && errno != E2BIG && left > 0) {
            in.from++;
            left--;
        }
    }
    put_held(out, converter);
}

void encoding_put_utf8(struct buf *out, struct span charset, struct span text)
{
    char name[CHARSET_NAME_MAX];
    iconv_t converter;

    if (!charset_name(charset, name) || is_utf8_name(name)) {
        put(out, text);
        return;
    }
    converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1) {
        put(out, text);
        return;
    }
    convert(out, converter, text);
    iconv_close(converter);
}

/* --- encoded words ----------------------------------------------------------------------------- */

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=": RFC 2047 section 2 */
static bool take_word(struct span *rest, struct span *charset_r, char *encoding_r,
                      struct span *text_r)
{
    struct span at = *rest;
    struct span encoding;
    size_t end;

    if (!span_starts_with(at, "=?"))
        return false;
    at = span_skip(at, 2);
    *charset_r = span_first(at, span_find(at, '?'));
    at = span_skip(at, charset_r->len + 1);
    encoding = span_first(at, span_find(at, '?'));
    at = span_skip(at, encoding.len + 1);
    end = span_find(at, '?');
    if (encoding.len != 1 || charset_r->len == 0 || end + 1 >= at.len || at.data[end + 1] != '=')
        return false;
    *encoding_r = to_lower(encoding.data[0]);
    if (*encoding_r != 'q' && *encoding_r != 'b')
        return false;
    *text_r = span_first(at, end);
    *rest = span_skip(at, end + 2);
    return true;
}

static void put_decoded(struct buf *out, char encoding, struct span text)
{
    if (encoding == 'b')
        encoding_put_base64_decoded(out, text);
    else
        encoding_put_quoted_printable_decoded(out, text, true);
}

/* Most words are UTF-8: they need no room in between. */
static void put_word(struct buf *out, struct span charset, char encoding, struct span text)
{
    struct buf octets = BUF(text.len + 4);

    if (span_equal_text_nocase(charset, "utf-8")) {
        put_decoded(out, encoding, text);
        return;
    }
    put_decoded(&octets, encoding, text);
    encoding_put_utf8(out, charset, buf_span(&octets));
    buf_release(&octets);
}

/* Text without words; folds become what they were: the white space behind the line end. */
static void put_unfolded(struct buf *out, struct span text)
{
    while (text.len > 0) {
        size_t plain = 0;
        while (plain < text.len && text.data[plain] != '\r' && text.data[plain] != '\n')
            plain++;
        put(out, span_first(text, plain));
        text = span_skip(text, plain + 1);
    }
}

void encoding_put_header(struct buf *out, struct span body)
{
    struct span rest = span_trim(body);
    bool after_word = false;

    while (rest.len > 0) {
        struct span plain = rest, charset, text;
        char encoding = '\0';
        size_t len = 0;

        while (len < rest.len &&
               !(rest.data[len] == '=' && len + 1 < rest.len && rest.data[len + 1] == '?'))
            len++;
        plain = span_first(rest, len);
        rest = span_skip(rest, len);
        if (take_word(&rest, &charset, &encoding, &text)) {
            /* White space between two words is none (RFC 2047 section 6.2). */
            if (!after_word || span_trim(plain).len > 0)
                put_unfolded(out, plain);
            put_word(out, charset, encoding, text);
            after_word = true;
        } else {
            put_unfolded(out, plain);
            put(out, span_first(rest, 1));
            rest = span_skip(rest, 1);
            after_word = false;
        }
    }
}
