/* Reads and writes that end in time. */
#include "lib/io/timed_fd.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define FOREVER (-1)
#define UNKNOWN (-2) /* who had the socket before us may have set anything */

#define EXACT_BELOW_MS 1000

void timed_fd_init(struct timed_fd *timed, int fd)
{
    *timed = (struct timed_fd){.fd = fd, .read_ms = UNKNOWN, .write_ms = UNKNOWN};
    fd_set_nonblocking(fd, false);
}

void timed_fd_begin(struct timed_fd *timed)
{
    int64_t end = timed->timeout_ms > 0 ? clock_monotonic_ms() + timed->timeout_ms : 0;

    if (timed->deadline_ms != 0 && (end == 0 || timed->deadline_ms < end))
        end = timed->deadline_ms;
    timed->give_up_ms = end;
    timed->timed_out = false;
}

/* What is left of the operation's time, or FOREVER; false when it is over. */
static bool time_left(struct timed_fd *timed, int64_t *left_r)
{
    *left_r = FOREVER;
    if (timed->give_up_ms == 0)
        return true;
    *left_r = timed->give_up_ms - clock_monotonic_ms();
    if (*left_r > 0)
        return true;
    timed->timed_out = true;
    errno = ETIMEDOUT;
    return false;
}

/*
 * The value for the socket's timeout. Less than what is left is right too, since a call that wakes
 * too early looks at the clock and waits again: so under a deadline, where less is left each time,
 * a value some way below serves many calls.
 */
static int64_t choose(const struct timed_fd *timed, int64_t set, int64_t left)
{
    if (left == FOREVER)
        return FOREVER;
    if (set > 0 && set <= left && set >= left / 2)
        return set;
    if (left >= timed->timeout_ms || left < EXACT_BELOW_MS)
        return left;
    return left * 3 / 4;
}

static bool poll_for(struct timed_fd *timed, short events)
{
    struct pollfd wanted = {.fd = timed->fd, .events = events};
    int64_t left;
    int ready;

    do {
        if (!time_left(timed, &left))
            return false;
        ready = poll(&wanted, 1, left > INT_MAX ? INT_MAX : (int)left);
    } while (ready == 0 || (ready < 0 && errno == EINTR));
    return ready > 0;
}

/* Make the next call wait no longer than the operation may. */
static bool arm(struct timed_fd *timed, int option)
{
    int64_t *set = option == SO_RCVTIMEO ? &timed->read_ms : &timed->write_ms;
    struct timeval wait = {0};
    int64_t left;
    int64_t chosen;

    if (timed->is_pipe)
        return poll_for(timed, option == SO_RCVTIMEO ? POLLIN : POLLOUT);
    if (!time_left(timed, &left))
        return false;
    chosen = choose(timed, *set, left);
    if (chosen == *set)
        return true;
    if (chosen != FOREVER)
        wait = (struct timeval){chosen / 1000, chosen % 1000 * 1000};
    if (setsockopt(timed->fd, SOL_SOCKET, option, &wait, sizeof(wait)) == 0) {
        *set = chosen;
        return true;
    }
    timed->is_pipe = errno == ENOTSOCK;
    return timed->is_pipe && arm(timed, option);
}

/* After a call: it woke too early or by a signal, and is to be made again. */
static bool is_to_repeat(ssize_t result)
{
    return result < 0 && (errno == EAGAIN || errno == EINTR);
}

ssize_t timed_fd_read(struct timed_fd *timed, void *data, size_t size)
{
    ssize_t got;

    do {
        if (!arm(timed, SO_RCVTIMEO))
            return -1;
        got = timed->is_pipe ? read(timed->fd, data, size) : recv(timed->fd, data, size, 0);
    } while (is_to_repeat(got));
    return got;
}

/* poll promised room for PIPE_BUF octets: more could wait in the kernel without end. */
static ssize_t write_pipe(const struct timed_fd *timed, const struct iovec *parts, size_t count)
{
    size_t i = 0;

    if (timed->give_up_ms == 0)
        return writev(timed->fd, parts, (int)count);
    while (i + 1 < count && parts[i].iov_len == 0)
        i++;
    return write(timed->fd, parts[i].iov_base,
                 parts[i].iov_len < PIPE_BUF ? parts[i].iov_len : PIPE_BUF);
}

ssize_t timed_fd_writev(struct timed_fd *timed, const struct iovec *parts, size_t count, bool more)
{
    struct msghdr message = {
        .msg_iov = (struct iovec *)(uintptr_t)parts, /* sendmsg only reads it */
        .msg_iovlen = count,
    };
    ssize_t sent;

    do {
        if (!arm(timed, SO_SNDTIMEO))
            return -1;
        sent = timed->is_pipe ? write_pipe(timed, parts, count)
                              : sendmsg(timed->fd, &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    } while (is_to_repeat(sent));
    return sent;
}

ssize_t timed_fd_sendfile(struct timed_fd *timed, int file, off_t *offset, size_t len)
{
    ssize_t sent;

    do {
        if (!arm(timed, SO_SNDTIMEO))
            return -1;
        sent = sendfile(timed->fd, file, offset, len);
    } while (is_to_repeat(sent));
    return sent;
}

bool timed_fd_wait(struct timed_fd *timed)
{
    return poll_for(timed, POLLIN);
}
