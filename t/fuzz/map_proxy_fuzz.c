/* What a client sends to proxymap: octets on a socket instead of questions. */
#include "lib/map/proxy.h"

#include "lib/base/file.h"

#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct connection *client;
    struct proxy_question question;
    struct error err;
    int pair[2];

    if (size > 65536 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return 0;
    client = connection_create(pair[0]);
    ASSERT(write_all(pair[1], span_of(data, size)));
    fd_close(&pair[1]);
    while (proxy_question_receive(client, arena, &question, &err)) {
        for (size_t i = 0; i < question.key_count; i++)
            ASSERT(question.keys[i].octets.len <= PROXY_KEY_MAX);
    }
    connection_free(&client);
    arena_free(&arena);
    return 0;
}
