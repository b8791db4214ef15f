/* Which names of a configuration are good for something. */
#include "lib/config/usage.h"

#include "lib/base/hash.h"
#include "lib/config/expand.h"
#include "lib/config/service_parameter.h"

struct usage {
    struct config_source *source;
    const struct master_cf *master_cf;
    struct hash *names;    /* that a value refers to; the values mean nothing */
    struct strlist tables; /* "accounts_" for mysql:accounts */
};

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
    (void)hash_put(usage->names, name, usage);
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
    const char *classes;

    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const char *text = source->known[i].text;

        note_references(usage, text == NULL ? parameters[i].value : text);
    }
    for (size_t i = 0; i < source->setting_count; i++) {
        struct span name = span_text(source->settings[i].name);

        note_references(usage, source_entry(source, name)->text);
        if (service_parameter_find(usage->master_cf, name) != NULL)
            note_name(usage, name);
    }
    classes = source_value(source, &parameters[INDEX_smtpd_restriction_classes], NULL);
    if (classes != NULL)
        note_restriction_classes(usage, classes);
}

static void note_master_cf(struct usage *usage)
{
    struct span name;
    struct span value;

    for (size_t i = 0; usage->master_cf != NULL && i < usage->master_cf->count; i++) {
        size_t position = 0;

        while (master_cf_next_override(&usage->master_cf->services[i], &position, &name, &value)) {
            char *text = mem_span(value);

            note_references(usage, text);
            if (span_equal_text(name, "smtpd_restriction_classes"))
                note_restriction_classes(usage, text);
            mem_free(text);
        }
    }
}

struct usage *usage_create(struct config_source *source, const struct master_cf *master_cf)
{
    struct usage *usage = mem_new(struct usage);

    usage->source = source;
    usage->master_cf = master_cf;
    usage->names = hash_create();
    note_main_cf(usage);
    note_master_cf(usage);
    return usage;
}

bool usage_has(const struct usage *usage, struct span name)
{
    if (parameter_find(name) != NULL || hash_get(usage->names, name) != NULL ||
        service_parameter_find(usage->master_cf, name) != NULL)
        return true;
    for (size_t i = 0; i < usage->tables.count; i++) {
        if (span_starts_with(name, usage->tables.items[i]))
            return true;
    }
    return false;
}

void usage_free(struct usage **usage)
{
    if (*usage == NULL)
        return;
    hash_free(&(*usage)->names, NULL);
    strlist_release(&(*usage)->tables);
    mem_free(*usage);
    *usage = NULL;
}
