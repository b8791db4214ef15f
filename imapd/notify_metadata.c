/* Watching annotations for NOTIFY. */
#include "lib/base/base.h"

#include "imapd/notify_metadata.h"

#include "imapd/park.h"
#include "lib/base/file.h"
#include "lib/message/imap_text.h"
#include "lib/store/annotations.h"

#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

struct annotated {
    const char *name;    /* NULL: the account */
    struct arena *arena; /* of what was seen */
    struct notify_annotation *seen;
    size_t count;
    int directory; /* inotify's descriptor */
    bool changed;  /* perhaps */
};

struct notify_metadata {
    struct arena *arena;
    struct annotated *items;
    size_t count;
    int notifier;
};

/* --- what there is ------------------------------------------------------------------------------- */

/* FNV-1a: who makes two values that it cannot tell apart is not told of his own change. */
static uint64_t digest_of(struct span value)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < value.len; i++)
        digest = (digest ^ (unsigned char)value.data[i]) * UINT64_C(0x100000001b3);
    return digest;
}

static bool look_at(struct imapd_session *session, struct annotated *item, struct error *err)
{
    struct arena *reading = arena_create();
    struct annotations annotations;
    bool done = store_annotations(session->store, item->name, reading, &annotations, err);

    if (done) {
        arena_free(&item->arena);
        item->arena = arena_create();
        item->seen = arena_array(item->arena, struct notify_annotation, annotations.count + 1);
        item->count = annotations.count;
        for (size_t i = 0; i < annotations.count; i++)
            item->seen[i] = (struct notify_annotation){
                arena_text(item->arena, annotations.items[i].entry),
                digest_of(annotations.items[i].value),
            };
    }
    arena_free(&reading);
    return done;
}

static const struct notify_annotation *find_seen(const struct annotated *item, const char *entry)
{
    for (size_t i = 0; i < item->count; i++) {
        if (strcmp(item->seen[i].entry, entry) == 0)
            return &item->seen[i];
    }
    return NULL;
}

/* --- telling ----------------------------------------------------------------------------------- */

static void put_entry(struct imapd_session *session, const struct annotated *item,
                      const char *entry, bool *any)
{
    if (!*any) {
        buf_put_text(&session->response, "* METADATA ");
        imapd_put_mailbox(session, item->name == NULL ? "" : item->name);
    }
    *any = true;
    buf_put_char(&session->response, ' ');
    imap_put_astring(&session->response, span_text(entry));
}

/* Changed, new, and gone ones; by their names alone. */
static void put_difference(struct imapd_session *session, const struct annotated *old,
                           const struct annotated *now)
{
    bool any = false;

    for (size_t i = 0; i < now->count; i++) {
        const struct notify_annotation *before = find_seen(old, now->seen[i].entry);
        if (before == NULL || before->digest != now->seen[i].digest)
            put_entry(session, now, now->seen[i].entry, &any);
    }
    for (size_t i = 0; i < old->count; i++) {
        if (find_seen(now, old->seen[i].entry) == NULL)
            put_entry(session, now, old->seen[i].entry, &any);
    }
    if (any)
        buf_put_text(&session->response, "\r\n");
}

static void tell_item(struct imapd_session *session, struct annotated *item)
{
    struct annotated before = *item;
    struct error err = {0};

    item->changed = false;
    item->arena = NULL;
    if (look_at(session, item, &err)) {
        put_difference(session, &before, item);
        arena_free(&before.arena);
        return;
    }
    *item = before; /* a mailbox that is gone is told of when its name is */
    item->changed = false;
    if (err.kind != ERROR_PERMANENT)
        imapd_log_error(session, &err);
}

static void mark(struct notify_metadata *metadata, const struct inotify_event *event)
{
    bool all = (event->mask & IN_Q_OVERFLOW) != 0;

    if (!all && (event->len == 0 || !store_is_annotations_file(event->name)))
        return;
    for (size_t i = 0; i < metadata->count; i++)
        metadata->items[i].changed |= all || metadata->items[i].directory == event->wd;
}

static void read_events(struct notify_metadata *metadata)
{
    _Alignas(struct inotify_event) char events[16384];
    ssize_t len;

    while ((len = read(metadata->notifier, events, sizeof(events))) > 0) {
        for (const char *at = events; at < events + len;) {
            const struct inotify_event *event = (const void *)at;
            mark(metadata, event);
            at += sizeof(*event) + event->len;
        }
    }
}

void notify_metadata_tell(struct imapd_session *session, struct notify_metadata *metadata)
{
    if (metadata->count == 0)
        return;
    read_events(metadata);
    for (size_t i = 0; i < metadata->count; i++) {
        if (metadata->items[i].changed)
            tell_item(session, &metadata->items[i]);
    }
}

static bool have_same_name(const struct annotated *a, const struct annotated *b)
{
    return a->name == NULL || b->name == NULL ? a->name == b->name : strcmp(a->name, b->name) == 0;
}

void notify_metadata_tell_since(struct imapd_session *session, const struct notify_metadata *old,
                                const struct notify_metadata *metadata)
{
    size_t at = 0;

    /* Both are in the order of names, the account first: what is not in the other is passed over. */
    for (size_t i = 0; i < metadata->count; i++) {
        size_t found = at;
        while (found < old->count && !have_same_name(&old->items[found], &metadata->items[i]))
            found++;
        if (found == old->count)
            continue;
        put_difference(session, &old->items[found], &metadata->items[i]);
        at = found + 1;
    }
}

/* --- watching ---------------------------------------------------------------------------------- */

/* -1: *err */
static int watch_item(struct imapd_session *session, const char *name, int notifier,
                      struct error *err)
{
    int directory, watch;
    char path[64];

    *err = (struct error){0};
    directory = store_annotations_directory(session->store, name, err);
    if (directory < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", directory);
    watch = inotify_add_watch(notifier, path, IMAPD_WATCHED);
    fd_close(&directory);
    return watch;
}

/* First watched, then looked at. */
static enum notify_result add_item(struct imapd_session *session, struct notify_metadata *metadata,
                                   const char *name, struct error *err)
{
    struct annotated *item = &metadata->items[metadata->count];

    *item = (struct annotated){
        .name = arena_copy(metadata->arena, name),
        .directory = watch_item(session, name, metadata->notifier, err),
    };
    if (item->directory < 0 && err->kind == ERROR_NONE)
        return NOTIFY_OVERFLOW;
    if (item->directory < 0) /* gone since it was listed */
        return err->kind == ERROR_PERMANENT ? NOTIFY_DONE : NOTIFY_FAILED;
    if (!look_at(session, item, err))
        return err->kind == ERROR_PERMANENT ? NOTIFY_DONE : NOTIFY_FAILED;
    metadata->count++;
    return NOTIFY_DONE;
}

static bool wants_account(const struct notify_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        if ((watch->mailboxes[i].events & NOTIFY_SERVER_METADATA) != 0)
            return true;
    }
    return false;
}

static enum notify_result fill(struct imapd_session *session, const struct notify_watch *watch,
                               struct notify_metadata *metadata, struct error *err)
{
    enum notify_result result = NOTIFY_DONE;

    metadata->items = arena_array(metadata->arena, struct annotated, watch->count + 1);
    if (wants_account(watch))
        result = add_item(session, metadata, NULL, err);
    for (size_t i = 0; i < watch->count && result == NOTIFY_DONE; i++) {
        if (watch->mailboxes[i].selectable &&
            (watch->mailboxes[i].events & NOTIFY_MAILBOX_METADATA) != 0)
            result = add_item(session, metadata, watch->mailboxes[i].name, err);
    }
    return result;
}

enum notify_result notify_metadata_create(struct imapd_session *session,
                                          const struct notify_watch *watch,
                                          struct notify_metadata **metadata_r, struct error *err)
{
    struct notify_metadata *metadata = mem_new(struct notify_metadata);
    enum notify_result result;

    metadata->arena = arena_create();
    metadata->notifier = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    result = metadata->notifier < 0 ? NOTIFY_OVERFLOW : fill(session, watch, metadata, err);
    *metadata_r = metadata;
    if (result != NOTIFY_DONE)
        notify_metadata_free(metadata_r);
    return result;
}

/* --- going on elsewhere -------------------------------------------------------------------------- */

void notify_metadata_remember(const struct notify_metadata *metadata, struct arena *arena,
                              struct notify_state *state)
{
    struct notify_annotated *annotated =
        arena_array(arena, struct notify_annotated, metadata->count + 1);

    for (size_t i = 0; i < metadata->count; i++)
        annotated[i] = (struct notify_annotated){
            metadata->items[i].name,
            metadata->items[i].seen,
            metadata->items[i].count,
        };
    state->annotated = annotated;
    state->annotated_count = metadata->count;
}

struct notify_metadata *notify_metadata_recall(const struct notify_state *state)
{
    struct notify_metadata *metadata = mem_new(struct notify_metadata);

    *metadata = (struct notify_metadata){.arena = arena_create(), .notifier = -1};
    metadata->items = arena_array(metadata->arena, struct annotated, state->annotated_count + 1);
    for (; metadata->count < state->annotated_count; metadata->count++) {
        const struct notify_annotated *from = &state->annotated[metadata->count];
        struct annotated *item = &metadata->items[metadata->count];
        *item = (struct annotated){
            .name = from->name == NULL ? NULL : arena_copy(metadata->arena, from->name),
            .arena = arena_create(),
            .count = from->count,
            .directory = -1,
        };
        item->seen = arena_array(item->arena, struct notify_annotation, from->count + 1);
        for (size_t i = 0; i < from->count; i++)
            item->seen[i] = (struct notify_annotation){
                arena_copy(item->arena, from->annotations[i].entry),
                from->annotations[i].digest,
            };
    }
    return metadata;
}

bool notify_metadata_add_watches(struct imapd_session *session,
                                 const struct notify_metadata *metadata,
                                 struct imapd_leaving *leaving)
{
    for (size_t i = 0; i < metadata->count; i++) {
        struct error err = {0};
        int watch = watch_item(session, metadata->items[i].name, leaving->notifier, &err);
        if (watch < 0 && err.kind == ERROR_PERMANENT)
            continue; /* gone since it was listed: that is told when its name is */
        if (!imapd_leaving_add(leaving, watch))
            return false;
    }
    return true;
}

void notify_metadata_free(struct notify_metadata **metadata)
{
    if (*metadata == NULL)
        return;
    for (size_t i = 0; i < (*metadata)->count; i++)
        arena_free(&(*metadata)->items[i].arena);
    fd_close(&(*metadata)->notifier);
    arena_free(&(*metadata)->arena);
    mem_free(*metadata);
    *metadata = NULL;
}

int notify_metadata_descriptor(const struct notify_metadata *metadata)
{
    return metadata->notifier;
}
