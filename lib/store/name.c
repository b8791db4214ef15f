/* Mailbox names. */
#include "lib/base/base.h"

#include "lib/store/name.h"

#include "lib/base/buf.h"
#include "lib/store/mutf7.h"

#define INBOX_LEN 5

/* Does the name begin with INBOX, whole or as a parent? */
static bool starts_with_inbox(struct span name, char separator)
{
    return span_starts_with_nocase(name, "INBOX") &&
           (name.len == INBOX_LEN || name.data[INBOX_LEN] == separator);
}

static const char *find_fault(struct span name, char separator)
{
    struct buf utf8 = BUF(4 * MAILBOX_NAME_MAX);
    bool decoded;

    if (name.len == 0)
        return "Empty mailbox name";
    if (name.len > MAILBOX_NAME_MAX)
        return "Mailbox name too long";
    decoded = mutf7_decode(name, &utf8);
    buf_release(&utf8);
    if (!decoded)
        return "Mailbox name is not modified UTF-7";
    if (separator != '/' && span_find(name, '/') < name.len)
        return "Character not allowed in mailbox name: '/'";
    for (struct span rest = name; rest.len > 0;) {
        struct span component = span_take_until(&rest, separator);
        if (component.len == 0 || span_equal_text(component, ".") ||
            span_equal_text(component, ".."))
            return "Invalid mailbox name";
    }
    return NULL;
}

bool mailbox_name_check(struct arena *arena, struct span name, char separator, const char **name_r,
                        struct error *err)
{
    const char *fault;
    char *checked;

    if (name.len > 1 && name.data[name.len - 1] == separator)
        name.len--;
    fault = find_fault(name, separator);
    if (fault == NULL && name.data[name.len - 1] == separator)
        fault = "Invalid mailbox name";
    if (fault != NULL) {
        error_set(err, ERROR_PERMANENT, "%s", fault);
        return false;
    }
    checked = arena_text(arena, name);
    if (starts_with_inbox(name, separator))
        memcpy(checked, "INBOX", INBOX_LEN);
    *name_r = checked;
    return true;
}

size_t mailbox_name_parent(const char *name, char separator)
{
    const char *last = strrchr(name, separator);

    return last == NULL ? 0 : (size_t)(last - name);
}

bool mailbox_name_is_below(const char *name, const char *parent, char separator)
{
    size_t len = strlen(parent);

    return strncmp(name, parent, len) == 0 && name[len] == separator;
}
