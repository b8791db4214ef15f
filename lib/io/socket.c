/*
 * Sockets. A connect waits in the kernel (SO_SNDTIMEO bounds it there), so that a connection costs
 * three system calls and no poll.
 */
#include "lib/io/socket.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* "192.0.2.1:25", "[2001:db8::1]:25", for error texts */
static const char *describe(const struct address_socket *address, char text[SOCKET_TEXT_MAX + 16])
{
    char host[SOCKET_TEXT_MAX];

    (void)socket_address_text(address, host);
    (void)snprintf(text, SOCKET_TEXT_MAX + 16, strchr(host, ':') == NULL ? "%s:%u" : "[%s]:%u",
                   host, socket_address_port(address));
    return text;
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static int window_size; /* 0: the system's */

void socket_window_size(int octets)
{
    window_size = octets;
}

/* Before the socket connects or listens: the window scale is agreed upon then. */
static int open_tcp(int family, int flags)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (fd >= 0 && window_size > 0) {
        (void)set_option(fd, SOL_SOCKET, SO_SNDBUF, window_size);
        (void)set_option(fd, SOL_SOCKET, SO_RCVBUF, window_size);
    }
    return fd;
}

int socket_listen_inet(const struct address_socket *address, int backlog, struct error *err)
{
    int family = address->any.sa_family;
    int fd = open_tcp(family, SOCK_NONBLOCK);
    char text[SOCKET_TEXT_MAX + 16];

    if (fd >= 0 && set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
        (family != AF_INET6 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) &&
        bind(fd, &address->any, address->len) == 0 && listen(fd, backlog) == 0)
        return fd;
    error_errno(err, "listen on %s", describe(address, text));
    fd_close(&fd);
    return -1;
}

static bool fill_unix(const char *path, struct sockaddr_un *address_r)
{
    size_t len = strlen(path);

    *address_r = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len >= sizeof(address_r->sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address_r->sun_path, path, len);
    return true;
}

/* The mode is set before the name exists: in a directory of somebody with less rights, a chmod of
 * the name could hit another file that was put in its place. */
static bool bind_with_mode(int fd, const struct sockaddr_un *address, mode_t mode)
{
    mode_t mask = umask(0);
    bool done =
        fchmod(fd, mode) == 0 && bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    int saved = errno;

    (void)umask(mask);
    errno = saved;
    return done;
}

int socket_listen_unix(const char *path, mode_t mode, int backlog, struct error *err)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && fill_unix(path, &address) && (unlink(path) == 0 || errno == ENOENT) &&
        bind_with_mode(fd, &address, mode) && listen(fd, backlog) == 0)
        return fd;
    error_errno(err, "listen on %s", path);
    fd_close(&fd);
    return -1;
}

/* A connect that a signal interrupted goes on by itself: wait for its end. */
static bool await_connect(int fd, int64_t deadline)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    int problem = 0;
    socklen_t len = sizeof(problem);
    int64_t left;

    do {
        left = deadline - clock_monotonic_ms();
        errno = ETIMEDOUT;
        if (left <= 0)
            return false;
    } while (poll(&wanted, 1, (int)left) <= 0);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) != 0)
        return false;
    errno = problem;
    return problem == 0;
}

static bool connect_in_time(int fd, const struct sockaddr *address, socklen_t len, int timeout_ms)
{
    struct timeval wait = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    int64_t deadline = clock_monotonic_ms() + timeout_ms;

    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0)
        return false;
    if (connect(fd, address, len) == 0)
        return true;
    if (errno == EINTR)
        return await_connect(fd, deadline);
    if (errno == EINPROGRESS || errno == EAGAIN)
        errno = ETIMEDOUT; /* what TCP and AF_UNIX, in this order, say after SO_SNDTIMEO */
    return false;
}

int socket_connect(const struct address_socket *address, const struct address_socket *from,
                   int timeout_ms, struct error *err)
{
    int fd = open_tcp(address->any.sa_family, 0);
    char text[SOCKET_TEXT_MAX + 16];

    if (fd >= 0 && (from == NULL || bind(fd, &from->any, from->len) == 0) &&
        connect_in_time(fd, &address->any, address->len, timeout_ms))
        return fd;
    error_errno(err, "connect to %s", describe(address, text));
    fd_close(&fd);
    return -1;
}

static int connect_unix(const char *path, int timeout_ms)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        (!fill_unix(path, &address) ||
         !connect_in_time(fd, (const struct sockaddr *)&address, sizeof(address), timeout_ms)))
        fd_close(&fd);
    return fd;
}

/*
 * There is no connectat(2), and a chroot has no /proc/self/fd to write the directory as a path: so
 * we go there for the time of the call. Not for processes with threads.
 */
static int connect_unix_from(int directory, const char *path, int timeout_ms)
{
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = -1;
    int saved;

    if (here >= 0 && fchdir(directory) == 0) {
        fd = connect_unix(path, timeout_ms);
        saved = errno;
        if (fchdir(here) != 0)
            log_fatal("return to the working directory: %s", strerror(errno));
        errno = saved;
    }
    fd_close(&here);
    return fd;
}

int socket_connect_unix_at(int directory, const char *path, int timeout_ms, struct error *err)
{
    int fd = directory == AT_FDCWD || path[0] == '/'
                 ? connect_unix(path, timeout_ms)
                 : connect_unix_from(directory, path, timeout_ms);

    if (fd < 0) {
        error_errno(err, "connect to %s", path);
        if (err != NULL && errno == ENOENT)
            err->kind = ERROR_TEMPORARY; /* master has not bound it yet */
    }
    return fd;
}

bool socket_send_fd(int socket, int fd, struct span data, struct error *err)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec octets = {(void *)(uintptr_t)data.data, data.len}; /* sendmsg only reads them */
    struct msghdr message = {
        .msg_iov = &octets,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t sent;

    ASSERT(data.len > 0);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        error_errno(err, "send a descriptor");
        return false;
    }
    if (!write_all(socket, span_skip(data, (size_t)sent))) {
        error_errno(err, "send after a descriptor");
        return false;
    }
    return true;
}

/* Whatever came: one descriptor is handed over, of several none is, and they are closed. */
static int take_one_fd(struct msghdr *message)
{
    size_t count = 0;
    int taken = -1;

    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        size_t len = at->cmsg_len - CMSG_LEN(0);

        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < len / sizeof(int); i++, count++) {
            fd_close(&taken);
            memcpy(&taken, CMSG_DATA(at) + i * sizeof(int), sizeof(int));
        }
    }
    if (count > 1 || (message->msg_flags & MSG_CTRUNC) != 0)
        fd_close(&taken);
    return taken;
}

bool socket_receive_fd(int socket, int *fd_r, void *data, size_t size, size_t *len_r,
                       struct error *err)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))]; /* in which two have room: it is rounded up */
    } control;
    struct iovec octets = {data, size};
    struct msghdr message = {
        .msg_iov = &octets,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t got;

    *fd_r = -1;
    do {
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        error_errno(err, "receive a descriptor");
        return false;
    }
    *fd_r = take_one_fd(&message);
    *len_r = (size_t)got;
    if (got == 0) {
        fd_close(fd_r);
        error_clear(err);
        return false;
    }
    if (*fd_r < 0)
        error_set(err, ERROR_MALFORMED, "expected exactly one descriptor");
    return *fd_r >= 0;
}
