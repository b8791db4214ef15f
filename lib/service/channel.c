/* The records between master and its processes. */
#include "lib/base/base.h"

#include "lib/service/master_protocol.h"

#include "lib/base/file.h"

#include <sys/socket.h>

union control {
    struct cmsghdr header; /* for its alignment */
    char space[CMSG_SPACE(sizeof(int))];
};

bool channel_send(int channel, const struct master_record *record, int fd)
{
    struct master_record copy = *record;
    struct iovec part = {&copy, sizeof(copy)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;

    if (fd >= 0) {
        memset(&control, 0, sizeof(control));
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    }
    return sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(copy);
}

static int take_descriptor(struct msghdr *message)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int fd = -1;

    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    return fd;
}

static bool is_in_order(const struct master_record *record, ssize_t size, int flags)
{
    return size == (ssize_t)sizeof(*record) && (flags & MSG_TRUNC) == 0 &&
           memchr(record->name, '\0', sizeof(record->name)) != NULL;
}

enum channel_result channel_receive(int channel, struct master_record *record_r, int *fd_r)
{
    struct iovec part = {record_r, sizeof(*record_r)};
    union control control;
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t size;
    int fd;

    if (fd_r != NULL)
        *fd_r = -1;
    do {
        size = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size < 0)
        return errno == EAGAIN ? CHANNEL_NOTHING : CHANNEL_CLOSED;
    fd = take_descriptor(&message);
    if (!is_in_order(record_r, size, message.msg_flags) || fd_r == NULL)
        fd_close(&fd);
    if (!is_in_order(record_r, size, message.msg_flags))
        return CHANNEL_CLOSED;
    if (fd_r != NULL)
        *fd_r = fd;
    return CHANNEL_RECORD;
}
