/* Templates of queries and results (lib/map/table_query.h). */
#include "lib/map/table_query.h"

#include "lib/base/log.h"
#include "lib/map/match_list.h"

#define LABELS_MAX 9 /* %1 to %9 */

struct table_query {
    char *name;
    const char *result_format;                           /* the settings' */
    int expansion_limit;                                 /* 0: none */
    struct match_list *domains;                          /* NULL: all */
    bool key_user, key_domain, value_user, value_domain; /* what templates want non-empty */
    unsigned labels;                                     /* of the key's domain: how many */
};

/* What stands for an octet behind a %. */
static bool note(struct table_query *query, char octet, bool is_result)
{
    switch (octet) {
    case '%':
    case 's':
    case 'S':
        return true;
    case 'u':
        *(is_result ? &query->value_user : &query->key_user) = true;
        return true;
    case 'd':
        *(is_result ? &query->value_domain : &query->key_domain) = true;
        return true;
    case 'U':
        query->key_user = true;
        return true;
    case 'D':
        query->key_domain = true;
        return true;
    default:
        if (octet < '1' || octet > '9')
            return false;
        query->key_domain = true;
        if (query->labels < (unsigned)(octet - '0'))
            query->labels = (unsigned)(octet - '0');
        return true;
    }
}

static bool note_template(struct table_query *query, const char *template, bool is_result,
                          struct error *err)
{
    for (const char *at = template; *at != '\0'; at++) {
        if (*at == '%' && !note(query, *++at, is_result)) {
            error_set(err, ERROR_PERMANENT, "%s: invalid %s template: %s", query->name,
                      is_result ? "result" : "query", template);
            return false;
        }
    }
    return true;
}

bool table_query_template(struct table_query *query, const char *template, struct error *err)
{
    return note_template(query, template, false, err);
}

/* result_filter is its name before Postfix 2.2, in ldap tables. */
static bool read_result_format(struct table_query *query, const struct table_settings *settings,
                               struct error *err)
{
    if (!table_setting_text(settings, "result_format", NULL, &query->result_format, err))
        return false;
    return query->result_format != NULL ||
           table_setting_text(settings, "result_filter", "%s", &query->result_format, err);
}

struct table_query *table_query_create(const struct table_settings *settings, struct error *err)
{
    struct table_query *query = mem_new(struct table_query);
    const char *domains = table_setting(settings, "domain", "");

    query->name = mem_text(table_settings_name(settings));
    if (!read_result_format(query, settings, err) ||
        !table_setting_number(settings, "expansion_limit", 0, 0, &query->expansion_limit, err) ||
        !note_template(query, query->result_format, true, err))
        table_query_free(&query);
    else if (domains[0] != '\0')
        query->domains = match_list_create(table_settings_config(settings), "domain", domains,
                                           MATCH_STRING, false);
    return query;
}

void table_query_free(struct table_query **query)
{
    if (*query == NULL)
        return;
    match_list_free(&(*query)->domains);
    mem_free((*query)->name);
    mem_free(*query);
    *query = NULL;
}

/* "user@domain": the last @ counts. False: there is none, and user is all of it. */
static bool split(struct span text, struct span *user_r, struct span *domain_r)
{
    size_t at = span_find_last(text, '@');

    *user_r = span_first(text, at);
    *domain_r = span_skip(text, at + 1);
    return at < text.len;
}

/* The labels of a domain from its end: %1 is the last one; there are no empty ones. */
static unsigned take_labels(struct span domain, unsigned wanted, struct span labels[LABELS_MAX])
{
    unsigned count = 0;

    while (count < wanted && domain.len > 0) {
        size_t dot = span_find_last(domain, '.');
        struct span label = dot == domain.len ? domain : span_skip(domain, dot + 1);

        if (label.len > 0)
            labels[count++] = label;
        domain = span_first(domain, dot == domain.len ? 0 : dot);
    }
    return count;
}

/* Whether a key has all that templates put from it. */
static bool has_parts(const struct table_query *query, struct span key)
{
    struct span labels[LABELS_MAX];
    struct span user;
    struct span domain;
    bool is_address = split(key, &user, &domain);

    if (query->key_domain && domain.len == 0)
        return false;
    if (query->key_user && is_address && user.len == 0)
        return false;
    return take_labels(domain, query->labels, labels) == query->labels;
}

enum map_result table_query_applies(struct table_query *query, struct span key, struct error *err)
{
    struct span user;
    struct span domain;

    if (query->domains != NULL) {
        enum map_result listed;

        if (!split(key, &user, &domain) || user.len == 0)
            return MAP_ABSENT;
        listed = match_list_name(query->domains, domain, err);
        if (listed != MAP_FOUND)
            return listed;
    }
    return has_parts(query, key) ? MAP_FOUND : MAP_ABSENT;
}

/* The text that an octet behind a % stands for; `value` is the key itself in a query. */
static struct span part_of(char octet, struct span key, struct span value)
{
    bool of_key = octet != 's' && octet != 'u' && octet != 'd';
    struct span whole = of_key ? key : value;
    struct span labels[LABELS_MAX] = {SPAN_EMPTY};
    struct span user;
    struct span domain;

    (void)split(whole, &user, &domain);
    switch (octet) {
    case 's':
    case 'S':
        return whole;
    case 'u':
    case 'U':
        return user;
    case 'd':
    case 'D':
        return domain;
    default:
        (void)take_labels(domain, (unsigned)(octet - '0'), labels);
        return labels[octet - '1'];
    }
}

static bool put(struct buf *text_r, struct span octets, struct error *err)
{
    if (buf_append_span(text_r, octets))
        return true;
    error_set(err, ERROR_TEMPORARY, "a text of %zu octets is too long", text_r->len + octets.len);
    return false;
}

static bool expand(const char *template, struct span key, struct span value, table_quote *quote,
                   void *context, struct buf *text_r, struct error *err)
{
    const char *at = template;

    for (;;) {
        size_t plain = strcspn(at, "%");

        if (!put(text_r, span_of(at, plain), err))
            return false;
        at += plain;
        if (*at == '\0')
            return true;
        at++; /* the octet behind it has been checked when the template was announced */
        if (*at == '%') {
            if (!put(text_r, SPAN_LITERAL("%"), err))
                return false;
        } else {
            struct span part = part_of(*at, key, value);

            if (!(quote == NULL ? put(text_r, part, err) : quote(context, part, text_r, err)))
                return false;
        }
        at++;
    }
}

bool table_query_expand(const char *template, struct span key, table_quote *quote, void *context,
                        struct buf *text_r, struct error *err)
{
    return expand(template, key, key, quote, context, text_r, err);
}

static bool is_usable(const struct table_query *query, struct span value)
{
    struct span user;
    struct span domain;
    bool is_address = split(value, &user, &domain);

    return (!query->value_domain || domain.len > 0) &&
           (!query->value_user || !is_address || user.len > 0);
}

bool table_answer_add(struct table_answer *answer, struct span value, struct error *err)
{
    const struct table_query *query = answer->query;

    if (value.len == 0) {
        log_warning("table \"%s\": empty lookup result for: \"%.*s\" -- ignored", query->name,
                    SPAN_PRINTF(answer->key));
        return true;
    }
    if (!is_usable(query, value))
        return true;
    answer->too_much = true;
    if (query->expansion_limit > 0 && answer->count == query->expansion_limit) {
        error_set(err, ERROR_TEMPORARY, "%s: Expansion limit exceeded for key: '%.*s'", query->name,
                  SPAN_PRINTF(answer->key));
        return false;
    }
    if (answer->value->len > 0 && !put(answer->value, SPAN_LITERAL(","), err))
        return false;
    answer->count++;
    answer->too_much =
        !expand(query->result_format, answer->key, value, NULL, NULL, answer->value, err);
    return !answer->too_much;
}
