/* Transfer encodings, undone in a stream. */
#include "lib/base/base.h"

#include "lib/message/decoder.h"

enum transfer_encoding transfer_encoding_of(struct span field)
{
    struct span word = span_trim(field);

    if (word.len == 0 || span_equal_text_nocase(word, "7bit") ||
        span_equal_text_nocase(word, "8bit") || span_equal_text_nocase(word, "binary"))
        return TRANSFER_IDENTITY;
    if (span_equal_text_nocase(word, "base64"))
        return TRANSFER_BASE64;
    return span_equal_text_nocase(word, "quoted-printable") ? TRANSFER_QUOTED_PRINTABLE
                                                            : TRANSFER_UNKNOWN;
}

/* --- base64 ------------------------------------------------------------------------------------ */

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void put_base64(struct decoder *decoder, struct span octets, struct buf *out)
{
    char *room = buf_reserve(out, octets.len / 4 * 3 + 6);
    size_t len = 0;

    ASSERT(room != NULL); /* the caller's promise */
    for (size_t i = 0; i < octets.len; i++) {
        int digit = digit_of(octets.data[i]);
        if (digit < 0)
            continue;
        decoder->bits = decoder->bits << 6 | (uint32_t)digit;
        if (++decoder->digits < 4)
            continue;
        room[len++] = (char)(decoder->bits >> 16 & 0xff);
        room[len++] = (char)(decoder->bits >> 8 & 0xff);
        room[len++] = (char)(decoder->bits & 0xff);
        decoder->digits = 0;
    }
    buf_commit(out, len);
}

static void end_base64(struct decoder *decoder, struct buf *out)
{
    if (decoder->digits >= 2)
        buf_put_char(out, (char)(decoder->bits >> (decoder->digits == 2 ? 4 : 10) & 0xff));
    if (decoder->digits == 3)
        buf_put_char(out, (char)(decoder->bits >> 2 & 0xff));
    decoder->digits = 0;
}

/* --- quoted-printable --------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void release_held(struct decoder *decoder, struct buf *out)
{
    buf_put(out, span_of(decoder->held, decoder->held_len));
    decoder->held_len = 0;
}

/* White space that may stand before a line end, and CR, which may be a part of it. */
static bool may_be_padding(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Behind "=": two digits, or a soft line end with white space before it. */
static void put_behind_sign(struct decoder *decoder, char c, struct buf *out)
{
    char first = decoder->held_len > 1 ? decoder->held[1] : '\0';

    if (c == '\n' && (decoder->held_len == 1 || may_be_padding(first))) {
        decoder->held_len = 0;
    } else if (decoder->held_len == 2 && hex_digit(first) >= 0 && hex_digit(c) >= 0) {
        buf_put_char(out, (char)(hex_digit(first) << 4 | hex_digit(c)));
        decoder->held_len = 0;
    } else if (decoder->held_len < sizeof(decoder->held) &&
               ((decoder->held_len == 1 && (hex_digit(c) >= 0 || may_be_padding(c))) ||
                (may_be_padding(first) && may_be_padding(c)))) {
        decoder->held[decoder->held_len++] = c;
    } else { /* no encoding */
        release_held(decoder, out);
        decoder_put(decoder, span_of(&c, 1), out);
    }
}

/* White space at the end of a line was added on the way: RFC 2045 section 6.7, rule 3. */
static void put_plain(struct decoder *decoder, char c, struct buf *out)
{
    if (c == '\n') {
        bool crlf = decoder->held_len > 0 && decoder->held[decoder->held_len - 1] == '\r';
        decoder->held_len = 0;
        buf_put_text(out, crlf ? "\r\n" : "\n");
        return;
    }
    if (!may_be_padding(c) || decoder->held_len == sizeof(decoder->held))
        release_held(decoder, out);
    if (may_be_padding(c) || c == '=')
        decoder->held[decoder->held_len++] = c;
    else
        buf_put_char(out, c);
}

static void put_quoted_printable(struct decoder *decoder, struct span octets, struct buf *out)
{
    for (size_t i = 0; i < octets.len; i++) {
        if (decoder->held_len > 0 && decoder->held[0] == '=')
            put_behind_sign(decoder, octets.data[i], out);
        else
            put_plain(decoder, octets.data[i], out);
    }
}

/* --- any --------------------------------------------------------------------------------------- */

void decoder_put(struct decoder *decoder, struct span octets, struct buf *out)
{
    switch (decoder->encoding) {
    case TRANSFER_BASE64:
        put_base64(decoder, octets, out);
        break;
    case TRANSFER_QUOTED_PRINTABLE:
        put_quoted_printable(decoder, octets, out);
        break;
    case TRANSFER_IDENTITY:
    case TRANSFER_UNKNOWN:
        buf_put(out, octets);
        break;
    }
}

void decoder_end(struct decoder *decoder, struct buf *out)
{
    bool soft_end = decoder->held_len == 1 && decoder->held[0] == '=';

    end_base64(decoder, out);
    if (soft_end)
        decoder->held_len = 0;
    release_held(decoder, out);
}
