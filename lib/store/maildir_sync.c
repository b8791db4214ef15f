/*
 * When a Maildir has to be looked at, and what stands between two looks. Usually nothing changed, which
 * the times of new/, cur/ and dovecot-uidlist tell; else maildir_merge reads both directories, under
 * the index's lock, or maildir_merge_new what was delivered.
 *
 * A change within the resolution of a directory's time may have the same time as the one that we saw;
 * after a scan of a directory that was changed just now there is therefore another one a little later
 * (index_mailbox.verify_ms). The same holds after changes of our own, which are not looked at each
 * time: one more scan, at most a second later, finds what somebody else did meanwhile.
 */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include <errno.h>
#include <sys/stat.h>

#define OWN_MS_MIN      10 /* after our own changes: the scan's price is that of the messages */
#define OWN_MS_MAX      1000
#define MESSAGES_PER_MS 20

/* --- times ------------------------------------------------------------------------------------- */

struct stamps {
    int64_t new_mtime_ns, cur_mtime_ns;
    int64_t new_until_ms, cur_until_ms; /* unsure until then, at the moment when they were taken */
    struct uidlist_stamp uidlist;
};

static int64_t mtime_of(const struct stat *status)
{
    return (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

static bool take_stamps(const struct mailbox *mailbox, struct stamps *stamps_r, struct error *err)
{
    int directory = mailbox->maildir->directory;
    struct stat in_new, in_cur;

    if (fstatat(directory, "new", &in_new, 0) != 0 || fstatat(directory, "cur", &in_cur, 0) != 0) {
        if (errno == ENOENT)
            store_missing(err, mailbox->name);
        else
            error_errno(err, "stat mailbox %s", mailbox->name);
        return false;
    }
    *stamps_r = (struct stamps){
        .new_mtime_ns = mtime_of(&in_new),
        .cur_mtime_ns = mtime_of(&in_cur),
        .new_until_ms = state_unsure_until_ms(mtime_of(&in_new)),
        .cur_until_ms = state_unsure_until_ms(mtime_of(&in_cur)),
        .uidlist = uidlist_stat(directory),
    };
    return true;
}

static void note_stamps(struct index_mailbox *state, const struct stamps *stamps)
{
    state->new_mtime_ns = stamps->new_mtime_ns;
    state->cur_mtime_ns = stamps->cur_mtime_ns;
    state->verify_ms =
        stamps->new_until_ms > stamps->cur_until_ms ? stamps->new_until_ms : stamps->cur_until_ms;
}

/* --- transactions ------------------------------------------------------------------------------ */

/* Is our directory still the one that has the mailbox's name? */
static bool still_there(const struct mailbox *mailbox, struct error *err)
{
    struct stat ours, named;

    if (fstat(mailbox->maildir->directory, &ours) == 0 &&
        stat(mailbox->maildir->path, &named) == 0 && ours.st_ino == named.st_ino &&
        ours.st_dev == named.st_dev)
        return true;
    store_missing(err, mailbox->name);
    return false;
}

static bool get_state(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    switch (state_find(mailbox, state, err)) {
    case INDEX_FOUND:
        return true;
    case INDEX_ABSENT:
        return still_there(mailbox, err) && state_create(mailbox, state, err);
    case INDEX_FAILED:
        break;
    }
    return false;
}

enum look { LOOK_NOWHERE, LOOK_AT_NEW, LOOK_EVERYWHERE };

/* Deliveries go to new/: there a second look is not put off. A first look is needed whatever the times are: also those
 * of an archive that has 1970 for all. */
static enum look needed_look(const struct mailbox *mailbox, const struct stamps *stamps,
                             const struct index_mailbox *state)
{
    if (state->uidvalidity == 0 || stamps->cur_mtime_ns != state->cur_mtime_ns ||
        !uidlist_stamp_equal(&stamps->uidlist, &state->uidlist) ||
        (state->verify_ms != 0 && state_wall_ms() >= state->verify_ms))
        return LOOK_EVERYWHERE;
    if (stamps->new_mtime_ns != state->new_mtime_ns ||
        state_unsure_until_ms(state->new_mtime_ns) != 0 ||
        (!mailbox->read_only && state->in_new > 0))
        return LOOK_AT_NEW;
    return LOOK_NOWHERE;
}

static bool has_claims(const struct mailbox *mailbox, const struct index_mailbox *state)
{
    return mailbox->shown && !mailbox->read_only && state->claimed_uid < state->uidnext;
}

static int64_t own_ms(const struct index_mailbox *state)
{
    int64_t ms = OWN_MS_MIN + state->messages / MESSAGES_PER_MS;

    return ms < OWN_MS_MAX ? ms : OWN_MS_MAX;
}

/* The stamps are of before the scan, but for our own renames in it: they are of after it. */
static bool look_everywhere(struct mailbox *mailbox, struct index_mailbox *state,
                            const struct stamps *before, struct error *err)
{
    struct stamps after;

    if (!maildir_merge(mailbox, state, &before->uidlist, err) || !take_stamps(mailbox, &after, err))
        return false;
    note_stamps(state, before);
    if (after.new_mtime_ns != before->new_mtime_ns || after.cur_mtime_ns != before->cur_mtime_ns) {
        note_stamps(state, &after);
        if (state->verify_ms == 0)
            state->verify_ms = state_wall_ms() + 1;
    }
    return true;
}

/* What is taken out of new/ is a change of our own in cur/. The time of new/ is noted only if it is sure: else the next
 * one looks again, which costs next to nothing. */
static bool look_at_new(struct mailbox *mailbox, struct index_mailbox *state,
                        const struct stamps *before, bool *enough_r, struct error *err)
{
    struct stamps after;

    if (!maildir_merge_new(mailbox, state, &before->uidlist, enough_r, err))
        return false;
    if (!*enough_r)
        return true;
    if (!take_stamps(mailbox, &after, err))
        return false;
    state->new_mtime_ns = before->new_until_ms == 0 ? before->new_mtime_ns : 0;
    if (!mailbox->read_only && after.cur_mtime_ns != before->cur_mtime_ns) {
        int64_t verify_ms = state_wall_ms() + own_ms(state);
        state->cur_mtime_ns = after.cur_mtime_ns;
        /* also where it was put off until the time of a directory that is of the future */
        if (state->verify_ms == 0 || state->verify_ms > verify_ms)
            state->verify_ms = verify_ms;
    }
    return true;
}

static bool scan_locked(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    struct stamps before;
    bool enough = false;
    enum look look;

    if (!take_stamps(mailbox, &before, err))
        return false;
    look = needed_look(mailbox, &before, state);
    if (look == LOOK_NOWHERE)
        return true;
    if (!still_there(mailbox, err) ||
        (look == LOOK_AT_NEW && !look_at_new(mailbox, state, &before, &enough, err)) ||
        (!enough && !look_everywhere(mailbox, state, &before, err)))
        return false;
    return state_put(mailbox, state, err);
}

bool maildir_enter(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    if (!get_state(mailbox, state, err) || !scan_locked(mailbox, state, err))
        return false;
    mailbox->verify_ms = state->verify_ms;
    return true;
}

bool maildir_begin(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    if (!index_begin_write(mailbox->store->index, err))
        return false;
    if (maildir_enter(mailbox, state, err))
        return true;
    index_abort(mailbox->store->index);
    return false;
}

bool maildir_note_own(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    struct stamps now;

    if (!take_stamps(mailbox, &now, err))
        return false;
    note_stamps(state, &now);
    if (state->verify_ms < state_wall_ms() + own_ms(state))
        state->verify_ms = state_wall_ms() + own_ms(state);
    mailbox->verify_ms = state->verify_ms;
    return state_put(mailbox, state, err);
}

static bool end_transaction(struct mailbox *mailbox, bool commit, struct error *err)
{
    if (commit)
        return index_commit(mailbox->store->index, err);
    index_abort(mailbox->store->index);
    return false;
}

bool maildir_finish(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    return end_transaction(mailbox, maildir_note_own(mailbox, state, err), err);
}

bool maildir_finish_unsure(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    state->cur_mtime_ns = 0;
    return end_transaction(mailbox, state_put(mailbox, state, err), err);
}

bool maildir_restless(const struct mailbox *mailbox, struct error *err)
{
    error_set(err, ERROR_TEMPORARY, "files of mailbox %s are renamed all the time", mailbox->name);
    return false;
}

/* Without the lock: is there anything to do at all? */
static bool is_current(struct mailbox *mailbox, bool *current_r, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_mailbox state;
    struct stamps stamps;
    enum index_result result;

    *current_r = false;
    if (!take_stamps(mailbox, &stamps, err) || !index_begin_read(index, err))
        return false;
    result = state_find(mailbox, &state, err);
    index_end_read(index);
    if (result == INDEX_FOUND) {
        mailbox->verify_ms = state.verify_ms;
        *current_r =
            needed_look(mailbox, &stamps, &state) == LOOK_NOWHERE && !has_claims(mailbox, &state);
    }
    return result != INDEX_FAILED;
}

/* The session that sees new messages first has them as \Recent. */
static bool claim(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    if (!has_claims(mailbox, state))
        return true;
    if (state->claimed_uid < mailbox->recent_from)
        mailbox->recent_from = state->claimed_uid;
    state->claimed_uid = state->uidnext;
    return state_put(mailbox, state, err);
}

bool maildir_sync(struct mailbox *mailbox, struct error *err)
{
    struct index_mailbox state;
    bool current = false;

    if (!is_current(mailbox, &current, err))
        return false;
    if (current && !mailbox->shown) /* STATUS shows no keywords */
        return true;
    if (!keywords_refresh(&mailbox->keywords, mailbox->maildir->directory, err))
        return false;
    if (current)
        return true;
    return maildir_begin(mailbox, &state, err) &&
           end_transaction(mailbox, claim(mailbox, &state, err), err);
}
