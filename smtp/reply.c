/* Replies of SMTP and LMTP servers. */
#include "smtp/reply.h"

#include <stdio.h>

#define STATUS_DIGITS_MAX 3 /* of each of the two numbers in an enhanced status */

void reply_clear(struct reply *reply)
{
    buf_clear(&reply->text);
    reply->text.limit = REPLY_TEXT_MAX;
    reply->code = 0;
    reply->status[0] = '\0';
    reply->lines = 0;
}

void reply_release(struct reply *reply)
{
    buf_release(&reply->text);
}

/* What fits of a line, with control characters as question marks. */
static void keep_text(struct reply *reply, struct span line)
{
    if (reply->text.len > 0 && reply->text.len < reply->text.limit)
        buf_put_char(&reply->text, ' ');
    for (size_t i = 0; i < line.len && reply->text.len < reply->text.limit; i++) {
        unsigned char octet = (unsigned char)line.data[i];

        buf_put_char(&reply->text, octet < ' ' || octet == 127 ? '?' : line.data[i]);
    }
}

/* 1 to 3 digits */
static bool take_digits(struct cursor *at)
{
    size_t digits = 0;

    while (!cursor_at_end(*at) && is_digit(*at->next) && digits <= STATUS_DIGITS_MAX) {
        at->next++;
        digits++;
    }
    return digits > 0 && digits <= STATUS_DIGITS_MAX;
}

/* class "." subject "." detail, and white space or the end behind it: RFC 3463 section 2 */
static bool take_status(struct cursor *at, char class)
{
    return cursor_take(at, class) && cursor_take(at, '.') && take_digits(at) &&
           cursor_take(at, '.') && take_digits(at) && (cursor_at_end(*at) || cursor_take(at, ' '));
}

/* The status of the last line counts; one of another class than the code is not believed. */
static void keep_status(struct reply *reply, struct span *text)
{
    char class = (char)('0' + reply->code / 100);
    struct cursor at = cursor_of(*text);

    if (text->len > 0 && take_status(&at, class)) {
        size_t len = text->len - cursor_left(at);

        (void)snprintf(reply->status, sizeof(reply->status), "%.*s",
                       (int)(text->data[len - 1] == ' ' ? len - 1 : len), text->data);
        *text = span_skip(*text, len);
    } else {
        (void)snprintf(reply->status, sizeof(reply->status), "%c.0.0", class);
    }
}

/* Reply-line = code [ ( "-" / SP ) [ text ] ]: RFC 5321 section 4.2 */
enum parse_result reply_add_line(struct reply *reply, struct span line, struct span *text_r)
{
    *text_r = SPAN_EMPTY;
    if (reply->lines == 0)
        reply_clear(reply);
    if (reply->lines++ == REPLY_LINES_MAX)
        return PARSE_TOO_BIG;
    keep_text(reply, line);
    if (line.len < 3 || line.data[0] < '2' || line.data[0] > '5' || !is_digit(line.data[1]) ||
        !is_digit(line.data[2]) || (line.len > 3 && line.data[3] != ' ' && line.data[3] != '-'))
        return PARSE_MALFORMED;
    reply->code = (line.data[0] - '0') * 100 + (line.data[1] - '0') * 10 + (line.data[2] - '0');
    *text_r = span_skip(line, 4);
    keep_status(reply, text_r);
    return line.len > 3 && line.data[3] == '-' ? PARSE_INCOMPLETE : PARSE_DONE;
}
