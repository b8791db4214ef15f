/*
 * RFC 6858, section 3, field by field. pop3d sends the outcome to clients that did not ask for UTF8
 * (RFC 6856 section 2.1).
 */
#include "lib/base/base.h"

#include "lib/message/surrogate.h"

#include "lib/message/address.h"
#include "lib/message/header.h"
#include "lib/message/mime.h"
#include "lib/message/surrogate_field.h"

#include <unistr.h>

#define ADDRESSES_MAX 100000

/* Nobody's (RFC 2606 section 2): an answer to it fails at once. */
#define UNREACHABLE "<invalid@internationalized-address.invalid>"

/* Octets are looked at eight at a time: nearly all headers are found to be ASCII, and that is all. */
bool surrogate_is_needed(struct span header)
{
    const char *at = header.data;
    size_t left = header.len;
    uint64_t octets, any = 0;

    for (; left >= sizeof(octets); at += sizeof(octets), left -= sizeof(octets)) {
        memcpy(&octets, at, sizeof(octets));
        any |= octets;
    }
    for (; left > 0; at++, left--)
        any |= (unsigned char)*at;
    return (any & UINT64_C(0x8080808080808080)) != 0;
}

/* --- addresses ----------------------------------------------------------------------------------------- */

static bool is_atom_octet(unsigned char octet)
{
    return is_alnum(octet) || (octet != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", octet) != NULL);
}

static bool is_phrase_of_atoms(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != ' ' && !is_atom_octet((unsigned char)text.data[i]))
            return false;
    return true;
}

static void put_quoted(struct buf *out, struct span text)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char octet = (unsigned char)text.data[i];

        if (octet == '"' || octet == '\\')
            buf_put_char(out, '\\');
        if (octet >= ' ' && octet < 0x7f)
            buf_put_char(out, text.data[i]);
    }
    buf_put_char(out, '"');
}

/* A display name or the name of a group, which came unquoted. */
static void put_phrase(struct surrogate_field *writer, struct span phrase)
{
    struct buf quoted = BUF(BUF_UNLIMITED);

    if (surrogate_is_needed(phrase) || is_phrase_of_atoms(phrase)) {
        surrogate_put_text(writer, phrase);
        return;
    }
    put_quoted(&quoted, phrase);
    surrogate_put_word(writer, buf_span(&quoted));
    buf_release(&quoted);
}

static bool can_be_shown(const struct header_address *address)
{
    return address->localpart.len > 0 && address->domain.len > 0 &&
           !surrogate_is_needed(address->localpart) && !surrogate_is_needed(address->domain) &&
           span_find(address->localpart, '\0') == address->localpart.len &&
           span_find(address->domain, '\0') == address->domain.len;
}

static const char *shown_address(struct arena *arena, const struct header_address *address)
{
    const char *internal = arena_printf(arena, "%.*s@%.*s", SPAN_PRINTF(address->localpart),
                                        SPAN_PRINTF(address->domain));

    return arena_printf(arena, "<%s>", address_quote(arena, internal));
}

/* Who cannot be written to can still be read of: without a name the address itself is one. */
static struct span name_of(struct arena *arena, const struct header_address *address)
{
    if (address->display_name.len > 0 || can_be_shown(address))
        return address->display_name;
    if (address->domain.len == 0)
        return address->localpart;
    return span_text(arena_printf(arena, "%.*s@%.*s", SPAN_PRINTF(address->localpart),
                                  SPAN_PRINTF(address->domain)));
}

static void put_mailbox(struct surrogate_field *writer, struct arena *arena,
                        const struct header_address *address)
{
    put_phrase(writer, name_of(arena, address));
    surrogate_put_word(
        writer, span_text(can_be_shown(address) ? shown_address(arena, address) : UNREACHABLE));
}

static void put_addresses(struct buf *out, struct span name, struct arena *arena,
                          const struct header_address *addresses, size_t count)
{
    struct surrogate_field writer = surrogate_begin(out, name);
    bool follows_one = false;

    for (size_t i = 0; i < count; i++) {
        const struct header_address *address = &addresses[i];

        if (address->kind == ADDRESS_GROUP_END) {
            surrogate_put_mark(&writer, ';');
            follows_one = true;
            continue;
        }
        if (follows_one)
            surrogate_put_mark(&writer, ',');
        follows_one = address->kind == ADDRESS_PLAIN;
        if (address->kind == ADDRESS_PLAIN) {
            put_mailbox(&writer, arena, address);
        } else {
            put_phrase(&writer, address->localpart);
            surrogate_put_mark(&writer, ':');
        }
    }
    buf_put_char(out, '\n');
}

static void put_address_field(struct buf *out, struct span name, struct span body)
{
    struct arena *arena = arena_create();
    size_t count;
    const struct header_address *addresses = address_parse_list(arena, body, ADDRESSES_MAX, &count);

    if (count > 0)
        put_addresses(out, name, arena, addresses, count);
    arena_free(&arena);
}

/* --- other fields ---------------------------------------------------------------------------------------- */

static void put_text_field(struct buf *out, struct span name, struct span body)
{
    struct arena *arena = arena_create();
    struct surrogate_field writer = surrogate_begin(out, name);

    surrogate_put_text(&writer, header_unfold(arena, body));
    buf_put_char(out, '\n');
    arena_free(&arena);
}

static void put_parameters(struct surrogate_field *writer, const struct mime_field *field)
{
    for (size_t i = 0; i < field->parameter_count; i++) {
        const struct mime_parameter *parameter = &field->parameters[i];
        struct buf word = BUF(BUF_UNLIMITED);

        if (surrogate_is_needed(parameter->name) || surrogate_is_needed(parameter->value))
            continue;
        surrogate_put_mark(writer, ';');
        buf_put(&word, parameter->name);
        buf_put_char(&word, '=');
        put_quoted(&word, parameter->value);
        surrogate_put_word(writer, buf_span(&word));
        buf_release(&word);
    }
}

static void put_mime_field(struct buf *out, struct span name, struct span body, bool has_subtype)
{
    struct arena *arena = arena_create();
    const struct mime_field field = mime_parse_field(arena, body, has_subtype);

    if (field.value.len > 0 && !surrogate_is_needed(field.value) &&
        !surrogate_is_needed(field.subtype)) {
        struct surrogate_field writer = surrogate_begin(out, name);

        surrogate_put_word(&writer, field.value);
        if (has_subtype) {
            surrogate_put_mark(&writer, '/');
            buf_put(out, field.subtype);
            writer.column += field.subtype.len;
        }
        put_parameters(&writer, &field);
        buf_put_char(out, '\n');
    }
    arena_free(&arena);
}

static void put_type_field(struct buf *out, struct span name, struct span body)
{
    put_mime_field(out, name, body, true);
}

static void put_disposition_field(struct buf *out, struct span name, struct span body)
{
    put_mime_field(out, name, body, false);
}

/* Sections 3.1 to 3.3, and two more texts. What is not here is left out (section 3.4). */
static const struct shown {
    const char *name;
    void (*put)(struct buf *out, struct span name, struct span body);
} shown[] = {
    {"Bcc",                 put_address_field    },
    {"Cc",                  put_address_field    },
    {"From",                put_address_field    },
    {"Reply-To",            put_address_field    },
    {"Resent-Bcc",          put_address_field    },
    {"Resent-Cc",           put_address_field    },
    {"Resent-From",         put_address_field    },
    {"Resent-Sender",       put_address_field    },
    {"Resent-To",           put_address_field    },
    {"Return-Path",         put_address_field    },
    {"Sender",              put_address_field    },
    {"To",                  put_address_field    },
    {"Content-Type",        put_type_field       },
    {"Content-Disposition", put_disposition_field},
    {"Subject",             put_text_field       },
    {"Comments",            put_text_field       },
    {"Content-Description", put_text_field       },
};

static const struct shown *find_shown(struct span name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(shown); i++)
        if (span_equal_text_nocase(name, shown[i].name))
            return &shown[i];
    return NULL;
}

static void put_field(struct buf *out, struct span name, struct span body)
{
    const struct shown *field = find_shown(name);

    if (field != NULL)
        field->put(out, name, body);
}

/* Lines between fields that are none, with their folds, and the end. */
static void put_between(struct buf *out, const char *from, const char *to)
{
    struct span rest = span_of(from, (size_t)(to - from));
    bool drops = false;

    while (rest.len > 0) {
        size_t end = span_find(rest, '\n');
        struct span line = span_first(rest, end == rest.len ? end : end + 1);

        drops =
            surrogate_is_needed(line) || (drops && (line.data[0] == ' ' || line.data[0] == '\t'));
        if (!drops)
            buf_put(out, line);
        rest = span_skip(rest, line.len);
    }
}

void surrogate_put_header(struct buf *out, struct span header)
{
    struct cursor at = cursor_of(header);
    const char *done = header.data;
    struct span name, body, whole;

    while (mime_next_field(&at, &name, &body, &whole)) {
        put_between(out, done, whole.data);
        if (surrogate_is_needed(whole))
            put_field(out, name, body);
        else
            buf_put(out, whole);
        done = whole.data + whole.len;
    }
    put_between(out, done, header.data + header.len);
}

/* --- whose header it is ---------------------------------------------------------------------------------- */

static bool is_international(const struct header_address *address)
{
    return address->kind == ADDRESS_PLAIN &&
           (surrogate_is_needed(address->localpart) || surrogate_is_needed(address->domain));
}

static bool has_international(struct span body)
{
    struct arena *arena = arena_create();
    size_t count;
    const struct header_address *addresses = address_parse_list(arena, body, ADDRESSES_MAX, &count);
    bool found = false;

    for (size_t i = 0; i < count && !found; i++)
        found = is_international(&addresses[i]);
    arena_free(&arena);
    return found;
}

bool surrogate_is_due(struct span header)
{
    struct cursor at = cursor_of(header);
    struct span name, body, whole;

    if (!surrogate_is_needed(header) || u8_check((const uint8_t *)header.data, header.len) != NULL)
        return false;
    while (mime_next_field(&at, &name, &body, &whole)) {
        const struct shown *field = surrogate_is_needed(body) ? find_shown(name) : NULL;

        if (field != NULL && field->put == put_address_field && has_international(body))
            return true;
    }
    return false;
}
