/*
 * New messages: appended ones are written to tmp/ first; copies are links to the same file, moved ones
 * the file itself. All get their place in cur/, then their UIDs, then they are durable; when one of
 * them fails, none of them stays.
 */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A message on its way into cur/ of the target. */
struct incoming {
    struct index_message message; /* as it will be; name and uid come on the way */
    char *placed;                 /* "cur/NAME" once it is there; the arena's */
    const char *origin;           /* path in `from` */
    struct index_message source;  /* of a copied one; its name is the arena's */
    uint32_t shown;               /* index in the view it was copied from */
};

struct placing {
    struct mailbox *target;
    struct index_mailbox *state;
    struct arena *arena;
    int from;  /* directory that origins are seen from */
    bool link; /* the origin stays */
    struct incoming *incoming;
    size_t count;
};

/* --- files ------------------------------------------------------------------------------------- */

static bool copy_octets(int from, int to, struct error *err)
{
    struct stat status;
    uint64_t left;

    if (fstat(from, &status) != 0) {
        error_errno(err, "stat message file");
        return false;
    }
    left = (uint64_t)status.st_size;
    while (left > 0) {
        ssize_t len = copy_file_range(from, NULL, to, NULL, left, 0);
        if (len <= 0) {
            error_errno(err, "copy message file");
            return false;
        }
        left -= (uint64_t)len;
    }
    if (futimens(to, (struct timespec[2]){status.st_mtim, status.st_mtim}) != 0 || fsync(to) != 0) {
        error_errno(err, "sync message file");
        return false;
    }
    return true;
}

/* Where there can be no link: a folder on another file system, or too many links already. */
static bool copy_file(const struct placing *placing, const struct incoming *incoming,
                      struct error *err)
{
    int directory = placing->target->maildir->directory;
    int from = openat(placing->from, incoming->origin, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char temporary[MAILDIR_NAME_MAX + 8];
    int to = -1;
    bool done = false;

    snprintf(temporary, sizeof(temporary), "tmp/%.*s",
             SPAN_PRINTF(maildir_base(incoming->message.name)));
    if (from >= 0)
        to = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (from < 0 || to < 0)
        error_errno(err, "copy %s", incoming->origin);
    else if (copy_octets(from, to, err)) {
        done = renameat2(directory, temporary, directory, incoming->placed, RENAME_NOREPLACE) == 0;
        if (!done)
            error_errno(err, "rename %s", temporary);
    }
    if (to >= 0 && !done)
        unlinkat(directory, temporary, 0);
    fd_close(&from);
    fd_close(&to);
    return done;
}

static bool place_file(const struct placing *placing, const struct incoming *incoming,
                       struct error *err)
{
    int directory = placing->target->maildir->directory;
    int result;

    if (placing->link)
        result = linkat(placing->from, incoming->origin, directory, incoming->placed, 0);
    else
        result = renameat2(placing->from, incoming->origin, directory, incoming->placed,
                           RENAME_NOREPLACE);
    if (result == 0)
        return true;
    if (errno != EXDEV && errno != EMLINK && errno != EPERM && errno != EOPNOTSUPP) {
        error_errno(err, "place %s in mailbox %s", incoming->origin, placing->target->name);
        return false;
    }
    if (!copy_file(placing, incoming, err))
        return false;
    if (!placing->link)
        unlinkat(placing->from, incoming->origin, 0);
    return true;
}

static void take_back(const struct placing *placing, size_t count)
{
    int directory = placing->target->maildir->directory;

    for (size_t i = 0; i < count; i++) {
        const struct incoming *incoming = &placing->incoming[i];
        int result = placing->link
                         ? unlinkat(directory, incoming->placed, 0)
                         : renameat(directory, incoming->placed, placing->from, incoming->origin);
        if (result != 0)
            log_warning("%s of mailbox %s cannot be taken back: %s", incoming->placed,
                        placing->target->name, strerror(errno));
    }
}

static bool place_all(const struct placing *placing, struct error *err)
{
    int cur = -1;
    size_t placed = 0;
    bool done = true;

    while (placed < placing->count && (done = place_file(placing, &placing->incoming[placed], err)))
        placed++;
    if (done) {
        cur =
            openat(placing->target->maildir->directory, "cur", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        done = cur >= 0 && fsync(cur) == 0;
        if (!done)
            error_errno(err, "sync mailbox %s", placing->target->name);
    }
    fd_close(&cur);
    if (!done)
        take_back(placing, placed);
    return done;
}

/* --- UIDs -------------------------------------------------------------------------------------- */

static bool find_uid(void *context, const struct index_message *message)
{
    struct placing *placing = context;

    for (size_t i = 0; i < placing->count; i++) {
        if (span_equal(maildir_base(placing->incoming[i].message.name),
                       maildir_base(message->name)))
            placing->incoming[i].message.uid = message->uid;
    }
    return true;
}

/* Somebody wrote dovecot-uidlist just now: let a scan find our files among others. One that was moved on
 * or removed already keeps UID 0: it was there. */
static bool number_by_scan(struct placing *placing, struct error *err)
{
    uint32_t first = placing->state->uidnext;

    placing->state->cur_mtime_ns = 0;
    return index_put_mailbox(placing->target->store->index, placing->state, err) &&
           maildir_enter(placing->target, placing->state, err) &&
           index_walk(placing->target->store->index, placing->target->id, first, find_uid, placing,
                      err);
}

static bool number_all(struct placing *placing, struct error *err)
{
    struct maildir_arrival *arrivals =
        arena_array(placing->arena, struct maildir_arrival, placing->count);

    for (size_t i = 0; i < placing->count; i++)
        arrivals[i] = (struct maildir_arrival){
            .name = placing->incoming[i].message.name,
            .guid = placing->incoming[i].message.guid,
        };
    if (!maildir_number(placing->target, placing->state, arrivals, placing->count, err))
        return err->number == ESTALE && number_by_scan(placing, err);
    placing->state->modseq = state_next_modseq(placing->state);
    for (size_t i = 0; i < placing->count; i++) {
        struct index_message *message = &placing->incoming[i].message;
        message->uid = arrivals[i].uid;
        message->modseq = placing->state->modseq;
        if (!state_put_new(placing->target, placing->state, message, err))
            return false;
    }
    return true;
}

/* Files, durability, UIDs, record; the lock is held and the target's state up to date. */
static bool place(struct placing *placing, struct error *err)
{
    if (!place_all(placing, err))
        return false;
    if (number_all(placing, err) && maildir_note_own(placing->target, placing->state, err))
        return true;
    take_back(placing, placing->count);
    return false;
}

/* The name that the message will have in cur/. */
static bool name_incoming(struct placing *placing, struct incoming *incoming, const char *unique,
                          struct error *err)
{
    char final[MAILDIR_NAME_MAX + 1], flagged[MAILDIR_NAME_MAX + 1];

    if (incoming->message.size == INDEX_UNKNOWN || incoming->message.virtual_size == INDEX_UNKNOWN)
        snprintf(final, sizeof(final), "%s", unique);
    else
        maildir_final_name(final, unique, incoming->message.size, incoming->message.virtual_size);
    if (!maildir_flagged_name(span_text(final), incoming->message.flags, incoming->message.keywords,
                              flagged)) {
        error_set(err, ERROR_PERMANENT, "Too many flags for the name of its file");
        return false;
    }
    incoming->placed = arena_printf(placing->arena, "cur/%s", flagged);
    incoming->message.name = span_text(incoming->placed + strlen("cur/"));
    return true;
}

/* --- appending --------------------------------------------------------------------------------- */

int maildir_begin_message(struct mailbox *mailbox, struct new_message *message, struct arena *arena,
                          struct error *err)
{
    char unique[MAILDIR_NAME_MAX + 1], path[MAILDIR_NAME_MAX + 8];
    int fd;

    maildir_unique_name(unique, store_name_time(mailbox->store), mailbox->store->settings.hostname);
    message->unique = arena_copy(arena, unique);
    snprintf(path, sizeof(path), "tmp/%s", unique);
    fd = openat(mailbox->maildir->directory, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_errno(err, "create %s of mailbox %s", path, mailbox->name);
        err->kind = ERROR_TEMPORARY;
    }
    return fd;
}

void maildir_drop_message(struct mailbox *mailbox, struct new_message *message)
{
    char path[MAILDIR_NAME_MAX + 8];

    snprintf(path, sizeof(path), "tmp/%s", message->unique);
    unlinkat(mailbox->maildir->directory, path, 0);
}

static bool prepare_new(struct placing *placing, struct new_message *messages, struct error *err)
{
    for (size_t i = 0; i < placing->count; i++) {
        struct incoming *incoming = &placing->incoming[i];
        incoming->message = (struct index_message){
            .flags = messages[i].flags,
            .keywords = messages[i].keywords,
            .size = messages[i].size,
            .virtual_size = messages[i].virtual_size,
            .internal_date = messages[i].internal_date,
        };
        incoming->origin = arena_printf(placing->arena, "tmp/%s", messages[i].unique);
        if (!name_incoming(placing, incoming, messages[i].unique, err))
            return false;
    }
    return true;
}

bool maildir_commit_messages(struct mailbox *mailbox, struct new_message *messages, size_t count,
                             struct error *err)
{
    struct index_mailbox state;
    struct placing placing = {
        .target = mailbox,
        .state = &state,
        .arena = arena_create(),
        .from = mailbox->maildir->directory,
        .count = count,
    };
    bool done = false;

    placing.incoming = arena_array(placing.arena, struct incoming, count);
    if (prepare_new(&placing, messages, err) && maildir_begin(mailbox, &state, err)) {
        done = place(&placing, err);
        if (done) /* they are there, and the list has their UIDs: another index learns both again */
            (void)!index_commit(mailbox->store->index, err);
        else
            index_abort(mailbox->store->index);
    }
    for (size_t i = 0; i < count && done; i++)
        messages[i].uid = placing.incoming[i].message.uid;
    arena_free(&placing.arena);
    return done;
}

/* --- copying ----------------------------------------------------------------------------------- */

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

static bool prepare_copy(struct mailbox *mailbox, struct placing *placing,
                         const struct index_message *source, uint32_t shown, struct error *err)
{
    struct incoming *incoming = &placing->incoming[placing->count];
    char unique[MAILDIR_NAME_MAX + 1], path[MAILDIR_NAME_MAX + 8];

    maildir_path(source, path);
    maildir_unique_name(unique, store_name_time(mailbox->store), mailbox->store->settings.hostname);
    *incoming = (struct incoming){.message = *source, .source = *source, .shown = shown};
    index_keep_texts(&incoming->source, placing->arena);
    incoming->origin = arena_copy(placing->arena, path);
    incoming->message.uid = 0;
    incoming->message.where = 0;
    incoming->message.guid = listed_identity(&incoming->source);
    if (!map_keywords(mailbox, placing->target, source->keywords, &incoming->message.keywords,
                      err) ||
        !name_incoming(placing, incoming, unique, err))
        return false;
    placing->count++;
    return true;
}

static bool prepare_copies(struct mailbox *mailbox, struct placing *placing,
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
static bool copy_metadata(struct mailbox *mailbox, const struct placing *placing, struct error *err)
{
    struct buf copy = BUF(BUF_UNLIMITED);
    bool done = true;

    for (size_t i = 0; i < placing->count && done; i++) {
        const struct incoming *incoming = &placing->incoming[i];
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
                         const struct placing *placing, struct error *err)
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
                         struct placing *placing, const uint32_t *indices, size_t count,
                         struct error *err)
{
    if (mailbox->id == placing->target->id)
        *placing->state = *state;
    if (!keywords_refresh(&mailbox->keywords, mailbox->maildir->directory, err) ||
        !prepare_copies(mailbox, placing, indices, count, err))
        return false;
    return placing->count == 0 || place(placing, err);
}

/* What the index is told beside their UIDs. */
static bool note_copies(struct mailbox *mailbox, struct index_mailbox *state,
                        const struct placing *placing, struct error *err)
{
    bool in_itself = mailbox->id == placing->target->id;

    if (!copy_metadata(mailbox, placing, err))
        return false;
    if (placing->link || placing->count == 0)
        return true;
    return forget_moved(mailbox, in_itself ? placing->state : state, placing, err) &&
           (!in_itself || maildir_note_own(placing->target, placing->state, err));
}

static void tell_copied(const struct placing *placing, struct mailbox_copied *copied_r,
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
    struct placing placing = {
        .target = target,
        .state = &target_state,
        .arena = arena_create(),
        .from = mailbox->maildir->directory,
        .link = !move,
    };
    bool done = false;

    placing.incoming = arena_array(placing.arena, struct incoming, count + 1);
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
