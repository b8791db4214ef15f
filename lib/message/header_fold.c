/* The layout of address fields that were changed: words with one space between them, lines that end behind
 * commas (lib/message/header_fold.h). */
#include "lib/message/header_fold.h"

#include "lib/message/address.h"

#define LINE_MAX_JOINED 70 /* octets; a line that has fewer takes what is up to its next comma */

/* Words and delimiters, one after the other. */
struct layout {
    struct buf *out;
    char last; /* octet of the last token, '\n' behind a comma, '\0' before the first */
    bool apart; /* white space stood behind it */
    bool in_brackets;
};

static bool is_one_of(char octet, const char *octets)
{
    return octet != '\0' && strchr(octets, octet) != NULL;
}

/* As Postfix writes tokens: "a.b <c@d.test>(e), f: g;" */
static bool wants_space(const struct layout *layout, char next)
{
    if (layout->last == ':' && !layout->in_brackets)
        return true;
    if (is_one_of(layout->last, "\n<>") || layout->last == '\0' || is_one_of(next, ",;:>"))
        return false;
    if (is_one_of(next, "<(") && !layout->in_brackets)
        return true;
    if (is_one_of(layout->last, "@.") || is_one_of(next, "@."))
        return false;
    return layout->apart;
}

/* Another element may stand on another line. */
static void end_element(struct layout *layout)
{
    buf_put_char(layout->out, '\n');
    layout->last = '\n';
}

/* A quoted string or comment that was folded is on one line now. */
static void put_token(struct layout *layout, struct span token)
{
    if (layout->last == ';' && token.data[0] != ',') { /* behind a group: RFC 5322 section 3.4 */
        buf_put_char(layout->out, ',');
        end_element(layout);
    }
    if (wants_space(layout, token.data[0]))
        buf_put_char(layout->out, ' ');
    for (size_t i = 0; i < token.len; i++)
        buf_put_char(layout->out, is_one_of(token.data[i], "\r\n") ? ' ' : token.data[i]);
    layout->last = token.data[token.len - 1];
    layout->apart = false;
    if (token.len == 1 && is_one_of(layout->last, "<>"))
        layout->in_brackets = layout->last == '<';
}

/* A line end stands behind each comma but the last octet. */
static void put_elements(struct span body, struct buf *out)
{
    struct layout layout = {.out = out};
    size_t next;

    body = span_trim(body);
    for (size_t at = 0; at < body.len; at = next) {
        next = address_token_end(body, at);
        if (is_space((unsigned char)body.data[at])) {
            layout.apart = true;
            continue;
        }
        put_token(&layout, span_first(span_skip(body, at), next - at));
        if (layout.last == ',' && next - at == 1 && next < body.len)
            end_element(&layout);
    }
}

/* Lines are joined as long as they are short; the others begin with a tab. */
static void put_lines(struct span elements, struct buf *out)
{
    size_t len = 0; /* of the line, without its tab */

    while (elements.len > 0) {
        struct span element = span_take_until(&elements, '\n');

        if (len > 0 && len + 1 + element.len < LINE_MAX_JOINED) {
            buf_put_char(out, ' ');
            len += 1 + element.len;
        } else {
            if (len > 0)
                buf_put_text(out, "\n\t");
            len = element.len;
        }
        buf_put(out, element);
    }
}

void header_fold(struct span name, struct span body, struct buf *out)
{
    struct buf elements = BUF(BUF_UNLIMITED);

    buf_put(&elements, name);
    buf_put_text(&elements, ": ");
    put_elements(body, &elements);
    put_lines(buf_span(&elements), out);
    buf_release(&elements);
}
