/* Waking the queue manager. */
#include "lib/queue/qmgr_client.h"

struct request {
    uint64_t verb;
    const char *queue_id;
    int file;
};

static const struct ipc_field request_fields[] = {
    IPC_NUMBER(struct request, verb, QMGR_REVIVE),
    IPC_TEXT(struct request, queue_id, QUEUE_ID_MAX),
    IPC_FD(struct request, file),
    IPC_END,
};

static const struct ipc_message request_message = {"qmgr", 1, request_fields};

bool qmgr_request_send(struct connection *qmgr, const struct qmgr_request *request,
                       struct error *err)
{
    const struct request wire = {
        .verb = request->verb,
        .queue_id = request->queue_id,
        .file = request->file,
    };

    return ipc_send(qmgr, &request_message, &wire, err);
}

static bool names_a_message(uint64_t verb)
{
    return verb == QMGR_ARRIVED || verb == QMGR_FLUSH_MESSAGE;
}

bool qmgr_request_receive(struct connection *peer, struct arena *arena,
                          struct qmgr_request *request_r, struct error *err)
{
    struct request wire = {.file = -1};

    if (!ipc_receive(peer, &request_message, arena, &wire, err))
        return false;
    if (names_a_message(wire.verb) && !queue_id_is_valid(wire.queue_id)) {
        error_set(err, ERROR_MALFORMED, "a request to qmgr with a bad queue id");
        fd_close(&wire.file);
        return false;
    }
    *request_r = (struct qmgr_request){
        .verb = (enum qmgr_verb)wire.verb,
        .queue_id = wire.queue_id,
        .file = wire.file,
    };
    return true;
}

static const struct ipc_field flow_fields[] = {
    IPC_BOOL(struct qmgr_flow, is_behind),
    IPC_END,
};

static const struct ipc_message flow_message = {"flow", 1, flow_fields};

bool qmgr_flow_send(struct connection *peer, const struct qmgr_flow *flow, struct error *err)
{
    return ipc_send(peer, &flow_message, flow, err);
}

bool qmgr_flow_receive(struct connection *qmgr, struct arena *arena, struct qmgr_flow *flow_r,
                       struct error *err)
{
    return ipc_receive(qmgr, &flow_message, arena, flow_r, err);
}
