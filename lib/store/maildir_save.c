/* New messages get their places in cur/, then they are durable, then they have UIDs; and those that are appended. */
#include "lib/base/base.h"

#include "lib/store/maildir_place.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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
static bool copy_file(const struct maildir_placing *placing,
                      const struct maildir_incoming *incoming, struct error *err)
{
    int directory = placing->target->maildir->directory;
    int from =
        openat(placing->from, incoming->origin, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
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

static bool place_file(const struct maildir_placing *placing,
                       const struct maildir_incoming *incoming, struct error *err)
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

static void take_back(const struct maildir_placing *placing, size_t count)
{
    int directory = placing->target->maildir->directory;

    for (size_t i = 0; i < count; i++) {
        const struct maildir_incoming *incoming = &placing->incoming[i];
        int result = placing->link
                         ? unlinkat(directory, incoming->placed, 0)
                         : renameat(directory, incoming->placed, placing->from, incoming->origin);
        if (result != 0)
            log_warning("%s of mailbox %s cannot be taken back: %s", incoming->placed,
                        placing->target->name, strerror(errno));
    }
}

static bool place_all(const struct maildir_placing *placing, struct error *err)
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
    struct maildir_placing *placing = context;

    for (size_t i = 0; i < placing->count; i++) {
        if (span_equal(maildir_base(placing->incoming[i].message.name),
                       maildir_base(message->name)))
            placing->incoming[i].message.uid = message->uid;
    }
    return true;
}

/* One that is there, and has none, waits for room in dovecot-uidlist: nobody would see it until then. */
static bool all_have_uids(const struct maildir_placing *placing, struct error *err)
{
    int directory = placing->target->maildir->directory;

    for (size_t i = 0; i < placing->count; i++) {
        if (placing->incoming[i].message.uid != 0 ||
            faccessat(directory, placing->incoming[i].placed, F_OK, 0) != 0)
            continue;
        errno = ENOSPC;
        error_errno(err, "write UIDs of mailbox %s", placing->target->name);
        return false;
    }
    return true;
}

/* Somebody wrote dovecot-uidlist just now, or no UIDs are left: let a scan find our files among others. One that was moved on
 * or removed already keeps UID 0: it was there. */
static bool number_by_scan(struct maildir_placing *placing, struct error *err)
{
    struct index *index = placing->target->store->index;
    uint32_t first = placing->state->uidnext, uidvalidity = placing->state->uidvalidity;

    placing->state->cur_mtime_ns = 0;
    if (!state_put(placing->target, placing->state, err) ||
        !maildir_enter(placing->target, placing->state, err))
        return false;
    placing->renumbered = placing->state->uidvalidity != uidvalidity;
    return index_walk(index, placing->target->id, placing->renumbered ? 0 : first, find_uid,
                      placing, err) &&
           all_have_uids(placing, err);
}

static bool number_all(struct maildir_placing *placing, struct error *err)
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

bool maildir_place(struct maildir_placing *placing, struct error *err)
{
    if (!place_all(placing, err))
        return false;
    if (number_all(placing, err) && maildir_note_own(placing->target, placing->state, err))
        return true;
    take_back(placing, placing->count);
    return false;
}

bool maildir_name_incoming(struct maildir_placing *placing, struct maildir_incoming *incoming,
                           const char *unique, struct error *err)
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

static bool prepare_new(struct maildir_placing *placing, struct new_message *messages,
                        struct error *err)
{
    for (size_t i = 0; i < placing->count; i++) {
        struct maildir_incoming *incoming = &placing->incoming[i];
        incoming->message = (struct index_message){
            .flags = messages[i].flags,
            .keywords = messages[i].keywords,
            .size = messages[i].size,
            .virtual_size = messages[i].virtual_size,
            .internal_date = messages[i].internal_date,
        };
        incoming->origin = arena_printf(placing->arena, "tmp/%s", messages[i].unique);
        if (!maildir_name_incoming(placing, incoming, messages[i].unique, err))
            return false;
    }
    return true;
}

bool maildir_commit_messages(struct mailbox *mailbox, struct new_message *messages, size_t count,
                             struct error *err)
{
    struct index_mailbox state;
    struct maildir_placing placing = {
        .target = mailbox,
        .state = &state,
        .arena = arena_create(),
        .from = mailbox->maildir->directory,
        .count = count,
    };
    bool done = false;

    placing.incoming = arena_array(placing.arena, struct maildir_incoming, count);
    if (prepare_new(&placing, messages, err) && maildir_begin(mailbox, &state, err)) {
        done = maildir_place(&placing, err);
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
