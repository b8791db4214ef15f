/* Lists of recipients (tools/recipient_list.h). */
#include "lib/base/base.h"

#include "tools/recipient_list.h"

#include "lib/base/buf.h"
#include "lib/message/address.h"

#define LIST_MAX ((size_t)32 * 1024 * 1024) /* octets, with the commas that were missing */

/* --- commas that are missing ------------------------------------------------------------------------- */

/* A run without white space and commas, but for what quotes, comments and angle brackets hold together. */
struct word {
    struct span text;
    bool has_at;
};

static struct word take_word(struct span *rest)
{
    struct word word = {.text = *rest};
    unsigned comments = 0;
    bool quoted = false, bracketed = false;
    size_t i;

    for (i = 0; i < rest->len; i++) {
        char c = rest->data[i];

        if (c == '\\') {
            i++;
        } else if (c == '"' && comments == 0) {
            quoted = !quoted;
        } else if (!quoted && (c == '(' || c == ')')) {
            comments = c == '(' ? comments + 1 : comments - (comments > 0);
        } else if (!quoted && comments == 0) {
            if (!bracketed && (is_space((unsigned char)c) || c == ','))
                break;
            bracketed = c == '<' || (bracketed && c != '>');
            word.has_at = word.has_at || c == '@';
        }
    }
    word.text = span_first(*rest, i);
    *rest = span_skip(*rest, i);
    return word;
}

static struct span skip_space(struct span text)
{
    while (text.len > 0 && is_space((unsigned char)text.data[0]))
        text = span_skip(text, 1);
    return text;
}

/* Does another address begin here, and not the "<address>" that the word before is the name of? */
static bool begins_address(struct span rest)
{
    struct word word = take_word(&rest);

    return word.has_at && span_find(word.text, '<') == word.text.len &&
           !span_starts_with(skip_space(rest), "<");
}

/* Control characters separate words; a NUL is the end. */
static void put_control_out(struct buf *text)
{
    size_t end = span_find(buf_span(text), '\0');

    if (end < text->len)
        buf_truncate(text, end);
    for (size_t i = 0; i < text->len; i++) {
        if ((unsigned char)text->data[i] < ' ' || text->data[i] == 0x7f)
            text->data[i] = ' ';
    }
}

/* "a@b c@d" is two addresses: put a comma in. False: the list is too long. */
static bool put_commas(struct span list, struct buf *text)
{
    bool fits = true;

    while (fits && list.len > 0) {
        struct word word = take_word(&list);
        struct span behind = skip_space(list);

        fits = buf_append_span(text, word.text);
        if (word.has_at && behind.len < list.len && begins_address(behind))
            fits = fits && buf_append_char(text, ',');
        if (list.len > 0) { /* what ended the word */
            fits = fits && buf_append_char(text, list.data[0]);
            list = span_skip(list, 1);
        }
    }
    return fits;
}

/* --- addresses ------------------------------------------------------------------------------------------ */

/* Words without an address, "To: alice bob": each is a recipient, as with Postfix. */
static void add_words(struct strlist *recipients, struct span words)
{
    while (words.len > 0) {
        struct span word = span_take_word(&words);

        if (word.len > 0)
            strlist_add_span(recipients, word);
    }
}

void recipient_list_add(struct strlist *recipients, struct arena *arena, struct span list)
{
    struct buf text = BUF(LIST_MAX);
    struct header_address *elements;
    size_t count;

    if (put_commas(list, &text)) {
        put_control_out(&text);
        list = span_of(arena_text(arena, buf_span(&text)), text.len);
    }
    buf_release(&text);
    elements = address_parse_recipients(arena, list, SIZE_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        const struct header_address *element = &elements[i];

        if (element->kind != ADDRESS_PLAIN)
            continue;
        if (element->domain.len > 0)
            strlist_add(recipients,
                        arena_printf(arena, "%.*s@%.*s", SPAN_PRINTF(element->localpart),
                                     SPAN_PRINTF(element->domain)));
        else if (element->localpart.len > 0 && list.data[element->past - 1] == '@')
            strlist_add(recipients, /* not ours: it comes back as what it is */
                        arena_printf(arena, "%.*s@", SPAN_PRINTF(element->localpart)));
        else if (element->localpart.len > 0)
            strlist_add_span(recipients, element->localpart);
        else
            add_words(recipients, element->display_name);
    }
}
