/* Copies and moves from one Maildir to another, or within one. */
#include "lib/base/base.h"

#include "lib/store/maildir_place.h"

#include "lib/base/buf.h"

/* Letters mean other keywords in another mailbox. */
static bool map_keywords(struct mailbox *from, struct mailbox *to, uint32_t keywords,
                         uint32_t *mapped_r, struct error *err)
{
    *mapped_r = 0;
    for (int i = 0; i < KEYWORDS_MAX; i++) {
        int index;
        if ((keywords & 1U << i) == 0 || from->keywords.names[i] == NULL)
            continue;
        if (!keywords_add(&to->keywords, to->maildir->directory, span_text(from->keywords.names[i]),
                          &index, err))
            return false;
        *mapped_r |= 1U << index;
    }
    return true;
}

/* What the list of UIDs can tell of it: words end there at a space. */
static struct span listed_identity(const struct index_message *source)
{
    struct span identity = maildir_identity(source);

    return span_find(identity, ' ') == identity.len ? identity : SPAN_EMPTY;
}

static bool prepare_copy(struct mailbox *mailbox, struct maildir_placing *placing,
                         const struct index_message *source, uint32_t shown, struct error *err)
{
    struct maildir_incoming *incoming = &placing->incoming[placing->count];
    char unique[MAILDIR_NAME_MAX + 1], path[MAILDIR_NAME_MAX + 8];

    maildir_path(source, path);
    maildir_unique_name(unique, store_name_time(mailbox->store), mailbox->store->settings.hostname);
    *incoming = (struct maildir_incoming){.message = *source, .source = *source, .shown = shown};
    index_keep_texts(&incoming->source, placing->arena);
    incoming->origin = arena_copy(placing->arena, path);
    incoming->message.uid = 0;
    incoming->message.where = 0;
    incoming->message.guid = listed_identity(&incoming->source);
    if (!map_keywords(mailbox, placing->target, source->keywords, &incoming->message.keywords,
                      err) ||
        !maildir_name_incoming(placing, incoming, unique, err))
        return false;
    placing->count++;
    return true;
}

static bool prepare_copies(struct mailbox *mailbox, struct maildir_placing *placing,
                           const uint32_t *indices, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct index_message source;
        enum index_result result = index_get_message(
            mailbox->store->index, mailbox->id, mailbox->messages[indices[i]].uid, &source, err);
        if (result == INDEX_FAILED ||
            (result == INDEX_FOUND && !prepare_copy(mailbox, placing, &source, indices[i], err)))
            return false;
    }
    return true;
}

/* What is known of the message is known of its copy. */
static bool copy_metadata(struct mailbox *mailbox, const struct maildir_placing *placing,
                          struct error *err)
{
    struct buf copy = BUF(BUF_UNLIMITED);
    bool done = true;

    for (size_t i = 0; i < placing->count && done; i++) {
        const struct maildir_incoming *incoming = &placing->incoming[i];
        struct span octets = SPAN_EMPTY;
        enum index_result result = index_get_metadata(mailbox->store->index, mailbox->id,
                                                      incoming->source.uid, &octets, err);
        done = result != INDEX_FAILED;
        if (result != INDEX_FOUND || incoming->message.uid == 0)
            continue;
        buf_clear(&copy);
        buf_put(&copy, octets);
        done = index_put_metadata(mailbox->store->index, placing->target->id, incoming->message.uid,
                                  buf_span(&copy), err);
    }
    buf_release(&copy);
    return done;
}

/* The moved ones leave this mailbox, if a scan has not found out already that they did. */
static bool forget_moved(struct mailbox *mailbox, struct index_mailbox *state,
                         const struct maildir_placing *placing, struct error *err)
{
    state->modseq = state_next_modseq(state);
    for (size_t i = 0; i < placing->count; i++) {
        struct index_message moved;
        enum index_result result = index_get_message(mailbox->store->index, mailbox->id,
                                                     placing->incoming[i].source.uid, &moved, err);
        if (result == INDEX_FAILED ||
            (result == INDEX_FOUND && !state_put_gone(mailbox, state, &moved, err)))
            return false;
    }
    return state == placing->state || maildir_note_own(mailbox, state, err);
}

/* The lock is held; both states are up to date. A mailbox that is copied to itself has one: the second look
 * at it may have found more than the first. */
static bool place_copies(struct mailbox *mailbox, const struct index_mailbox *state,
                         struct maildir_placing *placing, const uint32_t *indices, size_t count,
                         struct error *err)
{
    if (mailbox->id == placing->target->id)
        *placing->state = *state;
    if (!keywords_refresh(&mailbox->keywords, mailbox->maildir->directory, err) ||
        !prepare_copies(mailbox, placing, indices, count, err))
        return false;
    return placing->count == 0 || maildir_place(placing, err);
}

/* What the index is told beside their UIDs. */
static bool note_copies(struct mailbox *mailbox, struct index_mailbox *state,
                        const struct maildir_placing *placing, struct error *err)
{
    bool in_itself = mailbox->id == placing->target->id;

    if (in_itself && placing->renumbered)
        return true; /* source.uid is nobody's, or another's */
    if (!copy_metadata(mailbox, placing, err))
        return false;
    if (placing->link || placing->count == 0)
        return true;
    return forget_moved(mailbox, in_itself ? placing->state : state, placing, err) &&
           (!in_itself || maildir_note_own(placing->target, placing->state, err));
}

static void tell_copied(const struct maildir_placing *placing, struct mailbox_copied *copied_r,
                        struct arena *arena)
{
    *copied_r = (struct mailbox_copied){
        .uidvalidity = placing->state->uidvalidity,
        .source_uids = arena_array(arena, uint32_t, placing->count + 1),
        .target_uids = arena_array(arena, uint32_t, placing->count + 1),
    };
    for (size_t i = 0; i < placing->count; i++) {
        if (placing->incoming[i].message.uid == 0)
            continue;
        copied_r->source_uids[copied_r->count] = placing->incoming[i].source.uid;
        copied_r->target_uids[copied_r->count++] = placing->incoming[i].message.uid;
    }
}

static bool copy_once(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                      struct mailbox *target, bool move, struct arena *arena,
                      struct mailbox_copied *copied_r, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_mailbox state = {0}, target_state = {0};
    struct maildir_placing placing = {
        .target = target,
        .state = &target_state,
        .arena = arena_create(),
        .from = mailbox->maildir->directory,
        .link = !move,
    };
    bool done = false;

    placing.incoming = arena_array(placing.arena, struct maildir_incoming, count + 1);
    error_clear(err);
    if (maildir_begin(target, &target_state, err)) {
        done = maildir_enter(mailbox, &state, err) &&
               place_copies(mailbox, &state, &placing, indices, count, err);
        if (done && note_copies(mailbox, &state, &placing, err)) /* as above */
            (void)!index_commit(index, err);
        else
            index_abort(index);
    }
    if (done) {
        tell_copied(&placing, copied_r, arena);
        for (size_t i = 0; i < placing.count && move; i++)
            view_mark_gone(mailbox, placing.incoming[i].shown);
    }
    arena_free(&placing.arena);
    return done;
}

bool maildir_copy(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                  struct mailbox *target, bool move, struct arena *arena,
                  struct mailbox_copied *copied_r, struct error *err)
{
    struct index_mailbox state;

    for (unsigned looks = 0; looks < MAILDIR_LOOKS; looks++) {
        if (copy_once(mailbox, indices, count, target, move, arena, copied_r, err))
            return true;
        if (err->number != ENOENT)
            return false;
        /* A file was renamed since the last scan. */
        if (!maildir_begin(mailbox, &state, err) || !maildir_finish_unsure(mailbox, &state, err))
            return false;
    }
    return maildir_restless(mailbox, err);
}
