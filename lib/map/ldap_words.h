/* How a search is worded, for whatever asks a directory: ldap_table.c, ldap_password.c. */
#ifndef BUZON_LIB_MAP_LDAP_WORDS_H
#define BUZON_LIB_MAP_LDAP_WORDS_H

#include "lib/map/module.h"
#include "lib/map/table_query.h"

/* ldap_settings_check - what is read when a server is connected to; PERMANENT: it is malformed, also where it counts
 * for nothing yet */
bool ldap_settings_check(const struct table_settings *settings, struct error *err) MUST_CHECK;
/* ldap_scope_read - the setting "scope": sub, base or one; another word is sub, with a warning, as in Postfix */
enum ldap_scope ldap_scope_read(const struct table_settings *settings);

/* In a filter: RFC 4515 section 3. A key has no NUL in it. */
table_quote ldap_quote_for_filter;
/* In a distinguished name: RFC 4514 section 2.4. */
table_quote ldap_quote_for_name;

#endif
