/* What the files of ipc connections share, for them alone. */
#ifndef BUZON_LIB_IO_IPC_INTERNAL_H
#define BUZON_LIB_IO_IPC_INTERNAL_H

#include "lib/base/buf.h"
#include "lib/io/ipc.h"

#include <sys/socket.h>

#define IPC_HELD_MAX  16 /* descriptors that wait for their message, or to be sent */
#define IPC_KEPT_MAX  (2 * (size_t)IPC_BLOCK_MAX) /* a larger buffer is given back when empty */
#define IPC_QUEUE_MAX (2 * (size_t)IPC_FRAME_MAX) /* unsent output, event-driven */

/* A descriptor and its place in the stream of octets. */
struct ipc_held {
    int fd;
    uint64_t place; /* received: it came with an octet before this one; unsent: it goes with this */
};

struct connection {
    int fd;
    int timeout_ms;
    bool timeout_is_set; /* in the socket */
    bool event_driven;

    char *in; /* octets at in_start..in_end are not yet taken */
    size_t in_start, in_end, in_capacity;
    uint64_t in_place; /* of in_start in the stream */
    struct ipc_held received[IPC_HELD_MAX];
    size_t received_count;

    struct buf out;     /* the frame being made; event-driven: all that is unsent */
    uint64_t out_place; /* of its first octet */
    struct ipc_held unsent[IPC_HELD_MAX];
    size_t unsent_count;
};

/* Room for the descriptors beside a frame. */
union ipc_control {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * IPC_FDS_MAX)];
};

/* ipc_close_held - close them all; the count is 0 afterwards */
void ipc_close_held(struct ipc_held *held, size_t *count);

/* ipc_prepare_wait - the socket's own timeouts are as the connection's; event-driven, nothing */
bool ipc_prepare_wait(struct connection *connection, struct error *err) MUST_CHECK;

/* ipc_fail - false, after error_errno("what the peer"); EAGAIN, which comes after a wait, is ETIMEDOUT */
bool ipc_fail(const char *what, struct error *err);

#endif
