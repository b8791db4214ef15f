/*
 * The spool file: locked, read, and messages removed from its middle. Removal moves what stays down in the
 * file itself, since nobody but root may make files in the spool. Before that, what is moved is made
 * durable in a file of ours, buzon.mbox.tail; whoever opens the spool next finishes what was begun.
 */
#include "lib/base/base.h"

#include "lib/store/mbox.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define TAIL_NAME  "buzon.mbox.tail"
#define TAIL_MAX   (1024U * 1024 * 1024)
#define TAIL_MAGIC 0x62787461696c0001U
#define PROOF_LEN                                                                                  \
    32 /* last octets of the old file, but those that the tail is written over: as long as they are
                       * there it was not cut yet */

struct tail {
    uint64_t magic;
    uint64_t offset;   /* where it goes */
    uint64_t old_size; /* of the spool */
    char proof[PROOF_LEN];
};

static const struct mbox_settings lock_settings = {
    .locks = "fcntl, dotlock", .lock_attempts = 30, .lock_delay_s = 1, .stale_lock_s = 500};

/* --- removal ----------------------------------------------------------------------------------- */

/* The tail is durable: bring the spool to its new shape. Its length comes last: a spool that is shorter than it was
 * is one that needs the tail no more. */
static bool apply_tail(struct mailbox *mailbox, int fd, const struct tail *tail, struct span octets,
                       struct error *err)
{
    uint64_t size = tail->offset + octets.len;

    if (!pwrite_all(fd, octets.data, octets.len, (off_t)tail->offset) || fsync(fd) != 0 ||
        ftruncate(fd, (off_t)size) != 0 || fsync(fd) != 0) {
        error_errno(err, "write %s", mailbox->store->settings.path);
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    if (unlinkat(mailbox->store->root, TAIL_NAME, 0) != 0) {
        error_errno(err, "remove " TAIL_NAME);
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    return file_sync_directory(mailbox->store->root, ".", err);
}

static bool write_tail(struct mailbox *mailbox, const struct tail *tail, struct span octets,
                       struct error *err)
{
    struct buf text = BUF(TAIL_MAX);
    bool done = buf_append(&text, tail, sizeof(*tail)) && buf_append_span(&text, octets);

    if (!done)
        error_set(err, ERROR_TEMPORARY, "%s is too large", mailbox->store->settings.path);
    done = done && file_replace_alone(mailbox->store->root, TAIL_NAME, 0600, buf_span(&text), err);
    buf_release(&text);
    return done;
}

static bool read_proof(int fd, const struct tail *tail, size_t tail_len, char proof[PROOF_LEN])
{
    uint64_t cut = tail->old_size - (tail->offset + tail_len);
    size_t len = cut < PROOF_LEN ? (size_t)cut : PROOF_LEN;

    memset(proof, 0, PROOF_LEN);
    return pread_all(fd, proof, len, (off_t)(tail->old_size - len));
}

/* Does the tail belong to the spool as it is? Its old end must still be there. */
static bool is_pending(int fd, const struct stat *status, const struct tail *tail, size_t tail_len)
{
    char proof[PROOF_LEN];

    return tail->magic == TAIL_MAGIC && (uint64_t)status->st_size >= tail->old_size &&
           tail->offset < tail->old_size && tail_len < tail->old_size - tail->offset &&
           read_proof(fd, tail, tail_len, proof) && memcmp(proof, tail->proof, PROOF_LEN) == 0;
}

/* What was delivered behind the old end since then comes along, and is made durable in the tail first. */
static bool finish_tail(struct mailbox *mailbox, struct mbox_spool *spool, struct tail *tail,
                        struct buf *octets, struct error *err)
{
    size_t more = (size_t)((uint64_t)spool->status.st_size - tail->old_size);
    char *room = buf_reserve(octets, more);

    if (room == NULL || !pread_all(spool->fd, room, more, (off_t)tail->old_size)) {
        error_set(err, ERROR_TEMPORARY, "%s cannot be read", mailbox->store->settings.path);
        return false;
    }
    buf_commit(octets, more);
    tail->old_size = (uint64_t)spool->status.st_size;
    if (!read_proof(spool->fd, tail, octets->len, tail->proof)) {
        error_set(err, ERROR_TEMPORARY, "%s cannot be read", mailbox->store->settings.path);
        return false;
    }
    return (more == 0 || write_tail(mailbox, tail, buf_span(octets), err)) &&
           apply_tail(mailbox, spool->fd, tail, buf_span(octets), err);
}

static bool recover(struct mailbox *mailbox, struct mbox_spool *spool, struct error *err)
{
    struct buf text = BUF(TAIL_MAX), octets = BUF(TAIL_MAX);
    struct tail tail = {0};
    bool done = true;

    if (!file_read(mailbox->store->root, TAIL_NAME, &text, err)) {
        done = err->number == ENOENT;
        if (done)
            error_clear(err);
    } else {
        if (text.len >= sizeof(tail))
            memcpy(&tail, text.data, sizeof(tail));
        if (text.len >= sizeof(tail) &&
            is_pending(spool->fd, &spool->status, &tail, text.len - sizeof(tail))) {
            log_warning("finishing the removal of messages from %s", mailbox->store->settings.path);
            done = buf_append_span(&octets, span_skip(buf_span(&text), sizeof(tail))) &&
                   finish_tail(mailbox, spool, &tail, &octets, err) &&
                   fstat(spool->fd, &spool->status) == 0;
        } else {
            unlinkat(mailbox->store->root, TAIL_NAME, 0);
        }
    }
    buf_release(&text);
    buf_release(&octets);
    return done;
}

/* The octets behind the first removed message that stay. */
static void gather(struct span all, const struct mbox_message *messages, size_t count,
                   const bool *removed, size_t first, struct buf *octets)
{
    for (size_t i = first; i < count; i++) {
        uint64_t end = i + 1 < count ? messages[i + 1].start : all.len;
        if (!removed[i])
            buf_put(octets, span_of(all.data + messages[i].start, end - messages[i].start));
    }
}

/* What was last goes: that needs no room. */
static bool cut_end(struct mailbox *mailbox, int fd, uint64_t size, struct error *err)
{
    if (ftruncate(fd, (off_t)size) == 0 && fsync(fd) == 0)
        return true;
    error_errno(err, "cut %s", mailbox->store->settings.path);
    err->kind = ERROR_TEMPORARY;
    return false;
}

bool mbox_spool_remove(struct mailbox *mailbox, struct mbox_spool *spool,
                       const struct mbox_message *messages, size_t count, const bool *removed,
                       struct error *err)
{
    size_t size = (size_t)spool->status.st_size, first = 0;
    struct tail tail = {.magic = TAIL_MAGIC, .old_size = size};
    struct buf octets = BUF(BUF_UNLIMITED);
    bool done;
    void *map;

    while (first < count && !removed[first])
        first++;
    if (first == count)
        return true;
    map = mmap(NULL, size, PROT_READ, MAP_SHARED, spool->fd, 0);
    if (map == MAP_FAILED) {
        error_errno(err, "map %s", mailbox->store->settings.path);
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    gather(span_of(map, size), messages, count, removed, first, &octets);
    munmap(map, size);
    tail.offset = messages[first].start;
    if (octets.len == 0)
        return cut_end(mailbox, spool->fd, tail.offset, err);
    done = read_proof(spool->fd, &tail, octets.len, tail.proof);
    if (!done)
        error_set(err, ERROR_TEMPORARY, "%s cannot be read", mailbox->store->settings.path);
    done = done && write_tail(mailbox, &tail, buf_span(&octets), err) &&
           apply_tail(mailbox, spool->fd, &tail, buf_span(&octets), err);
    buf_release(&octets);
    return done;
}

/* --- opening ----------------------------------------------------------------------------------- */

/* In a spool where everybody may make files, somebody else may have made this one, for us to take for mail. */
static bool is_its_users(const struct mailbox *mailbox, int fd, struct error *err)
{
    struct stat status;

    if (!mailbox->store->settings.strict_owner ||
        (fstat(fd, &status) == 0 && status.st_uid == geteuid()))
        return true;
    error_set(err, ERROR_TEMPORARY, "mailbox %s is not owned by its user",
              mailbox->store->settings.path);
    return false;
}

bool mbox_spool_open(struct mailbox *mailbox, struct mbox_spool *spool_r, struct error *err)
{
    const char *path = mailbox->store->settings.path;

    *spool_r = (struct mbox_spool){
        .fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (spool_r->fd < 0) {
        if (errno == ENOENT)
            return true;
        error_errno(err, "open %s", path);
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    if (!is_its_users(mailbox, spool_r->fd, err) ||
        !mbox_lock(path, spool_r->fd, &lock_settings, &spool_r->lock, err)) {
        fd_close(&spool_r->fd);
        return false;
    }
    /* O_APPEND would make every pwrite go to the end. */
    if (fcntl(spool_r->fd, F_SETFL, 0) == 0 && fstat(spool_r->fd, &spool_r->status) == 0 &&
        S_ISREG(spool_r->status.st_mode)) {
        if (recover(mailbox, spool_r, err))
            return true;
    } else {
        error_set(err, ERROR_TEMPORARY, "%s is not a regular file", path);
    }
    mbox_spool_close(spool_r);
    return false;
}

void mbox_spool_close(struct mbox_spool *spool)
{
    mbox_unlock(&spool->lock);
    fd_close(&spool->fd);
}

bool mbox_spool_is_settled(const struct mailbox *mailbox)
{
    return faccessat(mailbox->store->root, TAIL_NAME, F_OK, 0) != 0;
}

bool mbox_spool_read(struct mbox_spool *spool, struct mbox_message **messages_r, size_t *count_r,
                     struct error *err)
{
    size_t size = (size_t)spool->status.st_size;
    void *map;
    bool parsed;

    *messages_r = NULL;
    *count_r = 0;
    if (spool->fd < 0 || size == 0)
        return true;
    map = mmap(NULL, size, PROT_READ, MAP_SHARED, spool->fd, 0);
    if (map == MAP_FAILED) {
        error_errno(err, "map the mbox");
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    parsed = mbox_parse(span_of(map, size), messages_r, count_r);
    munmap(map, size);
    if (!parsed)
        error_set(err, ERROR_TEMPORARY, "the spool file is no mbox");
    return parsed;
}
