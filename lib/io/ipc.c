/*
 * Messages, blocks and descriptors over a UNIX stream socket: one sendmsg for each, and as a rule
 * one recvmsg. Waiting is the kernel's (SO_RCVTIMEO, SO_SNDTIMEO); event-driven connections never
 * wait. Messages and blocks have the same frame, a length and that many octets, so that one reader
 * serves both.
 */
#include "lib/io/ipc.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/io/ipc_codec.h"
#include "lib/io/socket.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_MS (3600 * 1000)               /* ipc_timeout's default */
#define READ_AHEAD 8192                        /* asked for beyond the frame that is wanted */
#define KEPT_MAX   ((size_t)64 * 1024)         /* a larger buffer is given back when it is empty */
#define GROWTH_MAX ((size_t)256 * 1024)        /* memory for a frame grows with what came of it */
#define QUEUE_MAX  (2 * (size_t)IPC_FRAME_MAX) /* unsent output of an event-driven connection */
#define HELD_MAX   16 /* descriptors that wait for their message, or to be sent */

/* A descriptor and its place in the stream of octets. */
struct held {
    int fd;
    uint64_t place; /* received: it came with an octet before this one; unsent: it goes with this */
};

struct connection {
    int fd;
    char *peer; /* for error texts */
    int timeout_ms;
    bool timeout_is_set; /* in the socket */
    bool event_driven;

    char *in; /* octets at in_start..in_end are not yet taken */
    size_t in_start, in_end, in_capacity;
    uint64_t in_place; /* of in_start in the stream */
    struct held received[HELD_MAX];
    size_t received_count;

    struct buf out;     /* the frame being made; event-driven: all that is unsent */
    uint64_t out_place; /* of its first octet */
    struct held unsent[HELD_MAX];
    size_t unsent_count;
};

/* --- making and ending ----------------------------------------------------------------------- */

static struct connection *create(int fd, const char *peer)
{
    struct connection *connection = mem_new(struct connection);

    connection->fd = fd;
    connection->peer = mem_text(peer);
    connection->timeout_ms = TIMEOUT_MS;
    connection->out = BUF(QUEUE_MAX);
    return connection;
}

struct connection *connection_create(int fd)
{
    return create(fd, "the peer");
}

static void close_held(struct held *held, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        fd_close(&held[i].fd);
    *count = 0;
}

void connection_free(struct connection **connection)
{
    struct connection *c = *connection;

    if (c == NULL)
        return;
    close_held(c->received, &c->received_count);
    close_held(c->unsent, &c->unsent_count);
    fd_close(&c->fd);
    free(c->peer);
    free(c->in);
    buf_release(&c->out);
    free(c);
    *connection = NULL;
}

int connection_fd(const struct connection *connection)
{
    return connection->fd;
}

void connection_timeout(struct connection *connection, int timeout_ms)
{
    if (connection->timeout_ms == timeout_ms)
        return;
    connection->timeout_ms = timeout_ms;
    connection->timeout_is_set = false;
}

struct connection *ipc_connect_at(int directory, const char *path, int timeout_ms,
                                  struct error *err)
{
    int fd = socket_connect_unix_at(directory, path, timeout_ms, err);

    return fd < 0 ? NULL : create(fd, path);
}

struct connection *ipc_connect(const char *path, int timeout_ms, struct error *err)
{
    return ipc_connect_at(AT_FDCWD, path, timeout_ms, err);
}

void ipc_event_driven(struct connection *connection)
{
    connection->event_driven = true;
}

static bool prepare_wait(struct connection *c, struct error *err)
{
    struct timeval wait = {c->timeout_ms / 1000, c->timeout_ms % 1000 * 1000};

    if (c->timeout_is_set || c->event_driven)
        return true;
    if (setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
        setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0) {
        error_errno(err, "set the timeout for %s", c->peer);
        return false;
    }
    c->timeout_is_set = true;
    return true;
}

static bool fail_io(const struct connection *c, const char *what, struct error *err)
{
    if (errno == EAGAIN)
        errno = ETIMEDOUT;
    error_errno(err, "%s %s", what, c->peer);
    return false;
}

static bool fail_full(const struct connection *c, struct error *err)
{
    error_set(err, ERROR_TEMPORARY, "%s does not read what is sent", c->peer);
    return false;
}

/* --- sending --------------------------------------------------------------------------------- */

union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * IPC_FDS_MAX)];
};

static void attach(struct msghdr *message, union control *control,
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
    union control control;
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
    if (!prepare_wait(c, err))
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
            return fail_io(c, "send to", err);
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

    if (descriptors->count > HELD_MAX - count) {
        error_set(err, ERROR_TEMPORARY, "too many descriptors wait for %s", c->peer);
        return false;
    }
    for (size_t i = 0; i < descriptors->count; i++) {
        int fd = fcntl(descriptors->fds[i], F_DUPFD_CLOEXEC, 0);

        if (fd < 0) {
            error_errno(err, "keep a descriptor for %s", c->peer);
            while (count > c->unsent_count)
                fd_close(&c->unsent[--count].fd);
            return false;
        }
        c->unsent[count++] = (struct held){.fd = fd, .place = c->out_place + start};
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
    if (c->out.len == 0 && c->out.capacity > KEPT_MAX)
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
            return fail_io(connection, "send to", err);
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
        return fail_io(c, "send to", err);
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

    if (start > QUEUE_MAX - IPC_FRAME_MAX)
        return fail_full(connection, err);
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
    if (connection->out.len > QUEUE_MAX - IPC_FRAME_MAX)
        return fail_full(connection, err);
    buf_put(&connection->out, span_of(head, sizeof(head)));
    buf_put(&connection->out, block);
    return !idle || ipc_write_ready(connection, err);
}

/* --- receiving ------------------------------------------------------------------------------- */

static size_t buffered(const struct connection *c)
{
    return c->in_end - c->in_start;
}

/* Room at the end for what is missing of `wanted` octets and some more, within reason. */
static void make_room(struct connection *c, size_t wanted)
{
    size_t missing = wanted > buffered(c) ? wanted - buffered(c) : 0;
    size_t needed = buffered(c) + (missing < GROWTH_MAX ? missing : GROWTH_MAX) + READ_AHEAD;

    if (buffered(c) == 0) {
        c->in_start = 0;
        c->in_end = 0;
    }
    if (c->in_capacity - c->in_start >= needed)
        return;
    if (c->in_start > 0) {
        memmove(c->in, c->in + c->in_start, buffered(c));
        c->in_end -= c->in_start;
        c->in_start = 0;
    }
    if (c->in_capacity < needed) {
        c->in_capacity = needed > c->in_capacity * 2 ? needed : c->in_capacity * 2;
        c->in = mem_resize(c->in, c->in_capacity, 1);
    }
}

static bool keep_descriptors(struct connection *c, struct msghdr *message, struct error *err)
{
    bool all = (message->msg_flags & MSG_CTRUNC) == 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);

    for (; header != NULL; header = CMSG_NXTHDR(message, header)) {
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < count; i++) {
            struct held held = {.place = c->in_place + buffered(c)};

            memcpy(&held.fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (c->received_count < HELD_MAX) {
                c->received[c->received_count++] = held;
            } else {
                fd_close(&held.fd);
                all = false;
            }
        }
    }
    if (!all)
        error_set(err, ERROR_TEMPORARY, "no room for the descriptors from %s", c->peer);
    return all;
}

/* One recvmsg: as recv(2). */
static ssize_t receive(struct connection *c, size_t wanted, struct msghdr *message)
{
    ssize_t got;

    make_room(c, wanted);
    *message->msg_iov = (struct iovec){c->in + c->in_end, c->in_capacity - c->in_end};
    do {
        got = recvmsg(c->fd, message, MSG_CMSG_CLOEXEC | (c->event_driven ? MSG_DONTWAIT : 0));
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        c->in_end += (size_t)got;
    return got;
}

static bool fail_closed(const struct connection *c, struct error *err)
{
    if (buffered(c) == 0)
        error_clear(err);
    else
        error_set(err, ERROR_TEMPORARY, "%s closed in the middle of a message", c->peer);
    return false;
}

/* More octets and descriptors. Event-driven, there may be none. */
static bool read_some(struct connection *c, size_t wanted, struct error *err)
{
    union control control;
    struct iovec room;
    struct msghdr message = {
        .msg_iov = &room,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t got = receive(c, wanted, &message);

    if (got < 0 && errno == EAGAIN && c->event_driven)
        return true;
    if (got < 0)
        return fail_io(c, "receive from", err);
    if (!keep_descriptors(c, &message, err))
        return false;
    return got > 0 || fail_closed(c, err);
}

/* Wait until so many octets are buffered; never longer than the timeout after the first of them. */
static bool need(struct connection *c, size_t len, struct error *err)
{
    int64_t deadline = 0;

    while (buffered(c) < len) {
        if (c->event_driven) {
            error_set(err, ERROR_TEMPORARY, "no whole message from %s yet", c->peer);
            return false;
        }
        if (!prepare_wait(c, err) || !read_some(c, len, err))
            return false;
        if (buffered(c) >= len)
            return true;
        if (deadline == 0) {
            deadline = clock_monotonic_ms() + c->timeout_ms;
        } else if (clock_monotonic_ms() > deadline) {
            errno = ETIMEDOUT;
            return fail_io(c, "receive from", err);
        }
    }
    return true;
}

/* The next frame's content, still in the buffer. */
static bool need_frame(struct connection *c, size_t limit, struct span *content_r,
                       struct error *err)
{
    size_t len;

    if (!need(c, IPC_LENGTH_SIZE, err))
        return false;
    len = ipc_get_length(c->in + c->in_start);
    if (len > limit) {
        error_set(err, ERROR_MALFORMED, "frame of %zu octets from %s", len, c->peer);
        return false;
    }
    if (!need(c, IPC_LENGTH_SIZE + len, err))
        return false;
    *content_r = span_of(c->in + c->in_start + IPC_LENGTH_SIZE, len);
    return true;
}

/* Its octets stay where they are until the next read. */
static void drop_frame(struct connection *c, size_t content_len)
{
    c->in_start += IPC_LENGTH_SIZE + content_len;
    c->in_place += IPC_LENGTH_SIZE + content_len;
}

static void give_back_memory(struct connection *c)
{
    if (buffered(c) > 0 || c->in_capacity <= KEPT_MAX)
        return;
    free(c->in);
    c->in = NULL;
    c->in_capacity = c->in_start = c->in_end = 0;
}

/* Descriptors that came with octets before this place belong to nobody who is still to come. */
static bool has_stray(const struct connection *c)
{
    return c->received_count > 0 && c->received[0].place <= c->in_place;
}

static bool hand_over_descriptors(struct connection *c, int *members[IPC_FDS_MAX], size_t count,
                                  struct error *err)
{
    if (count > c->received_count) {
        error_set(err, ERROR_MALFORMED, "a message from %s lacks a descriptor", c->peer);
        return false;
    }
    if (count < c->received_count && c->received[count].place <= c->in_place) {
        error_set(err, ERROR_MALFORMED, "a descriptor from %s without its message", c->peer);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        *members[i] = c->received[i].fd;
    c->received_count -= count;
    memmove(c->received, c->received + count, c->received_count * sizeof(*c->received));
    return true;
}

bool ipc_receive(struct connection *connection, const struct ipc_message *message,
                 struct arena *arena, void *object_r, struct error *err)
{
    int *members[IPC_FDS_MAX];
    size_t count = 0;
    struct span content;
    bool done;

    ipc_clear(message->fields, object_r);
    done = need_frame(connection, IPC_FRAME_MAX - IPC_LENGTH_SIZE, &content, err) &&
           ipc_decode(content, message, arena, object_r, members, &count, err);
    if (done) {
        drop_frame(connection, content.len);
        done = hand_over_descriptors(connection, members, count, err);
        give_back_memory(connection);
    }
    if (!done)
        close_held(connection->received, &connection->received_count);
    return done;
}

bool ipc_next(struct connection *connection, struct span *name_r, struct error *err)
{
    struct span content;
    bool done = need_frame(connection, IPC_FRAME_MAX - IPC_LENGTH_SIZE, &content, err) &&
                ipc_decode_name(content, name_r, err);

    if (!done)
        close_held(connection->received, &connection->received_count);
    return done;
}

bool ipc_has_input(const struct connection *connection)
{
    return buffered(connection) > 0;
}

bool ipc_receive_block(struct connection *connection, struct span *block_r, struct error *err)
{
    bool done = need_frame(connection, IPC_BLOCK_MAX, block_r, err);

    if (done) {
        drop_frame(connection, block_r->len);
        if (has_stray(connection)) {
            error_set(err, ERROR_MALFORMED, "a descriptor from %s beside a block",
                      connection->peer);
            done = false;
        }
    }
    if (!done)
        close_held(connection->received, &connection->received_count);
    return done;
}

bool ipc_read_ready(struct connection *connection, struct error *err)
{
    size_t wanted = IPC_LENGTH_SIZE;

    if (buffered(connection) >= IPC_LENGTH_SIZE)
        wanted += ipc_get_length(connection->in + connection->in_start);
    if (wanted > IPC_FRAME_MAX)
        wanted = IPC_LENGTH_SIZE; /* whoever takes it will refuse it */
    if (read_some(connection, wanted, err))
        return true;
    close_held(connection->received, &connection->received_count);
    return false;
}

bool ipc_complete(const struct connection *connection)
{
    size_t len;

    if (buffered(connection) < IPC_LENGTH_SIZE)
        return false;
    len = ipc_get_length(connection->in + connection->in_start);
    /* one that is too long is whole at once: for the error that the reader then gets */
    return len > IPC_FRAME_MAX - IPC_LENGTH_SIZE || buffered(connection) - IPC_LENGTH_SIZE >= len;
}
