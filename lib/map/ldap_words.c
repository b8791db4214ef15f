/* Words of searches in directories. Source: Postfix ldap_table(5), RFC 4514, RFC 4515. */
#include "lib/base/base.h"

#include "lib/map/ldap_words.h"

#include "lib/base/log.h"

bool ldap_settings_check(const struct table_settings *settings, struct error *err)
{
    static const struct table_setting_check checks[] = {
        {"server_host",      TABLE_SETTING_TEXT,   0},
        {"scope",            TABLE_SETTING_TEXT,   0},
        {"bind",             TABLE_SETTING_TEXT,   0},
        {"server_port",      TABLE_SETTING_NUMBER, 0},
        {"timeout",          TABLE_SETTING_NUMBER, 1},
        {"version",          TABLE_SETTING_NUMBER, 0},
        {"dereference",      TABLE_SETTING_NUMBER, 0},
        {"sasl_minssf",      TABLE_SETTING_NUMBER, 0},
        {"debuglevel",       TABLE_SETTING_NUMBER, 0},
        {"start_tls",        TABLE_SETTING_FLAG,   0},
        {"chase_referrals",  TABLE_SETTING_FLAG,   0},
        {"tls_require_cert", TABLE_SETTING_FLAG,   0},
        {NULL,               TABLE_SETTING_TEXT,   0},
    };
    static const char *const ways[] = {"yes", "simple", "no", "none", "sasl"};
    const char *bind = table_setting(settings, "bind", "yes");

    if (!table_settings_check(settings, checks, err))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
        if (strcasecmp(bind, ways[i]) == 0)
            return true;
    }
    error_set(err, ERROR_PERMANENT, "%s: unsupported parameter value: bind = %s",
              table_settings_name(settings), bind);
    return false;
}

enum ldap_scope ldap_scope_read(const struct table_settings *settings)
{
    static const struct {
        const char *name;
        enum ldap_scope scope;
    } scopes[] = {
        {"sub",  LDAP_WHOLE_TREE},
        {"base", LDAP_ONE_ENTRY },
        {"one",  LDAP_ONE_LEVEL }
    };
    const char *name = table_setting(settings, "scope", "sub");

    for (size_t i = 0; i < ARRAY_LENGTH(scopes); i++) {
        if (strcasecmp(name, scopes[i].name) == 0)
            return scopes[i].scope;
    }
    log_warning("%s: unrecognized value %s specified for scope; using sub",
                table_settings_name(settings), name);
    return LDAP_WHOLE_TREE;
}

/* "\2a": both kinds of quoting have it. */
static bool put_quoted(struct span text, const char *special, bool all_special,
                       struct buf *quoted_r, struct error *err)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char octet = (unsigned char)text.data[i];
        bool plain = all_special ? is_alnum(octet) || octet >= 0x80 || octet == '-' || octet == '.'
                                 : strchr(special, octet) == NULL;

        if (!(plain ? buf_append_char(quoted_r, text.data[i])
                    : buf_printf(quoted_r, "\\%02x", octet))) {
            error_set(err, ERROR_TEMPORARY, "the query is too long");
            return false;
        }
    }
    return true;
}

bool ldap_quote_for_filter(void *context UNUSED, struct span text, struct buf *quoted_r,
                           struct error *err)
{
    return put_quoted(text, "*()\\", false, quoted_r, err);
}

bool ldap_quote_for_name(void *context UNUSED, struct span text, struct buf *quoted_r,
                         struct error *err)
{
    return put_quoted(text, "", true, quoted_r, err);
}
