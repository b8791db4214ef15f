/*
 * What a look at a Maildir found, put into the index: flags and places as they are now, what is gone, and what is new,
 * with a UID from dovecot-uidlist.
 */
#include "lib/base/base.h"

#include "lib/store/maildir_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- from new/ to cur/ ------------------------------------------------------------------------- */

/* The file's name in `scan` becomes that in cur/. One that vanished is as good as never seen: the next
 * scan knows better. */
static void take_in(struct sync *sync, uint32_t file)
{
    struct maildir_file *f = &sync->scan.files[file];
    struct span name = maildir_match_name(sync, file);
    char flagged[MAILDIR_NAME_MAX + 1], from[MAILDIR_NAME_MAX + 8], to[MAILDIR_NAME_MAX + 8];
    uint32_t keywords, flags = maildir_flags(name, &keywords);

    if (f->where != INDEX_IN_NEW || !maildir_flagged_name(name, flags, keywords, flagged))
        return;
    snprintf(from, sizeof(from), "new/%.*s", SPAN_PRINTF(name));
    snprintf(to, sizeof(to), "cur/%s", flagged);
    if (renameat(sync->mailbox->maildir->directory, from, sync->mailbox->maildir->directory, to) !=
        0)
        return;
    f->where = 0;
    f->name = sync->scan.names.len;
    f->len = (uint16_t)strlen(flagged);
    buf_put_text(&sync->scan.names, flagged);
}

static void take_all_in(struct sync *sync)
{
    for (size_t i = 0; i < sync->known_count; i++) {
        if (sync->known[i].file != NO_FILE)
            take_in(sync, sync->known[i].file);
    }
    for (size_t i = 0; i < sync->arrival_count; i++)
        take_in(sync, sync->arrivals[i]);
}

/* --- what differs goes into the index ---------------------------------------------------------- */

static struct index_message message_of_file(const struct sync *sync, uint32_t file, uint32_t uid)
{
    struct span name = maildir_match_name(sync, file);
    struct index_message message = {
        .uid = uid,
        .modseq = sync->modseq,
        .internal_date = INDEX_UNKNOWN,
        .where = sync->scan.files[file].where,
        .name = name,
    };

    message.flags = maildir_flags(name, &message.keywords);
    maildir_sizes(name, &message.size, &message.virtual_size);
    return message;
}

static bool apply_known(struct sync *sync, const struct known *known, struct error *err)
{
    const struct index_message *old = &known->message;
    struct index_message message;

    sync->state->modseq = sync->modseq;
    if (known->file == NO_FILE)
        return state_put_gone(sync->mailbox, sync->state, old, err);
    message = message_of_file(sync, known->file, old->uid);
    message.size = old->size;
    message.virtual_size = old->virtual_size;
    message.internal_date = old->internal_date;
    message.guid = old->guid;
    if (message.flags == old->flags && message.keywords == old->keywords)
        message.modseq = old->modseq; /* only its name or place is another */
    return state_put_changed(sync->mailbox, sync->state, old, &message, err);
}

static bool differs(const struct sync *sync, const struct known *known)
{
    return known->file == NO_FILE || known->message.where != sync->scan.files[known->file].where ||
           !span_equal(known->message.name, maildir_match_name(sync, known->file));
}

static bool apply(struct sync *sync, const struct maildir_arrival *arrivals, struct error *err)
{
    for (size_t i = 0; i < sync->known_count; i++) {
        if (differs(sync, &sync->known[i]) && !apply_known(sync, &sync->known[i], err))
            return false;
    }
    for (size_t i = 0; i < sync->arrival_count; i++) {
        struct index_message message = message_of_file(sync, sync->arrivals[i], arrivals[i].uid);
        message.guid = arrivals[i].guid;
        sync->state->modseq = sync->modseq;
        if (!state_put_new(sync->mailbox, sync->state, &message, err))
            return false;
    }
    return true;
}

/* --- UIDs -------------------------------------------------------------------------------------- */

/* All live files, known ones first, with their UIDs as far as the index has them. */
static struct maildir_arrival *all_files(const struct sync *sync, size_t *count_r)
{
    struct maildir_arrival *files =
        arena_array(sync->arena, struct maildir_arrival, sync->known_count + sync->arrival_count);
    size_t count = 0;

    for (size_t i = 0; i < sync->known_count; i++) {
        if (sync->known[i].file != NO_FILE)
            files[count++] = (struct maildir_arrival){
                .uid = sync->known[i].message.uid,
                .name = sync->known[i].message.name,
                .guid = sync->known[i].message.guid,
            };
    }
    for (size_t i = 0; i < sync->arrival_count; i++)
        files[count++] =
            (struct maildir_arrival){.name = maildir_match_name(sync, sync->arrivals[i])};
    *count_r = count;
    return files;
}

/* Known messages whose UID the list does not confirm leave the index; their files arrive anew. */
static bool readmit(struct sync *sync, const struct maildir_arrival *files, bool reset,
                    struct maildir_arrival *arrivals, struct error *err)
{
    size_t at = 0, kept = 0, count = 0;
    uint32_t *again = mem_resize(NULL, sync->known_count + sync->arrival_count + 1, sizeof(*again));

    for (size_t i = 0; i < sync->known_count; i++) {
        struct known *known = &sync->known[i];
        if (known->file == NO_FILE) {
            if (!reset)
                sync->known[kept++] = *known;
            continue;
        }
        if (!reset && files[at].uid == known->message.uid) {
            sync->known[kept++] = *known;
        } else {
            if (!reset && !state_put_gone(sync->mailbox, sync->state, &known->message, err)) {
                mem_free(again);
                return false;
            }
            arrivals[count] = files[at];
            again[count++] = known->file;
        }
        at++;
    }
    for (size_t i = 0; i < sync->arrival_count; i++) {
        arrivals[count] = files[at++];
        again[count++] = sync->arrivals[i];
    }
    mem_free(sync->arrivals);
    sync->arrivals = again;
    sync->arrival_count = count;
    sync->known_count = kept;
    return true;
}

/* Those that could get no UID: for whoever looks later. */
static void leave_out(struct sync *sync, struct maildir_arrival *arrivals)
{
    size_t kept = 0;

    for (size_t i = 0; i < sync->arrival_count; i++) {
        if (arrivals[i].uid == 0)
            continue;
        arrivals[kept] = arrivals[i];
        sync->arrivals[kept++] = sync->arrivals[i];
    }
    sync->arrival_count = kept;
}

static bool reconcile(struct sync *sync, struct maildir_arrival *arrivals, struct error *err)
{
    size_t count;
    struct maildir_arrival *files = all_files(sync, &count);
    bool reset = false;

    if (!maildir_reconcile(sync->mailbox, sync->state, files, count, sync->arena, &reset, err))
        return false;
    sync->state->modseq = sync->modseq;
    if (reset) {
        state_forget_messages(sync->state);
        if (!index_remove_messages(sync->mailbox->store->index, sync->mailbox->id, err))
            return false;
    }
    if (!readmit(sync, files, reset, arrivals, err))
        return false;
    leave_out(sync, arrivals);
    return true;
}

/* \Recent after a rebuild: what nobody took out of new/ yet. */
static void guess_claims(struct sync *sync, const struct maildir_arrival *arrivals)
{
    sync->state->claimed_uid = sync->state->uidnext;
    for (size_t i = 0; i < sync->arrival_count; i++) {
        if (sync->scan.files[sync->arrivals[i]].where == INDEX_IN_NEW &&
            arrivals[i].uid < sync->state->claimed_uid)
            sync->state->claimed_uid = arrivals[i].uid;
    }
}

/* *enough_r false: the list is another one, or has too many lines of messages that are gone, or no room for more. */
static bool number_arrivals(struct sync *sync, const struct uidlist_stamp *list,
                            struct maildir_arrival *arrivals, bool *enough_r, struct error *err)
{
    *enough_r = sync->state->uidlist.inode != 0 &&
                uidlist_stamp_equal(list, &sync->state->uidlist) &&
                sync->state->dead_lines < 100 + sync->state->messages;
    for (size_t i = 0; i < sync->arrival_count; i++)
        arrivals[i].name = maildir_match_name(sync, sync->arrivals[i]);
    if (!*enough_r ||
        maildir_number(sync->mailbox, sync->state, arrivals, sync->arrival_count, err))
        return true;
    *enough_r = false;
    return err->number == ESTALE || error_is_no_room(err);
}

/* --- all of it --------------------------------------------------------------------------------- */

static struct maildir_arrival *make_arrivals(const struct sync *sync)
{
    return arena_array(sync->arena, struct maildir_arrival,
                       sync->known_count + sync->arrival_count + 1);
}

static bool scan_mailbox(struct sync *sync, const struct uidlist_stamp *list, struct error *err)
{
    bool fresh = sync->state->uidvalidity == 0, numbered;
    struct maildir_arrival *arrivals;

    if (fresh && list->inode == 0 && !maildir_adopt_keywords(sync->mailbox, err))
        return false;
    if (!maildir_match(sync, err))
        return false;
    arrivals = make_arrivals(sync);
    if (!number_arrivals(sync, list, arrivals, &numbered, err) ||
        (!numbered && !reconcile(sync, arrivals, err)))
        return false;
    if (fresh)
        guess_claims(sync, arrivals);
    if (!sync->mailbox->read_only)
        take_all_in(sync);
    return apply(sync, arrivals, err);
}

static bool scan_new(struct sync *sync, const struct uidlist_stamp *list, bool *enough_r,
                     struct error *err)
{
    struct maildir_arrival *arrivals;

    if (!maildir_match_new(sync, enough_r, err))
        return false;
    arrivals = make_arrivals(sync);
    if (*enough_r && sync->arrival_count > 0 &&
        !number_arrivals(sync, list, arrivals, enough_r, err))
        return false;
    if (!*enough_r)
        return true;
    if (!sync->mailbox->read_only)
        take_all_in(sync);
    return apply(sync, arrivals, err);
}

static struct sync begin(struct mailbox *mailbox, struct index_mailbox *state)
{
    return (struct sync){
        .mailbox = mailbox,
        .state = state,
        .arena = arena_create(),
        .modseq = state_next_modseq(state),
    };
}

bool maildir_merge(struct mailbox *mailbox, struct index_mailbox *state,
                   const struct uidlist_stamp *list, struct error *err)
{
    struct sync sync = begin(mailbox, state);
    bool done = scan_mailbox(&sync, list, err);

    maildir_match_release(&sync);
    arena_free(&sync.arena);
    return done;
}

bool maildir_merge_new(struct mailbox *mailbox, struct index_mailbox *state,
                       const struct uidlist_stamp *list, bool *enough_r, struct error *err)
{
    struct sync sync = begin(mailbox, state);
    bool done = scan_new(&sync, list, enough_r, err);

    maildir_match_release(&sync);
    arena_free(&sync.arena);
    return done;
}
