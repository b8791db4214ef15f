/* One mailbox: what is the same for those of every kind. */
#include "lib/base/base.h"

#include "lib/store/driver.h"
#include "lib/store/metadata.h"
#include "lib/store/unpack.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"

struct mailbox *mailbox_attach(struct store *store, const char *name, bool read_only,
                               struct error *err)
{
    struct mailbox *mailbox = mem_new(struct mailbox);

    mailbox->store = store;
    mailbox->name = mem_text(name);
    mailbox->read_only = read_only;
    mailbox->recent_from = UINT32_MAX;
    mailbox->generation = store->generation;
    mailbox->no_modseqs = !store_keeps_modseqs(store);
    store->open++;
    mailbox->driver = strcmp(name, "INBOX") == 0 ? store->driver->inbox : store->driver->folder;
    if (!mailbox->driver->attach(mailbox, err))
        mailbox_close(&mailbox);
    return mailbox;
}

void mailbox_close(struct mailbox **mailbox)
{
    if (*mailbox == NULL)
        return;
    (*mailbox)->store->open--;
    metadata_cache_free(&(*mailbox)->cache);
    (*mailbox)->driver->detach(*mailbox);
    keywords_release(&(*mailbox)->keywords);
    mem_free((*mailbox)->messages);
    mem_free((*mailbox)->name);
    mem_free(*mailbox);
    *mailbox = NULL;
}

/* Modseqs of an index in memory, and those on disk, have nothing to do with each other: the view goes by flags then. */
static void enter_generation(struct mailbox *mailbox)
{
    mailbox->generation = mailbox->store->generation;
    mailbox->id = 0;
    metadata_cache_free(&mailbox->cache);
    mailbox->no_modseqs = mailbox->no_modseqs || !store_keeps_modseqs(mailbox->store);
    if (mailbox->no_modseqs)
        mailbox->modseq = 0;
}

bool mailbox_be_ready(struct mailbox *mailbox, struct error *err)
{
    if (!store_be_ready(mailbox->store, err))
        return false;
    if (mailbox->generation != mailbox->store->generation)
        enter_generation(mailbox);
    return true;
}

bool mailbox_may_try_again(const struct mailbox *mailbox)
{
    return store_may_try_again(mailbox->store);
}

bool mailbox_read_state(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    enum index_result result = index_get_mailbox(mailbox->store->index, mailbox->id, state, err);

    if (result == INDEX_ABSENT)
        store_missing(err, mailbox->name);
    return result == INDEX_FOUND;
}

/* The view, as `fill` makes it from the mailbox's state in one transaction. */
typedef bool fill_view(struct mailbox *mailbox, const struct index_mailbox *state, void *context,
                       struct error *err);

static bool fill_from_index(struct mailbox *mailbox, fill_view *fill, void *context,
                            struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_mailbox state;
    uint64_t shown = mailbox->modseq;
    bool awaited = mailbox->awaited, done;

    if (!index_begin_read(index, err))
        return false;
    done = mailbox_read_state(mailbox, &state, err);
    if (done && mailbox->uidvalidity != 0 && mailbox->uidvalidity != state.uidvalidity) {
        errno = ESTALE;
        error_errno(err, "mailbox %s", mailbox->name);
        err->kind = ERROR_PERMANENT;
        done = false;
    }
    done = done && fill(mailbox, &state, context, err);
    index_end_read(index);
    /* A keyword gets its name before the first message gets the keyword: this finds every name that the
     * flags just read need, also when the driver looked at the names a moment too early. */
    return done && ((shown == mailbox->modseq && !awaited) ||
                    keywords_refresh(&mailbox->keywords,
                                     mailbox->driver->keywords_directory(mailbox), err));
}

static bool fill_once(struct mailbox *mailbox, fill_view *fill, void *context, struct error *err)
{
    return mailbox_be_ready(mailbox, err) && mailbox->driver->sync(mailbox, err) &&
           fill_from_index(mailbox, fill, context, err);
}

/* A mailbox that is there, but not in the index any more, may only be missing because the index was thrown away at
 * that moment. */
static bool fill(struct mailbox *mailbox, fill_view *how, void *context, struct error *err)
{
    return fill_once(mailbox, how, context, err) ||
           ((mailbox_may_try_again(mailbox) || err->number == ENOENT) &&
            fill_once(mailbox, how, context, err));
}

static bool show(struct mailbox *mailbox, const struct index_mailbox *state, void *context UNUSED,
                 struct error *err)
{
    return !mailbox->awaited || view_show(mailbox, state, err);
}

static bool refresh(struct mailbox *mailbox, const struct index_mailbox *state,
                    void *context UNUSED, struct error *err)
{
    return (mailbox->awaited && mailbox->modseq == state->modseq) ||
           (show(mailbox, state, NULL, err) && view_refresh(mailbox, state, err));
}

bool mailbox_sync(struct mailbox *mailbox, struct error *err)
{
    return fill(mailbox, refresh, NULL, err);
}

bool mailbox_show(struct mailbox *mailbox, struct error *err)
{
    if (!mailbox->awaited)
        return true;
    /* What there was is in the index; what there is now nobody has asked for. */
    return (mailbox_be_ready(mailbox, err) && fill_from_index(mailbox, show, NULL, err)) ||
           ((mailbox_may_try_again(mailbox) || err->number == ENOENT) &&
            fill_once(mailbox, show, NULL, err));
}

bool mailbox_glance(struct mailbox *mailbox, bool by_uid, uint32_t first, uint32_t last)
{
    struct view_glance glance = {.by_uid = by_uid, .first = first, .last = last};
    struct error err; /* mailbox_show meets it, too */

    mailbox_end_glance(mailbox);
    return view_may_glance(mailbox, &glance) && mailbox_be_ready(mailbox, &err) &&
           fill_from_index(mailbox, view_glance, &glance, &err);
}

static bool outline(struct mailbox *mailbox, const struct index_mailbox *state, void *outline_r,
                    struct error *err)
{
    return view_outline(mailbox, state, outline_r, err);
}

static struct mailbox *open_filled(struct store *store, const char *name, bool read_only,
                                   fill_view *how, void *context, struct error *err)
{
    struct mailbox *mailbox;

    if (!store_be_ready(store, err))
        return NULL;
    mailbox = mailbox_attach(store, name, read_only, err);
    if (mailbox == NULL)
        return NULL;
    mailbox->shown = true;
    if (!fill(mailbox, how, context, err))
        mailbox_close(&mailbox);
    return mailbox;
}

struct mailbox *mailbox_open(struct store *store, const char *name, bool read_only,
                             struct error *err)
{
    return open_filled(store, name, read_only, refresh, NULL, err);
}

struct mailbox *mailbox_select(struct store *store, const char *name, bool read_only,
                               struct mailbox_outline *outline_r, struct error *err)
{
    return open_filled(store, name, read_only, outline, outline_r, err);
}

bool mailbox_pop3_uidls(struct mailbox *mailbox, struct arena *arena, const char ***uidls_r,
                        struct error *err)
{
    *uidls_r = arena_array(arena, const char *, mailbox->count + 1);
    return mailbox->driver->pop3_uidls == NULL ||
           mailbox->driver->pop3_uidls(mailbox, arena, *uidls_r, err);
}

const char *const *mailbox_watch(const struct mailbox *mailbox)
{
    return mailbox->driver->watch(mailbox);
}

int mailbox_recheck_ms(const struct mailbox *mailbox)
{
    struct timeval now = clock_wall();
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
    int64_t left_ms = mailbox->verify_ms - now_ms;

    if (mailbox->verify_ms == 0)
        return -1;
    return left_ms < 1 ? 1 : left_ms > 60000 ? 60000 : (int)left_ms;
}

bool mailbox_keyword(struct mailbox *mailbox, struct span keyword, uint32_t *bit_r,
                     struct error *err)
{
    int index;

    if (!keywords_add(&mailbox->keywords, mailbox->driver->keywords_directory(mailbox), keyword,
                      &index, err))
        return false;
    *bit_r = 1U << index;
    return true;
}

static bool change_once(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                        const struct flag_change *change, struct error *err)
{
    if (!mailbox_be_ready(mailbox, err))
        return false;
    if (change->conditional && mailbox->no_modseqs) {
        error_set(err, ERROR_PERMANENT, "There is no room for mod-sequences");
        err->number = ENOTSUP;
        return false;
    }
    return mailbox->driver->change_flags(mailbox, indices, count, change, err);
}

bool mailbox_change_flags(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                          const struct flag_change *change, struct error *err)
{
    return change_once(mailbox, indices, count, change, err) ||
           (mailbox_may_try_again(mailbox) && change_once(mailbox, indices, count, change, err));
}

/* What a first try removed is removed, and the second finds it so. */
static bool remove_messages(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                            struct error *err)
{
    return (mailbox_be_ready(mailbox, err) &&
            mailbox->driver->expunge(mailbox, indices, count, err)) ||
           (mailbox_may_try_again(mailbox) && mailbox_be_ready(mailbox, err) &&
            mailbox->driver->expunge(mailbox, indices, count, err));
}

bool mailbox_expunge(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                     struct error *err)
{
    struct quota_change freed;
    bool is_known;

    if (!mailbox_be_ready(mailbox, err))
        return false;
    /* Nobody is kept from making room by what cannot be told now. */
    is_known = store_quota_of(mailbox, indices, count, &freed, &(struct error){0});
    if (!remove_messages(mailbox, indices, count, err))
        return false;
    if (is_known)
        store_quota_subtract(mailbox->store, &freed);
    else
        store_quota_recount(mailbox->store);
    return true;
}

/* Within the quota, which a move does not touch. */
static bool copy_files(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                       struct mailbox *target, bool move, struct arena *arena,
                       struct mailbox_copied *copied_r, struct error *err)
{
    struct quota_change added = {0};

    if (!move && (!store_quota_of(mailbox, indices, count, &added, err) ||
                  !store_has_room(mailbox->store, target->name, added.octets, added.messages, err)))
        return false;
    if (!target->driver->copy(mailbox, indices, count, target, move, arena, copied_r, err))
        return false;
    store_quota_add(mailbox->store, &added);
    return true;
}

static bool copy_once(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                      const char *target, bool move, struct arena *arena,
                      struct mailbox_copied *copied_r, struct error *err)
{
    struct mailbox *to;
    bool done = false;

    if (!mailbox_be_ready(mailbox, err))
        return false;
    to = mailbox_attach(mailbox->store, target, true, err);
    if (to == NULL)
        return false;
    if (mailbox->driver == to->driver && to->driver->copy != NULL)
        done = copy_files(mailbox, indices, count, to, move, arena, copied_r, err);
    else
        done = copy_content(mailbox, indices, count, target, arena, copied_r, err) &&
               (!move || remove_messages(mailbox, indices, count, err));
    mailbox_close(&to);
    return done;
}

bool mailbox_copy(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                  const char *target, bool move, struct arena *arena,
                  struct mailbox_copied *copied_r, struct error *err)
{
    *copied_r = (struct mailbox_copied){0};
    return copy_once(mailbox, indices, count, target, move, arena, copied_r, err) ||
           (mailbox_may_try_again(mailbox) && copied_r->count == 0 &&
            copy_once(mailbox, indices, count, target, move, arena, copied_r, err));
}

bool mailbox_open_stored(struct mailbox *mailbox, size_t index, struct message_file *file_r,
                         struct error *err)
{
    if (mailbox->driver->open_message(mailbox, mailbox->messages[index].uid, file_r, err))
        return true;
    if (err->number == ENOENT)
        view_mark_gone(mailbox, index);
    return false;
}

bool mailbox_open_message(struct mailbox *mailbox, size_t index, struct message_file *file_r,
                          struct error *err)
{
    if (!mailbox_open_stored(mailbox, index, file_r, err))
        return false;
    if (mailbox->driver->unpack == NULL || !unpack_is_needed(file_r->fd) ||
        mailbox->driver->unpack(mailbox, mailbox->messages[index].uid, file_r, err))
        return true;
    fd_close(&file_r->fd);
    return false;
}
