/*
 * A parked session comes back with the mailboxes as it had told of them. They are made a watch that is stale:
 * notify_tell_all sees that another one is due, and tells what differs, as it does when mailboxes come and go.
 */
#include "lib/base/base.h"

#include "imapd/notify_park.h"

#include "imapd/notify_metadata.h"

#include <sys/inotify.h>

bool notify_remember(const struct imapd_session *session, struct buf *out)
{
    const struct notify *notify = session->notify;
    struct notify_state state = {
        .request = notify->request,
        .mailboxes = notify->watch->mailboxes,
        .mailbox_count = notify->watch->count,
    };

    notify_metadata_remember(notify->metadata, session->arena, &state);
    return notify_state_write(&state, out);
}

static bool add_paths(struct imapd_leaving *leaving, const char *const *path)
{
    for (; *path != NULL; path++) {
        int descriptor = inotify_add_watch(leaving->notifier, *path, IMAPD_WATCHED);
        if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
            continue; /* as for the watch of its own */
        if (!imapd_leaving_add(leaving, descriptor))
            return false;
    }
    return true;
}

const struct notify_watch *notify_watch_of(const struct imapd_session *session)
{
    return session->notify == NULL ? NULL : session->notify->watch;
}

bool notify_add_watches(struct imapd_session *session, struct imapd_leaving *leaving)
{
    const struct notify *notify = session->notify;

    if (!add_paths(leaving, store_watch_names(session->store, session->arena)))
        return false;
    for (size_t i = 0; i < notify->watch->count; i++) {
        const struct notify_mailbox *mailbox = &notify->watch->mailboxes[i];
        if (notify_wants_messages(mailbox) &&
            !add_paths(leaving, store_watch_mailbox(session->store, mailbox->name, session->arena)))
            return false;
    }
    return notify_metadata_add_watches(session, notify->metadata, leaving);
}

/* As it was told; nothing is watched by it. */
static struct notify_watch *recall_watch(struct arena *arena, const struct notify_state *state)
{
    struct notify_watch *watch = mem_new(struct notify_watch);

    *watch = (struct notify_watch){
        .arena = arena,
        .mailboxes = state->mailboxes,
        .count = state->mailbox_count,
        .by_name = hash_create(),
        .by_directory = hash_create(),
        .names = hash_create(),
        .notifier = -1,
        .names_changed = true,
        .is_stale = true,
    };
    for (size_t i = 0; i < watch->count; i++)
        hash_put(watch->by_name, span_text(watch->mailboxes[i].name), &watch->mailboxes[i]);
    return watch;
}

/* The request outlives the watch: each has an arena with all of the state. */
void notify_recall(struct imapd_session *session, struct span octets)
{
    struct notify *notify = mem_new(struct notify);
    struct arena *arena = arena_create();
    struct notify_state state, copy;

    *notify = (struct notify){.arena = arena_create()};
    if (notify_state_read(notify->arena, octets, &copy) != PARSE_DONE ||
        notify_state_read(arena, octets, &state) != PARSE_DONE) {
        arena_free(&arena);
        arena_free(&notify->arena);
        mem_free(notify);
        notify_give_up(session);
        return;
    }
    notify->request = copy.request;
    notify->watch = recall_watch(arena, &state);
    notify->metadata = notify_metadata_recall(&state);
    session->notify = notify;
    if (!notify_set_selected(notify))
        notify_give_up(session);
}
