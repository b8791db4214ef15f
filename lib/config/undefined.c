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

/* main.cf may refer to what each service sets for itself. */
static bool is_set_by_any_service(const struct search *search, struct span name)
{
    for (size_t i = 0; search->master_cf != NULL && i < search->master_cf->count; i++) {
        if (is_set_by_service(&search->master_cf->services[i], name))
            return true;
    }
    return false;
}

static bool is_defined(const struct search *search, struct span name)
{
    return source_entry(search->source, name) != NULL ||
           service_parameter_find(search->master_cf, name) != NULL ||
           (search->service != NULL ? is_set_by_service(search->service, name)
                                    : is_set_by_any_service(search, name));
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

static void look_at_classes(struct search *search, struct span value)
{
    const char *text = source_expand(search->source, value, NULL);
    struct strlist classes = STRLIST_EMPTY;

    if (text != NULL)
        strlist_split(&classes, text, ", \t\r\n");
    for (size_t i = 0; i < classes.count; i++)
        (void)visit(search, span_text(classes.items[i]), NULL, NULL);
    strlist_release(&classes);
}

/* What is malformed is somebody else's complaint; the names of raw values are not parameters. */
static void look_at(void *context, const struct master_service *service, struct span name,
                    struct span value)
{
    const struct parameter *parameter = parameter_find(name);
    struct search *search = context;

    search->service = service;

    if (parameter == NULL || parameter->kind != PARAMETER_RAW)
        (void)!expand(value, visit, search, NULL, NULL, NULL);
    if (parameter != NULL && parameter_index(parameter) == INDEX_smtpd_restriction_classes)
        look_at_classes(search, value);
}

void report_undefined(struct config_source *source, const struct master_cf *master_cf)
{
    struct search search = {.source = source, .master_cf = master_cf};

    for (size_t i = 0; i < source->setting_count; i++) {
        struct span name = span_text(source->settings[i].name);

        look_at(&search, NULL, name, span_text(source_entry(source, name)->text));
    }
    strlist_clear(&search.named);
    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++)
        master_cf_visit_settings(&master_cf->services[i], look_at, &search);
    strlist_release(&search.named);
}
