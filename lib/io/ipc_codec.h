/*
 * The octets of an ipc message: what lib/io/ipc puts into a frame. For that file alone.
 *
 *     frame      = length(4) content          length is that of the content; network order
 *     content    = name-length(1) name version(2) attributes
 *     attributes = *( name-length(1) name value-length(4) value )
 *     value      = octets of a text / big-endian number without leading zeros (0 to 8 octets) /
 *                  the octet 1 for true and for "a descriptor comes beside this frame" /
 *                  the elements of a list, each as length(4) attributes
 *
 * Attributes that are zero, empty, false or absent are not sent.
 */
#ifndef BUZON_LIB_IO_IPC_CODEC_H
#define BUZON_LIB_IO_IPC_CODEC_H

#include "lib/base/buf.h"
#include "lib/io/ipc.h"

#define IPC_LENGTH_SIZE 4
#define IPC_LIST_DEPTH  2 /* a list in an element of a list, and no further */
#define IPC_NUMBER_SIZE 8

uint32_t ipc_get_length(const char octets[IPC_LENGTH_SIZE]);
void ipc_put_length(char octets_r[IPC_LENGTH_SIZE], size_t len);

/* The descriptors of one message, in the order of its table. */
struct ipc_descriptors {
    int fds[IPC_FDS_MAX];
    size_t count;
};

/* ipc_encode - append the frame; false, nothing appended, when a value is past its bound */
bool ipc_encode(struct buf *out, const struct ipc_message *message, const void *object,
                struct ipc_descriptors *descriptors_r, struct error *err) MUST_CHECK;

/* ipc_decode_name - the message's name from a frame's content */
bool ipc_decode_name(struct span content, struct span *name_r, struct error *err) MUST_CHECK;

/* ipc_clear - every member of the table to its zero value: "", 0, false, -1, empty */
void ipc_clear(const struct ipc_field *fields, void *object);

/*
 * ipc_decode - fill the object from a frame's content
 *
 * fd_members_r gets pointers to the int members for which a descriptor must come, in the order of
 * the table; they still hold -1.
 */
bool ipc_decode(struct span content, const struct ipc_message *message, struct arena *arena,
                void *object_r, int *fd_members_r[IPC_FDS_MAX], size_t *fd_count_r,
                struct error *err) MUST_CHECK;

#endif
