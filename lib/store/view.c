/* The view of a session: what the index says, with the numbering that its client knows. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#define EXPECTED_MAX 1000000 /* messages, on the index's word alone */

/* One walk over the index beside the view; both are in the order of UIDs. */
struct merge {
    struct mailbox *mailbox;
    size_t at;   /* next message of the view */
    size_t old;  /* messages of the view before the walk */
    size_t seen; /* messages of the index */
};

void view_mark_gone(struct mailbox *mailbox, size_t index)
{
    struct mailbox_message *message = &mailbox->messages[index];

    if ((message->flags & FLAG_GONE) == 0)
        mailbox->gone++;
    message->flags |= FLAG_GONE;
}

_Static_assert(sizeof(struct mailbox_message) == sizeof(struct index_flags) &&
                   offsetof(struct mailbox_message, uid) == offsetof(struct index_flags, uid) &&
                   offsetof(struct mailbox_message, keywords) ==
                       offsetof(struct index_flags, keywords) &&
                   offsetof(struct mailbox_message, flags) == offsetof(struct index_flags, flags),
               "a view is the index's octets");

static void make_room(struct mailbox *mailbox, size_t more)
{
    if (mailbox->capacity - mailbox->count >= more)
        return;
    mailbox->capacity += more > mailbox->capacity ? more : mailbox->capacity;
    mailbox->messages =
        mem_resize(mailbox->messages, mailbox->capacity, sizeof(*mailbox->messages));
}

static void add_messages(struct mailbox *mailbox, const struct index_flags *flags, size_t count)
{
    struct mailbox_message *added;

    make_room(mailbox, count);
    added = &mailbox->messages[mailbox->count];
    memcpy(added, flags, count * sizeof(*added));
    if (count > 0 && added[count - 1].uid >= mailbox->recent_from) {
        for (size_t i = 0; i < count; i++)
            added[i].flags |= added[i].uid >= mailbox->recent_from ? FLAG_RECENT : 0;
    }
    mailbox->count += count;
}

static void update_message(struct mailbox *mailbox, struct mailbox_message *shown,
                           const struct index_flags *message)
{
    bool differs =
        (shown->flags & FLAGS_STORED) != message->flags || shown->keywords != message->keywords;

    if (mailbox->recalled)
        differs = message->modseq > mailbox->modseq && message->modseq != shown->modseq;
    shown->flags = (shown->flags & ~(uint32_t)FLAGS_STORED) | message->flags;
    if (differs) {
        shown->flags = (shown->flags & ~(uint32_t)FLAG_QUIET) | FLAG_CHANGED;
        mailbox->changed = true;
    }
    shown->keywords = message->keywords;
    shown->modseq = message->modseq;
}

static bool merge_messages(void *context, const struct index_flags *flags, size_t count)
{
    struct merge *merge = context;
    struct mailbox *mailbox = merge->mailbox;
    size_t i = 0;

    merge->seen += count;
    for (; i < count && merge->at < merge->old; i++) {
        while (merge->at < merge->old && mailbox->messages[merge->at].uid < flags[i].uid)
            view_mark_gone(mailbox, merge->at++);
        if (merge->at == merge->old)
            break;
        if (mailbox->messages[merge->at].uid == flags[i].uid)
            update_message(mailbox, &mailbox->messages[merge->at++], &flags[i]);
    }
    add_messages(mailbox, flags + i, count - i);
    return true;
}

void view_take_state(struct mailbox *mailbox, const struct index_mailbox *state)
{
    memcpy(mailbox->guid, state->guid, sizeof(mailbox->guid));
    mailbox->uidvalidity = state->uidvalidity;
    mailbox->uidnext = state->uidnext;
    mailbox->modseq = state->modseq;
}

void view_peek_at_recent(struct mailbox *mailbox, const struct index_mailbox *state)
{
    if (mailbox->read_only && state->claimed_uid < mailbox->recent_from)
        mailbox->recent_from = state->claimed_uid;
}

bool view_refresh(struct mailbox *mailbox, const struct index_mailbox *state, struct error *err)
{
    struct merge merge = {.mailbox = mailbox, .old = mailbox->count};
    uint32_t first = 0;

    if (mailbox->modseq == state->modseq && mailbox->uidvalidity != 0 && !mailbox->recalled)
        return true;
    view_peek_at_recent(mailbox, state);
    if (mailbox->uidvalidity != 0 && state->removal_modseq <= mailbox->modseq &&
        !mailbox->recalled) {
        /* Only new messages. */
        first = mailbox->count == 0 ? 0 : mailbox->messages[mailbox->count - 1].uid + 1;
        merge.at = merge.old;
    }
    if (mailbox->count == 0)
        make_room(mailbox, state->messages < EXPECTED_MAX ? state->messages : EXPECTED_MAX);
    if (!index_walk_flags(mailbox->store->index, mailbox->id, first, merge_messages, &merge, err))
        return false;
    if (first == 0 && merge.seen != state->messages) {
        index_mark_broken(mailbox->store->index, "the number of messages", err);
        return false;
    }
    while (merge.at < merge.old)
        view_mark_gone(mailbox, merge.at++);
    mailbox->recent_from = UINT32_MAX;
    view_take_state(mailbox, state);
    mailbox->recalled = false;
    return true;
}

void mailbox_forget_gone(struct mailbox *mailbox)
{
    size_t kept = 0;

    for (size_t i = 0; i < mailbox->count; i++) {
        if ((mailbox->messages[i].flags & FLAG_GONE) == 0)
            mailbox->messages[kept++] = mailbox->messages[i];
    }
    mailbox->count = kept;
    mailbox->gone = 0;
}

size_t mailbox_find_uid(const struct mailbox *mailbox, uint32_t uid)
{
    size_t low = 0, high = mailbox->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mailbox->messages[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
