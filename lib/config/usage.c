/* Which names of a configuration are good for something. */
#include "lib/config/usage.h"

#include "lib/base/hash.h"
#include "lib/config/expand.h"
#include "lib/config/service_parameter.h"
#include "lib/config/table_parameter.h"

/* What the values of one place refer to. */
struct referents {
    struct hash *names;    /* the values mean nothing; NULL: none */
    struct strlist tables; /* "mysql:accounts", which has parameters accounts_... */
};

struct usage {
    struct config_source *source;
    const struct master_cf *master_cf;
    struct referents main_cf;
    struct referents *services; /* of master_cf */
    struct referents all;
};

struct noting;
typedef void note_setting(struct noting *noting, struct span name, const char *text);

struct noting {
    struct usage *usage;
    struct referents *place;
    note_setting *note;
    struct hash *own; /* names that the service sets for itself; NULL: none */
};

static bool refers_to(const struct referents *referents, struct span name)
{
    return referents->names != NULL && hash_get(referents->names, name) != NULL;
}

static void note_name(struct referents *referents, struct span name)
{
    if (referents->names == NULL)
        referents->names = hash_create();
    (void)hash_put(referents->names, name, referents);
}

static bool visit(void *context, struct span name, const char **value_r UNUSED,
                  struct error *err UNUSED)
{
    struct noting *noting = context;

    note_name(noting->place, name);
    if (noting->own == NULL || hash_get(noting->own, name) == NULL)
        note_name(&noting->usage->all, name);
    return true;
}

static void note_restriction_classes(struct noting *noting, const char *text)
{
    struct strlist classes = STRLIST_EMPTY;

    strlist_split(&classes, text, ", \t\r\n");
    for (size_t i = 0; i < classes.count; i++)
        (void)visit(noting, span_text(classes.items[i]), NULL, NULL);
    strlist_release(&classes);
}

/* What is malformed is somebody else's complaint: daemons refuse to start with it. */
static void note_references(struct noting *noting, struct span name, const char *text)
{
    if (strchr(text, '$') != NULL)
        (void)!expand(span_text(text), visit, noting, NULL, NULL, NULL);
    if (span_equal_text(name, "smtpd_restriction_classes")) {
        const char *classes = source_expand(noting->usage->source, span_text(text), NULL);

        note_restriction_classes(noting, classes == NULL ? text : classes);
    }
}

/* Of what is good for something, be it by its name alone. */
static void note_tables(struct noting *noting, struct span name, const char *text)
{
    const char *expanded = NULL;

    if (parameter_find(name) == NULL && !refers_to(noting->place, name) &&
        (noting->place != &noting->usage->main_cf || !refers_to(&noting->usage->all, name)))
        return;
    if (strchr(text, '$') != NULL && strchr(text, ':') != NULL)
        expanded = source_expand(noting->usage->source, span_text(text), NULL);
    if (expanded == NULL)
        expanded = text;
    table_parameter_note(expanded, &noting->place->tables);
    table_parameter_note(expanded, &noting->usage->all.tables);
}

static void note_main_cf(struct usage *usage, note_setting *note)
{
    struct noting noting = {usage, &usage->main_cf, note, NULL};
    struct config_source *source = usage->source;

    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const char *text = source->known[i].text;

        note(&noting, span_text(parameters[i].name), text == NULL ? parameters[i].value : text);
    }
    for (size_t i = 0; i < source->setting_count; i++) {
        struct span name = span_text(source->settings[i].name);

        if (source->settings[i].parameter == NULL)
            note(&noting, name, source_entry(source, name)->text);
    }
}

static void note_override(void *context, const struct master_service *service UNUSED,
                          struct span name, struct span value)
{
    struct noting *noting = context;
    char *text = mem_span(value);

    noting->note(noting, name, text);
    mem_free(text);
}

static void note_own(void *context, const struct master_service *service UNUSED, struct span name,
                     struct span value UNUSED)
{
    struct noting *noting = context;

    (void)hash_put(noting->own, name, noting);
}

static void note_master_cf(struct usage *usage, note_setting *note)
{
    for (size_t i = 0; usage->master_cf != NULL && i < usage->master_cf->count; i++) {
        const struct master_service *service = &usage->master_cf->services[i];
        struct noting noting = {usage, &usage->services[i], note, hash_create()};

        master_cf_visit_settings(service, note_own, &noting);
        master_cf_visit_settings(service, note_override, &noting);
        hash_free(&noting.own, NULL);
    }
}

struct usage *usage_create(struct config_source *source, const struct master_cf *master_cf)
{
    struct usage *usage = mem_new(struct usage);

    usage->source = source;
    usage->master_cf = master_cf;
    if (master_cf != NULL && master_cf->count > 0)
        usage->services = mem_alloc(master_cf->count * sizeof(*usage->services));
    note_main_cf(usage, note_references);
    note_master_cf(usage, note_references);
    note_main_cf(usage, note_tables);
    note_master_cf(usage, note_tables);
    return usage;
}

static bool has(const struct referents *referents, struct span name)
{
    if (refers_to(referents, name))
        return true;
    for (size_t i = 0; i < referents->tables.count; i++) {
        if (table_parameter_applies(referents->tables.items[i], name))
            return true;
    }
    return false;
}

bool usage_has(const struct usage *usage, const struct master_service *service, struct span name)
{
    if (parameter_find(name) != NULL || service_parameter_find(usage->master_cf, name) != NULL)
        return true;
    if (service == NULL)
        return has(&usage->all, name);
    return has(source_entry(usage->source, name) != NULL ? &usage->all : &usage->main_cf, name) ||
           has(&usage->services[service - usage->master_cf->services], name);
}

static void release(struct referents *referents)
{
    hash_free(&referents->names, NULL);
    strlist_release(&referents->tables);
}

void usage_free(struct usage **usage)
{
    const struct master_cf *master_cf;

    if (*usage == NULL)
        return;
    master_cf = (*usage)->master_cf;
    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++)
        release(&(*usage)->services[i]);
    mem_free((*usage)->services);
    release(&(*usage)->main_cf);
    release(&(*usage)->all);
    mem_free(*usage);
    *usage = NULL;
}
