/*
 * Whatever another daemon sends, the reader of ipc messages refuses it or fills the struct: the
 * first octet says whether a descriptor comes along, and whether blocks are expected.
 */
#include "lib/io/ipc.h"
#include "lib/io/socket.h"

#include <fcntl.h>
#include <unistd.h>

struct item {
    const char *text;
    uint64_t number;
    struct item *items;
    size_t item_count;
};

struct parcel {
    struct item head;
    struct span octets;
    bool flag;
    int first_file, second_file;
};

static const struct ipc_field inner_fields[] = {
    IPC_TEXT(struct item, text, 16),
    IPC_END,
};

static const struct ipc_field item_fields[] = {
    IPC_TEXT(struct item, text, 16),
    IPC_NUMBER(struct item, number, 1000),
    IPC_LIST(struct item, items, item_count, inner_fields, 100),
    IPC_END,
};

static const struct ipc_field parcel_fields[] = {
    IPC_TEXT(struct parcel, head.text, 16),
    IPC_NUMBER(struct parcel, head.number, UINT64_MAX),
    IPC_OCTETS(struct parcel, octets, 64),
    IPC_BOOL(struct parcel, flag),
    IPC_FD(struct parcel, first_file),
    IPC_FD(struct parcel, second_file),
    IPC_LIST(struct parcel, head.items, head.item_count, item_fields, 1000),
    IPC_END,
};

static const struct ipc_message message = {"parcel", 2, parcel_fields};

static void receive(struct connection *connection, bool blocks)
{
    struct arena *arena = arena_create();
    struct parcel parcel;
    struct error err;
    struct span octets;

    while (ipc_next(connection, &octets, &err) &&
           ipc_receive(connection, &message, arena, &parcel, &err)) {
        if (parcel.first_file >= 0)
            (void)close(parcel.first_file);
        if (parcel.second_file >= 0)
            (void)close(parcel.second_file);
        while (blocks && ipc_receive_block(connection, &octets, &err) && octets.len > 0)
            continue;
    }
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct connection *connection;
    int ends[2];

    if (size < 2 || size > 65536 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return 0;
    connection = connection_create(ends[0]);
    if ((data[0] & 1) == 0 ||
        !socket_send_fd(ends[1], STDERR_FILENO, span_of(data + 1, size - 1), NULL))
        (void)!write(ends[1], data + 1, size - 1);
    (void)close(ends[1]);
    receive(connection, (data[0] & 2) != 0);
    connection_free(&connection);
    return 0;
}
