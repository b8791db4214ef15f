/* The names of an account's mailboxes, in order, and what a listing says about each. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#include "lib/base/hash.h"
#include "lib/store/name.h"
#include "lib/store/subscriptions.h"

#include <stdlib.h>

#define INBOX_LEN 5

/* INBOX, or below it: neither separator, nor the end, is part of a longer word. */
static bool is_inbox(const char *name)
{
    return strncmp(name, "INBOX", INBOX_LEN) == 0 && strchr("./", name[INBOX_LEN]) != NULL;
}

static int compare_entries(const void *a, const void *b)
{
    const struct store_entry *first = a, *second = b;

    if (is_inbox(first->name) != is_inbox(second->name))
        return is_inbox(first->name) ? -1 : 1;
    return strcmp(first->name, second->name);
}

/* A name, and the parents of it, which may be none themselves. */
static size_t add_with_parents(struct arena *arena, char separator, struct store_entry entry,
                               struct store_entry *entries)
{
    size_t count = 0;

    entry.name = arena_copy(arena, entry.name);
    entries[count++] = entry;
    for (size_t len; (len = mailbox_name_parent(entry.name, separator)) > 0;) {
        entry = (struct store_entry){.name = arena_text(arena, span_of(entry.name, len))};
        entries[count++] = entry;
    }
    return count;
}

static size_t count_levels(const struct strlist *names, char separator)
{
    size_t levels = 0;

    for (size_t i = 0; i < names->count; i++) {
        levels++;
        for (const char *c = names->items[i]; *c != '\0'; c++)
            levels += *c == separator;
    }
    return levels;
}

/* One entry a name; they are in order. */
static size_t merge_entries(struct store_entry *entries, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(entries[kept - 1].name, entries[i].name) == 0) {
            entries[kept - 1].selectable |= entries[i].selectable;
            entries[kept - 1].subscribed |= entries[i].subscribed;
        } else {
            entries[kept++] = entries[i];
        }
    }
    return kept;
}

/* From the last to the first: what is below a name stands behind it. */
static void mark_parents(struct store_entry *entries, size_t count, char separator)
{
    struct hash *by_name = hash_create();

    for (size_t i = 0; i < count; i++)
        hash_put(by_name, span_text(entries[i].name), &entries[i]);
    for (size_t i = count; i-- > 0;) {
        size_t parent = mailbox_name_parent(entries[i].name, separator);
        struct store_entry *above =
            parent == 0 ? NULL : hash_get(by_name, span_of(entries[i].name, parent));
        if (above != NULL && (entries[i].selectable || entries[i].has_children))
            above->has_children = true;
    }
    hash_free(&by_name, NULL);
}

static size_t keep_what_is_there(struct store_entry *entries, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (entries[i].selectable || entries[i].has_children)
            entries[kept++] = entries[i];
    }
    return kept;
}

bool store_list(struct store *store, struct arena *arena, bool subscriptions,
                struct store_entry **entries_r, size_t *count_r, struct error *err)
{
    struct strlist names = STRLIST_EMPTY, subscribed = STRLIST_EMPTY;
    char separator = store->separator;
    bool done = store_be_ready(store, err) && store->driver->list(store, &names, err) &&
                store_subscriptions(store, &subscribed, err);

    if (done) {
        size_t count = 1 + count_levels(&names, separator) + count_levels(&subscribed, separator);
        struct store_entry *entries = arena_array(arena, struct store_entry, count);
        entries[0] = (struct store_entry){.name = "INBOX", .selectable = true};
        count = 1;
        for (size_t i = 0; i < names.count; i++)
            count += add_with_parents(
                arena, separator, (struct store_entry){.name = names.items[i], .selectable = true},
                entries + count);
        for (size_t i = 0; i < subscribed.count; i++)
            count += add_with_parents(
                arena, separator,
                (struct store_entry){.name = subscribed.items[i], .subscribed = true},
                entries + count);
        qsort(entries, count, sizeof(*entries), compare_entries);
        count = merge_entries(entries, count);
        mark_parents(entries, count, separator);
        *count_r = subscriptions ? count : keep_what_is_there(entries, count);
        *entries_r = entries;
    }
    strlist_release(&names);
    strlist_release(&subscribed);
    return done;
}

bool store_count(struct store *store, size_t *count_r, struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    bool done = store_be_ready(store, err) && store->driver->list(store, &names, err);

    *count_r = names.count + 1;
    strlist_release(&names);
    return done;
}
