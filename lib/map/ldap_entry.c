/* The attributes of directory entries (lib/map/ldap_entry.h). */
#include "lib/map/ldap_entry.h"

struct ldap_attributes {
    struct strlist names;
    enum ldap_role *roles; /* of each name */
    const char **list;     /* the names, ended by NULL */
};

static void add_names(struct ldap_attributes *attributes, const char *names, enum ldap_role role)
{
    size_t before = attributes->names.count;

    strlist_split(&attributes->names, names, ", \t\r\n");
    attributes->roles =
        mem_resize(attributes->roles, attributes->names.count + 1, sizeof(enum ldap_role));
    for (size_t i = before; i < attributes->names.count; i++)
        attributes->roles[i] = role;
}

struct ldap_attributes *ldap_attributes_create(const struct table_settings *settings)
{
    struct ldap_attributes *attributes = mem_new(struct ldap_attributes);

    add_names(attributes, table_setting(settings, "terminal_result_attribute", ""), LDAP_TERMINAL);
    add_names(attributes, table_setting(settings, "leaf_result_attribute", ""), LDAP_LEAF);
    add_names(attributes, table_setting(settings, "result_attribute", "maildrop"), LDAP_ORDINARY);
    add_names(attributes, table_setting(settings, "special_result_attribute", ""), LDAP_SPECIAL);
    attributes->list = mem_alloc((attributes->names.count + 1) * sizeof(char *));
    for (size_t i = 0; i < attributes->names.count; i++)
        attributes->list[i] = attributes->names.items[i];
    return attributes;
}

void ldap_attributes_free(struct ldap_attributes **attributes)
{
    if (*attributes == NULL)
        return;
    mem_free((*attributes)->list);
    mem_free((*attributes)->roles);
    strlist_release(&(*attributes)->names);
    mem_free(*attributes);
    *attributes = NULL;
}

const char *const *ldap_attributes_names(const struct ldap_attributes *attributes)
{
    return attributes->list;
}

/* "mail;lang-es" is a kind of "mail". */
static bool is_kind_of(const char *attribute, const char *name)
{
    size_t len = strlen(name);

    return strncasecmp(attribute, name, len) == 0 &&
           (attribute[len] == '\0' || attribute[len] == ';');
}

static enum ldap_role role_of(const struct ldap_attributes *attributes, const char *attribute)
{
    for (size_t i = 0; i < attributes->names.count; i++) {
        if (is_kind_of(attribute, attributes->names.items[i]))
            return attributes->roles[i];
    }
    return LDAP_NOT_WANTED;
}

struct ldap_entry *ldap_entry_create(struct arena *arena)
{
    struct ldap_entry *entry = arena_new(arena, struct ldap_entry);

    entry->arena = arena;
    entry->last = &entry->first;
    return entry;
}

void ldap_entry_add(struct ldap_entry *entry, const struct ldap_attributes *attributes,
                    const char *attribute, struct span value)
{
    struct ldap_value *added = arena_new(entry->arena, struct ldap_value);

    added->role = role_of(attributes, attribute);
    added->text = arena_text(entry->arena, value);
    *entry->last = added;
    entry->last = &added->next;
    entry->has[added->role] = true;
}

bool ldap_entry_counts(const struct ldap_entry *entry, enum ldap_role role)
{
    switch (role) {
    case LDAP_NOT_WANTED:
        return false;
    case LDAP_TERMINAL:
        return true;
    case LDAP_LEAF:
        return !entry->has[LDAP_TERMINAL] && !entry->has[LDAP_SPECIAL];
    case LDAP_ORDINARY:
    case LDAP_SPECIAL:
        break;
    }
    return !entry->has[LDAP_TERMINAL];
}
