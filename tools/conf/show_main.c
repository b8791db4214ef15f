/* buzonconf on main.cf: parameters with their values, or the defaults. */
#include "tools/conf/show.h"

#include "lib/base/log.h"
#include "lib/config/service_parameter.h"
#include "tools/conf/print.h"

#include <stdlib.h>

/* What is known of a name. */
struct shown {
    enum parameter_class class;
    const char *text; /* as written, or the default; NULL: it cannot be computed */
    bool is_set;
    bool raw;
};

static bool is_own_directory(const struct parameter *parameter, const struct conf *conf)
{
    return parameter_index(parameter) == INDEX_config_directory &&
           strcmp(conf->source->directory, CONFIG_DIRECTORY) != 0;
}

static struct shown look_up_builtin(const struct conf *conf, const struct parameter *parameter,
                                    struct error *err)
{
    const struct entry *entry = &conf->source->known[parameter_index(parameter)];
    bool is_set = entry->text != NULL;
    bool of_service = service_parameter_find(conf->master_cf, span_text(parameter->name)) != NULL;

    return (struct shown){
        .class = of_service ? CLASS_SERVICE : CLASS_BUILTIN,
        .text = is_set ? entry->text : source_default(conf->source, parameter, err),
        .is_set = is_set || is_own_directory(parameter, conf),
        .raw = parameter->kind == PARAMETER_RAW,
    };
}

/* class 0: nobody knows the name */
static struct shown look_up(const struct conf *conf, const char *name, struct error *err)
{
    struct span span = span_text(name);
    const struct parameter *parameter = parameter_find(span);
    const struct entry *entry = source_entry(conf->source, span);
    const struct service_parameter *of_service;

    if (parameter != NULL)
        return look_up_builtin(conf, parameter, err);
    of_service = service_parameter_find(conf->master_cf, span);
    if (of_service != NULL)
        return (struct shown){
            .class = CLASS_SERVICE,
            .text = entry != NULL ? entry->text : of_service->value,
            .is_set = entry != NULL,
        };
    if (entry != NULL && usage_has(conf->usage, NULL, span))
        return (struct shown){.class = CLASS_USER, .text = entry->text, .is_set = true};
    return (struct shown){0};
}

static bool show(const struct conf *conf, const char *prefix, const char *name,
                 const struct shown *shown, struct buf *out, struct error *err)
{
    const char *value = shown->text;
    char *label;

    if ((conf->show & SHOW_SET) != 0 && !shown->is_set)
        return true;
    if (value != NULL && (conf->show & SHOW_EXPANDED) != 0 && !shown->raw &&
        (value = source_expand(conf->source, span_text(value), err)) == NULL)
        error_prefix(err, "%s, parameter %s", conf->source->path, name);
    if (value == NULL)
        return false;
    label = mem_printf("%s%s", prefix, name);
    print_setting(out, conf->show, label, value);
    mem_free(label);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_services(const struct conf *conf, struct strlist *names)
{
    for (size_t i = 0; conf->master_cf != NULL && i < conf->master_cf->count; i++) {
        const struct master_service *service = &conf->master_cf->services[i];

        for (size_t j = 0; j < service_parameter_count; j++) {
            if (service_parameter_applies(&service_parameters[j], service->command)) {
                char *name = mem_printf("%s%s", service->name, service_parameters[j].suffix);

                if (parameter_find(span_text(name)) == NULL)
                    strlist_add(names, name);
                mem_free(name);
            }
        }
    }
}

/* What main.cf and -o define for themselves, unless a service has made it known. */
static void list_own_names(const struct conf *conf, struct strlist *names)
{
    size_t position = 0;
    struct span name;
    void *entry;

    while (conf->source->others != NULL &&
           hash_next(conf->source->others, &position, &name, &entry)) {
        if (service_parameter_find(conf->master_cf, name) == NULL)
            strlist_add_span(names, name);
    }
}

/* All names there are, sorted. */
static void list_names(const struct conf *conf, struct strlist *names)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        strlist_add(names, parameters[i].name);
    list_services(conf, names);
    list_own_names(conf, names);
    qsort(names->items, names->count, sizeof(*names->items), compare_names);
}

bool show_main(const struct conf *conf, const struct strlist *requests, struct buf *out,
               struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    bool done = true;

    if (requests->count == 0)
        list_names(conf, &names);
    for (size_t i = 0; i < requests->count; i++)
        strlist_add(&names, requests->items[i]);
    for (size_t i = 0; i < names.count && done; i++) {
        struct shown shown = look_up(conf, names.items[i], err);

        if (shown.class != 0 && (requests->count > 0 || (shown.class & conf->classes) != 0))
            done = show(conf, "", names.items[i], &shown, out, err);
        else if (shown.class == 0 && requests->count > 0)
            log_warning("%s: unknown parameter", names.items[i]);
    }
    strlist_release(&names);
    return done;
}

/* A name that the service alone knows is one of the user's. */
static struct shown look_up_own(const struct conf *conf, const char *name, struct error *err)
{
    struct shown shown = look_up(conf, name, err);
    const struct entry *entry = source_entry(conf->source, span_text(name));

    if (shown.class == 0 && entry != NULL)
        shown = (struct shown){.class = CLASS_USER, .text = entry->text, .is_set = true};
    return shown;
}

bool show_effective(const struct conf *conf, const char *prefix, const char *wanted,
                    const struct strlist *own, struct buf *out, bool *found_r, struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    bool done = true;

    if (wanted == NULL)
        list_names(conf, &names);
    else
        strlist_add(&names, wanted);
    *found_r = *found_r || wanted == NULL;
    for (size_t i = 0; i < names.count && done; i++) {
        const char *name = names.items[i];
        bool is_own = strlist_has(own, name);
        struct shown shown = is_own ? look_up_own(conf, name, err) : look_up(conf, name, err);

        if (shown.class == 0 || (!is_own && (shown.class & conf->classes) == 0))
            continue;
        *found_r = true;
        done = show(conf, prefix, name, &shown, out, err);
    }
    strlist_release(&names);
    return done;
}
