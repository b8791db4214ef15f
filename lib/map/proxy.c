/* The asking side of proxymap: the connection, and the type `proxy` (lib/map/proxy.h). */
#include "lib/map/proxy.h"

#include "lib/base/log.h"
#include "lib/map/map_type.h"
#include "lib/service/service.h"

/*
 * The one connection of this process: tables are opened in many places that know nothing of each
 * other, and all of them are served by it. Questions are asked one at a time.
 */
static struct {
    struct connection *proxymap;
    struct arena *arena; /* of the answer being read */
    struct proxy_recent *recent;
} shared;

/* proxymap may have ended since the last question: that shows when it is asked, and is no trouble. */
static bool exchange(const char *service, const struct proxy_question *question,
                     struct proxy_answer *answer_r, struct error *err)
{
    bool was_open = shared.proxymap != NULL;

    if (shared.arena == NULL)
        shared.arena = arena_create();
    for (;;) {
        arena_reset(shared.arena);
        if (shared.proxymap == NULL)
            shared.proxymap = service_connect(service, err);
        if (shared.proxymap == NULL)
            return false;
        if (proxy_exchange(shared.proxymap, question, shared.arena, answer_r, err))
            return true;
        connection_free(&shared.proxymap);
        if (!was_open)
            return false;
        was_open = false;
    }
}

enum map_result proxy_ask(const char *service, const struct proxy_question *question,
                          struct proxy_answer *answer_r, struct buf *value_r, struct error *err)
{
    enum map_result result;

    buf_clear(value_r);
    error_clear(err);
    if (shared.recent == NULL)
        shared.recent = proxy_recent_create();
    if (proxy_recent_find(shared.recent, service, question, answer_r, value_r))
        return (enum map_result)answer_r->result;
    if (!exchange(service, question, answer_r, err)) {
        if (err->kind == ERROR_NONE)
            error_set(err, ERROR_TEMPORARY, "%s hung up", service);
        err->kind = ERROR_TEMPORARY;
        error_prefix(err, "%s: look-up at %s", question->list, service);
        log_warning("%s", err->text);
        return MAP_UNAVAILABLE;
    }
    result = (enum map_result)answer_r->result; /* bounded by the message's table */
    if (result == MAP_FOUND)
        result = map_answer(answer_r->value, value_r, err);
    else if (result == MAP_UNAVAILABLE)
        error_set(err, ERROR_TEMPORARY, "%s", answer_r->reason);
    answer_r->value = SPAN_EMPTY;
    answer_r->reason = NULL;
    if (result != MAP_UNAVAILABLE)
        proxy_recent_keep(shared.recent, answer_r, buf_span(value_r));
    return result;
}

/* A single table at proxymap. */
struct proxy_table {
    char *service;
    char *list;
};

static void *open_table(const struct config *config, const char *name, struct error *err UNUSED)
{
    struct proxy_table *table = mem_new(struct proxy_table);

    table->service = mem_text(config->proxymap_service_name);
    table->list = mem_text(name);
    return table;
}

static void close_table(void *opened)
{
    struct proxy_table *table = opened;

    mem_free(table->service);
    mem_free(table->list);
    mem_free(table);
}

static enum map_result lookup(void *opened, struct span key, int flags, struct buf *value_r,
                              struct error *err)
{
    const struct proxy_table *table = opened;
    struct proxy_key only = {.octets = key};
    const struct proxy_question question = {
        .list = table->list,
        .flags = (uint64_t)(flags & PROXY_FLAGS),
        .keys = &only,
        .key_count = 1,
    };
    struct proxy_answer answer;

    return proxy_ask(table->service, &question, &answer, value_r, err);
}

const struct map_type map_type_proxy = {
    .name = "proxy",
    .traits = MAP_REMOTE,
    .open = open_table,
    .lookup = lookup,
    .close = close_table,
};
