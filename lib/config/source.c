/* Reading of main.cf and -o overrides, and expansion of what they say. */
#include "lib/config/source.h"

#include "lib/base/file.h"
#include "lib/config/computed.h"
#include "lib/config/expand.h"
#include "lib/config/lines.h"

#include <fcntl.h>
#include <stdlib.h>

#define MAIN_CF_MAX (16U << 20) /* octets of main.cf, and of any expanded value */
#define DEPTH_MAX   100         /* of names that refer to names */

const char *source_directory(const char *directory)
{
    if (directory == NULL || *directory == '\0')
        directory = secure_getenv("MAIL_CONFIG");
    return directory == NULL || *directory == '\0' ? CONFIG_DIRECTORY : directory;
}

struct entry *source_entry(struct config_source *source, struct span name)
{
    const struct parameter *parameter = parameter_find(name);

    if (parameter != NULL)
        return &source->known[parameter_index(parameter)];
    return source->others == NULL ? NULL : hash_get(source->others, name);
}

static struct entry *make_entry(struct config_source *source, struct span name)
{
    struct entry *entry = source_entry(source, name);

    if (entry == NULL) {
        entry = arena_new(source->arena, struct entry);
        if (source->others == NULL)
            source->others = hash_create();
        hash_put(source->others, name, entry);
    }
    return entry;
}

static void note_setting(struct config_source *source, struct span name)
{
    /* room for a power of two of them */
    if ((source->setting_count & (source->setting_count - 1)) == 0)
        source->settings =
            mem_resize(source->settings, source->setting_count == 0 ? 1 : source->setting_count * 2,
                       sizeof(*source->settings));
    source->settings[source->setting_count++] =
        (struct setting){arena_text(source->arena, name), parameter_find(name)};
}

static void set(struct config_source *source, struct span name, struct span value, int line)
{
    struct entry *entry = make_entry(source, name);

    if (entry->text == NULL && (line > 0 || *source->service == '\0')) {
        note_setting(source, name);
    } else if (line > 0 && !span_equal_text(value, entry->text)) {
        char *warning = mem_printf("%s, line %d: overriding earlier entry: %.*s=%s", source->path,
                                   line, SPAN_PRINTF(name), entry->text);

        strlist_add(&source->warnings, warning);
        mem_free(warning);
    }
    entry->text = arena_text(source->arena, value);
    entry->line = line;
}

static bool read_line(struct config_source *source, const struct logical_line *line,
                      struct error *err)
{
    struct span name;
    struct span value;
    const char *problem;

    if (line->orphaned) {
        char *warning =
            mem_printf("%s, line %d: logical line must not start with whitespace: \"%.*s\"",
                       source->path, line->number, SPAN_PRINTF(line->text));

        strlist_add(&source->warnings, warning);
        mem_free(warning);
        return true;
    }
    /* What follows a NUL is not there, as for Postfix: names are texts later on. */
    problem = setting_split(span_first(line->text, span_find(line->text, '\0')), &name, &value);
    if (problem != NULL) {
        error_set(err, ERROR_PERMANENT, "%s, line %d: %s: \"%.*s\"", source->path, line->number,
                  problem, SPAN_PRINTF(line->text));
        return false;
    }
    set(source, name, value, line->number);
    return true;
}

bool source_parse(struct config_source *source, struct span text, struct error *err)
{
    struct lines lines = LINES(text);
    struct logical_line line;
    bool done = true;

    while (done && lines_next(&lines, &line))
        done = read_line(source, &line, err);
    lines_release(&lines);
    return done;
}

static bool read_main_cf(struct config_source *source, struct error *err)
{
    struct buf content = BUF(MAIN_CF_MAX);
    bool done = file_read(AT_FDCWD, source->path, &content, err) &&
                source_parse(source, buf_span(&content), err);

    buf_release(&content);
    return done;
}

static bool read_overrides(struct config_source *source, const struct strlist *overrides,
                           struct error *err)
{
    for (size_t i = 0; overrides != NULL && i < overrides->count; i++) {
        struct span text = braces_strip(span_text(overrides->items[i]));
        struct span name;
        struct span value;
        const char *problem = setting_split(text, &name, &value);

        if (problem != NULL) {
            error_set(err, ERROR_PERMANENT, "invalid parameter override: %s: %s",
                      overrides->items[i], problem);
            return false;
        }
        set(source, name, value, 0);
    }
    return true;
}

struct config_source *source_defaults(const char *directory)
{
    struct config_source *source = mem_new(struct config_source);

    source->arena = arena_create();
    source->scratch = BUF(MAIN_CF_MAX);
    source->directory = arena_copy(source->arena, source_directory(directory));
    source->path = arena_printf(source->arena, "%s/main.cf", source->directory);
    source->service = "";
    return source;
}

struct config_source *source_read(const char *directory, const struct strlist *overrides,
                                  const char *service, struct error *err)
{
    struct config_source *source = source_defaults(directory);

    if (service != NULL)
        source->service = arena_copy(source->arena, service);
    if (!read_main_cf(source, err) || !read_overrides(source, overrides, err))
        source_free(&source);
    return source;
}

void source_free(struct config_source **source)
{
    if (*source == NULL)
        return;
    hash_free(&(*source)->others, NULL);
    mem_free((*source)->settings);
    mem_free((*source)->flaws);
    strlist_release(&(*source)->warnings);
    buf_release(&(*source)->scratch);
    arena_free(&(*source)->arena);
    mem_free(*source);
    *source = NULL;
}

void source_note_flaw(struct config_source *source, const struct parameter *parameter,
                      const struct error *err)
{
    source->flaws = mem_resize(source->flaws, source->flaw_count + 1, sizeof(*source->flaws));
    source->flaws[source->flaw_count++] =
        (struct flaw){parameter, err->kind, arena_copy(source->arena, err->text)};
}

struct expanding {
    struct config_source *source;
    bool referent_failed; /* not the text is malformed, but one that it refers to */
};

static bool look_up(void *context, struct span name, const char **value_r, struct error *err)
{
    struct expanding *expanding = context;

    expanding->referent_failed = !source_value_of(expanding->source, name, value_r, err);
    return !expanding->referent_failed;
}

static const char *expand_text(struct expanding *expanding, struct span text, struct error *err)
{
    struct config_source *source = expanding->source;
    size_t start = source->scratch.len;
    const char *value = NULL;

    if (expand(text, look_up, expanding, NULL, &source->scratch, err))
        value = arena_text(source->arena, span_skip(buf_span(&source->scratch), start));
    buf_truncate(&source->scratch, start);
    return value;
}

const char *source_expand(struct config_source *source, struct span text, struct error *err)
{
    struct expanding expanding = {.source = source};

    return expand_text(&expanding, text, err);
}

static void say_where(const struct config_source *source, const struct entry *entry,
                      const char *name, struct error *err)
{
    if (entry->line > 0)
        error_prefix(err, "%s, line %d: %s", source->path, entry->line, name);
    else
        error_prefix(err, "%s", name);
}

static bool begin(struct config_source *source, struct entry *entry, const char *name,
                  struct error *err)
{
    if (entry->expanding || source->depth == DEPTH_MAX) {
        error_set(err, ERROR_PERMANENT, "%s",
                  entry->expanding ? "the value refers to itself"
                                   : "references are nested too deeply");
        say_where(source, entry, name, err);
        return false;
    }
    source->depth++;
    entry->expanding = true;
    return true;
}

static void end(struct config_source *source, struct entry *entry)
{
    source->depth--;
    entry->expanding = false;
}

/* "$name" and no more, as most defaults are: the name's value itself. */
static bool is_bare_reference(const char *text)
{
    const char *at = text + 1;

    while (is_alnum((unsigned char)*at) || *at == '_')
        at++;
    return *text == '$' && at > text + 1 && *at == '\0';
}

static const char *expand_entry(struct config_source *source, struct entry *entry, const char *name,
                                const char *text, struct error *err)
{
    struct expanding expanding = {.source = source};

    if (!begin(source, entry, name, err))
        return NULL;
    if (!is_bare_reference(text))
        entry->value = expand_text(&expanding, span_text(text), err);
    else if (look_up(&expanding, span_text(text + 1), &entry->value, err) && entry->value == NULL)
        entry->value = "";
    end(source, entry);
    if (entry->value == NULL && !expanding.referent_failed)
        say_where(source, entry, name, err);
    return entry->value;
}

const char *source_default(struct config_source *source, const struct parameter *parameter,
                           struct error *err)
{
    return computed_is(parameter) ? computed_value(source, parameter, err) : parameter->value;
}

const char *source_value(struct config_source *source, const struct parameter *parameter,
                         struct error *err)
{
    struct entry *entry = &source->known[parameter_index(parameter)];
    const char *text = entry->text;

    if (entry->value != NULL)
        return entry->value;
    if (text == NULL) {
        if (!begin(source, entry, parameter->name, err)) /* computing may look others up */
            return NULL;
        text = source_default(source, parameter, err);
        end(source, entry);
    }
    if (text == NULL)
        return NULL;
    if (parameter->kind == PARAMETER_RAW || strchr(text, '$') == NULL)
        entry->value = text;
    else if (expand_entry(source, entry, parameter->name, text, err) == NULL)
        return NULL;
    if (parameter_index(parameter) == INDEX_myorigin && !source->as_written)
        entry->value = computed_myorigin(source, entry->value, err);
    return entry->value;
}

bool source_value_of(struct config_source *source, struct span name, const char **value_r,
                     struct error *err)
{
    const struct parameter *parameter = parameter_find(name);
    struct entry *entry;

    *value_r = NULL;
    if (parameter != NULL) {
        *value_r = source_value(source, parameter, err);
        return *value_r != NULL;
    }
    entry = source->others == NULL ? NULL : hash_get(source->others, name);
    if (entry == NULL)
        return true;
    if (entry->value == NULL && strchr(entry->text, '$') == NULL)
        entry->value = entry->text;
    if (entry->value == NULL) {
        char *text = mem_span(name);

        (void)expand_entry(source, entry, text, entry->text, err);
        mem_free(text);
    }
    *value_r = entry->value;
    return entry->value != NULL;
}
