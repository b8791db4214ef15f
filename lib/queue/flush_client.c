/* The conversation with the flush service, both halves of it. */
#include "lib/queue/flush_client.h"

#include "lib/service/service.h"

static const struct ipc_field request_fields[] = {
    IPC_NUMBER(struct flush_request, verb, FLUSH_PURGE),
    IPC_TEXT(struct flush_request, site, FLUSH_SITE_MAX),
    IPC_TEXT(struct flush_request, queue_id, QUEUE_ID_MAX),
    IPC_END,
};

struct answer {
    uint64_t status;
};

static const struct ipc_field answer_fields[] = {
    IPC_NUMBER(struct answer, status, FLUSH_FAILED),
    IPC_END,
};

static const struct ipc_message request_message = {"flush", 1, request_fields};
static const struct ipc_message answer_message = {"flushed", 1, answer_fields};

bool flush_request_send(struct connection *flush, const struct flush_request *request,
                        struct error *err)
{
    return ipc_send(flush, &request_message, request, err);
}

bool flush_request_receive(struct connection *peer, struct arena *arena,
                           struct flush_request *request_r, struct error *err)
{
    *request_r = (struct flush_request){0};
    return ipc_receive(peer, &request_message, arena, request_r, err);
}

bool flush_answer_send(struct connection *peer, enum flush_status status, struct error *err)
{
    const struct answer answer = {status};

    return ipc_send(peer, &answer_message, &answer, err);
}

bool flush_answer_receive(struct connection *flush, enum flush_status *status_r, struct error *err)
{
    struct arena *arena = arena_create();
    struct answer answer = {0};
    bool received = ipc_receive(flush, &answer_message, arena, &answer, err);

    arena_free(&arena);
    if (!received && err->kind == ERROR_NONE)
        error_set(err, ERROR_TEMPORARY, "the flush service has hung up");
    *status_r = received ? (enum flush_status)answer.status : FLUSH_FAILED;
    return received;
}

enum flush_status flush_ask(const struct config *config, const struct flush_request *request,
                            struct error *err)
{
    struct connection *flush = service_connect(config->flush_service_name, err);
    enum flush_status status = FLUSH_FAILED;

    if (flush == NULL)
        return FLUSH_FAILED;
    if (!flush_request_send(flush, request, err) || !flush_answer_receive(flush, &status, err))
        status = FLUSH_FAILED;
    connection_free(&flush);
    return status;
}
