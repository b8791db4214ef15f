/* Questions to proxymap and its answers, as messages (lib/map/proxy.h). */
#include "lib/map/proxy.h"

static const struct ipc_field key_fields[] = {
    IPC_OCTETS(struct proxy_key, octets, PROXY_KEY_MAX),
    IPC_BOOL(struct proxy_key, is_partial),
    IPC_END,
};

static const struct ipc_field question_fields[] = {
    IPC_TEXT(struct proxy_question, list, PROXY_LIST_MAX),
    IPC_NUMBER(struct proxy_question, flags, PROXY_FLAGS),
    IPC_LIST(struct proxy_question, keys, key_count, key_fields, PROXY_KEYS_MAX),
    IPC_END,
};

static const struct ipc_field answer_fields[] = {
    IPC_NUMBER(struct proxy_answer, result, MAP_UNAVAILABLE),
    IPC_OCTETS(struct proxy_answer, value, PROXY_VALUE_MAX),
    IPC_NUMBER(struct proxy_answer, key, PROXY_KEYS_MAX),
    IPC_NUMBER(struct proxy_answer, table, PROXY_LIST_MAX),
    IPC_TEXT(struct proxy_answer, reason, ERROR_TEXT_MAX),
    IPC_NUMBER(struct proxy_answer, fresh_ms, PROXY_FRESH_MAX_MS),
    IPC_END,
};

static const struct ipc_message proxy_question_message = {"maps_find", 1, question_fields};
static const struct ipc_message proxy_answer_message = {"maps_found", 1, answer_fields};

bool proxy_question_receive(struct connection *client, struct arena *arena,
                            struct proxy_question *question_r, struct error *err)
{
    *question_r = (struct proxy_question){0};
    return ipc_receive(client, &proxy_question_message, arena, question_r, err);
}

bool proxy_answer_send(struct connection *client, const struct proxy_answer *answer,
                       struct error *err)
{
    return ipc_send(client, &proxy_answer_message, answer, err);
}

bool proxy_question_send(struct connection *proxymap, const struct proxy_question *question,
                         struct error *err)
{
    return ipc_send(proxymap, &proxy_question_message, question, err);
}

bool proxy_answer_receive(struct connection *proxymap, struct arena *arena,
                          struct proxy_answer *answer_r, struct error *err)
{
    *answer_r = (struct proxy_answer){0};
    return ipc_receive(proxymap, &proxy_answer_message, arena, answer_r, err);
}

bool proxy_exchange(struct connection *proxymap, const struct proxy_question *question,
                    struct arena *arena, struct proxy_answer *answer_r, struct error *err)
{
    return proxy_question_send(proxymap, question, err) &&
           proxy_answer_receive(proxymap, arena, answer_r, err);
}
