/*
 * A mailbox whose counts a client was told before anybody read which messages those are. When they are
 * wanted, and others have changed the mailbox meanwhile, the view is first what it was at that time: what
 * is still there, and what was expunged since.
 */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#include <stdlib.h>

bool view_outline(struct mailbox *mailbox, const struct index_mailbox *state,
                  struct mailbox_outline *outline_r, struct error *err)
{
    uint32_t unseen, recent;

    view_take_state(mailbox, state);
    view_peek_at_recent(mailbox, state);
    if (!state_first_unseen(mailbox, state, &unseen, err) ||
        !state_count_from(mailbox, state, mailbox->recent_from, &recent, err))
        return false;
    *outline_r = (struct mailbox_outline){state->messages, recent, unseen};
    mailbox->awaited = true;
    mailbox->expected = state->messages;
    mailbox->expected_recent_from = mailbox->recent_from;
    mailbox->recent_from = UINT32_MAX;
    return true;
}

/* --- as it was --------------------------------------------------------------------------------- */

/* False: more than the client was told of. */
static bool add_known(struct mailbox *mailbox, const struct mailbox_message *message)
{
    if (mailbox->count == mailbox->expected)
        return false;
    mailbox->messages[mailbox->count] = *message;
    if (message->uid >= mailbox->expected_recent_from)
        mailbox->messages[mailbox->count].flags |= FLAG_RECENT;
    mailbox->count++;
    return true;
}

/* What changed since has the flags and the modseq of now: one modseq never stands for two sets of flags (RFC 7162
 * section 3.1.3), and who tells them late is told once. */
static bool add_living(void *context, const struct index_flags *flags, size_t count)
{
    struct mailbox *mailbox = context;

    for (size_t i = 0; i < count; i++) {
        struct mailbox_message living;

        if (flags[i].uid >= mailbox->uidnext)
            return false;
        memcpy(&living, &flags[i], sizeof(living));
        if (living.modseq > mailbox->modseq) {
            living.flags |= FLAG_CHANGED;
            mailbox->changed = true;
        }
        if (!add_known(mailbox, &living))
            return false;
    }
    return true;
}

/* Those that are gone since. When nobody knows them any more, as many UIDs as there must have been: the client was told
 * their number alone. */
static bool add_gone(struct mailbox *mailbox, struct error *err)
{
    struct arena *arena = arena_create();
    struct uid_range *ranges;
    size_t count;
    bool done = mailbox_vanished(mailbox, mailbox->modseq, arena, &ranges, &count, NULL, err);

    for (size_t i = 0; i < count && done; i++) {
        struct mailbox_message gone = {.uid = ranges[i].first, .flags = FLAG_GONE};
        for (; gone.uid <= ranges[i].last && add_known(mailbox, &gone); gone.uid++)
            mailbox->gone++;
    }
    arena_free(&arena);
    return done;
}

static int compare_uids(const void *a, const void *b)
{
    const struct mailbox_message *first = a, *second = b;

    return first->uid < second->uid ? -1 : first->uid > second->uid;
}

static bool too_much_changed(const struct mailbox *mailbox, struct error *err)
{
    errno = ENODATA;
    error_errno(err, "mailbox %s", mailbox->name);
    err->kind = ERROR_PERMANENT;
    return false;
}

static bool show_as_it_was(struct mailbox *mailbox, struct error *err)
{
    mailbox->capacity = mailbox->expected + 1;
    mailbox->messages =
        mem_resize(mailbox->messages, mailbox->capacity, sizeof(*mailbox->messages));
    if (!index_walk_flags(mailbox->store->index, mailbox->id, 0, add_living, mailbox, err) ||
        !add_gone(mailbox, err))
        return false;
    if (mailbox->count != mailbox->expected)
        return too_much_changed(mailbox, err);
    if (mailbox->gone > 0)
        qsort(mailbox->messages, mailbox->count, sizeof(*mailbox->messages), compare_uids);
    mailbox->recalled = true;
    return true;
}

/* --- as it still is ---------------------------------------------------------------------------- */

static bool show_as_it_is(struct mailbox *mailbox, const struct index_mailbox *state,
                          struct error *err)
{
    uint32_t recent_from = mailbox->recent_from; /* of what is new since */

    mailbox->modseq = 0; /* it shows nothing yet */
    mailbox->recent_from = mailbox->expected_recent_from;
    if (view_refresh(mailbox, state, err))
        return true;
    mailbox->modseq = state->modseq;
    mailbox->recent_from = recent_from;
    return false;
}

bool view_show(struct mailbox *mailbox, const struct index_mailbox *state, struct error *err)
{
    mailbox_end_glance(mailbox);
    mailbox->awaited = !(state->modseq == mailbox->modseq ? show_as_it_is(mailbox, state, err)
                                                          : show_as_it_was(mailbox, err));
    if (mailbox->awaited) {
        mem_free(mailbox->messages); /* a glance starts from empty ones */
        mailbox->messages = NULL;
        mailbox->count = mailbox->capacity = mailbox->gone = 0;
    }
    return !mailbox->awaited;
}
