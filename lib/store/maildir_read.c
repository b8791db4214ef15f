/* Message files, opened for reading: wherever they are by now; and what is in compressed ones. */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include "lib/base/file.h"
#include "lib/store/unpack.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* When a file was read last is of no use to anybody, and writing it down costs as much as the reading. Only the
 * owner of a file may leave it. */
static int open_quietly(int directory, const char *path)
{
    const int how = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = openat(directory, path, how | O_NOATIME);

    return fd < 0 && errno == EPERM ? openat(directory, path, how) : fd;
}

static int open_file(struct mailbox *mailbox, uint32_t uid, bool *absent_r, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_message message;
    char path[MAILDIR_NAME_MAX + 8];
    enum index_result result;
    int fd = -1;

    if (!index_begin_read(index, err))
        return -1;
    result = index_get_message(index, mailbox->id, uid, &message, err);
    *absent_r = result == INDEX_ABSENT;
    if (result == INDEX_FOUND) {
        maildir_path(&message, path);
        fd = open_quietly(mailbox->maildir->directory, path);
        if (fd < 0)
            error_errno(err, "open %s of mailbox %s", path, mailbox->name);
    }
    index_end_read(index);
    return fd;
}

/* Two looks, since a rename during one may hide a file. */
static bool look_again(struct mailbox *mailbox, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_mailbox state;
    unsigned paused = index_pause(index);
    bool looked = maildir_begin(mailbox, &state, err) &&
                  maildir_finish_unsure(mailbox, &state, err) &&
                  maildir_begin(mailbox, &state, err) && index_commit(index, err);

    return index_resume(index, paused, err) && looked;
}

/* Somebody may have renamed or removed it since the last look. It is gone when a look says so, not when
 * it has yet another name by now. */
static int find_file(struct mailbox *mailbox, uint32_t uid, bool *absent_r, struct error *err)
{
    for (unsigned looks = 0; looks < MAILDIR_LOOKS; looks++) {
        int fd = open_file(mailbox, uid, absent_r, err);
        if (fd >= 0 || *absent_r || err->number != ENOENT)
            return fd;
        if (!look_again(mailbox, err))
            return -1;
    }
    (void)!maildir_restless(mailbox, err);
    return -1;
}

/* The last content that was unpacked is kept: clients fetch a message in pieces. */
bool maildir_unpack(struct mailbox *mailbox, uint32_t uid, struct message_file *file,
                    struct error *err)
{
    struct unpacked *unpacked = &mailbox->maildir->unpacked;

    if (unpacked->uid != uid) {
        char name[32];
        int fd;
        snprintf(name, sizeof(name), "with UID %" PRIu32, uid);
        fd = unpack(file->fd, mailbox->maildir->directory, name, &unpacked->size, err);
        if (fd < 0)
            return false;
        fd_close(&unpacked->fd);
        unpacked->fd = fd;
        unpacked->uid = uid;
    }
    fd_close(&file->fd);
    file->fd = fcntl(unpacked->fd, F_DUPFD_CLOEXEC, 0);
    file->size = unpacked->size;
    if (file->fd < 0) {
        error_errno(err, "open message %" PRIu32 " of mailbox %s", uid, mailbox->name);
        err->kind = ERROR_TEMPORARY;
    }
    return file->fd >= 0;
}

bool maildir_open_message(struct mailbox *mailbox, uint32_t uid, struct message_file *file_r,
                          struct error *err)
{
    bool absent = false;
    struct stat status;
    int fd = find_file(mailbox, uid, &absent, err);

    if (absent) {
        errno = ENOENT;
        error_errno(err, "message %" PRIu32 " of mailbox %s", uid, mailbox->name);
        return false;
    }
    if (fd < 0)
        return false;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        error_set(err, ERROR_TEMPORARY, "message %" PRIu32 " of mailbox %s is no file", uid,
                  mailbox->name);
        fd_close(&fd);
        return false;
    }
    *file_r = (struct message_file){
        .fd = fd,
        .size = (uint64_t)status.st_size,
        .written = (uint64_t)status.st_mtim.tv_sec,
    };
    return true;
}
