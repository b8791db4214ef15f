/* Words, lines and encoded words (lib/message/surrogate_field.h). */
#include "lib/base/base.h"

#include "lib/message/surrogate_field.h"

#include "lib/message/surrogate.h"

#include <openssl/evp.h>
#include <unistr.h>

#define LINE_MAX_OCTETS 76 /* with an encoded word in it: RFC 2047 section 2 */
/* Of text in one encoded word: 48 digits, at most 19 octets around them, and "Subject: ". */
#define WORD_OCTETS_MAX 36

struct surrogate_field surrogate_begin(struct buf *out, struct span name)
{
    buf_put(out, name);
    buf_put_char(out, ':');
    return (struct surrogate_field){out, name.len + 1};
}

void surrogate_put_word(struct surrogate_field *writer, struct span word)
{
    const bool folds = writer->column > 1 && writer->column + 1 + word.len > LINE_MAX_OCTETS;

    buf_put_text(writer->out, folds ? "\n " : " ");
    buf_put(writer->out, word);
    writer->column = (folds ? 0 : writer->column) + 1 + word.len;
}

void surrogate_put_mark(struct surrogate_field *writer, char mark)
{
    buf_put_char(writer->out, mark);
    writer->column++;
}

/* --- encoded words ------------------------------------------------------------------------------------- */

/* What fits into one word, and ends no UTF-8 sequence too early. */
static size_t word_length(struct span text)
{
    size_t len = WORD_OCTETS_MAX;

    if (text.len <= len)
        return text.len;
    for (size_t back = 0; back < 3 && ((unsigned char)text.data[len] & 0xc0) == 0x80; back++)
        len--;
    return len;
}

static void put_encoded(struct surrogate_field *writer, struct span text)
{
    const bool is_utf8 = u8_check((const uint8_t *)text.data, text.len) == NULL;

    while (text.len > 0) {
        const size_t len = word_length(text);
        char base64[WORD_OCTETS_MAX / 3 * 4 + 1];
        struct buf word = BUF(BUF_UNLIMITED);

        EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)text.data, (int)len);
        buf_put_printf(&word, "=?%s?B?%s?=", is_utf8 ? "utf-8" : "unknown-8bit", base64);
        surrogate_put_word(writer, buf_span(&word));
        buf_release(&word);
        text = span_skip(text, len);
    }
}

/* The words from the first that is not ASCII to the last one in a row: readers drop the white space between
 * encoded words, so that it has to be in them. */
static size_t encoded_length(struct span text)
{
    struct span rest = text;
    size_t len = 0;

    while (rest.len > 0) {
        struct span word = span_take_word(&rest);

        if (!surrogate_is_needed(word))
            break;
        len = (size_t)(word.data + word.len - text.data);
    }
    return len;
}

void surrogate_put_text(struct surrogate_field *writer, struct span text)
{
    for (text = span_trim(text); text.len > 0; text = span_trim(text)) {
        const size_t len = encoded_length(text);

        if (len > 0) {
            put_encoded(writer, span_first(text, len));
            text = span_skip(text, len);
        } else {
            surrogate_put_word(writer, span_take_word(&text));
        }
    }
}
