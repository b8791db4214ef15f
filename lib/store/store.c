/* The account: opening it; making, removing and renaming mailboxes. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/store/layout.h"
#include "lib/store/name.h"
#include "lib/store/subscriptions.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void store_missing(struct error *err, const char *name)
{
    error_set(err, ERROR_PERMANENT, "Mailbox doesn't exist: %s", name);
    if (err != NULL)
        err->number = ENOENT;
}

static bool refuse(struct error *err, int number, const char *text)
{
    error_set(err, ERROR_PERMANENT, "%s", text);
    err->number = number;
    return false;
}

static bool refuse_prefix(const struct store *store, struct error *err)
{
    error_set(err, ERROR_PERMANENT, "Names of mailboxes here begin with: %s",
              store->settings.prefix);
    err->number = EINVAL;
    return false;
}

/* --- the account ------------------------------------------------------------------------------- */

static const struct store_driver *driver_of(enum mailbox_format format)
{
    switch (format) {
    case MAILBOX_MAILDIR:
        return &maildir_store;
    case MAILBOX_MBOX:
        return &spool_store;
    }
    return NULL;
}

static bool open_root(struct store *store, struct error *err)
{
    char *index;

    if (!store->driver->open(store, err))
        return false;
    store->root = open(store->folders, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->root < 0) {
        error_errno(err, "open %s", store->folders);
        return false;
    }
    /* In a tree another server would take any directory for a mailbox, but these parts of the INBOX. */
    index = mem_printf("%s/%sbuzon.index", store->folders,
                       store->settings.layout == LAYOUT_TREE ? "tmp/." : "");
    store->index = index_open(index, err);
    mem_free(index);
    return store->index != NULL;
}

struct store *store_open(const struct store_settings *settings, struct error *err)
{
    struct store *store = mem_new(struct store);

    store->driver = driver_of(settings->format);
    store->root = -1;
    store->settings = (struct store_settings){
        .format = settings->format,
        .path = mem_text(settings->path),
        .home = mem_text(settings->home),
        .hostname = mem_text(settings->hostname),
        .quota = settings->quota,
        .quota_rules = mem_text(settings->quota_rules == NULL ? "" : settings->quota_rules),
        .layout = settings->layout,
        .prefix = mem_text(settings->prefix == NULL ? "" : settings->prefix),
        .strict_owner = settings->strict_owner,
    };
    store->separator = layout_separator(settings);
    store->settings.quota.is_default = false; /* who logs in brings what counts */
    store->settings.quota.is_tree = settings->layout == LAYOUT_TREE;
    if (!open_root(store, err))
        store_close(&store);
    return store;
}

void store_close(struct store **store)
{
    if (*store == NULL)
        return;
    index_close(&(*store)->index);
    fd_close(&(*store)->root);
    mem_free((*store)->folders);
    mem_free((*store)->settings.path);
    mem_free((*store)->settings.home);
    mem_free((*store)->settings.hostname);
    mem_free((*store)->settings.prefix);
    mem_free((*store)->settings.quota_rules);
    mem_free(*store);
    *store = NULL;
}

int store_temporary_file(struct store *store, struct error *err)
{
    int fd = file_nameless(store->root);

    if (fd < 0) {
        error_errno(err, "make a temporary file");
        err->kind = ERROR_TEMPORARY;
    }
    return fd;
}

const char *store_prefix(const struct store *store)
{
    return store->settings.prefix;
}

char store_separator(const struct store *store)
{
    return store->separator;
}

struct timeval store_name_time(struct store *store)
{
    struct timeval now = clock_wall();

    if (!timercmp(&now, &store->last_name, >)) {
        const struct timeval tick = {0, 1};
        timeradd(&store->last_name, &tick, &now);
    }
    store->last_name = now;
    return now;
}

bool store_keeps_modseqs(const struct store *store)
{
    return !index_is_private(store->index);
}

bool store_may_try_again(const struct store *store)
{
    return index_is_broken(store->index) || index_is_full(store->index);
}

bool store_be_ready(struct store *store, struct error *err)
{
    struct index *index = store->index;
    bool is_good = !index_is_broken(index) && index_is_ours(index);

    error_clear(err);
    if (is_good && !index_is_full(index) && (store->open > 0 || !index_may_return(index)))
        return true;
    store->generation++;
    return is_good && index_is_full(index) ? index_leave_disk(index, err)
                                           : index_discard(index, err);
}

/* --- names ------------------------------------------------------------------------------------- */

static bool is_inbox(const char *name)
{
    return strcmp(name, "INBOX") == 0;
}

bool store_exists(struct store *store, const char *name)
{
    return is_inbox(name) || store->driver->exists(store, name);
}

bool store_create(struct store *store, const char *name, struct error *err)
{
    if (!store_be_ready(store, err))
        return false;
    if (store_exists(store, name))
        return refuse(err, EEXIST, "Mailbox already exists");
    if (layout_without_prefix(store, name) == NULL)
        return refuse_prefix(store, err);
    return store->driver->create(store, name, err);
}

static bool forget_once(struct store *store, const char *name, struct error *err)
{
    if (!index_begin_write(store->index, err))
        return false;
    if (index_remove_mailbox(store->index, name, err))
        return index_commit(store->index, err);
    index_abort(store->index);
    return false;
}

/* Whichever index there is: one that somebody has begun anew may have the name, too. */
static bool forget_in_index(struct store *store, const char *name, struct error *err)
{
    return forget_once(store, name, err) ||
           (store_may_try_again(store) && store_be_ready(store, err) &&
            forget_once(store, name, err));
}

/* Names were changed that an index on disk could not be told, for want of room: it would take another mailbox of such a
 * name for the one that it knows. */
static bool settle_names(struct store *store, struct error *err)
{
    if (index_is_full(store->index) && !store_be_ready(store, err))
        return false;
    index_remove_stored(store->index);
    return true;
}

bool store_delete(struct store *store, const char *name, struct error *err)
{
    if (!store_be_ready(store, err))
        return false;
    if (is_inbox(name))
        return refuse(err, EPERM, "INBOX can't be deleted.");
    if (!store->driver->exists(store, name)) {
        store_missing(err, name);
        return false;
    }
    if (!store->driver->delete (store, name, err))
        return false;
    store_quota_recount(store);
    return forget_in_index(store, name, err) && settle_names(store, err);
}

static bool rename_inbox(struct store *store, const char *new_name, struct error *err)
{
    struct mailbox *inbox;
    struct arena *arena = arena_create();
    struct mailbox_copied copied;
    uint32_t *indices;
    bool done = false;

    if (!store->driver->create(store, new_name, err)) {
        arena_free(&arena);
        return false;
    }
    inbox = mailbox_open(store, "INBOX", false, err);
    if (inbox != NULL) {
        indices = arena_array(arena, uint32_t, inbox->count + 1);
        for (size_t i = 0; i < inbox->count; i++)
            indices[i] = (uint32_t)i;
        done = mailbox_copy(inbox, indices, inbox->count, new_name, true, arena, &copied, err);
    }
    mailbox_close(&inbox);
    arena_free(&arena);
    return done;
}

/* Could that be the name of a mailbox that is now called otherwise? */
static bool may_become(struct store *store, const char *name, struct error *err)
{
    if (strlen(name) > MAILBOX_NAME_MAX)
        return refuse(err, ENAMETOOLONG, "The name of a mailbox below it would be too long");
    return !store_exists(store, name) ||
           refuse(err, EEXIST, "A mailbox below the new name already exists");
}

/* Before the first of them gets its new name: all that are below the old one can have theirs. */
static bool may_rename_children(struct store *store, const char *old_name, const char *new_name,
                                struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    bool may = store->driver->list(store, &names, err);

    for (size_t i = 0; may && i < names.count; i++) {
        char *name;
        if (!mailbox_name_is_below(names.items[i], old_name, store->separator))
            continue;
        name = mem_printf("%s%s", new_name, names.items[i] + strlen(old_name));
        may = may_become(store, name, err);
        mem_free(name);
    }
    strlist_release(&names);
    return may;
}

bool store_rename(struct store *store, const char *old_name, const char *new_name,
                  struct error *err)
{
    bool done;

    if (!store_be_ready(store, err))
        return false;
    if (store_exists(store, new_name))
        return refuse(err, EEXIST, "Mailbox already exists");
    if (layout_without_prefix(store, new_name) == NULL)
        return refuse_prefix(store, err);
    if (mailbox_name_is_below(new_name, old_name, store->separator) && !is_inbox(old_name))
        return refuse(err, EINVAL, "Can't rename a mailbox under itself.");
    if (is_inbox(old_name))
        return rename_inbox(store, new_name, err);
    if (!may_rename_children(store, old_name, new_name, err))
        return false;
    done = store->driver->rename(store, old_name, new_name, err);
    return settle_names(store, done ? err : &(struct error){0}) && done;
}

const char *const *store_watch_mailbox(struct store *store, const char *name, struct arena *arena)
{
    return store->driver->watch_mailbox(store, name, arena);
}

const char *const *store_watch_names(struct store *store, struct arena *arena)
{
    return store->driver->watch_names(store, arena);
}

bool store_subscribe(struct store *store, const char *name, bool subscribed, struct error *err)
{
    const char *stored = layout_without_prefix(store, name);

    if (stored == NULL)
        return refuse_prefix(store, err);
    return subscriptions_change(store->root, store->separator, stored, subscribed, err);
}

bool store_subscriptions(struct store *store, struct strlist *names, struct error *err)
{
    struct strlist stored = STRLIST_EMPTY;
    bool done = subscriptions_read(store->root, store->separator, &stored, err);

    for (size_t i = 0; i < stored.count; i++) {
        char *name = mem_printf("%s%s", is_inbox(stored.items[i]) ? "" : store->settings.prefix,
                                stored.items[i]);
        strlist_add(names, name);
        mem_free(name);
    }
    strlist_release(&stored);
    return done;
}
