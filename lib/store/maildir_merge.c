/*
 * The directories of a Maildir, read and compared with the index:
 *
 *   a file whose base name is known        flags and place as they are now
 *   a known message without a file         gone, when a second look does not find it either (a rename
 *                                          during the first may have hidden it)
 *   a file with an unknown base name       new, with a UID from dovecot-uidlist
 */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NO_FILE UINT32_MAX

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
    index_keep_texts(&sync->known[sync->known_count].message, sync->arena);
    sync->known_count++;
    return true;
}

static struct span known_base(const void *context, uint32_t number)
{
    const struct sync *sync = context;

    return maildir_base(sync->known[number].message.name);
}

/* Those that `add` takes. */
static bool load_known(struct sync *sync, index_visit *add, struct error *err)
{
    if (!state_walk_known(sync->mailbox, sync->state, add, sync, err))
        return false;
    name_table_release(&sync->table);
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

/* In the order of delivery. */
static int compare_arrivals(const void *a, const void *b, void *context)
{
    const struct sync *sync = context;
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    uint64_t one_time = sync->scan.files[one].seconds, other_time = sync->scan.files[other].seconds;
    struct span first, second;
    int order;

    if (one_time != other_time)
        return one_time < other_time ? -1 : 1;
    first = file_base(sync, one);
    second = file_base(sync, other);
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

/* --- one look at new/ -------------------------------------------------------------------------- */

static struct span scanned_base(const void *context, uint32_t number)
{
    return file_base(context, number);
}

/* Those that should be in new/, and those whose names are there. The table is of the files yet. */
static bool add_concerned(void *context, const struct index_message *message)
{
    struct sync *sync = context;

    if (message->where != INDEX_IN_NEW && name_table_find(&sync->table, maildir_base(message->name),
                                                          scanned_base, sync) == UINT32_MAX)
        return true;
    return add_known(sync, message);
}

static bool look_at_new(struct sync *sync, struct error *err)
{
    if (!maildir_scan_new(sync->mailbox->maildir->directory, &sync->scan, err))
        return false;
    if (sync->scan.count == 0 && sync->state->in_new == 0)
        return true;
    name_table_create(&sync->table, sync->scan.count);
    for (size_t i = 0; i < sync->scan.count; i++)
        name_table_add(&sync->table, file_base(sync, (uint32_t)i), (uint32_t)i);
    if (!load_known(sync, add_concerned, err))
        return false;
    match_files(sync);
    return true;
}

/* What is known of new/ is still there, and nothing that is known of cur/. */
static bool stays_in_new(const struct sync *sync)
{
    for (size_t i = 0; i < sync->known_count; i++) {
        if (sync->known[i].file == NO_FILE || sync->known[i].message.where != INDEX_IN_NEW)
            return false;
    }
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
    message.guid = old->guid;
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
        files[count++] = (struct maildir_arrival){.name = file_name(sync, sync->arrivals[i])};
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
        arrivals[i].name = file_name(sync, sync->arrivals[i]);
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
    if (!load_known(sync, add_known, err) || !look(sync, err))
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

    if (!look_at_new(sync, err))
        return false;
    *enough_r = stays_in_new(sync);
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

static void end(struct sync *sync)
{
    maildir_scan_release(&sync->scan);
    name_table_release(&sync->table);
    mem_free(sync->known);
    mem_free(sync->arrivals);
    arena_free(&sync->arena);
}

bool maildir_merge(struct mailbox *mailbox, struct index_mailbox *state,
                   const struct uidlist_stamp *list, struct error *err)
{
    struct sync sync = begin(mailbox, state);
    bool done = scan_mailbox(&sync, list, err);

    end(&sync);
    return done;
}

bool maildir_merge_new(struct mailbox *mailbox, struct index_mailbox *state,
                       const struct uidlist_stamp *list, bool *enough_r, struct error *err)
{
    struct sync sync = begin(mailbox, state);
    bool done = scan_new(&sync, list, enough_r, err);

    end(&sync);
    return done;
}
