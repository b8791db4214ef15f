/* A mailbox's record in the index and those of its messages change together: sums, modseqs. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define FINE_NS   20000000   /* times of files with nanoseconds are those of a kernel tick */
#define COARSE_NS 2000000000 /* without: whole seconds, or two */

static void add_sums(struct index_mailbox *state, const struct index_message *message)
{
    state->messages++;
    state->in_new += message->where == INDEX_IN_NEW;
    state->unseen += (message->flags & FLAG_SEEN) == 0;
    state->deleted += (message->flags & FLAG_DELETED) != 0;
    if (message->virtual_size == INDEX_UNKNOWN) {
        state->unknown_sizes++;
        return;
    }
    state->virtual_size += message->virtual_size;
    if ((message->flags & FLAG_DELETED) != 0)
        state->deleted_size += message->virtual_size;
}

static void subtract_sums(struct index_mailbox *state, const struct index_message *message)
{
    state->messages--;
    state->in_new -= message->where == INDEX_IN_NEW;
    state->unseen -= (message->flags & FLAG_SEEN) == 0;
    state->deleted -= (message->flags & FLAG_DELETED) != 0;
    if (message->virtual_size == INDEX_UNKNOWN) {
        state->unknown_sizes--;
        return;
    }
    state->virtual_size -= message->virtual_size;
    if ((message->flags & FLAG_DELETED) != 0)
        state->deleted_size -= message->virtual_size;
}

/* What of a message counts for the bound below which all have \Seen. */
static void lower_seen(struct index_mailbox *state, const struct index_message *message)
{
    if (message->uid < state->seen_uid && (message->flags & FLAG_SEEN) == 0)
        state->seen_uid = state->seen_count = 0; /* state_put raises it again */
}

static bool raise_seen(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    uint32_t uid = state->seen_uid, count = state->seen_count;

    if (state->unseen > 0 &&
        !index_find_lacking(mailbox->store->index, mailbox->id, FLAG_SEEN, &uid, &count, err))
        return false;
    if (state->unseen == 0) {
        state->seen_uid = state->uidnext;
        state->seen_count = state->messages;
    } else if (uid != 0) {
        state->seen_uid = uid;
        state->seen_count = count;
    }
    return true;
}

bool state_put(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    return raise_seen(mailbox, state, err) && index_put_mailbox(mailbox->store->index, state, err);
}

bool state_first_unseen(struct mailbox *mailbox, const struct index_mailbox *state,
                        uint32_t *number_r, struct error *err)
{
    uint32_t uid = state->seen_uid, count = state->seen_count;

    *number_r = 0;
    if (state->unseen == 0)
        return true;
    if (!index_find_lacking(mailbox->store->index, mailbox->id, FLAG_SEEN, &uid, &count, err))
        return false;
    if (uid == 0 || count >= state->messages) {
        index_mark_broken(mailbox->store->index, "the number of unseen messages", err);
        return false;
    }
    *number_r = count + 1;
    return true;
}

static bool count_messages(void *context, const struct index_flags *flags UNUSED, size_t count)
{
    uint32_t *sum = context;

    *sum += (uint32_t)count;
    return true;
}

bool state_count_from(struct mailbox *mailbox, const struct index_mailbox *state, uint32_t uid,
                      uint32_t *count_r, struct error *err)
{
    *count_r = 0;
    return uid >= state->uidnext ||
           index_walk_flags(mailbox->store->index, mailbox->id, uid, count_messages, count_r, err);
}

bool state_put_new(struct mailbox *mailbox, struct index_mailbox *state,
                   const struct index_message *message, struct error *err)
{
    add_sums(state, message);
    state->seen_count += message->uid < state->seen_uid;
    lower_seen(state, message);
    return index_put_message(mailbox->store->index, mailbox->id, message, err);
}

bool state_put_changed(struct mailbox *mailbox, struct index_mailbox *state,
                       const struct index_message *old, const struct index_message *message,
                       struct error *err)
{
    subtract_sums(state, old);
    add_sums(state, message);
    lower_seen(state, message);
    if (message->modseq != old->modseq)
        state->removal_modseq = message->modseq;
    return index_put_message(mailbox->store->index, mailbox->id, message, err);
}

bool state_put_gone(struct mailbox *mailbox, struct index_mailbox *state,
                    const struct index_message *message, struct error *err)
{
    subtract_sums(state, message);
    state->seen_count -= message->uid < state->seen_uid;
    state->removal_modseq = state->modseq;
    state->dead_lines++;
    return index_note_gone(mailbox->store->index, state, message->uid, err) &&
           index_remove_message(mailbox->store->index, mailbox->id, message->uid, err);
}

struct counted_walk {
    index_visit *visit;
    void *context;
    uint32_t count;
};

static bool visit_and_count(void *context, const struct index_message *message)
{
    struct counted_walk *walk = context;

    walk->count++;
    return walk->visit(walk->context, message);
}

bool state_walk_known(struct mailbox *mailbox, const struct index_mailbox *state,
                      index_visit *visit, void *context, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct counted_walk walk = {.visit = visit, .context = context};

    if (!index_walk(index, mailbox->id, 0, visit_and_count, &walk, err))
        return false;
    if (walk.count != state->messages) {
        index_mark_broken(index, "the number of messages", err);
        return false;
    }
    return true;
}

void state_forget_messages(struct index_mailbox *state)
{
    state->messages = state->unseen = state->deleted = state->unknown_sizes = state->in_new = 0;
    state->virtual_size = state->deleted_size = 0;
    state->seen_uid = state->seen_count = 0;
    if (state->claimed_uid > state->uidnext) /* their UIDs start over */
        state->claimed_uid = state->uidnext;
    state->gone_first = state->gone_next = 0;
    state->gone_modseq = state->modseq;
}

bool state_start_over(struct mailbox *mailbox, uint32_t *uidvalidity, uint32_t *uidnext,
                      struct error *err)
{
    uint32_t old = *uidvalidity;

    if (!index_new_uidvalidity(mailbox->store->index, uidvalidity, err))
        return false;
    if (*uidvalidity <= old)
        *uidvalidity = old == UINT32_MAX ? 1 : old + 1;
    log_warning("mailbox %s: no UIDs are left after %" PRIu32 ": UIDVALIDITY is %" PRIu32
                " instead of %" PRIu32,
                mailbox->name, *uidnext, *uidvalidity, old);
    *uidnext = 1;
    return true;
}

enum index_result state_find(struct mailbox *mailbox, struct index_mailbox *state,
                             struct error *err)
{
    struct index *index = mailbox->store->index;
    enum index_result result = INDEX_ABSENT;

    if (mailbox->id != 0)
        result = index_get_mailbox(index, mailbox->id, state, err);
    if (result != INDEX_ABSENT)
        return result;
    result = index_find_name(index, mailbox->name, &mailbox->id, err);
    return result == INDEX_FOUND ? index_get_mailbox(index, mailbox->id, state, err) : result;
}

bool state_create(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    *state = (struct index_mailbox){0};
    if (!index_first_modseq(mailbox->store->index, &state->modseq, err))
        return false;
    /* A view of an earlier index may show what is gone since then. */
    state->removal_modseq = state->gone_modseq = state->modseq;
    if (!index_add_mailbox(mailbox->store->index, mailbox->name, state, err))
        return false;
    mailbox->id = state->id;
    return true;
}

uint64_t state_next_modseq(const struct index_mailbox *state)
{
    return state->modseq + 1;
}

bool state_may_change(const struct flag_change *change, const struct index_message *message,
                      struct mailbox_message *shown)
{
    if (!change->conditional || message->modseq <= change->unchanged_since)
        return true;
    shown->flags |= FLAG_REFUSED;
    return false;
}

void state_change_flags(const struct flag_change *change, struct index_message *message)
{
    switch (change->mode) {
    case FLAGS_ADD:
        message->flags |= change->flags;
        message->keywords |= change->keywords;
        return;
    case FLAGS_REMOVE:
        message->flags &= ~change->flags;
        message->keywords &= ~change->keywords;
        return;
    case FLAGS_REPLACE:
        message->flags = change->flags;
        message->keywords = change->keywords;
        return;
    }
}

int64_t state_wall_ms(void)
{
    struct timeval now = clock_wall();

    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

int64_t state_unsure_until_ms(int64_t mtime_ns)
{
    int64_t grain_ns = mtime_ns % 1000000000 == 0 ? COARSE_NS : FINE_NS;
    int64_t until_ms = (mtime_ns + grain_ns) / 1000000 + 1;

    return until_ms > state_wall_ms() ? until_ms : 0;
}
