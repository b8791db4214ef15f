/* Settings of a table, a key and a value: lines of the input up to an empty one, and the two behind. */
#include "lib/map/table_query.h"

static const struct config config = {.parent_domain_matches_subdomains = ""};

static void ask(const struct table_settings *settings, struct table_query *query, struct span key,
                struct span value)
{
    const char *template = table_setting(settings, "query", "%s");
    struct buf text = BUF(65536);
    struct table_answer answer = {.query = query, .key = key, .value = &text};
    struct error err;

    if (!table_query_template(query, template, &err) ||
        table_query_applies(query, key, &err) != MAP_FOUND)
        return;
    if (table_query_expand(template, key, NULL, NULL, &text, &err)) {
        buf_clear(&text);
        (void)!table_answer_add(&answer, value, &err);
        (void)!table_answer_add(&answer, key, &err);
    }
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of(data, size);
    struct span key = span_take_until(&rest, '\n');
    struct span value = span_take_until(&rest, '\n');
    struct error err;
    struct table_settings *settings = table_settings_parse(&config, "fuzz", rest, &err);
    struct table_query *query = NULL;

    /* A list of domains may name files and tables of this host. */
    if (settings != NULL && table_setting(settings, "domain", NULL) == NULL)
        query = table_query_create(settings, &err);
    if (query != NULL)
        ask(settings, query, key, value);
    table_query_free(&query);
    table_settings_free(&settings);
    return 0;
}
