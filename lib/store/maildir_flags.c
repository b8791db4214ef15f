/* Messages that are there: flags by rename, removal by unlink. */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include <stdio.h>
#include <unistd.h>

enum outcome { DONE, VANISHED, FAILED };

static enum outcome rename_message(struct mailbox *mailbox, const struct index_message *old,
                                   struct index_message *message,
                                   char flagged[MAILDIR_NAME_MAX + 1], struct error *err)
{
    int directory = mailbox->maildir->directory;
    char from[MAILDIR_NAME_MAX + 8], to[MAILDIR_NAME_MAX + 8];

    if (!maildir_flagged_name(old->name, message->flags, message->keywords, flagged)) {
        error_set(err, ERROR_PERMANENT, "Too many flags for the name of its file");
        return FAILED;
    }
    message->name = span_text(flagged);
    message->where = 0;
    maildir_path(old, from);
    maildir_path(message, to);
    if (strcmp(from, to) == 0 || renameat(directory, from, directory, to) == 0)
        return DONE;
    if (errno == ENOENT)
        return VANISHED;
    error_errno(err, "rename %s", from);
    err->kind = ERROR_TEMPORARY;
    return FAILED;
}

/* The new flags of one message: on disk, in the index, in the view. */
static enum outcome change_one(struct mailbox *mailbox, struct index_mailbox *state,
                               uint64_t modseq, struct mailbox_message *shown,
                               const struct flag_change *change, struct error *err)
{
    struct index_message old, message;
    char flagged[MAILDIR_NAME_MAX + 1];
    enum outcome outcome;
    enum index_result result =
        index_get_message(mailbox->store->index, mailbox->id, shown->uid, &old, err);

    if (result != INDEX_FOUND)
        return result == INDEX_ABSENT ? DONE : FAILED; /* gone: the view will see it */
    if (!state_may_change(change, &old, shown))
        return DONE;
    message = old;
    state_change_flags(change, &message);
    if (message.flags == old.flags && message.keywords == old.keywords)
        return DONE;
    outcome = rename_message(mailbox, &old, &message, flagged, err);
    if (outcome != DONE)
        return outcome;
    message.modseq = modseq;
    state->modseq = modseq;
    if (!state_put_changed(mailbox, state, &old, &message, err))
        return FAILED;
    shown->flags = (shown->flags & ~(uint32_t)FLAGS_STORED) | message.flags | FLAG_CHANGED;
    mailbox->changed = true;
    shown->keywords = message.keywords;
    shown->modseq = modseq;
    return DONE;
}

/* *again_r: a file was not where the index had it. */
static bool change_all(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                       const struct flag_change *change, bool *again_r, struct error *err)
{
    struct index_mailbox state;
    uint64_t before, modseq;
    bool done = true;

    *again_r = false;
    if (!maildir_begin(mailbox, &state, err))
        return false;
    before = state.modseq;
    modseq = state_next_modseq(&state);
    for (size_t i = 0; i < count && done; i++) {
        switch (change_one(mailbox, &state, modseq, &mailbox->messages[indices[i]], change, err)) {
        case DONE:
            break;
        case VANISHED:
            *again_r = true;
            break;
        case FAILED:
            done = false;
            break;
        }
    }
    if (index_is_broken(mailbox->store->index)) {
        index_abort(mailbox->store->index);
        return false;
    }
    if (!done || *again_r) {
        struct error ignored; /* what was renamed is found by the next scan, too */
        return maildir_finish_unsure(mailbox, &state, *again_r ? err : &ignored) && done;
    }
    if (!maildir_finish(mailbox, &state, err))
        return false;
    if (before == mailbox->modseq) /* the view shows all of it already */
        mailbox->modseq = state.modseq;
    return true;
}

bool maildir_change_flags(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                          const struct flag_change *change, struct error *err)
{
    bool again = true;

    for (unsigned looks = 0; again && looks < MAILDIR_LOOKS; looks++) {
        if (!change_all(mailbox, indices, count, change, &again, err))
            return false;
    }
    return !again || maildir_restless(mailbox, err);
}

/* --- removal ----------------------------------------------------------------------------------- */

/* A file that is not where the index has it was renamed by somebody; then the index is not told, and
 * *again_r set. */
static bool expunge_one(struct mailbox *mailbox, struct index_mailbox *state, size_t index,
                        bool *again_r, struct error *err)
{
    struct index_message message;
    char path[MAILDIR_NAME_MAX + 8];
    enum index_result result = index_get_message(mailbox->store->index, mailbox->id,
                                                 mailbox->messages[index].uid, &message, err);

    if (result == INDEX_FAILED)
        return false;
    if (result == INDEX_FOUND) {
        maildir_path(&message, path);
        if (unlinkat(mailbox->maildir->directory, path, 0) != 0) {
            if (errno == ENOENT) {
                *again_r = true;
                return true;
            }
            error_errno(err, "remove %s", path);
            err->kind = ERROR_TEMPORARY;
            return false;
        }
        if (!state_put_gone(mailbox, state, &message, err))
            return false;
    }
    view_mark_gone(mailbox, index);
    return true;
}

static bool expunge_all(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                        bool *again_r, struct error *err)
{
    struct index_mailbox state;
    uint64_t before;
    bool done = true;

    *again_r = false;
    if (!maildir_begin(mailbox, &state, err))
        return false;
    before = state.modseq;
    state.modseq = state_next_modseq(&state);
    for (size_t i = 0; i < count && done; i++)
        done = expunge_one(mailbox, &state, indices[i], again_r, err);
    if (index_is_broken(mailbox->store->index)) {
        index_abort(mailbox->store->index);
        return false;
    }
    if (!done || *again_r) {
        struct error ignored; /* what was removed is removed */
        return maildir_finish_unsure(mailbox, &state, *again_r ? err : &ignored) && done;
    }
    if (!maildir_finish(mailbox, &state, err))
        return false;
    if (before == mailbox->modseq)
        mailbox->modseq = state.modseq;
    return true;
}

bool maildir_expunge(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                     struct error *err)
{
    bool again = true;

    for (unsigned looks = 0; again && looks < MAILDIR_LOOKS; looks++) {
        if (!expunge_all(mailbox, indices, count, &again, err))
            return false;
    }
    return !again || maildir_restless(mailbox, err);
}
