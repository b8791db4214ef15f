/* The view of a session that is left and taken up again: ranges of UIDs, and a modseq. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

/* --- remembering ------------------------------------------------------------------------------- */

/* UIDs of the first messages that have `flags`, as ranges. */
static const struct uid_range *collect(const struct mailbox *mailbox, size_t count, uint32_t flags,
                                       struct arena *arena, size_t *count_r)
{
    struct uid_range *ranges = arena_array(arena, struct uid_range, count + 1);
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t uid = mailbox->messages[i].uid;

        if ((mailbox->messages[i].flags & flags) != flags)
            continue;
        if (found > 0 && ranges[found - 1].last + 1 == uid)
            ranges[found - 1].last = uid;
        else
            ranges[found++] = (struct uid_range){uid, uid};
    }
    *count_r = found;
    return ranges;
}

bool mailbox_remember(struct mailbox *mailbox, size_t count, struct arena *arena,
                      struct mailbox_memory *memory_r, struct error *err)
{
    *memory_r = (struct mailbox_memory){
        .uidvalidity = mailbox->uidvalidity,
        .modseq = mailbox->modseq,
    };
    if (!mailbox_show(mailbox, err))
        return false;
    memory_r->known = collect(mailbox, count, 0, arena, &memory_r->known_count);
    memory_r->recent = collect(mailbox, count, FLAG_RECENT, arena, &memory_r->recent_count);
    return true;
}

/* --- recalling --------------------------------------------------------------------------------- */

/* How many messages; false: out of order, or more than a view may have. */
static bool count_uids(const struct uid_range *ranges, size_t count, size_t *uids_r)
{
    uint64_t least = 1;

    *uids_r = 0;
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].first < least || ranges[i].last < ranges[i].first)
            return false;
        *uids_r += ranges[i].last - ranges[i].first + 1;
        if (*uids_r > MAILBOX_MEMORY_MAX)
            return false;
        least = (uint64_t)ranges[i].last + 1;
    }
    return true;
}

static void show_known(struct mailbox *mailbox, const struct mailbox_memory *memory, size_t uids)
{
    mailbox->capacity = uids + 1;
    mailbox->messages = mem_resize(NULL, mailbox->capacity, sizeof(*mailbox->messages));
    for (size_t i = 0; i < memory->known_count; i++) {
        for (uint64_t uid = memory->known[i].first; uid <= memory->known[i].last; uid++)
            mailbox->messages[mailbox->count++] = (struct mailbox_message){.uid = (uint32_t)uid};
    }
}

static void mark_recent(struct mailbox *mailbox, const struct mailbox_memory *memory)
{
    size_t at = 0;

    for (size_t i = 0; i < memory->recent_count; i++) {
        while (at < mailbox->count && mailbox->messages[at].uid < memory->recent[i].first)
            at++;
        for (; at < mailbox->count && mailbox->messages[at].uid <= memory->recent[i].last; at++)
            mailbox->messages[at].flags |= FLAG_RECENT;
    }
}

struct mailbox *mailbox_recall(struct store *store, const char *name, bool read_only,
                               const struct mailbox_memory *memory, struct error *err)
{
    struct mailbox *mailbox;
    size_t known, recent;

    if (memory->uidvalidity == 0 || !count_uids(memory->known, memory->known_count, &known) ||
        !count_uids(memory->recent, memory->recent_count, &recent)) {
        error_set(err, ERROR_MALFORMED, "a mailbox that nobody can have seen like this");
        return NULL;
    }
    if (!store_be_ready(store, err))
        return NULL;
    mailbox = mailbox_attach(store, name, read_only, err);
    if (mailbox == NULL)
        return NULL;
    show_known(mailbox, memory, known);
    mark_recent(mailbox, memory);
    mailbox->shown = mailbox->recalled = true;
    mailbox->uidvalidity = memory->uidvalidity;
    mailbox->modseq = memory->modseq;
    if (!mailbox_sync(mailbox, err))
        mailbox_close(&mailbox);
    return mailbox;
}
