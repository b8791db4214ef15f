/* What is to be told waits in line for one of a few connections to the flush service. */
#include "qmgr/fast_flush.h"

#include "qmgr/pool.h"

#include "lib/base/log.h"
#include "lib/map/match_list.h"
#include "lib/message/address.h"
#include "lib/queue/flush_client.h"

#include <stdio.h>

#define CONNECTIONS 5
#define USES_MAX    1000
#define WAITING_MAX 20000 /* beyond that the service is too slow to be of use */
#define SITES_MAX   10000 /* of one message */
#define SECOND_MS   1000

struct telling {
    struct telling *next;
    char queue_id[QUEUE_ID_MAX];
    char site[];
};

struct fast_flush {
    struct qmgr *qmgr;
    struct match_list *domains; /* fast_flush_domains; NULL: none are named */
    struct pool *pool;
    struct telling *first, **end;
    size_t waiting;
};

static void forget(struct fast_flush *fast_flush, struct telling *telling)
{
    service_release(fast_flush->qmgr->instance);
    mem_free(telling);
}

static struct telling *take_first(struct fast_flush *fast_flush)
{
    struct telling *telling = fast_flush->first;

    fast_flush->first = telling->next;
    if (fast_flush->first == NULL)
        fast_flush->end = &fast_flush->first;
    fast_flush->waiting--;
    return telling;
}

/* Nobody is there: whatever else waits would wait in vain. */
static void give_up(struct fast_flush *fast_flush, const char *queue_id, const char *reason)
{
    log_warning("%s: %s service failure: %s", queue_id,
                fast_flush->qmgr->config->flush_service_name, reason);
    while (fast_flush->first != NULL)
        forget(fast_flush, take_first(fast_flush));
}

static bool send_telling(struct peer *peer, const struct telling *telling, struct error *err)
{
    const struct flush_request request = {FLUSH_ADD, telling->site, telling->queue_id};

    return flush_request_send(peer->connection, &request, err);
}

static void run(struct fast_flush *fast_flush)
{
    while (fast_flush->first != NULL) {
        struct telling *telling = fast_flush->first;
        struct error err = {0};
        struct peer *peer = pool_take(fast_flush->pool, telling, &err);

        if (peer == NULL && err.kind == ERROR_NONE)
            return; /* all are busy */
        (void)take_first(fast_flush);
        if (peer != NULL && send_telling(peer, telling, &err)) {
            pool_sent(peer);
            continue;
        }
        if (peer != NULL)
            pool_drop(peer);
        give_up(fast_flush, telling->queue_id, err.text);
        forget(fast_flush, telling);
    }
}

static bool on_message(struct peer *peer, void *context, struct error *err)
{
    struct fast_flush *fast_flush = context;
    struct telling *telling = peer->work;
    enum flush_status status;

    if (!flush_answer_receive(peer->connection, &status, err))
        return false;
    if (status == FLUSH_FAILED)
        log_warning("%s: %s service failure", telling->queue_id,
                    fast_flush->qmgr->config->flush_service_name);
    pool_give_back(peer);
    forget(fast_flush, telling);
    run(fast_flush);
    return true;
}

static void on_lost(void *work, void *context, const struct error *err)
{
    struct fast_flush *fast_flush = context;
    struct telling *telling = work;

    log_warning("%s: %s service failure: %s", telling->queue_id,
                fast_flush->qmgr->config->flush_service_name,
                err->kind == ERROR_NONE ? "it hung up" : err->text);
    forget(fast_flush, telling);
    run(fast_flush);
}

/* --- what is told ------------------------------------------------------------------------------------------- */

static void enqueue(struct fast_flush *fast_flush, const struct message *message,
                    struct span domain)
{
    struct telling *telling;

    if (domain.len >= FLUSH_SITE_MAX || fast_flush->waiting >= WAITING_MAX)
        return;
    telling = mem_alloc(sizeof(*telling) + domain.len + 1);
    memcpy(telling->site, domain.data, domain.len);
    snprintf(telling->queue_id, sizeof(telling->queue_id), "%s", message->queue_id);
    *fast_flush->end = telling;
    fast_flush->end = &telling->next;
    fast_flush->waiting++;
    service_hold(message->qmgr->instance);
}

static bool is_eligible(struct fast_flush *fast_flush, const struct message *message,
                        struct span domain)
{
    struct error err = {0};
    enum map_result result = match_list_name(fast_flush->domains, domain, &err);

    if (result == MAP_UNAVAILABLE)
        log_warning("%s: %s", message->queue_id, err.text);
    return result == MAP_FOUND;
}

void fast_flush_note(struct fast_flush *fast_flush, struct message *message,
                     const struct batch *batch)
{
    struct hash *seen;

    if (fast_flush->domains == NULL)
        return;
    if (message->flush_sites == NULL)
        message->flush_sites = hash_create();
    seen = hash_create();
    for (size_t i = 0; i < batch->count; i++) {
        struct span domain = address_domain(batch->recipients[i].address);

        if (domain.len == 0 || hash_get(seen, domain) != NULL ||
            hash_count(message->flush_sites) >= SITES_MAX)
            continue;
        (void)hash_put(seen, domain, fast_flush);
        if (is_eligible(fast_flush, message, domain))
            (void)hash_put(message->flush_sites, domain, fast_flush);
    }
    hash_free(&seen, NULL);
}

void fast_flush_tell(struct fast_flush *fast_flush, const struct message *message)
{
    size_t position = 0;
    struct span site;
    void *value;

    if (message->flush_sites == NULL)
        return;
    while (hash_next(message->flush_sites, &position, &site, &value))
        enqueue(fast_flush, message, site);
    run(fast_flush);
}

/* --- its beginning ------------------------------------------------------------------------------------------ */

struct fast_flush *fast_flush_create(const struct config *config)
{
    struct fast_flush *fast_flush = mem_new(struct fast_flush);

    fast_flush->end = &fast_flush->first;
    if (config->fast_flush_domains[0] != '\0')
        fast_flush->domains = match_list_create(config, "fast_flush_domains",
                                                config->fast_flush_domains, MATCH_DOMAIN, false);
    return fast_flush;
}

void fast_flush_start(struct fast_flush *fast_flush, struct qmgr *qmgr)
{
    const struct pool_settings settings = {
        .service = qmgr->config->flush_service_name,
        .maximum = CONNECTIONS,
        .idle_ms = qmgr->config->ipc_idle * SECOND_MS,
        .busy_ms = qmgr->config->qmgr_daemon_timeout * SECOND_MS,
        .ipc_ms = qmgr->config->qmgr_ipc_timeout * SECOND_MS,
        .uses = USES_MAX,
        .context = fast_flush,
        .on_message = on_message,
        .on_lost = on_lost,
    };

    fast_flush->qmgr = qmgr;
    fast_flush->pool = pool_create(qmgr->loop, &settings);
}

bool fast_flush_changed(const struct fast_flush *fast_flush)
{
    return fast_flush->domains != NULL && match_list_changed(fast_flush->domains);
}

void fast_flush_close_idle(struct fast_flush *fast_flush)
{
    pool_close_idle(fast_flush->pool);
}
