/* Watching mailboxes for NOTIFY. */
#include "lib/base/base.h"

#include "imapd/notify_watch.h"

#include "imapd/park.h"
#include "lib/base/file.h"
#include "lib/store/name.h"

#include <sys/inotify.h>
#include <unistd.h>

#define LOOKS_MAX 8 /* at mailboxes that are renamed or removed meanwhile */

/* --- which ------------------------------------------------------------------------------------- */

static bool is_named(const struct notify_group *group, const char *name, char separator)
{
    for (size_t i = 0; i < group->name_count; i++) {
        if (span_equal_text(group->names[i], name) ||
            (group->filter == NOTIFY_SUBTREE &&
             mailbox_name_is_below(name, group->names[i].data, separator)))
            return true;
    }
    return false;
}

static bool matches(const struct notify_group *group, const struct store_entry *entry,
                    char separator)
{
    switch (group->filter) {
    case NOTIFY_SELECTED:
    case NOTIFY_SELECTED_DELAYED:
        return false;
    case NOTIFY_INBOXES:
        return strcmp(entry->name, "INBOX") == 0;
    case NOTIFY_PERSONAL:
        return true;
    case NOTIFY_SUBSCRIBED:
        return entry->subscribed;
    case NOTIFY_SUBTREE:
    case NOTIFY_MAILBOXES:
        return is_named(group, entry->name, separator);
    }
    return false;
}

/* The first group that names a mailbox says what is told of it. */
static unsigned find_events(const struct notify_request *request, const struct store_entry *entry,
                            char separator)
{
    for (size_t i = 0; i < request->group_count; i++) {
        if (matches(&request->groups[i], entry, separator))
            return request->groups[i].events;
    }
    return 0;
}

/* --- watching ---------------------------------------------------------------------------------- */

static struct span key_of(const int *directory)
{
    return span_of(directory, sizeof(*directory));
}

/* A directory that is not there is none that changes: its mailbox comes with its name; *all_r is false then. */
static bool add_directory(struct notify_watch *watch, const char *path, struct hash *marks,
                          void *mark, bool *all_r, enum notify_result *result)
{
    int directory = inotify_add_watch(watch->notifier, path, IMAPD_WATCHED | IN_MASK_ADD);

    if (directory < 0 && errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
        *result = NOTIFY_OVERFLOW;
        return false;
    }
    if (directory >= 0)
        hash_put(marks, key_of(&directory), mark);
    else
        *all_r = false;
    return true;
}

static enum notify_result watch_names(struct imapd_session *session, struct notify_watch *watch)
{
    const char *const *path = store_watch_names(session->store, watch->arena);
    enum notify_result result = NOTIFY_DONE;
    bool all;

    while (*path != NULL && add_directory(watch, *path, watch->names, watch, &all, &result))
        path++;
    return result;
}

/* *all_r: all of it is there */
static enum notify_result watch_mailbox(struct imapd_session *session, struct notify_watch *watch,
                                        struct notify_mailbox *mailbox, bool *all_r)
{
    enum notify_result result = NOTIFY_DONE;
    const char *const *path;

    *all_r = true;
    if (!mailbox->selectable || (mailbox->events & NOTIFY_MESSAGE_EVENTS) == 0)
        return NOTIFY_DONE;
    path = store_watch_mailbox(session->store, mailbox->name, watch->arena);
    while (*path != NULL &&
           add_directory(watch, *path, watch->by_directory, mailbox, all_r, &result))
        path++;
    return result;
}

static void mark(struct notify_watch *watch, int directory)
{
    struct notify_mailbox *mailbox = hash_get(watch->by_directory, key_of(&directory));

    if (mailbox != NULL)
        mailbox->changed = true;
    if (hash_get(watch->names, key_of(&directory)) != NULL)
        watch->names_changed = true;
}

/* The kernel lost count of events: anything may have happened. */
static void mark_all(struct notify_watch *watch)
{
    watch->names_changed = watch->is_stale = true;
    for (size_t i = 0; i < watch->count; i++)
        watch->mailboxes[i].changed = true;
}

void notify_watch_read(struct notify_watch *watch)
{
    _Alignas(struct inotify_event) char events[16384];
    ssize_t len;

    while ((len = read(watch->notifier, events, sizeof(events))) > 0) {
        for (const char *at = events; at < events + len;) {
            const struct inotify_event *event = (const void *)at;
            if ((event->mask & IN_Q_OVERFLOW) != 0)
                mark_all(watch);
            else if ((event->mask & (IN_DELETE_SELF | IN_IGNORED)) != 0)
                watch->names_changed = watch->is_stale = true;
            else
                mark(watch, event->wd);
            at += sizeof(*event) + event->len;
        }
    }
}

/* --- how it is now ------------------------------------------------------------------------------- */

/* One that was removed since it was listed is told of when its name is. */
static bool look_at(struct imapd_session *session, struct notify_watch *watch,
                    struct notify_mailbox *mailbox, struct error *err)
{
    if (!mailbox->selectable ||
        store_status(session->store, mailbox->name, false, &mailbox->told, err))
        return true;
    if (err->kind != ERROR_PERMANENT || store_exists(session->store, mailbox->name))
        return false;
    mailbox->selectable = false;
    watch->is_torn = true;
    return true;
}

static enum notify_result list_mailboxes(struct imapd_session *session,
                                         const struct notify_request *request,
                                         struct notify_watch *watch, struct error *err)
{
    char separator = store_separator(session->store);
    size_t watched = 0;

    if (!store_list(session->store, watch->arena, true, &watch->entries, &watch->entry_count, err))
        return NOTIFY_FAILED;
    watch->mailboxes = arena_array(watch->arena, struct notify_mailbox, watch->entry_count);
    for (size_t i = 0; i < watch->entry_count; i++) {
        const struct store_entry *entry = &watch->entries[i];
        unsigned events = find_events(request, entry, separator);
        if (events == 0)
            continue;
        watched += entry->selectable;
        watch->mailboxes[watch->count] = (struct notify_mailbox){
            .name = entry->name,
            .events = events,
            .selectable = entry->selectable,
            .subscribed = entry->subscribed,
        };
        hash_put(watch->by_name, span_text(entry->name), &watch->mailboxes[watch->count]);
        watch->count++;
    }
    return watched > NOTIFY_MAILBOXES_MAX ? NOTIFY_OVERFLOW : NOTIFY_DONE;
}

/* First watched, then looked at: nothing falls between. One that somebody just makes may have been listed before it was
 * whole; it is when it was looked at. */
static enum notify_result begin_watching(struct imapd_session *session, struct notify_watch *watch,
                                         struct notify_mailbox *mailbox, struct error *err)
{
    bool all, again = false;
    enum notify_result result;

    do {
        result = watch_mailbox(session, watch, mailbox, &all);
        if (result == NOTIFY_DONE && !look_at(session, watch, mailbox, err))
            result = NOTIFY_FAILED;
        again = !again && !all;
    } while (result == NOTIFY_DONE && again);
    return result;
}

static enum notify_result fill(struct imapd_session *session, const struct notify_request *request,
                               struct notify_watch *watch, struct error *err)
{
    enum notify_result result = watch_names(session, watch);

    if (result == NOTIFY_DONE)
        result = list_mailboxes(session, request, watch, err);
    for (size_t i = 0; i < watch->count && result == NOTIFY_DONE; i++)
        result = begin_watching(session, watch, &watch->mailboxes[i], err);
    return result;
}

static enum notify_result create(struct imapd_session *session,
                                 const struct notify_request *request,
                                 struct notify_watch **watch_r, struct error *err)
{
    struct notify_watch *watch = mem_new(struct notify_watch);
    enum notify_result result;

    *watch = (struct notify_watch){
        .arena = arena_create(),
        .by_name = hash_create(),
        .by_directory = hash_create(),
        .names = hash_create(),
        .notifier = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
    };
    result = watch->notifier < 0 ? NOTIFY_OVERFLOW : fill(session, request, watch, err);
    *watch_r = watch;
    if (result != NOTIFY_DONE)
        notify_watch_free(watch_r);
    return result;
}

/* What went may be there under another name, which was not listed yet: only a list of one moment tells what was renamed
 * from what was removed. */
enum notify_result notify_watch_create(struct imapd_session *session,
                                       const struct notify_request *request,
                                       struct notify_watch **watch_r, struct error *err)
{
    enum notify_result result = create(session, request, watch_r, err);

    for (int looks = 1; result == NOTIFY_DONE && (*watch_r)->is_torn && looks < LOOKS_MAX;
         looks++) {
        notify_watch_free(watch_r);
        result = create(session, request, watch_r, err);
    }
    return result;
}

void notify_watch_free(struct notify_watch **watch)
{
    if (*watch == NULL)
        return;
    fd_close(&(*watch)->notifier);
    hash_free(&(*watch)->by_name, NULL);
    hash_free(&(*watch)->by_directory, NULL);
    hash_free(&(*watch)->names, NULL);
    arena_free(&(*watch)->arena);
    mem_free(*watch);
    *watch = NULL;
}

struct notify_mailbox *notify_watch_find(const struct notify_watch *watch, const char *name)
{
    return hash_get(watch->by_name, span_text(name));
}

static bool are_same(const struct store_entry *a, const struct store_entry *b)
{
    return strcmp(a->name, b->name) == 0 && a->selectable == b->selectable &&
           a->subscribed == b->subscribed;
}

bool notify_watch_is_current(struct imapd_session *session, struct notify_watch *watch)
{
    struct arena *arena = arena_create();
    struct error err = {0};
    struct store_entry *entries;
    bool current = !watch->is_stale;
    size_t count;

    watch->names_changed = false;
    if (current && !store_list(session->store, arena, true, &entries, &count, &err)) {
        imapd_log_error(session, &err);
        count = watch->entry_count; /* nothing can be said: as it was */
        entries = watch->entries;
    }
    current = current && count == watch->entry_count;
    for (size_t i = 0; current && i < count; i++)
        current = are_same(&entries[i], &watch->entries[i]);
    arena_free(&arena);
    return current;
}
