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

static const char *file_of(const struct master_service *service)
{
    return service == NULL ? "main.cf" : "master.cf";
}

/* `visit` gets each setting of main.cf, with NULL for a service, and of services. */
static void visit_settings(struct config_source *source, const struct master_cf *master_cf,
                           unsigned files, master_cf_visit *visit, void *context)
{
    for (size_t i = 0; (files & REPORT_MAIN_CF) != 0 && i < source->setting_count; i++) {
        struct span name = span_text(source->settings[i].name);

        visit(context, NULL, name, span_text(source_entry(source, name)->text));
    }
    if ((files & REPORT_MASTER_CF) == 0 || master_cf == NULL)
        return;
    for (size_t i = 0; i < master_cf->count; i++)
        master_cf_visit_settings(&master_cf->services[i], visit, context);
}

struct unused {
    const struct config_source *source;
    struct usage *usage;
};

static void visit_unused(void *context, const struct master_service *service, struct span name,
                         struct span value)
{
    const struct unused *unused = context;

    if (!usage_has(unused->usage, service, name))
        warn_unused(unused->source, file_of(service), name, value);
}

void report_unused(struct config_source *source, const struct master_cf *master_cf, unsigned files)
{
    struct unused unused = {source, usage_create(source, master_cf)};

    visit_settings(source, master_cf, files, visit_unused, &unused);
    usage_free(&unused.usage);
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

struct unsupported {
    struct config_source *source;
    const struct master_cf *master_cf;
    struct strlist named; /* already */
};

/* Is it the name of a known parameter that nothing obeys, and set to what it would not be anyway? */
static bool has_no_effect(const struct unsupported *unsupported, struct span name,
                          struct span value, const char **reason_r)
{
    const struct parameter *parameter = parameter_find(name);
    const struct service_parameter *of_service =
        parameter != NULL ? NULL : service_parameter_find(unsupported->master_cf, name);

    *reason_r = parameter != NULL    ? parameter_unsupported(parameter)
                : of_service != NULL ? of_service->unsupported
                                     : NULL;
    if (parameter != NULL && parameter->support == PARAMETER_WORKS)
        return false;
    return *reason_r != NULL &&
           !is_default(unsupported->source,
                       parameter != NULL ? parameter->value : of_service->value, value);
}

static bool is_restriction_list(const struct unsupported *unsupported, struct span name)
{
    const char *classes =
        source_value(unsupported->source, &parameters[INDEX_smtpd_restriction_classes], NULL);
    char *text;
    bool is_class;

    if (span_starts_with(name, "smtpd_") && span_ends_with_nocase(name, "_restrictions"))
        return true;
    if (classes == NULL || *classes == '\0')
        return false;
    text = mem_span(name);
    is_class = strlist_text_has(classes, ", \t\r\n", text);
    mem_free(text);
    return is_class;
}

/* Each name is said once, wherever it stands. */
static void warn_of_restrictions(struct unsupported *unsupported, const char *file,
                                 struct span name, struct span value)
{
    struct strlist items = STRLIST_EMPTY;
    const char *expanded;

    if (!is_restriction_list(unsupported, name))
        return;
    expanded = source_expand(unsupported->source, value, NULL);
    if (expanded == NULL)
        return; /* it is malformed: somebody else's complaint */
    strlist_split(&items, expanded, ", \t\r\n{}");
    for (size_t i = 0; i < items.count; i++) {
        const char *reason = restriction_unsupported(items.items[i]);

        if (reason == NULL || strlist_has(&unsupported->named, items.items[i]))
            continue;
        strlist_add(&unsupported->named, items.items[i]);
        log_warning("%s/%s: %.*s: not supported, puts mail off: %s (%s)",
                    unsupported->source->directory, file, SPAN_PRINTF(name), items.items[i],
                    reason);
    }
    strlist_release(&items);
}

static void visit_unsupported(void *context, const struct master_service *service, struct span name,
                              struct span value)
{
    struct unsupported *unsupported = context;
    const char *reason;
    char *text;

    warn_of_restrictions(unsupported, file_of(service), name, value);
    if (!has_no_effect(unsupported, name, value, &reason))
        return;
    text = mem_span(name);
    if (!strlist_has(&unsupported->named, text)) {
        strlist_add(&unsupported->named, text);
        log_warning("%s/%s: not supported, has no effect: %s=%.*s (%s)",
                    unsupported->source->directory, file_of(service), text, SPAN_PRINTF(value),
                    reason);
    }
    mem_free(text);
}

void report_unsupported(struct config_source *source, const struct master_cf *master_cf,
                        unsigned files)
{
    struct unsupported unsupported = {.source = source, .master_cf = master_cf};

    visit_settings(source, master_cf, files, visit_unsupported, &unsupported);
    strlist_release(&unsupported.named);
}

void config_report(const struct config *config, const struct master_cf *master_cf)
{
    report_oddities(config->source);
    report_malformed(config->source, master_cf, REPORT_ALL);
    report_undefined(config->source, master_cf);
    report_unused(config->source, master_cf, REPORT_ALL);
    report_unsupported(config->source, master_cf, REPORT_ALL);
}
