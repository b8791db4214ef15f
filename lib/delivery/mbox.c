/*
 * The mbox writer of local and virtual: append, sync; cut back to the old length on failure.
 */
#include "lib/base/base.h"

#include "lib/delivery/mbox.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/delivery/blame.h"

#include <fcntl.h>
#include <unistd.h>

/* --- opening ----------------------------------------------------------------------------------- */

/* Somebody else's file or device, or another name of one, may have been put where the mailbox should be; or his
 * pipe, from which he would read what is for another. */
static bool is_trustworthy(const char *path, const struct stat *status,
                           const struct mbox_settings *settings, struct error *err)
{
    if (status->st_nlink > 1) {
        error_set(err, ERROR_PERMANENT, "file has %ju hard links", (uintmax_t)status->st_nlink);
    } else if (settings->strict_owner && status->st_uid != geteuid()) {
        log_warning(
            "specify \"strict_mailbox_ownership = no\" to ignore mailbox ownership mismatch");
        error_set(err, ERROR_TEMPORARY, "destination %s is not owned by recipient", path);
    } else if (S_ISREG(status->st_mode) && settings->is_target &&
               (status->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0) {
        error_set(err, ERROR_PERMANENT, "file is executable");
        err->number = ENOEXEC;
    } else {
        return true;
    }
    return false;
}

/* What is no regular file is only written to: a FIFO that nobody reads would keep what it got from us until we
 * close it. Its kind is asked first, and again when it is open. */
static int open_there(const char *path, struct stat *status_r)
{
    static const int flags = O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    bool was_regular;
    int fd;

    if (lstat(path, status_r) != 0)
        return -1;
    was_regular = S_ISREG(status_r->st_mode);
    fd = open(path, flags | (was_regular ? O_RDWR : O_WRONLY));
    if (fd >= 0 && (fstat(fd, status_r) != 0 || S_ISREG(status_r->st_mode) != was_regular)) {
        fd_close(&fd);
        errno = EAGAIN;
    }
    return fd;
}

/* What is not there yet may not be made for a time only: the disk that it lies on may be missing. */
static int make_new(const char *path, struct stat *status_r, struct error *err)
{
    int fd = open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_CREAT | O_EXCL, 0600);

    if (fd < 0 || fstat(fd, status_r) != 0) {
        error_errno(err, "cannot create file exclusively");
        err->kind = ERROR_TEMPORARY;
        fd_close(&fd);
    }
    return fd;
}

static int open_mbox(const char *path, const struct mbox_settings *settings, struct stat *status_r,
                     struct error *err)
{
    int fd = open_there(path, status_r);

    if (fd < 0 && errno == ENOENT) {
        fd = make_new(path, status_r, err);
    } else if (fd < 0 && errno == ELOOP && S_ISLNK(status_r->st_mode)) {
        error_set(err, ERROR_PERMANENT, "file is a symbolic link");
    } else if (fd < 0) {
        error_errno(err, "cannot open file");
        blame_settle(err);
    } else if (!is_trustworthy(path, status_r, settings, err)) {
        fd_close(&fd);
    } else {
        fd_set_nonblocking(fd, false);
    }
    return fd;
}

/* --- writing ----------------------------------------------------------------------------------- */

/* Copies a block and puts '>' before "From " at the start of a line. What at the block's end might be
 * the beginning of it, `matched` octets, is written with the next block. */
struct quoter {
    struct buf out;
    size_t matched; /* octets of "From " seen at the start of a line and not written yet */
    bool in_line;
};

static const char from_[] = "From ";

static void end_match(struct quoter *quoter)
{
    if (quoter->matched == strlen(from_))
        buf_put_char(&quoter->out, '>');
    buf_put(&quoter->out, span_of(from_, quoter->matched));
    quoter->matched = 0;
    quoter->in_line = true;
}

static void quote_block(struct quoter *quoter, struct span block)
{
    while (block.len > 0) {
        if (quoter->in_line) {
            size_t end = span_find(block, '\n');
            size_t len = end < block.len ? end + 1 : end;
            buf_put(&quoter->out, span_first(block, len));
            quoter->in_line = end == block.len;
            block = span_skip(block, len);
        } else if (block.data[0] == from_[quoter->matched]) {
            block = span_skip(block, 1);
            if (++quoter->matched == strlen(from_))
                end_match(quoter);
        } else {
            end_match(quoter);
        }
    }
}

static bool write_quoted(int fd, const struct delivery_content *content, struct quoter *quoter,
                         struct error *err)
{
    struct delivery_reader reader = {.content = content};
    struct span block = SPAN_EMPTY;
    bool done;

    while ((done = delivery_content_next(&reader, &block, err)) && block.len > 0) {
        quote_block(quoter, block);
        if (!write_all(fd, buf_span(&quoter->out))) {
            error_errno(err, "error writing message");
            done = false;
            break;
        }
        buf_clear(&quoter->out);
    }
    delivery_reader_release(&reader);
    return done;
}

/* "From " line, message, and the empty line that divides it from the next one. */
bool mbox_append(int fd, const char *sender, time_t now, const struct delivery_content *content,
                 struct error *err)
{
    struct quoter quoter = {.out = BUF(BUF_UNLIMITED)};
    char date[64];
    struct tm local;
    bool written;

    strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Y", localtime_r(&now, &local));
    buf_put_printf(&quoter.out, "From %s  %s\n", *sender == '\0' ? "MAILER-DAEMON" : sender, date);
    written = write_quoted(fd, content, &quoter, err);
    if (written) {
        if (!quoter.in_line && quoter.matched > 0)
            end_match(&quoter);
        buf_put_text(&quoter.out, quoter.in_line ? "\n\n" : "\n");
        written = write_all(fd, buf_span(&quoter.out));
        if (!written)
            error_errno(err, "error writing message");
    }
    buf_release(&quoter.out);
    return written;
}

bool mbox_end_last(int fd, uint64_t size, uint64_t *added_r, struct error *err)
{
    char end[2] = {'\n', '\n'};
    size_t len = size < sizeof(end) ? (size_t)size : sizeof(end), missing;

    if (!pread_all(fd, end + sizeof(end) - len, len, (off_t)(size - len))) {
        error_errno(err, "read mailbox");
        return false;
    }
    missing = end[1] != '\n' ? 2 : end[0] != '\n' ? 1 : 0;
    if (added_r != NULL)
        *added_r = missing;
    if (missing > 0 && !write_all(fd, span_of("\n\n", missing))) {
        error_errno(err, "error writing message");
        return false;
    }
    return true;
}

static bool append_message(const char *path, int fd, const char *sender, time_t now,
                           const struct delivery_content *content,
                           const struct mbox_settings *settings, int64_t *start_r,
                           struct error *err)
{
    struct stat status;
    uint64_t added;

    if (fstat(fd, &status) != 0) {
        error_errno(err, "stat mailbox %s", path);
        return false;
    }
    if (settings->size_limit > 0 &&
        (uint64_t)status.st_size + content->prefix.len + content->size > settings->size_limit) {
        errno = EFBIG;
        error_errno(err, "error writing message");
        return false;
    }
    if (mbox_end_last(fd, (uint64_t)status.st_size, &added, err) &&
        mbox_append(fd, sender, now, content, err)) {
        if (start_r != NULL)
            *start_r = status.st_size + (int64_t)added;
        if (fsync(fd) == 0)
            return true;
        error_errno(err, "sync mailbox %s", path);
    }
    if (ftruncate(fd, status.st_size) != 0) {
        error_prefix(err, "the mailbox may end in a part of this message");
        err->kind = ERROR_TEMPORARY;
    }
    return false;
}

bool mbox_sync_entry(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *directory =
        slash == NULL ? mem_text(".") : mem_span(span_of(path, (size_t)(slash - path) + 1));
    bool synced = file_sync_directory(AT_FDCWD, directory, err);

    mem_free(directory);
    return synced;
}

bool mbox_deliver(const char *path, const char *sender, time_t now,
                  const struct delivery_content *content, const struct mbox_settings *settings,
                  int64_t *start_r, struct error *err)
{
    struct mbox_lock lock = {0};
    struct stat status = {0};
    int fd = open_mbox(path, settings, &status, err);
    bool done = false;

    if (start_r != NULL)
        *start_r = 0;
    if (fd < 0)
        return false;
    if (!S_ISREG(status.st_mode)) {
        done = mbox_append(fd, sender, now, content, err);
    } else if (mbox_lock(path, fd, settings, &lock, err)) {
        done = (status.st_size > 0 || mbox_sync_entry(path, err)) &&
               append_message(path, fd, sender, now, content, settings, start_r, err);
        mbox_unlock(&lock);
    }
    if (!done)
        err->kind = ERROR_TEMPORARY;
    fd_close(&fd);
    return done;
}
