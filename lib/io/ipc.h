/*
 * What daemons say to each other over UNIX stream sockets (design, section 3). A message is declared
 * once, as a table of fields with their bounds, beside the pair of functions that send and receive
 * it; the same table writes and reads, so the two sides cannot differ.
 *
 * On the wire: a frame of 4 octets length (network order; header and attributes), message name and
 * version, then attributes name=value with counted lengths; descriptors travel beside the frame
 * (SCM_RIGHTS). A frame is at most IPC_FRAME_MAX octets. Unknown attributes are ignored, in tests
 * (BUZON_IPC_STRICT in the environment) refused. A missing attribute is its zero value.
 */
#ifndef BUZON_LIB_IO_IPC_H
#define BUZON_LIB_IO_IPC_H

#include "lib/base/base.h"

#define IPC_FRAME_MAX (16U * 1024 * 1024)
#define IPC_FDS_MAX   4

enum ipc_type {
    IPC_TYPE_END,
    IPC_TYPE_TEXT,
    IPC_TYPE_OCTETS,
    IPC_TYPE_NUMBER,
    IPC_TYPE_BOOL,
    IPC_TYPE_FD,
    IPC_TYPE_LIST
};

struct ipc_field {
    enum ipc_type type;
    const char *name;
    size_t offset;                   /* of the member */
    uint64_t max;                    /* octets of a text, greatest number, elements of a list */
    size_t count_offset;             /* LIST: of the size_t member with the number of elements */
    size_t element_size;             /* LIST */
    const struct ipc_field *element; /* LIST: its fields, ended by IPC_END; no FDs inside */
};

/* member is const char *; NULL is sent as "" and received as ""; received text holds no NUL */
#define IPC_TEXT(type, member, max)                                                                \
    {                                                                                              \
        IPC_TYPE_TEXT, #member, offsetof(type, member), (max), 0, 0, NULL                          \
    }
/* member is struct span; any octets */
#define IPC_OCTETS(type, member, max)                                                              \
    {                                                                                              \
        IPC_TYPE_OCTETS, #member, offsetof(type, member), (max), 0, 0, NULL                        \
    }
/* member is uint64_t */
#define IPC_NUMBER(type, member, max)                                                              \
    {                                                                                              \
        IPC_TYPE_NUMBER, #member, offsetof(type, member), (max), 0, 0, NULL                        \
    }
/* member is bool */
#define IPC_BOOL(type, member)                                                                     \
    {                                                                                              \
        IPC_TYPE_BOOL, #member, offsetof(type, member), 1, 0, 0, NULL                              \
    }
/* member is int; -1: none. Sent: borrowed. Received: the receiver's to close, O_CLOEXEC. */
#define IPC_FD(type, member)                                                                       \
    {                                                                                              \
        IPC_TYPE_FD, #member, offsetof(type, member), 1, 0, 0, NULL                                \
    }
/* member is a pointer to `count` elements (arena's when received), count a size_t member */
#define IPC_LIST(type, member, count, fields, max)                                                 \
    {                                                                                              \
        IPC_TYPE_LIST, #member, offsetof(type, member), (max), offsetof(type, count),              \
            sizeof(*((type *)0)->member), (fields)                                                 \
    }
#define IPC_END                                                                                    \
    {                                                                                              \
        IPC_TYPE_END, NULL, 0, 0, 0, 0, NULL                                                       \
    }

struct ipc_message {
    const char *name;
    unsigned version; /* a receiver refuses a higher one by name */
    const struct ipc_field *fields;
};

struct connection;

/* connection_create - takes the descriptor of a connected UNIX stream socket, in blocking mode
 * unless ipc_event_driven follows */
struct connection *connection_create(int fd) __attribute__((returns_nonnull));
void connection_free(struct connection **connection);
int connection_fd(const struct connection *connection);
/* connection_is_closed - the peer has hung up; what it sent before may still be unread */
bool connection_is_closed(const struct connection *connection);
/* connection_timeout - longest wait of one send or receive, in ms; the default is ipc_timeout */
void connection_timeout(struct connection *connection, int timeout_ms);

/*
 * ipc_send - one message, written at once; blocks until it is sent or times out
 *
 * A value past its bound is PERMANENT, and nothing was sent. After other errors the connection is
 * good for nothing but connection_free.
 */
bool ipc_send(struct connection *connection, const struct ipc_message *message, const void *object,
              struct error *err) MUST_CHECK;

/*
 * ipc_receive - wait for the next message, which must be this one
 *
 *  arena     takes texts and lists
 *  object_r  the struct of the table
 *  err       kind NONE: the peer closed between messages; MALFORMED: not this message, a value past
 *            its bound, a frame too long; TEMPORARY: time-out, system. After false, descriptors
 *            that came are closed and the connection is good for nothing but connection_free.
 */
bool ipc_receive(struct connection *connection, const struct ipc_message *message,
                 struct arena *arena, void *object_r, struct error *err) MUST_CHECK;

/* ipc_next - wait for the next message and tell its name (borrowed), for a dispatcher; ipc_receive
 * then reads it. Errors as ipc_receive. */
bool ipc_next(struct connection *connection, struct span *name_r, struct error *err) MUST_CHECK;

/* ipc_has_input - a whole message or part of one is buffered here already */
bool ipc_has_input(const struct connection *connection);

/*
 * Bulk content: blocks of at most IPC_BLOCK_MAX octets between two messages, ended by an empty one.
 * The peer knows from the protocol that blocks follow.
 */
#define IPC_BLOCK_MAX (256U * 1024)
bool ipc_send_block(struct connection *connection, struct span block, struct error *err) MUST_CHECK;
/* ipc_receive_block - borrowed until the next call; empty at the end of the content */
bool ipc_receive_block(struct connection *connection, struct span *block_r,
                       struct error *err) MUST_CHECK;

/*
 * ipc_pack, ipc_unpack - the octets of a message that is kept rather than sent; of one without
 * descriptors. Limits and errors are those of ipc_send and ipc_receive.
 */
struct buf;
bool ipc_pack(struct buf *out, const struct ipc_message *message, const void *object,
              struct error *err) MUST_CHECK;
bool ipc_unpack(struct span octets, const struct ipc_message *message, struct arena *arena,
                void *object_r, struct error *err) MUST_CHECK;

/*
 * Event-driven use: no call waits, whatever the descriptor's mode. Call ipc_read_ready when it is
 * readable, then take messages (or blocks) while ipc_complete says that one is whole. ipc_send
 * writes what the socket takes and keeps the rest, which goes with ipc_write_ready when the
 * descriptor is writable; TEMPORARY when the peer has not read for too long.
 */
void ipc_event_driven(struct connection *connection);
bool ipc_read_ready(struct connection *connection, struct error *err) MUST_CHECK;
bool ipc_complete(const struct connection *connection);
bool ipc_write_ready(struct connection *connection, struct error *err) MUST_CHECK;
bool ipc_wants_write(const struct connection *connection);

#endif
