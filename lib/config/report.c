/* Warnings about a configuration: names that nobody knows, parameters that nothing obeys. */
#include "lib/config/report.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/config/expand.h"
#include "lib/config/lines.h"
#include "lib/config/service_parameter.h"
#include "lib/config/source.h"

struct usage {
    struct config_source *source;
    const struct master_cf *master_cf;
    struct hash *names;     /* that a value refers to; the values mean nothing */
    struct strlist pending; /* the same, as far as what they refer to must still be seen */
    struct strlist tables;  /* "accounts_" for mysql:accounts */
};

void report_oddities(const struct config_source *source)
{
    for (size_t i = 0; i < source->warnings.count; i++)
        log_warning("%s", source->warnings.items[i]);
}

/* "mysql:accounts" without a path names parameters accounts_...; as proxy:mysql:accounts too. */
static void note_table(struct usage *usage, struct span item)
{
    static const char *const types[] = {"ldap:", "memcache:", "mysql:", "pgsql:", "sqlite:"};

    if (span_starts_with(item, "proxy:"))
        item = span_skip(item, strlen("proxy:"));
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        struct span table = span_skip(item, strlen(types[i]));

        if (span_starts_with(item, types[i]) && table.len > 0 &&
            span_find(table, '/') == table.len) {
            char *prefix = mem_printf("%.*s_", SPAN_PRINTF(table));

            strlist_add(&usage->tables, prefix);
            mem_free(prefix);
        }
    }
}

static void note_tables(struct usage *usage, const char *text)
{
    struct strlist items = STRLIST_EMPTY;

    if (strchr(text, ':') == NULL)
        return;
    strlist_split(&items, text, ", \t\r\n{}");
    for (size_t i = 0; i < items.count; i++)
        note_table(usage, span_text(items.items[i]));
    strlist_release(&items);
}

static void note_name(struct usage *usage, struct span name)
{
    if (hash_put(usage->names, name, usage) == NULL)
        strlist_add_span(&usage->pending, name);
}

static bool visit(void *context, struct span name, const char **value_r UNUSED,
                  struct error *err UNUSED)
{
    note_name(context, name);
    return true;
}

/* What is malformed is somebody else's complaint: daemons refuse to start with it. */
static void note_references(struct usage *usage, const char *text)
{
    if (strchr(text, '$') != NULL)
        (void)!expand(span_text(text), visit, usage, NULL, NULL, NULL);
    note_tables(usage, text);
}

/* What user's names refer to is used too, if they are. */
static void follow_names(struct usage *usage)
{
    for (size_t i = 0; i < usage->pending.count; i++) {
        struct span name = span_text(usage->pending.items[i]);
        const struct entry *entry = source_entry(usage->source, name);

        if (entry != NULL && entry->text != NULL)
            note_references(usage, entry->text);
    }
}

static void note_restriction_classes(struct usage *usage, const char *text)
{
    struct strlist classes = STRLIST_EMPTY;

    strlist_split(&classes, text, ", \t\r\n");
    for (size_t i = 0; i < classes.count; i++)
        note_name(usage, span_text(classes.items[i]));
    strlist_release(&classes);
}

static void note_main_cf(struct usage *usage)
{
    struct config_source *source = usage->source;
    const char *service;
    const char *classes;

    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const char *text = source->known[i].text;

        note_references(usage, text == NULL ? parameters[i].value : text);
    }
    for (size_t i = 0; i < source->setting_count; i++) {
        struct span name = span_text(source->settings[i].name);

        if (service_parameter_find(usage->master_cf, name, &service) != NULL)
            note_name(usage, name);
    }
    classes = source_value(source, &parameters[INDEX_smtpd_restriction_classes], NULL);
    if (classes != NULL)
        note_restriction_classes(usage, classes);
}

/* The -o settings of a service, one after the other; false at the end. */
static bool next_override(const struct master_service *service, size_t *position,
                          struct span *name_r, struct span *value_r)
{
    const struct strlist *arguments = &service->arguments;

    while (*position < arguments->count) {
        struct span argument = span_text(arguments->items[(*position)++]);

        if (!span_starts_with(argument, "-"))
            return false; /* options end here */
        if (!span_starts_with(argument, "-o"))
            continue;
        argument = span_skip(argument, 2);
        if (argument.len == 0 && *position < arguments->count)
            argument = span_text(arguments->items[(*position)++]);
        if (setting_split(braces_strip(argument), name_r, value_r) == NULL)
            return true;
    }
    return false;
}

static void note_master_cf(struct usage *usage)
{
    struct span name;
    struct span value;

    for (size_t i = 0; usage->master_cf != NULL && i < usage->master_cf->count; i++) {
        size_t position = 0;

        while (next_override(&usage->master_cf->services[i], &position, &name, &value)) {
            char *text = mem_span(value);

            note_references(usage, text);
            if (span_equal_text(name, "smtpd_restriction_classes"))
                note_restriction_classes(usage, text);
            mem_free(text);
        }
    }
}

static bool is_used(const struct usage *usage, struct span name)
{
    const char *service;

    if (parameter_find(name) != NULL || hash_get(usage->names, name) != NULL ||
        service_parameter_find(usage->master_cf, name, &service) != NULL)
        return true;
    for (size_t i = 0; i < usage->tables.count; i++) {
        if (span_starts_with(name, usage->tables.items[i]))
            return true;
    }
    return false;
}

static void warn_unused(const char *directory, const char *file, struct span name,
                        const char *value)
{
    char *text = mem_span(name);
    const char *nearest = parameter_nearest(text);

    if (nearest == NULL)
        log_warning("%s/%s: unused parameter: %s=%s", directory, file, text, value);
    else
        log_warning("%s/%s: unused parameter: %s=%s (is %s meant?)", directory, file, text, value,
                    nearest);
    mem_free(text);
}

static void warn_of_unused(const struct usage *usage)
{
    struct config_source *source = usage->source;
    struct span name;
    struct span value;

    for (size_t i = 0; i < source->setting_count; i++) {
        name = span_text(source->settings[i].name);
        if (!is_used(usage, name))
            warn_unused(source->directory, "main.cf", name, source_entry(source, name)->text);
    }
    for (size_t i = 0; usage->master_cf != NULL && i < usage->master_cf->count; i++) {
        size_t position = 0;

        while (next_override(&usage->master_cf->services[i], &position, &name, &value)) {
            char *text = mem_span(value);

            if (!is_used(usage, name))
                warn_unused(source->directory, "master.cf", name, text);
            mem_free(text);
        }
    }
}

void report_unused(struct config_source *source, const struct master_cf *master_cf)
{
    struct usage usage = {.source = source, .master_cf = master_cf, .names = hash_create()};

    note_main_cf(&usage);
    note_master_cf(&usage);
    follow_names(&usage);
    warn_of_unused(&usage);
    hash_free(&usage.names, NULL);
    strlist_release(&usage.pending);
    strlist_release(&usage.tables);
}

/* As written or as it is in the end, it is what nothing at all would mean too. */
static bool is_default(struct config_source *source, const struct parameter *parameter,
                       struct span value)
{
    const char *expanded;
    const char *by_default;

    if (span_equal_text(value, parameter->value))
        return true;
    expanded = source_expand(source, value, NULL);
    by_default = source_expand(source, span_text(parameter->value), NULL);
    return expanded != NULL && by_default != NULL && strcmp(expanded, by_default) == 0;
}

static void warn_unsupported(struct config_source *source, const char *file, struct span name,
                             struct span value, struct strlist *named)
{
    const struct parameter *parameter = parameter_find(name);

    if (parameter == NULL || parameter->support == PARAMETER_WORKS ||
        strlist_has(named, parameter->name) || is_default(source, parameter, value))
        return;
    strlist_add(named, parameter->name);
    log_warning("%s/%s: not supported, has no effect: %s=%.*s", source->directory, file,
                parameter->name, SPAN_PRINTF(value));
}

void report_unsupported(struct config_source *source, const struct master_cf *master_cf)
{
    struct strlist named = STRLIST_EMPTY;
    struct span name;
    struct span value;

    for (size_t i = 0; i < source->setting_count; i++) {
        name = span_text(source->settings[i].name);
        value = span_text(source_entry(source, name)->text);
        warn_unsupported(source, "main.cf", name, value, &named);
    }
    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++) {
        size_t position = 0;

        while (next_override(&master_cf->services[i], &position, &name, &value))
            warn_unsupported(source, "master.cf", name, value, &named);
    }
    strlist_release(&named);
}

void config_report(const struct config *config, const struct master_cf *master_cf)
{
    report_oddities(config->source);
    report_unused(config->source, master_cf);
    report_unsupported(config->source, master_cf);
}
