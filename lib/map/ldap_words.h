/* How a search is worded, for whatever asks a directory: ldap_table.c, ldap_password.c. */
#ifndef BUZON_LIB_MAP_LDAP_WORDS_H
#define BUZON_LIB_MAP_LDAP_WORDS_H

#include "lib/map/module.h"
#include "lib/map/table_query.h"

/* ldap_scope_read - the setting "scope": sub, base or one; PERMANENT: another word */
bool ldap_scope_read(const struct table_settings *settings, enum ldap_scope *scope_r,
                     struct error *err) MUST_CHECK;

/* In a filter: RFC 4515 section 3. A key has no NUL in it. */
table_quote ldap_quote_for_filter;
/* In a distinguished name: RFC 4514 section 2.4. */
table_quote ldap_quote_for_name;

#endif
