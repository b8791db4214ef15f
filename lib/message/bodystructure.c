/* BODY and BODYSTRUCTURE: RFC 3501 section 7.4.2, in the order of its fields. */
#include "lib/base/base.h"

#include "lib/message/header.h"
#include "lib/message/imap_text.h"

#define HEADER_MAX (64 * 1024) /* octets of a part's header that are looked at */

/* What the description of one part needs; the output goes to `out`. */
struct writer {
    struct buf *out;
    struct arena *arena;
    struct span message;
    const struct mime_part *parts;
    bool extended;
};

/* The fields of a part's header that matter here; data NULL: not there. */
struct content {
    struct mime_field type, disposition;
    struct span id, description, encoding, md5, language, location;
};

static struct span header_of(const struct writer *writer, const struct mime_part *part)
{
    struct span header = span_of(writer->message.data + part->header_start,
                                 (size_t)(part->body_start - part->header_start));

    return span_first(header, HEADER_MAX);
}

static struct content read_content(const struct writer *writer, const struct mime_part *part)
{
    struct cursor at = cursor_of(header_of(writer, part));
    struct content content = {0};
    struct span name, body;
    const struct {
        const char *name;
        struct span *body;
    } plain[] = {
        {"content-id",                &content.id         },
        {"content-description",       &content.description},
        {"content-transfer-encoding", &content.encoding   },
        {"content-md5",               &content.md5        },
        {"content-language",          &content.language   },
        {"content-location",          &content.location   },
    };

    while (mime_next_field(&at, &name, &body, NULL)) {
        if (!span_starts_with_nocase(name, "content-"))
            continue;
        if (span_equal_text_nocase(name, "content-type") && content.type.value.data == NULL)
            content.type = mime_parse_field(writer->arena, body, true);
        else if (span_equal_text_nocase(name, "content-disposition") &&
                 content.disposition.value.data == NULL)
            content.disposition = mime_parse_field(writer->arena, body, false);
        for (size_t i = 0; i < ARRAY_LENGTH(plain); i++) {
            if (plain[i].body->data == NULL && span_equal_text_nocase(name, plain[i].name))
                *plain[i].body = header_unfold(writer->arena, body);
        }
    }
    mime_join_parameters(writer->arena, &content.type);
    mime_join_parameters(writer->arena, &content.disposition);
    return content;
}

/* `more`: a parameter besides, as it goes over the wire, or NULL */
static void put_parameters(const struct writer *writer, const struct mime_field *field,
                           const char *more)
{
    if (field->parameter_count == 0 && more == NULL) {
        buf_put_text(writer->out, "NIL");
        return;
    }
    for (size_t i = 0; i < field->parameter_count; i++) {
        buf_put_char(writer->out, i == 0 ? '(' : ' ');
        imap_put_string(writer->out, field->parameters[i].name);
        buf_put_char(writer->out, ' ');
        imap_put_string(writer->out, field->parameters[i].value);
    }
    if (more != NULL) {
        buf_put_char(writer->out, field->parameter_count == 0 ? '(' : ' ');
        buf_put_text(writer->out, more);
    }
    buf_put_char(writer->out, ')');
}

static void put_disposition(const struct writer *writer, const struct content *content)
{
    if (content->disposition.value.data == NULL) {
        buf_put_text(writer->out, "NIL");
        return;
    }
    buf_put_char(writer->out, '(');
    imap_put_string(writer->out, content->disposition.value);
    buf_put_char(writer->out, ' ');
    put_parameters(writer, &content->disposition, NULL);
    buf_put_char(writer->out, ')');
}

/* "de, en" is ("de" "en"); one language may stand without parentheses, but this is always right. */
static void put_languages(const struct writer *writer, struct span languages)
{
    const char *separator = "(";

    while (languages.len > 0) {
        struct span language = span_trim(span_take_until(&languages, ','));
        if (language.len == 0)
            continue;
        buf_put_text(writer->out, separator);
        imap_put_string(writer->out, language);
        separator = " ";
    }
    buf_put_text(writer->out, *separator == '(' ? "NIL" : ")");
}

/* disposition, language, location: the end of every extended description */
static void put_extension(const struct writer *writer, const struct content *content)
{
    buf_put_char(writer->out, ' ');
    put_disposition(writer, content);
    buf_put_char(writer->out, ' ');
    put_languages(writer, content->language);
    buf_put_char(writer->out, ' ');
    imap_put_nstring(writer->out, content->location);
}

static void put_part(const struct writer *writer, const struct mime_part *part);

static void put_multipart(const struct writer *writer, const struct mime_part *part,
                          const struct content *content)
{
    buf_put_char(writer->out, '(');
    for (uint16_t i = part->child; i != MIME_NONE; i = writer->parts[i].next)
        put_part(writer, &writer->parts[i]);
    if (part->child == MIME_NONE) /* there must be one: an empty text */
        buf_put_printf(writer->out,
                       "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0%s)",
                       writer->extended ? " NIL NIL NIL NIL" : "");
    buf_put_char(writer->out, ' ');
    imap_put_string(writer->out, content->type.subtype.data == NULL ? SPAN_LITERAL("mixed")
                                                                    : content->type.subtype);
    if (writer->extended) {
        buf_put_char(writer->out, ' ');
        put_parameters(writer, &content->type, NULL);
        put_extension(writer, content);
    }
    buf_put_char(writer->out, ')');
}

/* type, subtype, parameters; RFC 2045 section 5.2 says what a part is that does not say it. */
static void put_type(const struct writer *writer, const struct mime_part *part,
                     const struct content *content)
{
    const struct mime_field *type = &content->type;

    if (type->value.data == NULL && part->kind == MIME_MESSAGE) {
        buf_put_text(writer->out, "\"message\" \"rfc822\" NIL");
        return;
    }
    if (type->value.data == NULL) {
        buf_put_text(writer->out, "\"text\" \"plain\" (\"charset\" \"us-ascii\")");
        return;
    }
    imap_put_string(writer->out, type->value);
    buf_put_char(writer->out, ' ');
    imap_put_string(writer->out, type->subtype);
    buf_put_char(writer->out, ' ');
    put_parameters(writer, type,
                   span_equal_text_nocase(type->value, "text") &&
                           mime_parameter(type, "charset").data == NULL
                       ? "\"charset\" \"us-ascii\""
                       : NULL);
}

static bool is_text(const struct content *content)
{
    return content->type.value.data == NULL || span_equal_text_nocase(content->type.value, "text");
}

static void put_leaf(const struct writer *writer, const struct mime_part *part,
                     const struct content *content)
{
    buf_put_char(writer->out, '(');
    put_type(writer, part, content);
    buf_put_char(writer->out, ' ');
    imap_put_nstring(writer->out, content->id);
    buf_put_char(writer->out, ' ');
    imap_put_nstring(writer->out, content->description);
    buf_put_char(writer->out, ' ');
    imap_put_string(writer->out,
                    content->encoding.len == 0 ? SPAN_LITERAL("7bit") : content->encoding);
    buf_put_printf(writer->out, " %" PRIu64,
                   part->body_end - part->body_start + part->body_bare_lf);
    if (part->kind == MIME_MESSAGE) {
        const struct mime_part *inner = &writer->parts[part->child];
        buf_put_char(writer->out, ' ');
        imap_put_envelope(writer->out, writer->arena, header_of(writer, inner));
        buf_put_char(writer->out, ' ');
        put_part(writer, inner);
    }
    if (part->kind == MIME_MESSAGE || is_text(content))
        buf_put_printf(writer->out, " %" PRIu32, part->body_lines);
    if (writer->extended) {
        buf_put_char(writer->out, ' ');
        imap_put_nstring(writer->out, content->md5);
        put_extension(writer, content);
    }
    buf_put_char(writer->out, ')');
}

static void put_part(const struct writer *writer, const struct mime_part *part)
{
    struct content content = read_content(writer, part);

    if (part->kind == MIME_MULTIPART)
        put_multipart(writer, part, &content);
    else
        put_leaf(writer, part, &content);
}

void imap_put_bodystructure(struct buf *out, struct arena *arena, struct span message,
                            const struct mime_part *parts, bool extended)
{
    const struct writer writer = {
        .out = out, .arena = arena, .message = message, .parts = parts, .extended = extended};

    put_part(&writer, &parts[0]);
}
