/* proxy: as a changeable table: it is asked at proxywrite (lib/map/cache_proxy.h). */
#include "lib/map/cache_proxy.h"

#include "lib/map/cache_type.h"
#include "lib/map/map_type.h"
#include "lib/service/service.h"

static const struct ipc_field question_fields[] = {
    IPC_TEXT(struct cache_question, table, CACHE_NAME_MAX),
    IPC_NUMBER(struct cache_question, verb, CACHE_NEXT),
    IPC_OCTETS(struct cache_question, key, CACHE_TEXT_MAX),
    IPC_OCTETS(struct cache_question, value, CACHE_TEXT_MAX),
    IPC_END,
};

static const struct ipc_field answer_fields[] = {
    IPC_NUMBER(struct cache_answer, result, MAP_UNAVAILABLE),
    IPC_OCTETS(struct cache_answer, key, CACHE_TEXT_MAX),
    IPC_OCTETS(struct cache_answer, value, CACHE_TEXT_MAX),
    IPC_TEXT(struct cache_answer, reason, ERROR_TEXT_MAX),
    IPC_END,
};

static const struct ipc_message question_message = {"cache_ask", 1, question_fields};
static const struct ipc_message answer_message = {"cache_answer", 1, answer_fields};

bool cache_question_receive(struct connection *client, struct arena *arena,
                            struct cache_question *question_r, struct error *err)
{
    *question_r = (struct cache_question){0};
    return ipc_receive(client, &question_message, arena, question_r, err);
}

bool cache_answer_send(struct connection *client, const struct cache_answer *answer,
                       struct error *err)
{
    return ipc_send(client, &answer_message, answer, err);
}

struct proxy_cache {
    char *service, *table;
    struct connection *proxywrite; /* NULL: not connected */
    struct arena *arena;           /* of the last answer */
};

static void *open_table(const struct config *config, const char *specification,
                        struct error *err UNUSED)
{
    struct proxy_cache *cache = mem_new(struct proxy_cache);

    cache->service = mem_text(config->proxywrite_service_name);
    cache->table = mem_text(specification);
    cache->arena = arena_create();
    return cache;
}

static void close_table(void *opened)
{
    struct proxy_cache *cache = opened;

    connection_free(&cache->proxywrite);
    arena_free(&cache->arena);
    mem_free(cache->service);
    mem_free(cache->table);
    mem_free(cache);
}

/* proxywrite may have ended since the last question, which is no trouble: each can be asked twice. */
static bool exchange(struct proxy_cache *cache, const struct cache_question *question,
                     struct cache_answer *answer_r, struct error *err)
{
    bool was_open = cache->proxywrite != NULL;

    for (;;) {
        arena_reset(cache->arena);
        *answer_r = (struct cache_answer){0};
        if (cache->proxywrite == NULL)
            cache->proxywrite = service_connect(cache->service, err);
        if (cache->proxywrite == NULL)
            return false;
        if (ipc_send(cache->proxywrite, &question_message, question, err) &&
            ipc_receive(cache->proxywrite, &answer_message, cache->arena, answer_r, err))
            return true;
        connection_free(&cache->proxywrite);
        if (!was_open)
            return false;
        was_open = false;
    }
}

static enum map_result ask(struct proxy_cache *cache, enum cache_verb verb, struct span key,
                           struct span value, struct cache_answer *answer_r, struct error *err)
{
    const struct cache_question question = {
        .table = cache->table,
        .verb = verb,
        .key = key,
        .value = value,
    };

    error_clear(err);
    if (!exchange(cache, &question, answer_r, err)) {
        if (err->kind == ERROR_NONE)
            error_set(err, ERROR_TEMPORARY, "%s hung up", cache->service);
        err->kind = ERROR_TEMPORARY;
        return MAP_UNAVAILABLE;
    }
    if (answer_r->result == MAP_UNAVAILABLE)
        error_set(err, ERROR_TEMPORARY, "%s", answer_r->reason);
    return (enum map_result)answer_r->result; /* bounded by the message's table */
}

static enum map_result get(void *opened, struct span key, struct buf *value_r, struct error *err)
{
    struct cache_answer answer;
    enum map_result result = ask(opened, CACHE_GET, key, SPAN_EMPTY, &answer, err);

    return result == MAP_FOUND ? map_answer(answer.value, value_r, err) : result;
}

static bool put(void *opened, struct span key, struct span value, struct error *err)
{
    struct cache_answer answer;

    return ask(opened, CACHE_PUT, key, value, &answer, err) == MAP_FOUND;
}

static enum map_result remove_key(void *opened, struct span key, struct error *err)
{
    struct cache_answer answer;

    return ask(opened, CACHE_REMOVE, key, SPAN_EMPTY, &answer, err);
}

static enum map_result next(void *opened, struct span after, struct buf *key_r, struct buf *value_r,
                            struct error *err)
{
    struct cache_answer answer;
    enum map_result result = ask(opened, CACHE_NEXT, after, SPAN_EMPTY, &answer, err);

    if (result == MAP_FOUND)
        result = map_answer(answer.key, key_r, err);
    return result == MAP_FOUND ? map_answer(answer.value, value_r, err) : result;
}

const struct map_cache_type map_cache_proxy = {
    .name = "proxy",
    .open = open_table,
    .get = get,
    .put = put,
    .remove = remove_key,
    .next = next,
    .close = close_table,
};
