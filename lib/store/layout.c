/*
 * Names of mailboxes and the directories that hold them. Clients see a prefix ("INBOX.") before all names
 * but INBOX, when there is one, and a separator; on disk it is ".Sent.2024" (Maildir++) or "Sent/2024"
 * (a tree). A name that cannot be told from another one, or would lead to files of ours, is none.
 */
#include "lib/base/base.h"

#include "lib/store/layout.h"

char layout_separator(const struct store_settings *settings)
{
    if (settings->separator == '.' || settings->separator == '/')
        return settings->separator;
    return settings->layout == LAYOUT_TREE ? '/' : '.';
}

bool layout_is_reserved(const char *component)
{
    static const char *const reserved[] = {"cur", "new", "tmp", "courierimapkeywords",
                                           "buzon.index"};

    for (size_t i = 0; i < ARRAY_LENGTH(reserved); i++) {
        if (strcmp(component, reserved[i]) == 0)
            return true;
    }
    return component[0] == '.' || component[0] == '\0';
}

/* Between the parts of a name on disk. */
static char separator_on_disk(const struct store *store)
{
    return store->settings.layout == LAYOUT_TREE ? '/' : '.';
}

static bool has_reserved_component(const struct store *store, const char *name)
{
    char *copy = mem_text(name), *rest = copy, *component;
    char separators[2] = {store->separator, '\0'};
    bool has = false;

    while ((component = strsep(&rest, separators)) != NULL)
        has |= layout_is_reserved(component);
    mem_free(copy);
    return has;
}

const char *layout_without_prefix(const struct store *store, const char *name)
{
    size_t len = strlen(store->settings.prefix);

    if (strcmp(name, "INBOX") == 0)
        return name;
    return strncmp(name, store->settings.prefix, len) == 0 && name[len] != '\0' ? name + len : NULL;
}

char *layout_path(const struct store *store, const char *name)
{
    const char *rest = layout_without_prefix(store, name);
    bool tree = store->settings.layout == LAYOUT_TREE;
    char on_disk = separator_on_disk(store), *path;

    if (strcmp(name, "INBOX") == 0)
        return mem_text(store->folders);
    if (rest == NULL || (tree && has_reserved_component(store, rest)) ||
        (store->separator != on_disk && strchr(rest, on_disk) != NULL))
        return NULL;
    path = mem_printf("%s/%s%s", store->folders, tree ? "" : ".", rest);
    for (char *c = path + strlen(store->folders) + 1; *c != '\0'; c++)
        *c = *c == store->separator ? on_disk : *c;
    return path;
}

const char *layout_name(const struct store *store, const char *on_disk, struct arena *arena)
{
    char separator = separator_on_disk(store);
    char *name = arena_printf(arena, "%s%s", store->settings.prefix, on_disk);
    size_t prefix = strlen(store->settings.prefix);

    if (store->separator != separator && strchr(on_disk, store->separator) != NULL)
        return NULL;
    for (char *c = name + prefix; *c != '\0'; c++)
        *c = *c == separator ? store->separator : *c;
    return name;
}
