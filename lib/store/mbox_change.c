/* The mbox driver: flags, removal, appending; and the account whose INBOX it is. */
#include "lib/base/base.h"

#include "lib/store/mbox.h"

#include "lib/base/file.h"
#include "lib/store/maildir.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool end(struct mailbox *mailbox, bool commit, struct error *err)
{
    if (commit)
        return index_commit(mailbox->store->index, err);
    index_abort(mailbox->store->index);
    return false;
}

/* --- flags ------------------------------------------------------------------------------------- */

/* One message in the index and the view; *entry_r is what the list is to say of it. false with
 * ERROR_NONE: nothing changed. */
static bool change_one(struct mailbox *mailbox, struct index_mailbox *state, uint64_t modseq,
                       struct mailbox_message *shown, const struct flag_change *change,
                       struct mbox_entry *entry_r, struct error *err)
{
    struct index_message old, message;
    enum index_result result =
        index_get_message(mailbox->store->index, mailbox->id, shown->uid, &old, err);

    if (result != INDEX_FOUND || !state_may_change(change, &old, shown))
        return false;
    message = old;
    state_change_flags(change, &message);
    if (message.flags == old.flags && message.keywords == old.keywords)
        return false;
    message.modseq = modseq;
    state->modseq = modseq;
    if (!state_put_changed(mailbox, state, &old, &message, err))
        return false;
    shown->flags = (shown->flags & ~(uint32_t)FLAGS_STORED) | message.flags | FLAG_CHANGED;
    shown->keywords = message.keywords;
    shown->modseq = modseq;
    mailbox->changed = true;
    *entry_r = (struct mbox_entry){
        .uid = shown->uid, .flags = message.flags, .keywords = message.keywords};
    return true;
}

static bool change_flags(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                         const struct flag_change *change, struct error *err)
{
    struct mbox_entry *entries = mem_resize(NULL, count + 1, sizeof(*entries));
    struct index_mailbox state = {0};
    struct mbox_spool spool;
    struct mbox_message *messages;
    size_t message_count, changed = 0;
    bool done = mbox_begin(mailbox, &state, &spool, &messages, &message_count, err);

    if (done) {
        uint64_t before = state.modseq, modseq = state_next_modseq(&state);
        mbox_spool_close(&spool);
        error_clear(err);
        for (size_t i = 0; i < count && done; i++) {
            if (change_one(mailbox, &state, modseq, &mailbox->messages[indices[i]], change,
                           &entries[changed], err)) {
                const struct mbox_message *message =
                    mbox_find_message(messages, message_count, entries[changed].uid);
                if (message != NULL)
                    memcpy(entries[changed++].digest, message->digest, MBOX_DIGEST_LEN);
            } else {
                done = err->kind == ERROR_NONE;
            }
        }
        done = end(mailbox,
                   done && mbox_list_append(mailbox->store->root, entries, changed, false, err) &&
                       state_put(mailbox, &state, err),
                   err);
        if (!done)
            mailbox->modseq = 0; /* the next look takes back what the view has too much */
        else if (before == mailbox->modseq)
            mailbox->modseq = state.modseq;
    }
    mem_free(messages);
    mem_free(entries);
    return done;
}

/* --- removal ----------------------------------------------------------------------------------- */

static size_t mark_removed(const struct mailbox *mailbox, const uint32_t *indices, size_t count,
                           const struct mbox_message *messages, size_t message_count, bool *removed)
{
    size_t at = 0, marked = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t uid = mailbox->messages[indices[i]].uid;
        while (at < message_count && messages[at].uid < uid)
            at++;
        if (at < message_count && messages[at].uid == uid) {
            removed[at] = true;
            marked++;
        }
    }
    return marked;
}

/* Of two messages that are the same, octet for octet, the list must know which one went, if that was not the last. */
static bool note_removed(struct mailbox *mailbox, const struct mbox_message *messages, size_t count,
                         const bool *removed, struct error *err)
{
    struct mbox_entry *entries = mem_resize(NULL, count + 1, sizeof(*entries));
    size_t gone = 0;
    bool done, was_end = true;

    for (size_t i = 0; i < count; i++) {
        was_end = was_end && (removed[i] || gone == 0);
        if (removed[i])
            entries[gone++] = (struct mbox_entry){.uid = messages[i].uid, .gone = true};
    }
    done = mbox_list_append(mailbox->store->root, entries, gone, false, err) ||
           (was_end && error_is_no_room(err));
    mem_free(entries);
    return done;
}

/* The spool first: what list and index have too much is found by the next look. */
static bool remove_locked(struct mailbox *mailbox, struct mbox_spool *spool,
                          const uint32_t *indices, size_t count,
                          const struct mbox_message *messages, size_t message_count,
                          struct error *err)
{
    bool *removed = mem_alloc(message_count + 1);
    bool done = mark_removed(mailbox, indices, count, messages, message_count, removed) == 0 ||
                (mbox_spool_remove(mailbox, spool, messages, message_count, removed, err) &&
                 note_removed(mailbox, messages, message_count, removed, err));

    mem_free(removed);
    return done;
}

static bool expunge(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                    struct error *err)
{
    struct index_mailbox state = {0};
    struct mbox_spool spool;
    struct mbox_message *messages;
    size_t message_count;
    bool done;

    if (!mbox_begin(mailbox, &state, &spool, &messages, &message_count, err))
        return false;
    done = remove_locked(mailbox, &spool, indices, count, messages, message_count, err);
    mbox_spool_close(&spool);
    mem_free(messages);
    state.cur_mtime_ns = 0;
    if (!end(mailbox, done && state_put(mailbox, &state, err), err))
        return false;
    for (size_t i = 0; i < count; i++)
        view_mark_gone(mailbox, indices[i]);
    return mbox_sync(mailbox, err);
}

/* --- appending --------------------------------------------------------------------------------- */

static int begin_message(struct mailbox *mailbox, struct new_message *message, struct arena *arena,
                         struct error *err)
{
    char unique[MAILDIR_NAME_MAX + 1];
    int fd;

    maildir_unique_name(unique, store_name_time(mailbox->store), mailbox->store->settings.hostname);
    message->unique = arena_printf(arena, "tmp/%s", unique);
    fd = openat(mailbox->store->root, message->unique, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_errno(err, "create %s", message->unique);
        err->kind = ERROR_TEMPORARY;
    }
    return fd;
}

static void drop_message(struct mailbox *mailbox, struct new_message *message)
{
    unlinkat(mailbox->store->root, message->unique, 0);
}

static bool append_one(struct mailbox *mailbox, int spool, const struct new_message *message,
                       struct error *err)
{
    struct delivery_content content = {
        .file = openat(mailbox->store->root, message->unique, O_RDONLY | O_CLOEXEC),
        .size = message->size,
    };
    bool done = content.file >= 0;

    if (!done)
        error_errno(err, "open %s", message->unique);
    done = done && mbox_append(spool, "", (time_t)message->internal_date, &content, err);
    fd_close(&content.file);
    return done;
}

/* All at the end of the spool, or none. */
static bool append_all(struct mailbox *mailbox, const struct new_message *messages, size_t count,
                       struct error *err)
{
    struct mbox_spool spool;
    bool done;

    if (access(mailbox->store->settings.path, F_OK) != 0) {
        int fd = open(mailbox->store->settings.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        fd_close(&fd); /* in the system's spool the user may not: then mbox_spool_open finds none */
    }
    if (!mbox_spool_open(mailbox, &spool, err))
        return false;
    done = spool.fd >= 0 && lseek(spool.fd, 0, SEEK_END) >= 0;
    if (!done)
        error_set(err, ERROR_TEMPORARY, "there is no mbox %s yet", mailbox->store->settings.path);
    done = done && mbox_end_last(spool.fd, (uint64_t)spool.status.st_size, NULL, err);
    for (size_t i = 0; i < count && done; i++)
        done = append_one(mailbox, spool.fd, &messages[i], err);
    if (done && fsync(spool.fd) != 0) {
        error_errno(err, "sync %s", mailbox->store->settings.path);
        done = false;
    }
    if (done && spool.status.st_size == 0)
        done = mbox_sync_entry(mailbox->store->settings.path, err);
    if (!done && spool.fd >= 0 && ftruncate(spool.fd, spool.status.st_size) != 0)
        error_prefix(err, "the mbox may end in a part of this message");
    mbox_spool_close(&spool);
    return done;
}

/* The last messages of the mbox are ours, unless somebody was in between: flags by digest then. */
static bool set_flags(struct mailbox *mailbox, struct index_mailbox *state,
                      struct new_message *messages, size_t count, const struct mbox_message *found,
                      size_t found_count, struct error *err)
{
    struct mbox_entry *entries = mem_resize(NULL, count + 1, sizeof(*entries));
    uint64_t modseq = state_next_modseq(state);
    bool done = found_count >= count;

    for (size_t i = 0; i < count && done; i++) {
        const struct mbox_message *mine = &found[found_count - count + i];
        struct index_message old, message;
        messages[i].uid = mine->uid;
        entries[i] = (struct mbox_entry){
            .uid = mine->uid, .flags = messages[i].flags, .keywords = messages[i].keywords};
        memcpy(entries[i].digest, mine->digest, MBOX_DIGEST_LEN);
        done = index_get_message(mailbox->store->index, mailbox->id, mine->uid, &old, err) ==
               INDEX_FOUND;
        message = old;
        message.flags = messages[i].flags;
        message.keywords = messages[i].keywords;
        message.internal_date = messages[i].internal_date;
        message.modseq = modseq;
        state->modseq = modseq;
        done = done && state_put_changed(mailbox, state, &old, &message, err);
    }
    done = done && mbox_list_append(mailbox->store->root, entries, count, true, err) &&
           state_put(mailbox, state, err);
    mem_free(entries);
    return done;
}

static bool number_appended(struct mailbox *mailbox, struct new_message *messages, size_t count,
                            struct error *err)
{
    struct index_mailbox state = {0};
    struct mbox_spool spool;
    struct mbox_message *found;
    size_t found_count;
    bool done;

    if (!mailbox_be_ready(mailbox, err) ||
        !mbox_begin(mailbox, &state, &spool, &found, &found_count, err))
        return false;
    mbox_spool_close(&spool);
    done = end(mailbox, set_flags(mailbox, &state, messages, count, found, found_count, err), err);
    mem_free(found);
    return done;
}

/* What is in the spool was appended, whatever the index says: a client that is refused would bring it again. */
static bool commit_messages(struct mailbox *mailbox, struct new_message *messages, size_t count,
                            struct error *err)
{
    bool numbered;

    if (!append_all(mailbox, messages, count, err))
        return false;
    numbered = number_appended(mailbox, messages, count, err) ||
               (mailbox_may_try_again(mailbox) && number_appended(mailbox, messages, count, err));
    for (size_t i = 0; i < count; i++) {
        if (!numbered)
            messages[i].uid = 0;
        drop_message(mailbox, &messages[i]);
    }
    return true;
}

/* --- the account ------------------------------------------------------------------------------- */

static bool attach(struct mailbox *mailbox, struct error *err UNUSED)
{
    mailbox->mbox = mem_new(struct mbox);
    mailbox->mbox->watched[0] = mem_text(mailbox->store->settings.path);
    return true;
}

static void detach(struct mailbox *mailbox)
{
    if (mailbox->mbox == NULL)
        return;
    mem_free(mailbox->mbox->watched[0]);
    mem_free(mailbox->mbox);
    mailbox->mbox = NULL;
}

static const char *const *watch(const struct mailbox *mailbox)
{
    return (const char *const *)mailbox->mbox->watched;
}

/* The "From " line tells when it was delivered. */
static uint64_t save_date(const struct index_message *message)
{
    return message->internal_date == INDEX_UNKNOWN ? 0 : message->internal_date;
}

static struct span identity(const struct index_message *message)
{
    return message->guid;
}

static const char *const *watch_mailbox(struct store *store, const char *name, struct arena *arena)
{
    const char **watched;

    if (strcmp(name, "INBOX") != 0)
        return maildir_watch_mailbox(store, name, arena);
    watched = arena_array(arena, const char *, 2);
    watched[0] = arena_copy(arena, store->settings.path);
    return watched;
}

static int keywords_directory(const struct mailbox *mailbox)
{
    return mailbox->store->root;
}

static bool open_account(struct store *store, struct error *err)
{
    char *cur;
    bool there;

    store->folders = mem_printf("%s/Maildir", store->settings.home);
    cur = mem_printf("%s/cur", store->folders);
    there = access(cur, F_OK) == 0 || maildir_create(store->folders, err);
    mem_free(cur);
    return there;
}

const struct mailbox_driver mbox_driver = {
    .attach = attach,
    .detach = detach,
    .sync = mbox_sync,
    .keywords_directory = keywords_directory,
    .change_flags = change_flags,
    .expunge = expunge,
    .copy = NULL,
    .open_message = mbox_open_message,
    .watch = watch,
    .save_date = save_date,
    .identity = identity,
    .begin_message = begin_message,
    .commit_messages = commit_messages,
    .drop_message = drop_message,
};

const struct store_driver spool_store = {
    .open = open_account,
    .list = maildir_list,
    .exists = maildir_exists,
    .create = maildir_make,
    .delete = maildir_delete,
    .rename = maildir_rename,
    .watch_mailbox = watch_mailbox,
    .watch_names = maildir_watch_names,
    .inbox = &mbox_driver,
    .folder = &maildir_driver,
};
