/* The words of notifications: reading, expanding and printing them. */
#include "lib/delivery/bounce_template.h"

#include "lib/base/strlist.h"
#include "lib/config/lines.h"
#include "lib/config/parameter.h"
#include "lib/config/value.h"

#define FROM "Mail Delivery System <MAILER-DAEMON>"
#define HOST "This is the mail system at host $myhostname.\n\n"
#define SEAL "                   The mail system\n"

static const struct bounce_template builtin[BOUNCE_TEMPLATE_COUNT] = {
    [BOUNCE_TEMPLATE_FAILURE] =
        {"failure", "utf-8", FROM, "Undelivered Mail Returned to Sender",
                                   "Postmaster Copy: Undelivered Mail",                                   HOST "Your message did not reach the recipients below; the reason stands behind\n"
              "each of them. Nothing more will be tried for them. What you sent is attached\n"
              "to this report, or, when it is large, only its header.\n\n"
              "If the reason does not tell you what to do, ask your postmaster, and pass on\n"
              "this report; the attached message is not needed for that.\n\n" SEAL},
    [BOUNCE_TEMPLATE_DELAY] =
        {"delay",   "utf-8", FROM, "Delayed Mail (still being retried)",
                                   "Postmaster Warning: Delayed Mail",                                    HOST "THIS IS A WARNING ONLY. YOU NEED NOT SEND YOUR MESSAGE AGAIN.\n\n"
              "Your message has been waiting to be delivered to the recipients below for\n"
              "more than $delay_warning_time_text. Delivery will be tried again until it is "
              "$maximal_queue_lifetime_text old.\n\n" SEAL                         },
    [BOUNCE_TEMPLATE_SUCCESS] =
        {"success", "utf-8", FROM, "Successful Mail Delivery Report",     NULL,
                                   HOST "Your message has left this system for the recipients below as you asked to be\n"
              "told. Where it was put into a mailbox, this is the end of its way; otherwise\n"
              "other systems may still report about it.\n\n" SEAL                                                                                        },
    [BOUNCE_TEMPLATE_VERIFY] =
        {"verify",  "utf-8", FROM, "Mail Delivery Status Report",         NULL,
                                   HOST "This is the report on the delivery of mail that you asked for.\n\n" SEAL                                        },
};

struct bounce_templates bounce_templates_builtin(void)
{
    struct bounce_templates templates = {.arena = NULL};

    memcpy(templates.items, builtin, sizeof(builtin));
    return templates;
}

void bounce_templates_release(struct bounce_templates *templates)
{
    arena_free(&templates->arena);
}

/* --- reading ---------------------------------------------------------------------------------------- */

struct reading {
    const char *path;
    struct span rest;
    int line;
    struct bounce_templates *templates;
    struct strlist *warnings;
};

static bool take_line(struct reading *reading, struct span *line_r)
{
    if (reading->rest.len == 0)
        return false;
    *line_r = span_take_until(&reading->rest, '\n');
    reading->line++;
    return true;
}

/* Takes the text over. */
static void warn(struct reading *reading, char *text)
{
    strlist_add(reading->warnings, text);
    mem_free(text);
}

static struct bounce_template *find_template(struct reading *reading, struct span name)
{
    for (size_t i = 0; i < BOUNCE_TEMPLATE_COUNT; i++) {
        struct bounce_template *words = &reading->templates->items[i];
        size_t len = strlen(words->kind);

        if (span_starts_with(name, words->kind) &&
            span_equal_text(span_skip(name, len), "_template"))
            return words;
    }
    return NULL;
}

/* The lines between "<<MARK" and "MARK"; at the file's end without it, there is a warning. */
static struct span take_block(struct reading *reading, struct span mark)
{
    struct span block = reading->rest;
    struct span line;

    while (take_line(reading, &line)) {
        if (span_equal(line, mark))
            return span_first(block, (size_t)(line.data - block.data));
    }
    warn(reading, mem_printf("%s, line %d: missing \"%.*s\" end marker", reading->path,
                             reading->line, SPAN_PRINTF(mark)));
    return block;
}

static const char **find_field(struct bounce_template *words, struct span name)
{
    if (span_equal_text_nocase(name, "Charset"))
        return &words->charset;
    if (span_equal_text_nocase(name, "From"))
        return &words->from;
    if (span_equal_text_nocase(name, "Subject"))
        return &words->subject;
    if (span_equal_text_nocase(name, "Postmaster-Subject"))
        return &words->postmaster_subject;
    return NULL;
}

/* The length of a header field's name, 0 when the line is none. */
static size_t measure_name(struct span line)
{
    size_t len = 0;

    while (len < line.len && (unsigned char)line.data[len] > ' ' && line.data[len] != ':' &&
           (unsigned char)line.data[len] < 0x7f)
        len++;
    return len < line.len && line.data[len] == ':' ? len : 0;
}

/* Header fields, a blank line, and the text; the blank line may be missing. False: pass it over. */
static bool read_template(struct reading *reading, struct span block, struct bounce_template *words)
{
    struct arena *arena = reading->templates->arena;

    while (block.len > 0) {
        struct span rest = block;
        struct span line = span_take_until(&rest, '\n');
        size_t len = measure_name(line);
        const char **field = find_field(words, span_first(line, len));

        if (len == 0) {
            words->text = arena_text(arena, line.len == 0 ? rest : block);
            return true;
        }
        if (field == NULL) {
            warn(reading,
                 mem_printf("%s: unknown \"%.*s\" header label in %s template -- ignoring this "
                            "template",
                            reading->path, (int)len, line.data, words->kind));
            return false;
        }
        *field = arena_text(arena, span_trim(span_skip(line, len + 1)));
        block = rest;
    }
    warn(reading, mem_printf("%s: missing message text in %s template -- ignoring this template",
                             reading->path, words->kind));
    return false;
}

static void read_block(struct reading *reading, struct span name, struct span mark)
{
    struct span block = take_block(reading, mark);
    struct bounce_template *words = find_template(reading, name);
    struct bounce_template changed;

    if (words == NULL) {
        warn(reading, mem_printf("%s, line %d: unknown template name: %.*s -- ignoring this "
                                 "template",
                                 reading->path, reading->line, SPAN_PRINTF(name)));
        return;
    }
    changed = *words;
    if (read_template(reading, block, &changed))
        *words = changed;
}

/* name = <<MARK */
static bool read_definition(struct reading *reading, struct span line, struct error *err)
{
    struct span name;
    struct span value;
    const char *problem = setting_split(line, &name, &value);

    if (problem == NULL && !span_starts_with(value, "<<"))
        problem = "expected \"<<\" and an end marker behind \"=\"";
    if (problem != NULL) {
        error_set(err, ERROR_PERMANENT, "%s, line %d: %s: \"%.*s\"", reading->path, reading->line,
                  problem, SPAN_PRINTF(line));
        return false;
    }
    read_block(reading, name, span_trim(span_skip(value, 2)));
    return true;
}

bool bounce_templates_parse(const char *path, struct span text,
                            struct bounce_templates *templates_r, struct strlist *warnings,
                            struct error *err)
{
    struct reading reading = {
        .path = path, .rest = text, .templates = templates_r, .warnings = warnings};
    struct span line;
    bool done = true;

    *templates_r = bounce_templates_builtin();
    templates_r->arena = arena_create();
    while (done && take_line(&reading, &line)) {
        struct span visible = span_trim(line);

        if (visible.len > 0 && *visible.data != '#')
            done = read_definition(&reading, line, err);
    }
    if (!done)
        bounce_templates_release(templates_r);
    return done;
}

/* --- expanding -------------------------------------------------------------------------------------- */

struct expanding {
    config_value_lookup *lookup;
    void *context;
    struct arena *arena;
    const char *undefined; /* the first name that has no value */
};

static const struct unit {
    const char *suffix;
    const char *name;
    int seconds;
} units[] = {
    {"_weeks",   "week",   7 * 86400},
    {"_days",    "day",    86400    },
    {"_hours",   "hour",   3600     },
    {"_minutes", "minute", 60       },
    {"_seconds", "second", 1        },
};

/* "5 day(s)": the largest unit but weeks that is not longer than the time */
static const char *time_text(struct arena *arena, int seconds)
{
    size_t unit = 1;

    while (unit + 1 < ARRAY_LENGTH(units) && seconds < units[unit].seconds)
        unit++;
    return arena_printf(arena, "%d %s(s)", seconds / units[unit].seconds, units[unit].name);
}

/* A parameter that is a time, in a unit; NULL when it is not the name of one with such a suffix. */
static const char *look_up_time(struct expanding *expanding, const char *name)
{
    const char *suffix = strrchr(name, '_');
    struct span base = span_of(name, suffix == NULL ? 0 : (size_t)(suffix - name));
    const struct parameter *parameter = parameter_find(base);
    const char *value;
    int seconds;

    if (parameter == NULL || parameter->kind != PARAMETER_TIME)
        return NULL;
    value = expanding->lookup(expanding->context, parameter->name);
    if (value == NULL || !value_time(value, value_time_unit(parameter->value), &seconds))
        return NULL;
    if (strcmp(suffix, "_text") == 0)
        return time_text(expanding->arena, seconds);
    for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
        if (strcmp(suffix, units[i].suffix) == 0)
            return arena_printf(expanding->arena, "%d", seconds / units[i].seconds);
    }
    return NULL;
}

static const char *look_up(void *context, const char *name)
{
    struct expanding *expanding = context;
    const char *value = expanding->lookup(expanding->context, name);

    if (value == NULL)
        value = look_up_time(expanding, name);
    if (value == NULL && expanding->undefined == NULL)
        expanding->undefined = arena_copy(expanding->arena, name);
    return value;
}

bool bounce_template_expand(const struct bounce_template *words, config_value_lookup *lookup,
                            void *context, struct buf *out, struct error *err)
{
    struct expanding expanding = {.lookup = lookup, .context = context, .arena = arena_create()};
    bool done = config_expand(words->text, look_up, &expanding, NULL, out, err);

    if (done && expanding.undefined != NULL) {
        error_set(err, ERROR_PERMANENT, "undefined name $%s", expanding.undefined);
        done = false;
    }
    if (!done)
        error_prefix(err, "%s template", words->kind);
    arena_free(&expanding.arena);
    return done;
}

/* --- printing --------------------------------------------------------------------------------------- */

void bounce_template_print(const struct bounce_template *words, struct buf *out)
{
    buf_put_printf(out, "%s_template = <<EOF\nCharset: %s\nFrom: %s\nSubject: %s\n", words->kind,
                   words->charset, words->from, words->subject);
    if (words->postmaster_subject != NULL)
        buf_put_printf(out, "Postmaster-Subject: %s\n", words->postmaster_subject);
    buf_put_printf(out, "\n%sEOF\n", words->text);
}
