/* Warnings about values that cannot be evaluated: whose start they prevent. */
#include "lib/config/report.h"

#include "lib/base/log.h"
#include "lib/config/service_parameter.h"
#include "lib/config/source.h"

/* What a reference is malformed in says its own place. */
static void warn(const struct config_source *source, const struct flaw *flaw)
{
    int line = source->known[parameter_index(flaw->parameter)].line;
    const char *readers =
        parameter_has_reader(flaw->parameter, "") ? "all" : flaw->parameter->readers;

    if (span_starts_with(span_text(flaw->text), source->path))
        log_warning("%s (read by %s)", flaw->text, readers);
    else if (line > 0)
        log_warning("%s, line %d: %s (read by %s)", source->path, line, flaw->text, readers);
    else
        log_warning("%s: %s (read by %s)", source->path, flaw->text, readers);
}

/* Of the parameters that are named for a service, which qmgr reads when the service gets its first mail. */
static void look_at_setting(struct config_source *source, const struct master_cf *master_cf,
                            const char *name)
{
    const struct service_parameter *parameter = service_parameter_find(master_cf, span_text(name));
    const struct entry *entry = source_entry(source, span_text(name));
    struct error err = {0};
    const char *text;
    int value;

    if (parameter == NULL || parameter->unsupported != NULL ||
        (source_value_of(source, span_text(name), &text, &err) &&
         service_parameter_check(parameter, name, text, &value, &err)))
        return;
    if (span_starts_with(span_text(err.text), source->path))
        log_warning("%s (read by qmgr)", err.text);
    else
        log_warning("%s, line %d: %s (read by qmgr)", source->path, entry->line, err.text);
}

/* Set by -o: it is in no line of main.cf. */
static bool is_of_service(const struct config_source *source, const struct flaw *flaw,
                          const struct master_service *service)
{
    const struct entry *entry = &source->known[parameter_index(flaw->parameter)];

    return entry->text != NULL && entry->line == 0 &&
           parameter_has_reader(flaw->parameter, service->command);
}

static void look_at_service(const char *directory, const struct master_service *service)
{
    struct strlist overrides = STRLIST_EMPTY;
    struct config *config = NULL;

    master_cf_overrides(service, &overrides);
    if (overrides.count > 0)
        config = config_read(directory, &overrides, service->name, NULL);
    for (size_t i = 0; config != NULL && i < config->source->flaw_count; i++) {
        const struct flaw *flaw = &config->source->flaws[i];

        if (is_of_service(config->source, flaw, service))
            log_warning("%s/master.cf, line %d: service %s: %s", directory, service->line,
                        service->name, flaw->text);
    }
    config_free(&config);
    strlist_release(&overrides);
}

void report_malformed(struct config_source *source, const struct master_cf *master_cf,
                      unsigned files)
{
    for (size_t i = 0; (files & REPORT_MAIN_CF) != 0 && i < source->flaw_count; i++)
        warn(source, &source->flaws[i]);
    for (size_t i = 0; (files & REPORT_MAIN_CF) != 0 && i < source->setting_count; i++) {
        if (source->settings[i].parameter == NULL)
            look_at_setting(source, master_cf, source->settings[i].name);
    }
    for (size_t i = 0; (files & REPORT_MASTER_CF) != 0 && master_cf != NULL && i < master_cf->count;
         i++)
        look_at_service(source->directory, &master_cf->services[i]);
}
