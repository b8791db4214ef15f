/*
 * Which attributes of directory entries are a table's answer, and which of them lead on to other
 * entries. Source: Postfix ldap_table(5), "result_attribute" and the three like it.
 */
#ifndef BUZON_LIB_MAP_LDAP_ENTRY_H
#define BUZON_LIB_MAP_LDAP_ENTRY_H

#include "lib/map/table_settings.h"

enum ldap_role {
    LDAP_NOT_WANTED,
    LDAP_TERMINAL, /* where an entry has one, nothing else of it counts */
    LDAP_LEAF,     /* counts only in entries that lead nowhere */
    LDAP_ORDINARY,
    LDAP_SPECIAL, /* its values are DNs or URLs of further entries */
};

struct ldap_attributes;

struct ldap_attributes *ldap_attributes_create(const struct table_settings *settings)
    __attribute__((returns_nonnull));
void ldap_attributes_free(struct ldap_attributes **attributes);
/* ldap_attributes_names - all of them, ended by NULL */
const char *const *ldap_attributes_names(const struct ldap_attributes *attributes);

struct ldap_value {
    enum ldap_role role;
    const char *text;
    struct ldap_value *next;
};

/* An entry as far as it has been read, in the order in which the server sent it. */
struct ldap_entry {
    struct arena *arena;
    struct ldap_value *first, **last;
    bool has[LDAP_SPECIAL + 1]; /* by role */
};

struct ldap_entry *ldap_entry_create(struct arena *arena) __attribute__((returns_nonnull));
void ldap_entry_add(struct ldap_entry *entry, const struct ldap_attributes *attributes,
                    const char *attribute, struct span value);
/* ldap_entry_counts - whether a value of this role is part of the answer, or leads on, in this entry */
bool ldap_entry_counts(const struct ldap_entry *entry, enum ldap_role role);

#endif
