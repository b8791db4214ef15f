/*
 * Sending messages, blocks and descriptors: one sendmsg for each as a rule. Waiting is the kernel's
 * (SO_SNDTIMEO); event-driven connections never wait, but keep what the socket does not take.
 */
#include "lib/io/ipc_internal.h"

#include "lib/base/file.h"
#include "lib/io/ipc_codec.h"

#include <fcntl.h>

static bool fail_full(struct error *err)
{
    error_set(err, ERROR_TEMPORARY, "the peer does not read what is sent");
    return false;
}

static void attach(struct msghdr *message, union ipc_control *control,
                   const struct ipc_descriptors *descriptors)
{
    size_t len = sizeof(int) * descriptors->count;

    if (len == 0)
        return;
    memset(control, 0, sizeof(*control));
    control->header.cmsg_level = SOL_SOCKET;
    control->header.cmsg_type = SCM_RIGHTS;
    control->header.cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(&control->header), descriptors->fds, len);
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(len);
}

/* One sendmsg; the descriptors go with its first octet. -1 and errno, EAGAIN after the timeout. */
static ssize_t send_parts(const struct connection *c, struct iovec *parts, size_t count,
                          const struct ipc_descriptors *descriptors)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    union ipc_control control;
    ssize_t sent;

    attach(&message, &control, descriptors);
    do {
        sent = sendmsg(c->fd, &message, MSG_NOSIGNAL | (c->event_driven ? MSG_DONTWAIT : 0));
    } while (sent < 0 && errno == EINTR);
    return sent;
}

static const struct ipc_descriptors no_descriptors;

/* Head and body, all of both: what daemons that may wait do. */
static bool send_waiting(struct connection *c, struct span head, struct span body,
                         const struct ipc_descriptors *descriptors, struct error *err)
{
    if (!ipc_prepare_wait(c, err))
        return false;
    while (head.len + body.len > 0) {
        /* sendmsg only reads what the vector points to */
        struct iovec parts[] = {
            {(void *)(uintptr_t)head.data, head.len},
            {(void *)(uintptr_t)body.data, body.len}
        };
        ssize_t sent = send_parts(c, parts, ARRAY_LENGTH(parts), descriptors);
        size_t of_head;

        if (sent < 0)
            return ipc_fail("send to", err);
        of_head = (size_t)sent < head.len ? (size_t)sent : head.len;
        head = span_skip(head, of_head);
        body = span_skip(body, (size_t)sent - of_head);
        descriptors = &no_descriptors;
    }
    return true;
}

/* The descriptors of the frame at out.data + start go with its first octet, whenever that is. */
static bool hold_unsent(struct connection *c, size_t start,
                        const struct ipc_descriptors *descriptors, struct error *err)
{
    size_t count = c->unsent_count;

    if (descriptors->count > IPC_HELD_MAX - count) {
        error_set(err, ERROR_TEMPORARY, "too many descriptors wait for the peer");
        return false;
    }
    for (size_t i = 0; i < descriptors->count; i++) {
        int fd = fcntl(descriptors->fds[i], F_DUPFD_CLOEXEC, 0);

        if (fd < 0) {
            error_errno(err, "keep a descriptor for the peer");
            while (count > c->unsent_count)
                fd_close(&c->unsent[--count].fd);
            return false;
        }
        c->unsent[count++] = (struct ipc_held){.fd = fd, .place = c->out_place + start};
    }
    c->unsent_count = count;
    return true;
}

/* The descriptors that go with the first unsent octet; and how many octets may go in one sendmsg
 * before those of another frame must be beside them. */
static size_t next_piece(const struct connection *c, struct ipc_descriptors *descriptors_r)
{
    size_t i = 0;

    descriptors_r->count = 0;
    while (i < c->unsent_count && c->unsent[i].place == c->out_place)
        descriptors_r->fds[descriptors_r->count++] = c->unsent[i++].fd;
    return i < c->unsent_count ? (size_t)(c->unsent[i].place - c->out_place) : c->out.len;
}

static void drop_sent(struct connection *c, size_t len, size_t descriptor_count)
{
    for (size_t i = 0; i < descriptor_count; i++)
        fd_close(&c->unsent[i].fd);
    c->unsent_count -= descriptor_count;
    memmove(c->unsent, c->unsent + descriptor_count, c->unsent_count * sizeof(*c->unsent));
    c->out_place += len;
    buf_remove(&c->out, len);
    if (c->out.len == 0 && c->out.capacity > IPC_KEPT_MAX)
        buf_release(&c->out);
}

bool ipc_write_ready(struct connection *connection, struct error *err)
{
    struct ipc_descriptors descriptors;

    while (connection->out.len > 0) {
        struct iovec part = {connection->out.data, next_piece(connection, &descriptors)};
        ssize_t sent = send_parts(connection, &part, 1, &descriptors);

        if (sent < 0 && errno == EAGAIN)
            return true;
        if (sent < 0)
            return ipc_fail("send to", err);
        drop_sent(connection, (size_t)sent, descriptors.count);
    }
    return true;
}

bool ipc_wants_write(const struct connection *connection)
{
    return connection->event_driven && connection->out.len > 0;
}

/* At once when nothing waits before it, and the descriptors then need not be kept; else later. */
static bool send_event_driven(struct connection *c, size_t start,
                              const struct ipc_descriptors *descriptors, struct error *err)
{
    struct iovec part = {c->out.data, c->out.len};
    ssize_t sent = start > 0 ? 0 : send_parts(c, &part, 1, descriptors);

    if (sent < 0 && errno != EAGAIN)
        return ipc_fail("send to", err);
    if (sent > 0) {
        drop_sent(c, (size_t)sent, 0);
        return true;
    }
    if (hold_unsent(c, start, descriptors, err))
        return true;
    buf_truncate(&c->out, start);
    return false;
}

bool ipc_send(struct connection *connection, const struct ipc_message *message, const void *object,
              struct error *err)
{
    struct ipc_descriptors descriptors;
    size_t start = connection->out.len;
    bool done;

    if (start > IPC_QUEUE_MAX - IPC_FRAME_MAX)
        return fail_full(err);
    if (!ipc_encode(&connection->out, message, object, &descriptors, err))
        return false;
    if (connection->event_driven)
        return send_event_driven(connection, start, &descriptors, err);
    done = send_waiting(connection, buf_span(&connection->out), SPAN_EMPTY, &descriptors, err);
    drop_sent(connection, connection->out.len, 0);
    return done;
}

bool ipc_send_block(struct connection *connection, struct span block, struct error *err)
{
    char head[IPC_LENGTH_SIZE];
    bool idle = connection->out.len == 0;

    ASSERT(block.len <= IPC_BLOCK_MAX);
    ipc_put_length(head, block.len);
    if (!connection->event_driven)
        return send_waiting(connection, span_of(head, sizeof(head)), block, &no_descriptors, err);
    if (connection->out.len > IPC_QUEUE_MAX - IPC_FRAME_MAX)
        return fail_full(err);
    buf_put(&connection->out, span_of(head, sizeof(head)));
    buf_put(&connection->out, block);
    return !idle || ipc_write_ready(connection, err);
}
