/* Tables of patterns for mail that leaves. */
#include "smtp/checks.h"

#include "lib/base/log.h"
#include "lib/config/config.h"
#include "lib/map/map.h"
#include "lib/message/content_order.h"
#include "lib/message/mime_walk.h"

#define READ_MAX   65536
#define VALUE_MAX  ((size_t)1024 * 1024) /* of what a table says: a whole field may be in it */
#define LOGGED_MAX 60                    /* octets of a field or line in the log */

enum { TABLE_HEADER, TABLE_MIME, TABLE_NESTED, TABLE_BODY, TABLE_COUNT };

struct checks {
    const struct config *config;
    const char *const *parameters;
    struct maps *tables[TABLE_COUNT];
    bool beyond_header; /* there are tables for more than the message's own header */
};

struct checks *checks_create(const struct config *config, bool lmtp)
{
    static const char *const names[2][TABLE_COUNT] = {
        {"smtp_header_checks", "smtp_mime_header_checks", "smtp_nested_header_checks",
         "smtp_body_checks"},
        {"lmtp_header_checks", "lmtp_mime_header_checks", "lmtp_nested_header_checks",
         "lmtp_body_checks"},
    };
    const char *const lists[2][TABLE_COUNT] = {
        {config->smtp_header_checks, config->smtp_mime_header_checks,
         config->smtp_nested_header_checks, config->smtp_body_checks},
        {config->lmtp_header_checks, config->lmtp_mime_header_checks,
         config->lmtp_nested_header_checks, config->lmtp_body_checks},
    };
    struct checks *checks = mem_new(struct checks);
    bool any = false;

    checks->config = config;
    checks->parameters = names[lmtp];
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        bool is_empty;

        checks->tables[i] = maps_open_octets(config, lists[lmtp][i], true);
        is_empty = maps_is_empty(checks->tables[i]);
        any = any || !is_empty;
        checks->beyond_header = checks->beyond_header || (i != TABLE_HEADER && !is_empty);
    }
    if (any)
        return checks;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        maps_free(&checks->tables[i]);
    mem_free(checks);
    return NULL;
}

/* The work on one message. */
struct filtering {
    const struct checks *checks;
    const char *queue_id;
    struct buf value;  /* what a table says */
    struct buf out;    /* the content as it will leave */
    uint64_t header;   /* octets of the message's own header, as they were... */
    size_t header_out; /* ...and as they are, once... */
    bool header_ended; /* ...it is over; and with it, perhaps, the work */
    bool changed;
    bool failed;
};

/* --- orders --------------------------------------------------------------------------------------- */

static void log_order(const struct filtering *filtering, const char *action, const char *subject,
                      struct span content, const char *text)
{
    log_info("%s: %s: %s %.*s%s%s", filtering->queue_id, action, subject,
             SPAN_PRINTF(span_first(content, LOGGED_MAX)), text[0] == '\0' ? "" : ": ", text);
}

/* An order's text in the place of what it is for, or before it: what follows a line end in a field is a fold. */
static void put_text(struct filtering *filtering, const char *text, bool in_header)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (in_header && c > text && c[-1] == '\n' && *c != ' ' && *c != '\t')
            buf_put_char(&filtering->out, '\t');
        buf_put_char(&filtering->out, *c);
    }
    filtering->changed = true;
}

/* False: what the order is for goes no further. */
static bool obey(struct filtering *filtering, size_t table, const char *subject,
                 struct span content)
{
    const char *parameter = filtering->checks->parameters[table];
    bool in_header = table != TABLE_BODY;
    const char *text;
    struct span action = content_order_split(buf_text(&filtering->value), &text);

    if (span_equal_text_nocase(action, "WARN")) {
        log_order(filtering, "warning", subject, content, text);
    } else if (span_equal_text_nocase(action, "INFO")) {
        log_order(filtering, "info", subject, content, text);
    } else if (span_equal_text_nocase(action, "PREPEND")) {
        if (content_order_fits("PREPEND", text, in_header, parameter)) {
            log_order(filtering, "prepend", subject, content, text);
            put_text(filtering, text, in_header);
            buf_put_char(&filtering->out, '\n');
        }
    } else if (span_equal_text_nocase(action, "REPLACE")) {
        if (content_order_fits("REPLACE", text, in_header, parameter)) {
            log_order(filtering, "replace", subject, content, text);
            put_text(filtering, text, in_header);
            return false;
        }
    } else if (span_equal_text_nocase(action, "STRIP")) {
        log_order(filtering, "strip", subject, content, text);
        filtering->changed = true;
        return false;
    } else if (span_equal_text_nocase(action, "IGNORE")) {
        filtering->changed = true;
        return false;
    } else if (!span_equal_text_nocase(action, "DUNNO") && !span_equal_text_nocase(action, "OK")) {
        log_warning("unsupported command in %s map: %s", parameter, buf_text(&filtering->value));
    }
    return true;
}

/* What is to be written in the place of a field or line is; the rest of its line end is the caller's. */
static void check(struct filtering *filtering, size_t table, struct span content)
{
    struct maps *maps = filtering->checks->tables[table];
    struct error err = {0};
    bool keeps = true;

    if (content.len > 0 && !filtering->failed && !maps_is_empty(maps)) {
        switch (maps_find(maps, content, MAP_FOLD_KEY, &filtering->value, NULL, &err)) {
        case MAP_FOUND:
            keeps = obey(filtering, table, table == TABLE_BODY ? "body" : "header", content);
            break;
        case MAP_ABSENT:
            break;
        case MAP_UNAVAILABLE:
            filtering->failed = true;
            break;
        }
    }
    if (keeps)
        buf_put(&filtering->out, content);
}

/* A line end for whatever was written; what was dropped has none. */
static void end_line(struct filtering *filtering, size_t before, bool has_end)
{
    const struct buf *out = &filtering->out;

    if (out->len > before && has_end && (out->data[out->len - 1] != '\n'))
        buf_put_char(&filtering->out, '\n');
}

/* --- the walk ------------------------------------------------------------------------------------- */

static void on_field(void *context, enum mime_header header, const struct header_field *field)
{
    static const size_t tables[] = {
        [MIME_HEADER_MESSAGE] = TABLE_HEADER,
        [MIME_HEADER_PART] = TABLE_MIME,
        [MIME_HEADER_NESTED] = TABLE_NESTED,
    };
    struct filtering *filtering = context;
    struct span text = field->whole;
    size_t before = filtering->out.len;
    bool has_end = text.data[text.len - 1] == '\n';

    if (header == MIME_HEADER_MESSAGE)
        filtering->header += text.len;
    if (has_end)
        text.len--;
    check(filtering, mime_is_about(field->name) ? TABLE_MIME : tables[header], text);
    end_line(filtering, before, has_end);
}

static void on_header_end(void *context)
{
    struct filtering *filtering = context;

    filtering->header_ended = true;
    filtering->header_out = filtering->out.len;
}

static void on_line(void *context, struct span line, bool has_end)
{
    struct filtering *filtering = context;
    size_t before = filtering->out.len;

    check(filtering, TABLE_BODY, line);
    if (line.len == 0 && has_end)
        buf_put_char(&filtering->out, '\n');
    else
        end_line(filtering, before, has_end);
}

static void on_octets(void *context, struct span octets)
{
    struct filtering *filtering = context;

    buf_put(&filtering->out, octets);
}

static struct mime_walk *make_walk(struct filtering *filtering)
{
    const struct config *config = filtering->checks->config;
    const struct mime_settings settings = {
        .structure = filtering->checks->beyond_header,
        .field_max = SIZE_MAX / 4, /* cleanup has cut them */
        .line_max = (size_t)config->line_length_limit,
        .nesting_max = (size_t)config->mime_nesting_limit,
        .boundary_max = (size_t)config->mime_boundary_length_limit,
        .lines_within = 0, /* body_checks_size_limit is for what comes in, as in Postfix */
    };
    const struct mime_listener listener = {
        .context = filtering,
        .field = on_field,
        .header_end = on_header_end,
        .line = on_line,
        .octets = on_octets,
    };

    return mime_walk_create(&settings, &listener);
}

/* False: the file cannot be read. */
static bool walk_through(struct filtering *filtering, const struct outgoing *outgoing)
{
    const struct checks *checks = filtering->checks;
    struct mime_walk *walk = make_walk(filtering);
    char *block = mem_alloc(READ_MAX);
    uint64_t size = outgoing->request.content_size;
    bool read = true;

    mime_walk_begin(walk, !maps_is_empty(checks->tables[TABLE_BODY]));
    for (uint64_t done = 0; done < size && read; done += READ_MAX) {
        size_t len = size - done < READ_MAX ? (size_t)(size - done) : READ_MAX;

        if (filtering->failed || (filtering->header_ended && !checks->beyond_header))
            break;
        read = outgoing_read(outgoing, block, len, done);
        if (read)
            mime_walk(walk, span_of(block, len));
    }
    if (read)
        mime_walk_end(walk);
    mem_free(block);
    mime_walk_free(&walk);
    return read;
}

bool checks_apply(const struct checks *checks, struct outgoing *outgoing, struct failure *failure_r)
{
    struct filtering filtering = {.checks = checks, .queue_id = outgoing->request.queue_id};
    bool done = true;

    if (checks == NULL)
        return true;
    filtering.value = BUF(VALUE_MAX);
    filtering.out = BUF(BUF_UNLIMITED);
    if (!walk_through(&filtering, outgoing)) {
        *failure_r = (struct failure){.status = "4.3.0", .text = "queue file read error"};
        done = false;
    } else if (filtering.failed) {
        log_warning("%s: smtp header checks lookup error", filtering.queue_id);
        *failure_r =
            (struct failure){.status = "4.3.0", .text = "header or body checks lookup error"};
        done = false;
    } else if (filtering.changed && checks->beyond_header) {
        outgoing_replace(outgoing, outgoing->request.content_size, buf_span(&filtering.out));
    } else if (filtering.changed) {
        outgoing_replace(outgoing, filtering.header,
                         span_first(buf_span(&filtering.out), filtering.header_out));
    }
    buf_release(&filtering.value);
    buf_release(&filtering.out);
    return done;
}
