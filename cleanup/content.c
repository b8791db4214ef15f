/* Content on its way into the queue file: a walk through its structure, in which fields and lines are checked
 * and changed, and the rest passes in large blocks. */
#include "cleanup/content.h"

#include "cleanup/checks.h"
#include "cleanup/header.h"
#include "lib/base/escape.h"

/* --- characters that may not be ------------------------------------------------------------------- */

struct character_set {
    bool has[256];
};

/* message_reject_characters, message_strip_characters: with escapes as in C */
static struct character_set *read_characters(const char *text)
{
    struct buf octets = BUF(BUF_UNLIMITED);
    struct character_set *set = text[0] == '\0' ? NULL : mem_new(struct character_set);

    escape_decode(span_text(text), &octets);
    for (size_t i = 0; i < octets.len; i++)
        set->has[(unsigned char)octets.data[i]] = true;
    buf_release(&octets);
    return set;
}

static size_t find_character(struct span octets, const struct character_set *set)
{
    size_t at = 0;

    while (at < octets.len && !set->has[(unsigned char)octets.data[at]])
        at++;
    return at;
}

/* Content has LF line ends; a CR in it could end a line for somebody else (SMTP smuggling). */
static struct span without_stray_cr(struct message *message, struct span block)
{
    if (!message->cleanup->config->cleanup_replace_stray_cr_lf ||
        span_find(block, '\r') == block.len)
        return block;
    buf_clear(&message->mended);
    buf_put(&message->mended, block);
    for (size_t i = 0; i < block.len; i++) {
        if (message->mended.data[i] == '\r')
            message->mended.data[i] = ' ';
    }
    return buf_span(&message->mended);
}

static struct span without_stripped(struct message *message, struct span block)
{
    const struct character_set *set = message->cleanup->stripped;
    size_t len = set == NULL ? block.len : find_character(block, set);

    if (!message->checked || len == block.len)
        return block;
    if (block.data != message->mended.data) {
        buf_clear(&message->mended);
        buf_put(&message->mended, block);
    }
    for (size_t i = len; i < block.len; i++) {
        if (!set->has[(unsigned char)message->mended.data[i]])
            message->mended.data[len++] = message->mended.data[i];
    }
    buf_truncate(&message->mended, len);
    return buf_span(&message->mended);
}

/* Where the first line starts that has a character which is refused; block.len: there is none. */
static size_t find_rejected(const struct message *message, struct span block)
{
    const struct character_set *set = message->cleanup->rejected;
    size_t at = set == NULL || !message->checked ? block.len : find_character(block, set);
    size_t line_end;

    if (at == block.len)
        return at;
    line_end = span_find_last(span_first(block, at), '\n');
    return line_end == at ? 0 : line_end + 1;
}

/* --- fields --------------------------------------------------------------------------------------- */

/* A field in the place of the one that came: what follows a line end in it is a fold. */
static void change_field(struct message *message, struct span name, struct span body,
                         struct header_field *field)
{
    struct buf *changed = &message->changed;
    struct cursor at;

    buf_clear(changed);
    buf_put(changed, name);
    buf_put_char(changed, ':');
    for (size_t i = 0; i < body.len; i++) {
        bool starts_line = i > 0 && body.data[i - 1] == '\n';

        if (starts_line && body.data[i] != ' ' && body.data[i] != '\t')
            buf_put_char(changed, '\t');
        buf_put_char(changed, body.data[i]);
    }
    if (body.len == 0 || body.data[body.len - 1] != '\n')
        buf_put_char(changed, '\n');
    at = cursor_of(buf_span(changed));
    ASSERT(header_next(&at, true, field) == PARSE_DONE);
}

static struct span without_line_end(struct span lines)
{
    if (lines.len > 0 && lines.data[lines.len - 1] == '\n')
        lines.len--;
    return lines;
}

/* The field that tables see and that is written: without the obsolete white space before its colon. */
static void settle_field(struct message *message, struct header_field *field)
{
    if (field->name.data + field->name.len + 1 != field->body.data)
        change_field(message, field->name,
                     without_line_end(span_of(
                         field->body.data,
                         (size_t)(field->whole.data + field->whole.len - field->body.data))),
                     field);
}

/* False: it is dropped. */
static bool check_field(struct message *message, enum mime_header header,
                        struct header_field *field)
{
    struct span text;
    struct cursor at;

    switch (checks_field(message, header, field->name, without_line_end(field->whole), &text)) {
    case CHECK_KEEP:
        return true;
    case CHECK_DROP:
        return false;
    case CHECK_REPLACE:
        break;
    }
    at = cursor_of(text);
    ASSERT(header_next(&at, true, field) == PARSE_DONE); /* checks.c has seen to that */
    change_field(message, field->name, span_skip(text, (size_t)(field->body.data - text.data)),
                 field);
    return true;
}

/* detect_8bit_encoding_header: as if the client had said BODY=8BITMIME */
static void look_for_eight_bit(struct message *message, const struct header_field *field)
{
    struct span body = field->body;

    if (!message->cleanup->config->detect_8bit_encoding_header ||
        !span_equal_text_nocase(field->name, "Content-Transfer-Encoding"))
        return;
    while (body.len > 0 && is_space(body.data[0]))
        body = span_skip(body, 1);
    if (span_equal_text_nocase(body, "8bit") || span_equal_text_nocase(body, "binary"))
        message->eight_bit = true;
}

/* Of a long field only header_size_limit octets are kept. */
static void cut_field(struct message *message, struct header_field *field)
{
    size_t limit = (size_t)message->cleanup->config->header_size_limit;
    struct cursor start = cursor_of(span_first(field->whole, limit));

    if (field->whole.len > limit)
        (void)!header_next(&start, true, field);
}

static void on_field(void *context, enum mime_header header, const struct header_field *given)
{
    struct message *message = context;
    struct header_field field = *given;

    if (!message_is_wanted(message))
        return;
    settle_field(message, &field);
    if (check_field(message, header, &field)) {
        look_for_eight_bit(message, &field);
        cut_field(message, &field);
        if (header == MIME_HEADER_MESSAGE)
            header_field(message, &field);
        else
            message_keep(message, field.whole);
        if (header != MIME_HEADER_MESSAGE && field.whole.data[field.whole.len - 1] != '\n')
            message_put(message, SPAN_LITERAL("\n"));
    }
    if (field.whole.data != given->whole.data) /* it lives only until the next one */
        message_flush(message);
}

static void on_header_end(void *context)
{
    if (message_is_wanted(context))
        header_complete(context);
}

/* --- bodies --------------------------------------------------------------------------------------- */

static void on_line(void *context, struct span line, bool has_end)
{
    struct message *message = context;
    struct span text;

    if (!message_is_wanted(message))
        return;
    switch (checks_line(message, line, &text)) {
    case CHECK_KEEP:
        message_keep(message, span_of(line.data, line.len + has_end));
        break;
    case CHECK_DROP:
        break;
    case CHECK_REPLACE:
        message_put(message, text);
        if (has_end)
            message_put(message, SPAN_LITERAL("\n"));
        break;
    }
}

static void on_octets(void *context, struct span octets)
{
    message_keep(context, octets);
}

static void on_fault(void *context, unsigned fault, struct span text)
{
    struct message *message = context;

    if (message->checked)
        checks_fault(message, fault, text);
}

/* --- the whole ------------------------------------------------------------------------------------ */

/* What is refused, by parameters; nested too deep are only those in whose parts something is looked for. */
static unsigned faults_of(const struct config *config)
{
    unsigned faults = 0;

    if (config->strict_8bitmime || config->strict_7bit_headers)
        faults |= MIME_FAULT_8BIT_HEADER;
    if (config->strict_8bitmime || config->strict_8bitmime_body)
        faults |= MIME_FAULT_8BIT_BODY;
    if (config->strict_mime_encoding_domain)
        faults |= MIME_FAULT_ENCODING;
    if (faults != 0 || config->header_checks[0] != '\0' || config->mime_header_checks[0] != '\0' ||
        config->nested_header_checks[0] != '\0')
        faults |= MIME_FAULT_NESTING;
    return faults;
}

static struct mime_walk *make_walk(struct message *message)
{
    const struct config *config = message->cleanup->config;
    const struct mime_settings settings = {
        .structure = !config->disable_mime_input_processing,
        .field_max = (size_t)config->header_size_limit,
        .line_max = (size_t)config->line_length_limit,
        .nesting_max = (size_t)config->mime_nesting_limit,
        .boundary_max = (size_t)config->mime_boundary_length_limit,
        .lines_within = (size_t)config->body_checks_size_limit,
        .faults = config->disable_mime_input_processing ? 0 : faults_of(config),
    };
    const struct mime_listener listener = {
        .context = message,
        .field = on_field,
        .header_end = on_header_end,
        .line = on_line,
        .octets = on_octets,
        .fault = on_fault,
    };

    return mime_walk_create(&settings, &listener);
}

void content_prepare(struct message *message)
{
    struct cleanup *cleanup = message->cleanup;
    const struct config *config = cleanup->config;

    cleanup->filters_bounces =
        strlist_text_has(config->internal_mail_filter_classes, ", \t\r\n", "bounce");
    cleanup->rejected = read_characters(config->message_reject_characters);
    cleanup->stripped = read_characters(config->message_strip_characters);
    cleanup->walk = make_walk(message);
    message->mended = BUF(IPC_BLOCK_MAX);
    message->changed =
        BUF(BUF_UNLIMITED); /* what a table, whose answers are bounded, made of a field */
}

void content_release(struct message *message)
{
    struct cleanup *cleanup = message->cleanup;

    mem_free(cleanup->rejected);
    mem_free(cleanup->stripped);
    cleanup->rejected = cleanup->stripped = NULL;
    mime_walk_free(&cleanup->walk);
    buf_release(&message->mended);
    buf_release(&message->changed);
}

void content_begin(struct message *message)
{
    message->checked = checks_apply_to(message);
    mime_walk_begin(message->cleanup->walk,
                    message->checked && checks_want_lines(message->cleanup->checks));
}

void content_block(struct message *message, struct span block)
{
    size_t rejected;
    struct span line;

    if (!message_is_wanted(message))
        return;
    block = without_stray_cr(message, block);
    rejected = find_rejected(message, block);
    line = span_skip(block, rejected);
    line = span_first(line, span_find(line, '\n'));
    mime_walk(message->cleanup->walk, without_stripped(message, span_first(block, rejected)));
    message_flush(message);
    if (rejected < block.len && message->checked)
        checks_characters(message, line);
}

void content_end(struct message *message)
{
    if (!message_is_wanted(message))
        return;
    mime_walk_end(message->cleanup->walk);
    message_flush(message);
}
