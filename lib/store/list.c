/* The names of an account's mailboxes, in order, and what a listing says about each. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#include "lib/base/hash.h"
#include "lib/store/name.h"

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

struct entries {
    struct store_entry *items;
    size_t count, capacity;
    struct hash *by_name; /* numbers of items, from 1 on */
};

/* The entry of that name, which is made when it is not there. */
static struct store_entry *entry_of(struct entries *entries, struct arena *arena, struct span name,
                                    bool *made_r)
{
    size_t number = (size_t)(uintptr_t)hash_get(entries->by_name, name);

    *made_r = number == 0;
    if (number == 0) {
        if (entries->count == entries->capacity) {
            entries->capacity = entries->capacity == 0 ? 64 : entries->capacity * 2;
            entries->items = mem_resize(entries->items, entries->capacity, sizeof(*entries->items));
        }
        entries->items[entries->count] = (struct store_entry){.name = arena_text(arena, name)};
        number = ++entries->count;
        hash_put(entries->by_name, name, (void *)(uintptr_t)number);
    }
    return &entries->items[number - 1];
}

/* A name, and the parents of it, which may be none themselves. Whose parents are there already is found at the
 * first of them. */
static void add_with_parents(struct entries *entries, struct arena *arena, char separator,
                             const struct store_entry *added)
{
    struct span name = span_text(added->name);
    bool made;
    struct store_entry *entry = entry_of(entries, arena, name, &made);

    entry->selectable |= added->selectable;
    entry->subscribed |= added->subscribed;
    for (size_t parent;
         made && (parent = span_find_last(name, separator)) < name.len && parent > 0;) {
        name.len = parent;
        (void)entry_of(entries, arena, name, &made);
    }
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

/* In order; the array is the arena's. */
static void collect(struct arena *arena, char separator, const struct strlist *names,
                    const struct strlist *subscribed, struct store_entry **entries_r,
                    size_t *count_r)
{
    struct entries entries = {.by_name = hash_create()};

    add_with_parents(&entries, arena, separator,
                     &(struct store_entry){.name = "INBOX", .selectable = true});
    for (size_t i = 0; i < names->count; i++)
        add_with_parents(&entries, arena, separator,
                         &(struct store_entry){.name = names->items[i], .selectable = true});
    for (size_t i = 0; i < subscribed->count; i++)
        add_with_parents(&entries, arena, separator,
                         &(struct store_entry){.name = subscribed->items[i], .subscribed = true});
    qsort(entries.items, entries.count, sizeof(*entries.items), compare_entries);
    *entries_r = arena_array(arena, struct store_entry, entries.count);
    memcpy(*entries_r, entries.items, entries.count * sizeof(*entries.items));
    *count_r = entries.count;
    hash_free(&entries.by_name, NULL);
    mem_free(entries.items);
}

bool store_list(struct store *store, struct arena *arena, bool subscriptions,
                struct store_entry **entries_r, size_t *count_r, struct error *err)
{
    struct strlist names = STRLIST_EMPTY, subscribed = STRLIST_EMPTY;
    char separator = store->separator;
    bool done = store_be_ready(store, err) && store->driver->list(store, &names, err) &&
                store_subscriptions(store, &subscribed, err);

    if (done) {
        collect(arena, separator, &names, &subscribed, entries_r, count_r);
        mark_parents(*entries_r, *count_r, separator);
        if (!subscriptions)
            *count_r = keep_what_is_there(*entries_r, *count_r);
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
