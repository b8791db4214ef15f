/*
 * A descriptor whose reads and writes end in time. For lib/io/stream alone.
 *
 * On a socket waiting is the kernel's: SO_RCVTIMEO and SO_SNDTIMEO bound each call, and are changed
 * only when the time that is left differs much from what is set; so most reads and writes are one
 * system call. On a pipe poll waits first. The descriptor is in blocking mode.
 */
#ifndef BUZON_LIB_IO_TIMED_FD_H
#define BUZON_LIB_IO_TIMED_FD_H

#include "lib/base/base.h"

#include <sys/types.h>
#include <sys/uio.h>

struct timed_fd {
    int fd;
    bool is_pipe;              /* or a file: known after the first call */
    bool timed_out;            /* why the last call failed, then errno is ETIMEDOUT */
    int timeout_ms;            /* 0: none */
    int64_t deadline_ms;       /* monotonic; 0: none */
    int64_t give_up_ms;        /* when the operation under way ends; 0: never */
    int64_t read_ms, write_ms; /* what is set in the socket */
};

/* timed_fd_init - fd is borrowed; switched to blocking mode */
void timed_fd_init(struct timed_fd *timed, int fd);

/* timed_fd_begin - an operation begins: its calls together wait no longer than the timeout, and not
 * past the deadline */
void timed_fd_begin(struct timed_fd *timed);

/* As read(2), writev(2), sendfile(2); never EAGAIN or EINTR. `more`: output follows at once. */
ssize_t timed_fd_read(struct timed_fd *timed, void *data, size_t size);
ssize_t timed_fd_writev(struct timed_fd *timed, const struct iovec *parts, size_t count, bool more);
ssize_t timed_fd_sendfile(struct timed_fd *timed, int file, off_t *offset, size_t len);

/* timed_fd_wait - until there is something to read; false after the operation's time */
bool timed_fd_wait(struct timed_fd *timed);

#endif
