/* Words of searches in directories. Source: Postfix ldap_table(5), RFC 4514, RFC 4515. */
#include "lib/base/base.h"

#include "lib/map/ldap_words.h"

bool ldap_scope_read(const struct table_settings *settings, enum ldap_scope *scope_r,
                     struct error *err)
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
        if (strcasecmp(name, scopes[i].name) == 0) {
            *scope_r = scopes[i].scope;
            return true;
        }
    }
    error_set(err, ERROR_PERMANENT, "%s: unrecognized value \"%s\" specified for scope",
              table_settings_name(settings), name);
    return false;
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
