/* Mailbox names and patterns. */
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

/* Where a '*' was seen last, and where the name stood: on a mismatch it takes one octet more. A '%'
 * does the same up to the next separator. */
struct retry {
    size_t pattern, name;
    bool set;
};

static bool octets_match(struct span pattern, struct span name, size_t at_pattern, size_t at_name,
                         bool is_inbox)
{
    char p = pattern.data[at_pattern], n = name.data[at_name];

    return p == n || (is_inbox && at_name < INBOX_LEN && to_upper(p) == to_upper(n));
}

static bool take_retry(struct retry *retry, size_t *at_pattern, size_t *at_name)
{
    if (!retry->set)
        return false;
    *at_pattern = retry->pattern;
    *at_name = ++retry->name;
    return true;
}

bool mailbox_pattern_match(struct span pattern, const char *name, char separator)
{
    struct span whole = span_text(name);
    bool is_inbox = starts_with_inbox(whole, separator);
    struct retry any = {0}, level = {0};
    size_t at_pattern = 0, at_name = 0;

    while (at_name < whole.len || at_pattern < pattern.len) {
        if (at_pattern < pattern.len && pattern.data[at_pattern] == '*') {
            any = (struct retry){++at_pattern, at_name, true};
            level.set = false;
            continue;
        }
        if (at_pattern < pattern.len && pattern.data[at_pattern] == '%') {
            level = (struct retry){++at_pattern, at_name, true};
            continue;
        }
        if (at_pattern < pattern.len && at_name < whole.len &&
            octets_match(pattern, whole, at_pattern, at_name, is_inbox)) {
            at_pattern++;
            at_name++;
            continue;
        }
        if (level.set && (level.name >= whole.len || whole.data[level.name] == separator))
            level.set = false;
        if (take_retry(&level, &at_pattern, &at_name))
            continue;
        if (any.set && any.name >= whole.len)
            return false;
        level.set = false;
        if (!take_retry(&any, &at_pattern, &at_name))
            return false;
    }
    return true;
}
