/*
 * A Maildir and its index in accord. Usually nothing changed, which the times of new/, cur/ and
 * dovecot-uidlist tell. Else both directories are read, under the index's lock, and what differs from
 * the index is put there:
 *
 *   a file whose base name is known        flags and place as they are now
 *   a known message without a file         gone, when a second look does not find it either (a rename
 *                                          during the first may have hidden it)
 *   a file with an unknown base name       new, with a UID from dovecot-uidlist
 *
 * A change within the resolution of a directory's time may have the same time as the one that we saw;
 * after a scan of a directory that was changed just now there is therefore another one a little later
 * (index_mailbox.verify_ms). The same holds after changes of our own, which are not looked at each
 * time: one more scan, a second later, finds what somebody else did meanwhile.
 */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_MS  1000 /* after our own changes */
#define NO_FILE UINT32_MAX

/* --- times ------------------------------------------------------------------------------------- */

struct stamps {
    int64_t new_mtime_ns, cur_mtime_ns;
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
    *stamps_r = (struct stamps){mtime_of(&in_new), mtime_of(&in_cur), uidlist_stat(directory)};
    return true;
}

static bool stamps_match(const struct stamps *stamps, const struct index_mailbox *state)
{
    return stamps->new_mtime_ns == state->new_mtime_ns &&
           stamps->cur_mtime_ns == state->cur_mtime_ns &&
           uidlist_stamp_equal(&stamps->uidlist, &state->uidlist);
}

static void note_stamps(struct index_mailbox *state, const struct stamps *stamps)
{
    int64_t new_ms = state_unsure_until_ms(stamps->new_mtime_ns);
    int64_t cur_ms = state_unsure_until_ms(stamps->cur_mtime_ns);

    state->new_mtime_ns = stamps->new_mtime_ns;
    state->cur_mtime_ns = stamps->cur_mtime_ns;
    state->verify_ms = new_ms > cur_ms ? new_ms : cur_ms;
}

/* --- one scan ---------------------------------------------------------------------------------- */

struct known {
    struct index_message message; /* its name is the arena's */
    uint32_t file;                /* in scan.files, or NO_FILE */
};

/* Everything about one synchronisation. */
struct sync {
    struct mailbox *mailbox;
    struct index_mailbox *state;
    struct arena *arena;
    struct maildir_scan scan;
    struct known *known;
    size_t known_count, known_capacity;
    struct name_table table; /* of known */
    uint32_t *arrivals;      /* unknown files, by name */
    size_t arrival_count;
    uint64_t modseq; /* of all changes that are found */
};

static bool add_known(void *context, const struct index_message *message)
{
    struct sync *sync = context;

    if (sync->known_count == sync->known_capacity) {
        sync->known_capacity = sync->known_capacity == 0 ? 64 : sync->known_capacity * 2;
        sync->known = mem_resize(sync->known, sync->known_capacity, sizeof(*sync->known));
    }
    sync->known[sync->known_count] = (struct known){*message, NO_FILE};
    sync->known[sync->known_count].message.name =
        span_of(arena_text(sync->arena, message->name), message->name.len);
    sync->known_count++;
    return true;
}

static struct span known_base(const void *context, uint32_t number)
{
    const struct sync *sync = context;

    return maildir_base(sync->known[number].message.name);
}

static bool load_known(struct sync *sync, struct error *err)
{
    if (!index_walk(sync->mailbox->store->index, sync->mailbox->id, 0, add_known, sync, err))
        return false;
    name_table_create(&sync->table, sync->known_count);
    for (size_t i = 0; i < sync->known_count; i++)
        name_table_add(&sync->table, known_base(sync, (uint32_t)i), (uint32_t)i);
    return true;
}

static struct span file_name(const struct sync *sync, uint32_t file)
{
    return maildir_scan_name(&sync->scan, &sync->scan.files[file]);
}

static struct span file_base(const struct sync *sync, uint32_t file)
{
    return span_first(file_name(sync, file), sync->scan.files[file].base_len);
}

static int compare_arrivals(const void *a, const void *b, void *context)
{
    struct span first = file_base(context, *(const uint32_t *)a);
    struct span second = file_base(context, *(const uint32_t *)b);
    uint64_t first_time = 0, second_time = 0;
    int order;

    /* In the order of delivery, which the seconds at the start tell. */
    (void)!span_to_u64(span_first(first, span_find(first, '.')), INT64_MAX, &first_time);
    (void)!span_to_u64(span_first(second, span_find(second, '.')), INT64_MAX, &second_time);
    if (first_time != second_time)
        return first_time < second_time ? -1 : 1;
    order = memcmp(first.data, second.data, first.len < second.len ? first.len : second.len);
    return order != 0 ? order : first.len < second.len ? -1 : first.len > second.len;
}

/* Which file is which message; of two files with one base name the later counts: it is the same one,
 * renamed meanwhile. */
static void match_files(struct sync *sync)
{
    size_t kept = 0;

    sync->arrivals = mem_resize(sync->arrivals, sync->scan.count + 1, sizeof(*sync->arrivals));
    sync->arrival_count = 0;
    for (uint32_t i = 0; i < sync->scan.count; i++) {
        uint32_t number = name_table_find(&sync->table, file_base(sync, i), known_base, sync);
        if (number != UINT32_MAX)
            sync->known[number].file = i;
        else
            sync->arrivals[sync->arrival_count++] = i;
    }
    if (sync->arrival_count == 0)
        return;
    qsort_r(sync->arrivals, sync->arrival_count, sizeof(*sync->arrivals), compare_arrivals, sync);
    for (size_t i = 0; i < sync->arrival_count; i++) {
        if (kept > 0 && span_equal(file_base(sync, sync->arrivals[kept - 1]),
                                   file_base(sync, sync->arrivals[i]))) {
            if (sync->arrivals[i] > sync->arrivals[kept - 1])
                sync->arrivals[kept - 1] = sync->arrivals[i];
        } else {
            sync->arrivals[kept++] = sync->arrivals[i];
        }
    }
    sync->arrival_count = kept;
}

static bool misses_any(const struct sync *sync)
{
    for (size_t i = 0; i < sync->known_count; i++) {
        if (sync->known[i].file == NO_FILE)
            return true;
    }
    return false;
}

/* The second look is added to the first: what either saw is there. */
static bool look(struct sync *sync, struct error *err)
{
    int directory = sync->mailbox->maildir->directory;

    if (!maildir_scan(directory, &sync->scan, err))
        return false;
    match_files(sync);
    if (!misses_any(sync))
        return true;
    if (!maildir_scan(directory, &sync->scan, err))
        return false;
    match_files(sync);
    return true;
}

/* --- from new/ to cur/ ------------------------------------------------------------------------- */

/* The file's name in `scan` becomes that in cur/. One that vanished is as good as never seen: the next
 * scan knows better. */
static void take_in(struct sync *sync, uint32_t file)
{
    struct maildir_file *f = &sync->scan.files[file];
    struct span name = file_name(sync, file);
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
    struct span name = file_name(sync, file);
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
    if (message.flags == old->flags && message.keywords == old->keywords)
        message.modseq = old->modseq; /* only its name or place is another */
    return state_put_changed(sync->mailbox, sync->state, old, &message, err);
}

static bool differs(const struct sync *sync, const struct known *known)
{
    return known->file == NO_FILE || known->message.where != sync->scan.files[known->file].where ||
           !span_equal(known->message.name, file_name(sync, known->file));
}

static bool apply(struct sync *sync, const struct maildir_arrival *arrivals, struct error *err)
{
    for (size_t i = 0; i < sync->known_count; i++) {
        if (differs(sync, &sync->known[i]) && !apply_known(sync, &sync->known[i], err))
            return false;
    }
    for (size_t i = 0; i < sync->arrival_count; i++) {
        struct index_message message = message_of_file(sync, sync->arrivals[i], arrivals[i].uid);
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
            files[count++] =
                (struct maildir_arrival){sync->known[i].message.uid, sync->known[i].message.name};
    }
    for (size_t i = 0; i < sync->arrival_count; i++)
        files[count++] = (struct maildir_arrival){0, file_name(sync, sync->arrivals[i])};
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

static bool reconcile(struct sync *sync, struct maildir_arrival *arrivals, struct error *err)
{
    size_t count;
    struct maildir_arrival *files = all_files(sync, &count);
    bool reset = false;

    if (!maildir_reconcile(sync->mailbox, sync->state, files, count, &reset, err))
        return false;
    sync->state->modseq = sync->modseq;
    if (reset) {
        state_forget_messages(sync->state);
        if (!index_remove_messages(sync->mailbox->store->index, sync->mailbox->id, err))
            return false;
    }
    return readmit(sync, files, reset, arrivals, err);
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

static bool number_arrivals(struct sync *sync, const struct stamps *stamps,
                            struct maildir_arrival *arrivals, struct error *err)
{
    bool same_list = sync->state->uidlist.inode != 0 &&
                     uidlist_stamp_equal(&stamps->uidlist, &sync->state->uidlist) &&
                     sync->state->dead_lines < 100 + sync->state->messages;

    for (size_t i = 0; i < sync->arrival_count; i++)
        arrivals[i].name = file_name(sync, sync->arrivals[i]);
    if (same_list) {
        if (maildir_number(sync->mailbox, sync->state, arrivals, sync->arrival_count, err))
            return true;
        if (err->number != ESTALE)
            return false;
    }
    return reconcile(sync, arrivals, err);
}

/* --- all of it --------------------------------------------------------------------------------- */

static bool scan_mailbox(struct sync *sync, const struct stamps *stamps, struct error *err)
{
    bool fresh = sync->state->uidvalidity == 0;
    struct maildir_arrival *arrivals;

    sync->modseq = index_next_modseq(sync->state);
    if (!load_known(sync, err) || !look(sync, err))
        return false;
    arrivals = arena_array(sync->arena, struct maildir_arrival,
                           sync->known_count + sync->arrival_count + 1);
    if (!number_arrivals(sync, stamps, arrivals, err))
        return false;
    if (fresh)
        guess_claims(sync, arrivals);
    if (!sync->mailbox->read_only)
        take_all_in(sync);
    return apply(sync, arrivals, err);
}

static bool scan_with(struct mailbox *mailbox, struct index_mailbox *state,
                      const struct stamps *stamps, struct error *err)
{
    struct sync sync = {.mailbox = mailbox, .state = state, .arena = arena_create()};
    bool done = scan_mailbox(&sync, stamps, err);

    maildir_scan_release(&sync.scan);
    name_table_release(&sync.table);
    mem_free(sync.known);
    mem_free(sync.arrivals);
    arena_free(&sync.arena);
    return done;
}

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

static bool needs_scan(const struct mailbox *mailbox, const struct stamps *stamps,
                       const struct index_mailbox *state)
{
    return !stamps_match(stamps, state) ||
           (state->verify_ms != 0 && state_wall_ms() >= state->verify_ms) ||
           (!mailbox->read_only && state->in_new > 0);
}

static bool has_claims(const struct mailbox *mailbox, const struct index_mailbox *state)
{
    return mailbox->shown && !mailbox->read_only && state->claimed_uid < state->uidnext;
}

/* The stamps are of before the scan, but for our own renames in it: they are of after it. */
static bool scan_locked(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    struct stamps before, after;

    if (!take_stamps(mailbox, &before, err))
        return false;
    if (!needs_scan(mailbox, &before, state))
        return true;
    if (!still_there(mailbox, err) || !scan_with(mailbox, state, &before, err) ||
        !take_stamps(mailbox, &after, err))
        return false;
    note_stamps(state, &before);
    if (after.new_mtime_ns != before.new_mtime_ns || after.cur_mtime_ns != before.cur_mtime_ns) {
        note_stamps(state, &after);
        if (state->verify_ms == 0)
            state->verify_ms = state_wall_ms() + 1;
    }
    return index_put_mailbox(mailbox->store->index, state, err);
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
    if (state->verify_ms < state_wall_ms() + OWN_MS)
        state->verify_ms = state_wall_ms() + OWN_MS;
    mailbox->verify_ms = state->verify_ms;
    return index_put_mailbox(mailbox->store->index, state, err);
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
    return end_transaction(mailbox, index_put_mailbox(mailbox->store->index, state, err), err);
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
    result = mailbox->id == 0 ? INDEX_ABSENT : index_get_mailbox(index, mailbox->id, &state, err);
    index_end_read(index);
    if (result == INDEX_FOUND) {
        mailbox->verify_ms = state.verify_ms;
        *current_r = !needs_scan(mailbox, &stamps, &state) && !has_claims(mailbox, &state);
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
    return index_put_mailbox(mailbox->store->index, state, err);
}

bool maildir_sync(struct mailbox *mailbox, struct error *err)
{
    struct index_mailbox state;
    bool current = false;

    if (!is_current(mailbox, &current, err) ||
        !keywords_refresh(&mailbox->keywords, mailbox->maildir->directory, err))
        return false;
    if (current)
        return true;
    return maildir_begin(mailbox, &state, err) &&
           end_transaction(mailbox, claim(mailbox, &state, err), err);
}
