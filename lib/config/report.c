/* Warnings about a configuration: names that nobody knows, parameters that nothing obeys. */
#include "lib/config/report.h"

#include "lib/base/log.h"
#include "lib/config/usage.h"

void report_oddities(const struct config_source *source)
{
    for (size_t i = 0; i < source->warnings.count; i++)
        log_warning("%s", source->warnings.items[i]);
}

static void warn_unused(const struct config_source *source, const char *file, struct span name,
                        struct span value)
{
    char *text = mem_span(name);
    const char *nearest = parameter_nearest(text);

    if (nearest == NULL)
        log_warning("%s/%s: unused parameter: %s=%.*s", source->directory, file, text,
                    SPAN_PRINTF(value));
    else
        log_warning("%s/%s: unused parameter: %s=%.*s (is %s meant?)", source->directory, file,
                    text, SPAN_PRINTF(value), nearest);
    mem_free(text);
}

void report_unused(struct config_source *source, const struct master_cf *master_cf)
{
    struct usage *usage = usage_create(source, master_cf);
    struct span name;
    struct span value;

    for (size_t i = 0; i < source->setting_count; i++) {
        name = span_text(source->settings[i].name);
        if (!usage_has(usage, name))
            warn_unused(source, "main.cf", name, span_text(source_entry(source, name)->text));
    }
    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++) {
        size_t position = 0;

        while (master_cf_next_override(&master_cf->services[i], &position, &name, &value)) {
            if (!usage_has(usage, name))
                warn_unused(source, "master.cf", name, value);
        }
    }
    usage_free(&usage);
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

        while (master_cf_next_override(&master_cf->services[i], &position, &name, &value))
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
