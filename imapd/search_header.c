/*
 * SEARCH in the header: SUBJECT, FROM and its kin by the envelope, HEADER by fields that are looked up once for all keys.
 * Encoded words are undone, folded lines are one.
 */
#include "lib/base/base.h"

#include "imapd/search.h"

#include "lib/message/encoding.h"

/* A field of the header that a key names. */
struct search_field {
    size_t number; /* in search.fields */
    struct span body, mapped;
    bool is_mapped;
};

static size_t find_field(const struct strlist *fields, struct span name)
{
    size_t at = 0;

    while (at < fields->count && !span_equal_text_nocase(name, fields->items[at]))
        at++;
    return at;
}

static void add_field(struct search_match *match, size_t number, struct span body, size_t *capacity)
{
    struct search_field *old = match->fields;

    if (match->field_count == *capacity) {
        *capacity = *capacity == 0 ? 8 : *capacity * 2;
        match->fields = arena_array(match->arena, struct search_field, *capacity);
        if (match->field_count > 0)
            memcpy(match->fields, old, match->field_count * sizeof(*old));
    }
    match->fields[match->field_count++] = (struct search_field){.number = number, .body = body};
}

/* All fields that any key names, in one walk over the header. */
static bool need_fields(struct search_match *match)
{
    const struct strlist *names = &match->search->fields;
    struct span name, body;
    size_t capacity = 0;
    struct cursor at;

    if (match->has_fields)
        return true;
    if (!search_need(match, WANT_HEADERS))
        return false;
    match->field_count = 0;
    at = cursor_of(match->metadata.headers);
    while (mime_next_field(&at, &name, &body, NULL)) {
        size_t number = find_field(names, name);
        if (number < names->count)
            add_field(match, number, body, &capacity);
    }
    match->has_fields = true;
    return true;
}

/* Of a field's body, as people read it. */
static struct span map_body(struct search_match *match, struct span body)
{
    if (body.len == 0 ||
        (memmem(body.data, body.len, "=?", 2) == NULL && memchr(body.data, '\n', body.len) == NULL))
        return search_map(match, span_trim(body));
    buf_clear(&match->decoded);
    encoding_put_header(&match->decoded, body);
    return search_map(match, buf_span(&match->decoded));
}

bool search_header_matches(struct search_match *match, const struct search_key *key)
{
    if (!need_fields(match))
        return false;
    for (size_t i = 0; i < match->field_count; i++) {
        struct search_field *field = &match->fields[i];
        if (field->number != key->field)
            continue;
        if (!field->is_mapped) {
            struct span mapped = map_body(match, field->body);
            field->mapped = span_of(arena_text(match->arena, mapped), mapped.len);
            field->is_mapped = true;
        }
        if (search_has(field->mapped, key))
            return true;
    }
    return false;
}

bool search_subject_matches(struct search_match *match, const struct search_key *key)
{
    struct span subject;

    if (!search_need_envelope(match))
        return false;
    subject = match->envelope.fields[ENVELOPE_SUBJECT];
    return subject.data != NULL && search_has(map_body(match, subject), key);
}

static void put(struct buf *out, struct span text)
{
    (void)!buf_append_span(out, text); /* what has no room is not looked at */
}

/* "Eva <eva@example.test>", "eva@example.test", "<@relay.test:eva@example.test>" */
static void put_address(struct buf *out, const struct envelope_address *address)
{
    bool bracketed = address->name.data != NULL || address->route.data != NULL;

    if (address->name.data != NULL) {
        encoding_put_header(out, address->name);
        put(out, SPAN_LITERAL(" "));
    }
    if (bracketed)
        put(out, SPAN_LITERAL("<"));
    if (address->route.data != NULL) {
        put(out, address->route);
        put(out, SPAN_LITERAL(":"));
    }
    put(out, address->mailbox);
    if (address->host.data != NULL) {
        put(out, SPAN_LITERAL("@"));
        put(out, address->host);
    }
    if (bracketed)
        put(out, SPAN_LITERAL(">"));
}

bool search_addresses_match(struct search_match *match, const struct search_key *key)
{
    struct envelope_address address;
    struct cursor at;
    bool first = true;

    if (!search_need_envelope(match) || match->envelope.fields[key->mask].data == NULL)
        return false;
    buf_clear(&match->decoded);
    at = cursor_of(match->envelope.fields[key->mask]);
    while (envelope_next_address(match->arena, &at, &address)) {
        if (!first)
            put(&match->decoded, SPAN_LITERAL(", "));
        put_address(&match->decoded, &address);
        first = false;
    }
    return search_has(search_map(match, buf_span(&match->decoded)), key);
}
