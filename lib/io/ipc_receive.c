/*
 * Receiving messages, blocks and descriptors: one recvmsg for each, or for several, as a rule.
 * Waiting is the kernel's (SO_RCVTIMEO). Messages and blocks have the same frame, a length and that
 * many octets, so that one reader serves both.
 */
#include "lib/io/ipc_internal.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/io/ipc_codec.h"

#include <stdlib.h>

#define READ_AHEAD 8192                 /* asked for beyond the frame that is wanted */
#define GROWTH_MAX ((size_t)256 * 1024) /* memory for a frame grows with what came of it */

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
            struct ipc_held held = {.place = c->in_place + buffered(c)};

            memcpy(&held.fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (c->received_count < IPC_HELD_MAX) {
                c->received[c->received_count++] = held;
            } else {
                fd_close(&held.fd);
                all = false;
            }
        }
    }
    if (!all)
        error_set(err, ERROR_TEMPORARY, "no room for the descriptors from the peer");
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
        error_set(err, ERROR_TEMPORARY, "the peer closed in the middle of a message");
    return false;
}

/* More octets and descriptors. Event-driven, there may be none. */
static bool read_some(struct connection *c, size_t wanted, struct error *err)
{
    union ipc_control control;
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
        return ipc_fail("receive from", err);
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
            error_set(err, ERROR_TEMPORARY, "no whole message from the peer yet");
            return false;
        }
        if (!ipc_prepare_wait(c, err) || !read_some(c, len, err))
            return false;
        if (buffered(c) >= len)
            return true;
        if (deadline == 0) {
            deadline = clock_monotonic_ms() + c->timeout_ms;
        } else if (clock_monotonic_ms() > deadline) {
            errno = ETIMEDOUT;
            return ipc_fail("receive from", err);
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
        error_set(err, ERROR_MALFORMED, "frame of %zu octets from the peer", len);
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
    if (buffered(c) > 0 || c->in_capacity <= IPC_KEPT_MAX)
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
        error_set(err, ERROR_MALFORMED, "a message from the peer lacks a descriptor");
        return false;
    }
    if (count < c->received_count && c->received[count].place <= c->in_place) {
        error_set(err, ERROR_MALFORMED, "a descriptor from the peer without its message");
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
        ipc_close_held(connection->received, &connection->received_count);
    return done;
}

bool ipc_next(struct connection *connection, struct span *name_r, struct error *err)
{
    struct span content;
    bool done = need_frame(connection, IPC_FRAME_MAX - IPC_LENGTH_SIZE, &content, err) &&
                ipc_decode_name(content, name_r, err);

    if (!done)
        ipc_close_held(connection->received, &connection->received_count);
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
            error_set(err, ERROR_MALFORMED, "a descriptor from the peer beside a block");
            done = false;
        }
    }
    if (!done)
        ipc_close_held(connection->received, &connection->received_count);
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
    ipc_close_held(connection->received, &connection->received_count);
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
