/* Warnings about a configuration: names that nobody knows, parameters that nothing obeys. */
#include "lib/config/report.h"

#include "lib/base/log.h"
#include "lib/config/service_parameter.h"
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
static bool is_default(struct config_source *source, const char *default_value, struct span value)
{
    const char *expanded;
    const char *by_default;

    if (span_equal_text(value, default_value))
        return true;
    expanded = source_expand(source, value, NULL);
    by_default = source_expand(source, span_text(default_value), NULL);
    return expanded != NULL && by_default != NULL && strcmp(expanded, by_default) == 0;
}

/* The default of a known parameter that nothing obeys; NULL for all other names. */
static const char *find_unsupported(const struct master_cf *master_cf, struct span name)
{
    const struct parameter *parameter = parameter_find(name);
    const struct service_parameter *of_service;

    if (parameter != NULL)
        return parameter->support == PARAMETER_WORKS ? NULL : parameter->value;
    of_service = service_parameter_find(master_cf, name);
    return of_service == NULL || of_service->works ? NULL : of_service->value;
}

struct unsupported {
    struct config_source *source;
    const struct master_cf *master_cf;
    struct strlist named; /* already */
};

static void warn_unsupported(struct unsupported *unsupported, const char *file, struct span name,
                             struct span value)
{
    const char *default_value = find_unsupported(unsupported->master_cf, name);
    char *text;

    if (default_value == NULL || is_default(unsupported->source, default_value, value))
        return;
    text = mem_span(name);
    if (!strlist_has(&unsupported->named, text)) {
        strlist_add(&unsupported->named, text);
        log_warning("%s/%s: not supported, has no effect: %s=%.*s", unsupported->source->directory,
                    file, text, SPAN_PRINTF(value));
    }
    mem_free(text);
}

void report_unsupported(struct config_source *source, const struct master_cf *master_cf)
{
    struct unsupported unsupported = {.source = source, .master_cf = master_cf};
    struct span name;
    struct span value;

    for (size_t i = 0; i < source->setting_count; i++) {
        name = span_text(source->settings[i].name);
        value = span_text(source_entry(source, name)->text);
        warn_unsupported(&unsupported, "main.cf", name, value);
    }
    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++) {
        size_t position = 0;

        while (master_cf_next_override(&master_cf->services[i], &position, &name, &value))
            warn_unsupported(&unsupported, "master.cf", name, value);
    }
    strlist_release(&unsupported.named);
}

void config_report(const struct config *config, const struct master_cf *master_cf)
{
    report_oddities(config->source);
    report_unused(config->source, master_cf);
    report_unsupported(config->source, master_cf);
}
