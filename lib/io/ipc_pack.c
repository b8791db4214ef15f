/* Messages that are kept rather than sent: the octets of one, without a connection. */
#include "lib/io/ipc.h"

#include "lib/io/ipc_codec.h"

bool ipc_pack(struct buf *out, const struct ipc_message *message, const void *object,
              struct error *err)
{
    struct ipc_descriptors none = {.count = 0};

    return ipc_encode(out, message, object, &none, err);
}

bool ipc_unpack(struct span octets, const struct ipc_message *message, struct arena *arena,
                void *object_r, struct error *err)
{
    int *members[IPC_FDS_MAX];
    size_t count = 0;

    ipc_clear(message->fields, object_r);
    if (octets.len < IPC_LENGTH_SIZE ||
        ipc_get_length(octets.data) != octets.len - IPC_LENGTH_SIZE) {
        error_set(err, ERROR_MALFORMED, "a kept message of the wrong length");
        return false;
    }
    if (!ipc_decode(span_skip(octets, IPC_LENGTH_SIZE), message, arena, object_r, members, &count,
                    err))
        return false;
    if (count == 0)
        return true;
    error_set(err, ERROR_MALFORMED, "a kept message with a descriptor");
    return false;
}
