/*
 * Whatever qmgr, an agent or the bounce service hears from the other: the first octet says which of the
 * four messages is expected, the rest is what comes, with a descriptor beside it.
 */
#include "lib/base/file.h"
#include "lib/delivery/notice.h"
#include "lib/delivery/request.h"
#include "lib/io/socket.h"

#include <fcntl.h>

#define INPUT_MAX 100000 /* fits into the socket's buffer */

static void receive(struct connection *connection, uint8_t what)
{
    static const struct config config = {.info_log_address_format = "external"};
    struct arena *arena = arena_create();
    struct delivery_request request;
    struct delivery_report report;
    struct notice notice;
    struct notice_answer answer;
    struct error err;

    if (what == 0 && delivery_request_receive(connection, &config, &request, &err))
        delivery_request_release(&request);
    else if (what == 1)
        (void)!delivery_report_receive(connection, arena, &report, &err);
    else if (what == 2 && notice_receive(connection, arena, &notice, &err))
        fd_close(&notice.queue_file);
    else if (what == 3)
        (void)!notice_answer_receive(connection, arena, &answer, &err);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int sockets[2], file;
    struct connection *connection;
    struct error err;

    if (size < 2 || size > INPUT_MAX ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return 0;
    file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (socket_send_fd(sockets[0], file, span_of(data + 1, size - 1), &err)) {
        fd_close(&sockets[0]);
        connection = connection_create(sockets[1]);
        receive(connection, data[0] % 4);
        connection_free(&connection);
    } else {
        fd_close(&sockets[1]);
    }
    fd_close(&sockets[0]);
    fd_close(&file);
    return 0;
}
