/* ENVELOPE: RFC 3501 section 7.4.2, from the header block in one pass. */
#include "lib/base/base.h"

#include "lib/base/buf.h"
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

/* The bodies of the fields that matter. Of one that stands twice the first counts; lists of addresses
 * are joined, when all that belongs to them is known. */
struct bodies {
    struct span first[FIELDS]; /* data NULL: there is none */
    struct buf joined[FIELDS]; /* empty: there is no second one */
};

static void note_field(struct bodies *bodies, enum field field, struct span body)
{
    struct buf *joined = &bodies->joined[field];

    if (bodies->first[field].data == NULL) {
        bodies->first[field] = body;
        return;
    }
    if (!is_address_list(field))
        return;
    if (joined->len == 0)
        buf_put(joined, bodies->first[field]);
    buf_put_text(joined, ", ");
    buf_put(joined, body);
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

static void find_bodies(struct bodies *bodies, struct span header)
{
    struct cursor at = cursor_of(header);
    struct span name, body;

    while (mime_next_field(&at, &name, &body, NULL)) {
        enum field field = find_field(name);
        if (field < FIELDS)
            note_field(bodies, field, body.data == NULL ? span_of("", 0) : body);
    }
}

static struct span body_of(const struct bodies *bodies, enum field field)
{
    struct span body =
        bodies->joined[field].len > 0 ? buf_span(&bodies->joined[field]) : bodies->first[field];

    if ((field == SENDER || field == REPLY_TO) && span_trim(body).len == 0)
        return body_of(bodies, FROM);
    return body;
}

void imap_put_envelope(struct buf *out, struct arena *arena, struct span header)
{
    struct bodies bodies = {0};

    for (enum field field = 0; field < FIELDS; field++)
        bodies.joined[field] = BUF(BUF_UNLIMITED); /* no more than the header is */
    find_bodies(&bodies, span_first(header, HEADER_MAX));
    for (enum field field = 0; field < FIELDS; field++) {
        struct span body = body_of(&bodies, field);
        buf_put_char(out, field == 0 ? '(' : ' ');
        if (is_address_list(field))
            put_addresses(out, arena, body);
        else if (body.data == NULL)
            buf_put_text(out, "NIL");
        else
            imap_put_string(out, header_unfold(arena, body));
    }
    buf_put_char(out, ')');
    for (enum field field = 0; field < FIELDS; field++)
        buf_release(&bodies.joined[field]);
}
