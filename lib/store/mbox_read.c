/* Messages of an mbox, opened for reading: as copies, since others may change the spool at any time. */
#include "lib/base/base.h"

#include "lib/store/mbox.h"

#include "lib/base/file.h"

#include <sys/mman.h>

const struct mbox_message *mbox_find_message(const struct mbox_message *messages, size_t count,
                                             uint32_t uid)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (messages[middle].uid != 0 && messages[middle].uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && messages[low].uid == uid ? &messages[low] : NULL;
}

/* A copy, made under the locks: others may change the spool at any time afterwards. */
static int copy_message(const struct mbox_spool *spool, const struct mbox_message *message,
                        struct error *err)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    off_t from = (off_t)message->offset;
    uint64_t left = message->size;

    while (fd >= 0 && left > 0) {
        char block[65536];
        size_t len = left < sizeof(block) ? (size_t)left : sizeof(block);
        if (!pread_all(spool->fd, block, len, from) || !write_all(fd, span_of(block, len))) {
            error_errno(err, "read the mbox");
            err->kind = ERROR_TEMPORARY;
            fd_close(&fd);
            return -1;
        }
        from += (off_t)len;
        left -= len;
    }
    if (fd < 0)
        error_errno(err, "memfd_create");
    return fd;
}

/* The whole spool is looked at first. */
static bool open_after_look(struct mailbox *mailbox, uint32_t uid, struct message_file *file_r,
                            struct error *err)
{
    struct index_mailbox state = {0};
    struct mbox_spool spool;
    struct mbox_message *messages;
    size_t count;
    unsigned paused = index_pause(mailbox->store->index);
    bool done = mbox_begin(mailbox, &state, &spool, &messages, &count, err);

    *file_r = (struct message_file){.fd = -1};
    if (done) {
        const struct mbox_message *message = mbox_find_message(messages, count, uid);
        if (message != NULL) {
            file_r->size = message->size;
            file_r->fd = copy_message(&spool, message, err);
        } else {
            errno = ENOENT;
            error_errno(err, "message %" PRIu32 " of the mbox", uid);
        }
        mbox_spool_close(&spool);
        mem_free(messages);
        done = file_r->fd >= 0; /* whatever the index can be told: */
        (void)!index_commit(mailbox->store->index, &(struct error){0});
    }
    if (!index_resume(mailbox->store->index, paused, err))
        done = false;
    if (!done)
        fd_close(&file_r->fd);
    return done;
}

/* "offset.size" is the name of a message in the index. */
static bool parse_place(struct span name, struct mbox_message *message)
{
    struct span size = span_skip(name, span_find(name, '.') + 1);

    return span_to_u64(span_first(name, span_find(name, '.')), INT64_MAX, &message->offset) &&
           span_to_u64(size, INT64_MAX, &message->size);
}

/* false: the index does not know it, or says nothing that can be used. */
static bool find_place(struct mailbox *mailbox, uint32_t uid, struct index_mailbox *state,
                       struct mbox_message *message)
{
    struct index *index = mailbox->store->index;
    struct index_message known;
    struct error err = {0};
    bool found;

    if (!index_begin_read(index, &err))
        return false;
    found = index_get_mailbox(index, mailbox->id, state, &err) == INDEX_FOUND &&
            index_get_message(index, mailbox->id, uid, &known, &err) == INDEX_FOUND &&
            parse_place(known.name, message);
    index_end_read(index);
    return found;
}

/* Most of the time the spool is as the index knows it, and the message where it says. */
static bool open_in_place(struct mailbox *mailbox, uint32_t uid, struct message_file *file_r)
{
    struct index_mailbox state = {0};
    struct mbox_message message = {0};
    struct mbox_spool spool;
    struct error err = {0};

    *file_r = (struct message_file){.fd = -1};
    if (!find_place(mailbox, uid, &state, &message) || !mbox_spool_open(mailbox, &spool, &err))
        return false;
    if (spool.fd >= 0 && state.verify_ms == 0 && mbox_is_known_state(mailbox, &state)) {
        file_r->size = message.size;
        file_r->fd = copy_message(&spool, &message, &err);
    }
    mbox_spool_close(&spool);
    return file_r->fd >= 0;
}

bool mbox_open_message(struct mailbox *mailbox, uint32_t uid, struct message_file *file_r,
                       struct error *err)
{
    return open_in_place(mailbox, uid, file_r) || open_after_look(mailbox, uid, file_r, err);
}
