/* Warnings about references to names that nothing defines. */
#include "lib/config/report.h"

#include "lib/base/log.h"
#include "lib/config/expand.h"
#include "lib/config/service_parameter.h"
#include "lib/config/source.h"

struct search {
    struct config_source *source;
    const struct master_cf *master_cf;
    const struct master_service *service; /* whose -o are looked at; NULL: those of main.cf */
    struct strlist named;                 /* already, in this file */
};

static bool is_set_by_service(const struct master_service *service, struct span name)
{
    size_t position = 0;
    struct span set;
    struct span value;

    while (master_cf_next_override(service, &position, &set, &value)) {
        if (span_equal(set, name))
            return true;
    }
    return false;
}

static bool is_defined(const struct search *search, struct span name)
{
    return source_entry(search->source, name) != NULL ||
           service_parameter_find(search->master_cf, name) != NULL ||
           (search->service != NULL && is_set_by_service(search->service, name));
}

static bool visit(void *context, struct span name, const char **value_r UNUSED,
                  struct error *err UNUSED)
{
    struct search *search = context;
    char *text;

    if (is_defined(search, name))
        return true;
    text = mem_span(name);
    if (!strlist_has(&search->named, text)) {
        strlist_add(&search->named, text);
        log_warning("%s/%s: undefined parameter: %s", search->source->directory,
                    search->service == NULL ? "main.cf" : "master.cf", text);
    }
    mem_free(text);
    return true;
}

/* What is malformed is somebody else's complaint; the names of raw values are not parameters. */
static void look_at(struct search *search, struct span name, struct span value)
{
    const struct parameter *parameter = parameter_find(name);

    if (parameter == NULL || parameter->kind != PARAMETER_RAW)
        (void)!expand(value, visit, search, NULL, NULL, NULL);
}

static void look_at_service(struct search *search, const struct master_service *service)
{
    size_t position = 0;
    struct span name;
    struct span value;

    search->service = service;
    while (master_cf_next_override(service, &position, &name, &value))
        look_at(search, name, value);
}

void report_undefined(struct config_source *source, const struct master_cf *master_cf)
{
    struct search search = {.source = source, .master_cf = master_cf};

    for (size_t i = 0; i < source->setting_count; i++) {
        struct span name = span_text(source->settings[i].name);

        look_at(&search, name, span_text(source_entry(source, name)->text));
    }
    strlist_clear(&search.named);
    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++)
        look_at_service(&search, &master_cf->services[i]);
    strlist_release(&search.named);
}
