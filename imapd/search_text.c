/*
 * SEARCH BODY and TEXT: parts that are text, with their transfer encoding and charset undone. TEXT
 * looks at the headers too, of the message and of its parts. A message is looked at piece by piece, and
 * each piece once for all keys.
 */
#include "lib/base/base.h"

#include "imapd/search.h"

#include "lib/message/encoding.h"

static struct span octets_of(const struct search_match *match, uint64_t start, uint64_t end)
{
    struct span rest = span_skip(match->metadata.content, (size_t)start);

    return span_first(rest, (size_t)(end - start));
}

/* A header as people read it: field by field. */
static struct span decode_header(struct search_match *match, struct span header)
{
    struct cursor at = cursor_of(header);
    struct span name, body;

    buf_clear(&match->decoded);
    while (mime_next_field(&at, &name, &body, NULL)) {
        if (!buf_append_span(&match->decoded, name) || !buf_append_text(&match->decoded, ": "))
            break;
        encoding_put_header(&match->decoded, body);
        if (!buf_append_char(&match->decoded, '\n'))
            break;
    }
    return buf_span(&match->decoded);
}

static bool is_ascii_compatible(struct span charset)
{
    return charset.len == 0 || span_equal_text_nocase(charset, "utf-8") ||
           span_equal_text_nocase(charset, "us-ascii");
}

static struct span undo_transfer_encoding(struct search_match *match, struct span encoding,
                                          struct span text)
{
    buf_clear(&match->decoded);
    if (span_equal_text_nocase(encoding, "base64"))
        encoding_put_base64_decoded(&match->decoded, text);
    else if (span_equal_text_nocase(encoding, "quoted-printable"))
        encoding_put_quoted_printable_decoded(&match->decoded, text, false);
    else
        return text;
    return buf_span(&match->decoded);
}

/* message/delivery-status and the like are text, too: who looks for a bounced address finds it. */
static bool is_text(const struct mime_field *type)
{
    return type->value.data == NULL || span_equal_text_nocase(type->value, "text") ||
           span_equal_text_nocase(type->value, "message");
}

/* The text of a leaf in UTF-8. false: it is no text. */
static bool decode_leaf(struct search_match *match, const struct mime_part *part,
                        struct span *text_r)
{
    struct span header = octets_of(match, part->header_start, part->body_start);
    struct span text = octets_of(match, part->body_start, part->body_end);
    struct mime_field type =
        mime_parse_field(match->arena, mime_find_field(header, "content-type"), true);
    struct span encoding = span_trim(mime_find_field(header, "content-transfer-encoding"));
    struct span charset = mime_parameter(&type, "charset");

    if (!is_text(&type))
        return false;
    text = undo_transfer_encoding(match, encoding, text);
    if (!is_ascii_compatible(charset)) {
        buf_clear(&match->charset);
        encoding_put_utf8(&match->charset, charset, text);
        text = buf_span(&match->charset);
    }
    *text_r = text;
    return true;
}

/* All keys are asked about a piece; BODY sees no headers. */
static void look_for_all(struct search_match *match, struct span text, bool is_header)
{
    struct span mapped = search_map(match, text);

    for (struct search_key *key = match->search->texts; key != NULL; key = key->next_text) {
        if (!key->found && (key->kind == SEARCH_TEXT || !is_header))
            key->found = search_has(mapped, key);
    }
}

static bool any_key_sees_headers(const struct search *search)
{
    const struct search_key *key = search->texts;

    while (key != NULL && key->kind != SEARCH_TEXT)
        key = key->next_text;
    return key != NULL;
}

/* The next piece of the message. false: there is none. */
static bool look_at_next(struct search_match *match)
{
    const struct mime_part *part = &match->metadata.parts[match->part];
    struct span text;

    if (match->part == match->metadata.part_count || part->body_end > match->metadata.content.len)
        return false; /* the end; or the file became shorter */
    if (!match->header_done) {
        match->header_done = true;
        if (any_key_sees_headers(match->search)) {
            text = octets_of(match, part->header_start, part->body_start);
            look_for_all(match, decode_header(match, text), true);
        }
        return true;
    }
    if (part->kind == MIME_LEAF && decode_leaf(match, part, &text))
        look_for_all(match, text, false);
    match->part++;
    match->header_done = false;
    return true;
}

bool search_text_matches(struct search_match *match, struct search_key *key)
{
    if (!search_need(match, WANT_BODYSTRUCTURE | WANT_CONTENT | match->search->wanted))
        return false;
    while (!key->found && look_at_next(match))
        ;
    return key->found;
}
