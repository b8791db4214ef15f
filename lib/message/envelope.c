/* ENVELOPE: RFC 3501 section 7.4.2, from the header block in one pass. */
#include "lib/base/base.h"

#include "lib/message/address.h"
#include "lib/message/header.h"
#include "lib/message/imap_text.h"

#define ADDRESSES_MAX 2000          /* of one field */
#define HEADER_MAX    (1024 * 1024) /* octets of the block that are looked at */

enum field { DATE, SUBJECT, FROM, SENDER, REPLY_TO, TO, CC, BCC, IN_REPLY_TO, MESSAGE_ID, FIELDS };

#define NAME(text)                                                                                 \
    {                                                                                              \
        "" text "", sizeof(text) - 1                                                               \
    }

static const struct span field_names[FIELDS] = {
    NAME("Date"), NAME("Subject"), NAME("From"), NAME("Sender"),      NAME("Reply-To"),
    NAME("To"),   NAME("Cc"),      NAME("Bcc"),  NAME("In-Reply-To"), NAME("Message-ID"),
};

static bool is_address_list(enum field field)
{
    return field >= FROM && field <= BCC;
}

static enum field find_field(struct span name)
{
    enum field field = 0;

    while (field < FIELDS && !span_equal_nocase(name, field_names[field]))
        field++;
    return field;
}

/* Of a field that stands twice the first counts; lists of addresses are joined. */
static void note_field(struct arena *arena, struct span *bodies, enum field field, struct span body)
{
    if (bodies[field].data == NULL) {
        bodies[field] = body;
    } else if (is_address_list(field) && bodies[field].len + body.len < HEADER_MAX) {
        const char *joined =
            arena_printf(arena, "%.*s, %.*s", SPAN_PRINTF(bodies[field]), SPAN_PRINTF(body));
        bodies[field] = span_text(joined);
    }
}

static struct span or_nil(struct span text)
{
    return text.len == 0 ? SPAN_EMPTY : text;
}

/* (name route mailbox host); a group is (NIL NIL name NIL) to (NIL NIL NIL NIL). A plain address
 * without a host must not look like a group. */
static void put_address(struct buf *out, const struct header_address *address)
{
    if (address->kind == ADDRESS_GROUP_END) {
        buf_put_text(out, "(NIL NIL NIL NIL)");
        return;
    }
    buf_put_char(out, '(');
    imap_put_nstring(out, or_nil(address->display_name));
    buf_put_char(out, ' ');
    imap_put_nstring(out, or_nil(address->route));
    buf_put_char(out, ' ');
    imap_put_string(out, address->localpart.len == 0 ? SPAN_LITERAL("MISSING_MAILBOX")
                                                     : address->localpart);
    buf_put_char(out, ' ');
    if (address->kind == ADDRESS_GROUP_START)
        buf_put_text(out, "NIL");
    else
        imap_put_string(out, address->domain.len == 0 ? SPAN_LITERAL("MISSING_DOMAIN")
                                                      : address->domain);
    buf_put_char(out, ')');
}

static void put_addresses(struct buf *out, struct arena *arena, struct span body)
{
    size_t count = 0;
    const struct header_address *addresses =
        body.data == NULL ? NULL : address_parse_list(arena, body, ADDRESSES_MAX, &count);

    if (count == 0) {
        buf_put_text(out, "NIL");
        return;
    }
    buf_put_char(out, '(');
    for (size_t i = 0; i < count; i++)
        put_address(out, &addresses[i]);
    buf_put_char(out, ')');
}

void imap_put_envelope(struct buf *out, struct arena *arena, struct span header)
{
    struct cursor at = cursor_of(span_first(header, HEADER_MAX));
    struct span bodies[FIELDS] = {SPAN_EMPTY};
    struct span name, body;

    while (mime_next_field(&at, &name, &body, NULL)) {
        enum field field = find_field(name);
        if (field < FIELDS)
            note_field(arena, bodies, field, body.data == NULL ? span_of("", 0) : body);
    }
    if (span_trim(bodies[SENDER]).len == 0)
        bodies[SENDER] = bodies[FROM];
    if (span_trim(bodies[REPLY_TO]).len == 0)
        bodies[REPLY_TO] = bodies[FROM];
    for (enum field field = 0; field < FIELDS; field++) {
        buf_put_char(out, field == 0 ? '(' : ' ');
        if (is_address_list(field))
            put_addresses(out, arena, bodies[field]);
        else if (bodies[field].data == NULL)
            buf_put_text(out, "NIL");
        else
            imap_put_string(out, header_unfold(arena, bodies[field]));
    }
    buf_put_char(out, ')');
}
