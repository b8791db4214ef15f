/* Parameters that are named for a table. */
#include "lib/config/table_parameter.h"

/* What Postfix 3.7 to 3.11 have; of redis, and result_filter for all, what we have. */
static const char ldap[] =
    "bind bind_dn bind_pw cache cache_expiry cache_size chase_referrals debuglevel dereference "
    "domain expansion_limit leaf_result_attribute query_filter recursion_limit result_attribute "
    "result_filter result_format sasl_authz_id sasl_mechs sasl_minssf sasl_realm scope search_base "
    "server_host server_port size_limit special_result_attribute start_tls "
    "terminal_result_attribute timeout tls_ca_cert_dir tls_ca_cert_file tls_cert tls_cipher_suite "
    "tls_key tls_random_file tls_require_cert version";

static const char memcache[] = "backup data_size_limit domain flags key_format line_size_limit "
                               "max_try memcache retry_pause timeout ttl";

#define SQL                                                                                        \
    "additional_conditions domain expansion_limit query result_filter result_format select_field " \
    "table where_field "

static const char mysql[] =
    SQL "charset dbname hosts idle_interval option_file option_group password require_result_set "
        "retry_interval tls_CAfile tls_CApath tls_cert_file tls_ciphers tls_key_file "
        "tls_verify_cert user";

static const char pgsql[] =
    SQL "dbname encoding hosts idle_interval password retry_interval select_function user";

static const char redis[] =
    "dbname domain expansion_limit hosts password query result_filter result_format timeout tls "
    "tls_CAfile tls_CApath tls_cert_file tls_ciphers tls_key_file tls_verify_cert user";

static const char sqlite[] = SQL "dbpath";

static const struct {
    const char *type; /* and the colon */
    const char *settings;
} types[] = {
    {"ldap:",     ldap    },
    {"memcache:", memcache},
    {"mysql:",    mysql   },
    {"pgsql:",    pgsql   },
    {"redis:",    redis   },
    {"sqlite:",   sqlite  },
};

/* As proxy:mysql:accounts too; what has a path has a file of its own. */
static void note_table(struct span item, struct strlist *tables)
{
    if (span_starts_with(item, "proxy:"))
        item = span_skip(item, strlen("proxy:"));
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (span_starts_with(item, types[i].type) && item.len > strlen(types[i].type) &&
            span_find(item, '/') == item.len)
            strlist_add_span(tables, item);
    }
}

void table_parameter_note(const char *text, struct strlist *tables)
{
    struct strlist items = STRLIST_EMPTY;

    if (strchr(text, ':') == NULL)
        return;
    strlist_split(&items, text, ", \t\r\n{}");
    for (size_t i = 0; i < items.count; i++)
        note_table(span_text(items.items[i]), tables);
    strlist_release(&items);
}

bool table_parameter_applies(const char *table, struct span parameter)
{
    const char *name = strchr(table, ':') + 1;
    bool applies = false;
    char *setting;

    if (!span_starts_with(parameter, name) ||
        !span_starts_with(span_skip(parameter, strlen(name)), "_"))
        return false;
    setting = mem_span(span_skip(parameter, strlen(name) + 1));
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (span_starts_with(span_text(table), types[i].type))
            applies = strlist_text_has(types[i].settings, " ", setting);
    }
    mem_free(setting);
    return applies;
}
